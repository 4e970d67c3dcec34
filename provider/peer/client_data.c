/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/client_data.h"

#include <string.h>

#include <winpr/timezone.h>

#include "os/log.h"
#include "os/os.h"
#include "peer/security.h"
#include "peer/text.h"
#include "wire/le.h"

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int32_t clamp_signed(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static bool wipe_string(rdpSettings *settings, FreeRDP_Settings_Keys_String key)
{
    char *value = freerdp_settings_get_string_writable(settings, key);

    if (value)
        os_wipe(value, strlen(value));
    return freerdp_settings_set_string(settings, key, NULL);
}

void credentials_take(struct credentials *self, rdpSettings *settings)
{
    const char *password = freerdp_settings_get_string(settings, FreeRDP_Password);
    bool named;

    memset(self, 0, sizeof *self);
    named = text_utf16(self->user, LINK_NAME_MAX, freerdp_settings_get_string(settings, FreeRDP_Username));
    named = text_utf16(self->domain, LINK_NAME_MAX, freerdp_settings_get_string(settings, FreeRDP_Domain)) &&
            named;
    self->complete = text_utf16(self->password, LINK_NAME_MAX, password) && named && password;
    self->smartcard_pin = freerdp_settings_get_bool(settings, FreeRDP_PasswordIsSmartcardPin);
    if (!wipe_string(settings, FreeRDP_Password))
        self->complete = false;
}

void client_data_credentials(struct link_client *client, const struct credentials *credentials)
{
    memcpy(client->user, credentials->user, sizeof client->user);
    memcpy(client->domain, credentials->domain, sizeof client->domain);
    client->have_password = credentials->complete;
    if (credentials->complete)
        memcpy(client->password, credentials->password, sizeof client->password);
    client->smartcard_pin = credentials->smartcard_pin;
}

static void fill_monitors(struct link_client *client, const rdpSettings *settings)
{
    uint32_t count = freerdp_settings_get_uint32(settings, FreeRDP_MonitorCount);

    for (uint32_t i = 0; i < count && client->monitor_count < LINK_MONITORS_MAX; i++) {
        const rdpMonitor *from = freerdp_settings_get_pointer_array(settings, FreeRDP_MonitorDefArray, i);
        struct link_monitor *to = &client->monitors[client->monitor_count];

        if (!from || from->width < 1 || from->height < 1)
            continue;
        to->left = clamp_signed(from->x, -32768, 32767);
        to->top = clamp_signed(from->y, -32768, 32767);
        to->width = clamp((uint32_t)from->width, 1, 32767);
        to->height = clamp((uint32_t)from->height, 1, 32767);
        to->primary = from->is_primary ? 1 : 0;
        client->monitor_count++;
    }
}

static void fill_date(uint16_t to[8], const SYSTEMTIME *from)
{
    to[0] = from->wYear;
    to[1] = from->wMonth;
    to[2] = from->wDayOfWeek;
    to[3] = from->wDay;
    to[4] = from->wHour;
    to[5] = from->wMinute;
    to[6] = from->wSecond;
    to[7] = from->wMilliseconds;
}

/* The names are UTF-16 arrays that may lack a terminator. */
static void fill_zone_name(uint16_t to[32], const WCHAR from[32])
{
    char text[32 * 3 + 1];
    uint16_t copy[33] = {0};

    memcpy(copy, from, 32 * sizeof copy[0]);
    os_utf8_from_utf16(text, sizeof text, copy);
    text_utf16(to, 32, text);
}

static void fill_zone(struct link_client *client, const rdpSettings *settings)
{
    const TIME_ZONE_INFORMATION *zone = freerdp_settings_get_pointer(settings, FreeRDP_ClientTimeZone);

    if (!zone)
        return;
    client->zone_bias = zone->Bias;
    client->zone_standard_bias = zone->StandardBias;
    client->zone_daylight_bias = zone->DaylightBias;
    fill_zone_name(client->zone_standard_name, zone->StandardName);
    fill_zone_name(client->zone_daylight_name, zone->DaylightName);
    fill_date(client->zone_standard_date, &zone->StandardDate);
    fill_date(client->zone_daylight_date, &zone->DaylightDate);
    text_utf16(client->zone_key_name, sizeof client->zone_key_name / sizeof client->zone_key_name[0],
               freerdp_settings_get_string(settings, FreeRDP_DynamicDSTTimeZoneKeyName));
    client->zone_daylight_off = freerdp_settings_get_bool(settings, FreeRDP_DynamicDaylightTimeDisabled);
}

/* The client's auto-reconnect packet as it was on the wire; FreeRDP leaves it zero when there was none. */
static void fill_reconnect(struct link_client *client, const rdpSettings *settings)
{
    const ARC_CS_PRIVATE_PACKET *packet =
        freerdp_settings_get_pointer(settings, FreeRDP_ClientAutoReconnectCookie);

    if (!packet || packet->cbLen == 0)
        return;
    le_put32(client->reconnect, packet->cbLen);
    le_put32(client->reconnect + 4, packet->version);
    le_put32(client->reconnect + 8, packet->logonId);
    memcpy(client->reconnect + 12, packet->securityVerifier, sizeof packet->securityVerifier);
    client->reconnect_size = LINK_ARC_SIZE;
}

void client_data_fill(struct link_client *client, const rdpSettings *settings)
{
#define NUMBER(key) freerdp_settings_get_uint32(settings, (key))
#define COPY_TEXT(field, key)                                                                                \
    text_utf16(client->field, sizeof client->field / sizeof client->field[0],                                \
               freerdp_settings_get_string(settings, (key)))
    memset(client, 0, sizeof *client);
    client->width = clamp(NUMBER(FreeRDP_DesktopWidth), 1, LINK_DESKTOP_MAX);
    client->height = clamp(NUMBER(FreeRDP_DesktopHeight), 1, LINK_DESKTOP_MAX);
    client->color_depth = clamp(NUMBER(FreeRDP_ColorDepth), 4, 32);
    client->build = NUMBER(FreeRDP_ClientBuild);
    client->keyboard_layout = NUMBER(FreeRDP_KeyboardLayout);
    client->keyboard_type = NUMBER(FreeRDP_KeyboardType);
    client->keyboard_subtype = NUMBER(FreeRDP_KeyboardSubType);
    client->keyboard_function_keys = NUMBER(FreeRDP_KeyboardFunctionKey);
    client->input_locale = NUMBER(FreeRDP_KeyboardCodePage);
    client->performance_flags = NUMBER(FreeRDP_PerformanceFlags);
    client->client_version = NUMBER(FreeRDP_RdpVersion);
    client->encryption = SECURITY_CIPHER_BITS;
    client->autologon = freerdp_settings_get_bool(settings, FreeRDP_AutoLogonEnabled) ? 1 : 0;
    fill_monitors(client, settings);
    COPY_TEXT(client_name, FreeRDP_ClientHostname);
    COPY_TEXT(client_address, FreeRDP_ClientAddress);
    COPY_TEXT(client_directory, FreeRDP_ClientDir);
    COPY_TEXT(product, FreeRDP_ClientProductId);
    COPY_TEXT(initial_program, FreeRDP_AlternateShell);
    COPY_TEXT(working_directory, FreeRDP_ShellWorkingDirectory);
    fill_zone(client, settings);
    fill_reconnect(client, settings);
#undef COPY_TEXT
#undef NUMBER
}

/* The monitors of its GCC block, if there are several and they are as large together as the desktop it asks
 * for. */
static bool take_monitors(const rdpSettings *settings, uint32_t width, uint32_t height, struct layout *layout)
{
    uint32_t count = freerdp_settings_get_uint32(settings, FreeRDP_MonitorCount);
    struct layout_monitor monitors[LAYOUT_MONITORS_MAX];
    const char *problem;

    if (count < 2 || count > LAYOUT_MONITORS_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const rdpMonitor *from = freerdp_settings_get_pointer_array(settings, FreeRDP_MonitorDefArray, i);

        if (!from || from->width < 1 || from->height < 1)
            return false;
        monitors[i] = (struct layout_monitor){.left = from->x,
                                              .top = from->y,
                                              .width = (uint32_t)from->width,
                                              .height = (uint32_t)from->height,
                                              .primary = from->is_primary != 0,
                                              .scale = from->attributes.desktopScaleFactor,
                                              .width_mm = from->attributes.physicalWidth,
                                              .height_mm = from->attributes.physicalHeight};
    }
    if (!layout_arrange(layout, monitors, count, &problem)) {
        log_warn("peer", 0, "the client's monitors are not used: %s", problem);
        return false;
    }
    return layout->width == width && layout->height == height;
}

/* One monitor of the size that it asks for. */
static bool take_one(const rdpSettings *settings, uint32_t width, uint32_t height, struct layout *layout)
{
    const struct layout_monitor monitor = {
        .width = width,
        .height = height,
        .scale = freerdp_settings_get_uint32(settings, FreeRDP_DesktopScaleFactor),
        .width_mm = freerdp_settings_get_uint32(settings, FreeRDP_DesktopPhysicalWidth),
        .height_mm = freerdp_settings_get_uint32(settings, FreeRDP_DesktopPhysicalHeight)};
    const char *problem;

    return layout_arrange(layout, &monitor, 1, &problem);
}

void client_data_layout(const struct link_config *config, const rdpSettings *settings, struct layout *layout)
{
    uint32_t w = config->desktop_width, h = config->desktop_height;
    bool fixed = w != 0 && h != 0;

    if (!fixed) {
        w = freerdp_settings_get_uint32(settings, FreeRDP_DesktopWidth);
        h = freerdp_settings_get_uint32(settings, FreeRDP_DesktopHeight);
    }
    w = clamp(w, LINK_DESKTOP_MIN, LINK_DESKTOP_MAX) & ~1u;
    h = clamp(h, LINK_DESKTOP_MIN, LINK_DESKTOP_MAX);
    if ((uint64_t)w * h > LINK_AREA_MAX)
        h = LINK_AREA_MAX / w;
    if (!fixed && (take_monitors(settings, w, h, layout) || take_one(settings, w, h, layout)))
        return;
    layout_single(layout, w, h);
}
