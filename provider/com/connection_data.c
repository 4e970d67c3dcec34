/* SPDX-License-Identifier: Apache-2.0 */
/* What the service is told about the client, from what the peer told us. methods.md 4.5, 4.7, 4.20, 13. */
#include "com/connection_private.h"

#include <string.h>

/* methods.md 4.5: 2 is RDP; the name is what qwinsta shows. */
#define PROTOCOL_TYPE_RDP 2
static const uint16_t protocol_name[] = u"RDP";

/* The coding of WTS_CLIENT_DATA.ColorDepth (methods.md 4.5). */
static USHORT depth_code(uint32_t bits_per_pixel)
{
    switch (bits_per_pixel) {
    case 4:
        return 1;
    case 8:
        return 2;
    case 15:
        return 16;
    case 16:
        return 4;
    case 24:
        return 24;
    default:
        return 32;
    }
}

#define COPY(self_, dst_, src_)                                                                              \
    do {                                                                                                     \
        if (!wide_copy((dst_), sizeof(dst_) / sizeof((dst_)[0]), (src_)))                                    \
            log_warn("com", (self_)->number, "%s was longer than its field and is cut", #dst_);              \
    } while (0)

static void fill_address(const struct connection *self, ULONG *family, WCHAR *text, size_t cap,
                         WRDS_SOCKADDR *address)
{
    const struct os_address *from = &self->address;
    uint16_t wide[OS_ADDRESS_TEXT_MAX];

    os_utf16_from_utf8(wide, sizeof(wide) / sizeof(wide[0]), from->text);
    wide_copy(text, cap, wide);
    memset(address, 0, sizeof(*address));
    if (from->family == 6) {
        *family = ABI_AF_INET6;
        address->sin_family = ABI_AF_INET6;
        address->u.ipv6.sin6_port = (USHORT)(from->port >> 8 | from->port << 8);
        memcpy(address->u.ipv6.sin6_addr, from->bytes, sizeof(address->u.ipv6.sin6_addr));
        address->u.ipv6.sin6_scope_id = from->scope;
    } else {
        *family = ABI_AF_INET;
        address->sin_family = ABI_AF_INET;
        address->u.ipv4.sin_port = (USHORT)(from->port >> 8 | from->port << 8);
        memcpy(&address->u.ipv4.in_addr, from->bytes, sizeof(address->u.ipv4.in_addr));
    }
}

static void copy_date(WRDS_SYSTEMTIME *out, const uint16_t *date)
{
    out->wYear = date[0];
    out->wMonth = date[1];
    out->wDayOfWeek = date[2];
    out->wDay = date[3];
    out->wHour = date[4];
    out->wMinute = date[5];
    out->wSecond = date[6];
    out->wMilliseconds = date[7];
}

void connection_fill_zone(const struct connection *self, WRDS_TIME_ZONE_INFORMATION *zone)
{
    const struct link_client *client = &self->client;

    memset(zone, 0, sizeof(*zone));
    zone->Bias = client->zone_bias;
    zone->StandardBias = client->zone_standard_bias;
    zone->DaylightBias = client->zone_daylight_bias;
    COPY(self, zone->StandardName, client->zone_standard_name);
    COPY(self, zone->DaylightName, client->zone_daylight_name);
    copy_date(&zone->StandardDate, client->zone_standard_date);
    copy_date(&zone->DaylightDate, client->zone_daylight_date);
}

/* Both structs carry the same facts under the same names. */
#define FILL_COMMON(self_, out_)                                                                             \
    do {                                                                                                     \
        const struct link_client *client_ = &(self_)->client;                                                \
                                                                                                             \
        (out_)->fEnableWindowsKey = TRUE;                                                                    \
        (out_)->fMouse = TRUE;                                                                               \
        (out_)->fNoAudioPlayback = TRUE; /* until there is a sound channel */                                \
        (out_)->PerformanceFlags = client_->performance_flags;                                               \
        COPY(self_, (out_)->ProtocolName, protocol_name);                                                    \
        (out_)->ProtocolType = PROTOCOL_TYPE_RDP;                                                            \
        (out_)->HRes = (USHORT)client_->width;                                                               \
        (out_)->VRes = (USHORT)client_->height;                                                              \
        (out_)->ColorDepth = depth_code(client_->color_depth);                                               \
        (out_)->fInheritColorDepth = TRUE;                                                                   \
        (out_)->KeyboardLayout = client_->keyboard_layout;                                                   \
        (out_)->KeyboardType = client_->keyboard_type;                                                       \
        (out_)->KeyboardSubType = client_->keyboard_subtype;                                                 \
        (out_)->KeyboardFunctionKey = client_->keyboard_function_keys;                                       \
        (out_)->ActiveInputLocale = client_->input_locale;                                                   \
        COPY(self_, (out_)->ClientName, client_->client_name);                                               \
        fill_address((self_), &(out_)->ClientAddressFamily, (out_)->ClientAddress,                           \
                     sizeof((out_)->ClientAddress) / sizeof(WCHAR), &(out_)->ClientSockAddress);             \
        COPY(self_, (out_)->ClientDirectory, client_->client_directory);                                     \
        (out_)->ClientBuildNumber = client_->build;                                                          \
        (out_)->ClientProductId = (USHORT)client_->product_id;                                               \
        COPY(self_, (out_)->ClientDigProductId, client_->product);                                           \
        connection_fill_zone((self_), &(out_)->ClientTimeZone);                                              \
        if (client_->initial_program[0]) {                                                                   \
            (out_)->fInheritInitialProgram = TRUE;                                                           \
            COPY(self_, (out_)->InitialProgram, client_->initial_program);                                   \
            COPY(self_, (out_)->WorkDirectory, client_->working_directory);                                  \
        }                                                                                                    \
        if (client_->have_password && !client_->smartcard_pin) {                                             \
            (out_)->fInheritAutoLogon = TRUE;                                                                \
            COPY(self_, (out_)->UserName, client_->user);                                                    \
            COPY(self_, (out_)->Domain, client_->domain);                                                    \
            COPY(self_, (out_)->Password, client_->password);                                                \
        }                                                                                                    \
    } while (0)

/* Only what is known is written: the service has filled the redirection flags from policy (methods.md 4.5).
 */
void connection_fill_client_data(const struct connection *self, WRDS_CLIENT_DATA *data)
{
    FILL_COMMON(self, data);
}

void connection_fill_settings(const struct connection *self, WRDS_CONNECTION_SETTINGS *settings)
{
    WRDS_CONNECTION_SETTINGS_1 *inner = &settings->WRdsConnectionSetting.WRdsConnectionSettings1;

    memset(settings, 0, sizeof(*settings));
    settings->WRdsConnectionSettingLevel = WRDS_CONNECTION_SETTING_LEVEL_1;
    inner->WRdsListenerSettings.WRdsListenerSettingLevel = WRDS_LISTENER_SETTING_LEVEL_1;
    FILL_COMMON(self, inner);
}

bool connection_fill_credentials(const struct connection *self, WRDS_USER_CREDENTIAL *credential)
{
    const struct link_client *client = &self->client;

    if (!client->have_password || client->smartcard_pin || self->closed)
        return false;
    COPY(self, credential->UserName, client->user);
    COPY(self, credential->Domain, client->domain);
    COPY(self, credential->Password, client->password);
    return true;
}

void connection_fill_status(const struct connection *self, WRDS_PROTOCOL_STATUS *status)
{
    const struct link_counters *counters = counters_of(self->counters);
    WRDS_PROTOCOL_COUNTERS *out = &status->Output, *in = &status->Input;

    memset(status, 0, sizeof(*status)); /* Specific stays 0: gaps.md 50 */
    out->Bytes = out->WdBytes = (ULONG)atomic_load(&counters->bytes_out);
    out->WdFrames = (ULONG)atomic_load(&counters->packets_out);
    out->Frames = (ULONG)atomic_load(&counters->frames);
    out->CompressedBytes = (ULONG)atomic_load(&counters->bytes_compressed);
    out->Errors = (ULONG)atomic_load(&counters->errors);
    in->Bytes = in->WdBytes = (ULONG)atomic_load(&counters->bytes_in);
    in->Frames = in->WdFrames = (ULONG)atomic_load(&counters->packets_in);
    out->ProtocolType = in->ProtocolType = PROTOCOL_TYPE_RDP;
    out->Length = in->Length = sizeof(*out);
}

ULONG64 connection_idle_ms(const struct connection *self)
{
    uint64_t last = atomic_load(&counters_of(self->counters)->last_input_ms);
    uint64_t now = os_now_ms();

    /* no input yet counts from the start; a peer that lies about the time is not idle */
    if (last == 0)
        last = self->connected_ms ? self->connected_ms : now;
    return now > last ? now - last : 0;
}
