/* SPDX-License-Identifier: Apache-2.0 */
#include "link/link.h"

#define U8(t, m, lo, hi) WIRE_INT(WIRE_U8, t, m, lo, hi)
#define U16(t, m, lo, hi) WIRE_INT(WIRE_U16, t, m, lo, hi)
#define U32(t, m, lo, hi) WIRE_INT(WIRE_U32, t, m, lo, hi)
#define I32(t, m, lo, hi) WIRE_INT(WIRE_I32, t, m, lo, hi)
#define FLAG(t, m) WIRE_INT(WIRE_U32, t, m, 0, 1)
#define ANY32(t, m) WIRE_INT(WIRE_U32, t, m, 0, UINT32_MAX)
#define TEXT(t, m) WIRE_STRING(WIRE_TEXT, t, m, 0)
#define TEXT16(t, m) WIRE_STRING(WIRE_TEXT16, t, m, 0)
#define SECRET16(t, m) WIRE_STRING(WIRE_TEXT16, t, m, WIRE_SECRET)

#define TIMEOUT_MAX (24 * 3600 * 1000)
#define LOG_LEVEL_MAX 3

static const struct wire_field config_fields[] = {
    ANY32(struct link_config, connection),
    U32(struct link_config, security, LINK_SECURITY_ANY, LINK_SECURITY_TLS),
    U32(struct link_config, key_type, LINK_KEY_RSA, LINK_KEY_ECDSA),
    U32(struct link_config, log_level, 0, LOG_LEVEL_MAX),
    U32(struct link_config, desktop_width, 0, LINK_DESKTOP_MAX),
    U32(struct link_config, desktop_height, 0, LINK_DESKTOP_MAX),
    U32(struct link_config, step_timeout_ms, 1, TIMEOUT_MAX),
    U32(struct link_config, auth_timeout_ms, 1, TIMEOUT_MAX),
    FLAG(struct link_config, native_sspi),
    FLAG(struct link_config, h264),
    U32(struct link_config, suppress_encoding, 0, 0),
    TEXT(struct link_config, certificate),
    TEXT(struct link_config, key),
    TEXT(struct link_config, sam),
    TEXT(struct link_config, server_name),
};

static const struct wire_field prepare_fields[] = {FLAG(struct link_prepare, make_certificate)};

static const struct wire_field prepared_fields[] = {
    FLAG(struct link_prepared, ok),
    TEXT(struct link_prepared, text),
    TEXT(struct link_prepared, fingerprint),
    TEXT(struct link_prepared, certificate_info),
};

static const struct wire_field take_fields[] = {
    TEXT(struct link_take, address),
    U8(struct link_take, family, 0, 6),
    U16(struct link_take, port, 0, UINT16_MAX),
};

const struct wire_field link_monitor_fields[LINK_MONITOR_FIELDS] = {
    I32(struct link_monitor, left, -32768, 32767),
    I32(struct link_monitor, top, -32768, 32767),
    U32(struct link_monitor, width, 1, 32767),
    U32(struct link_monitor, height, 1, 32767),
    FLAG(struct link_monitor, primary),
    U32(struct link_monitor, scale, 0, 500),
    U32(struct link_monitor, width_mm, 0, 10000),
    U32(struct link_monitor, height_mm, 0, 10000),
};

/* SYSTEMTIME has no bounds worth checking here: the service reads it as numbers. */
#define DATE_FIELD(m, i)                                                                                     \
    {                                                                                                        \
        .kind = WIRE_U16, .name = #m, .offset = offsetof(struct link_client, m) + (i) * sizeof(uint16_t),    \
        .min = 0, .max = UINT16_MAX                                                                          \
    }
#define DATE(m)                                                                                              \
    DATE_FIELD(m, 0), DATE_FIELD(m, 1), DATE_FIELD(m, 2), DATE_FIELD(m, 3), DATE_FIELD(m, 4),                \
        DATE_FIELD(m, 5), DATE_FIELD(m, 6), DATE_FIELD(m, 7)

static const struct wire_field client_fields[] = {
    U32(struct link_client, width, 1, LINK_DESKTOP_MAX),
    U32(struct link_client, height, 1, LINK_DESKTOP_MAX),
    U32(struct link_client, color_depth, 4, 32),
    ANY32(struct link_client, build),
    ANY32(struct link_client, keyboard_layout),
    ANY32(struct link_client, keyboard_type),
    ANY32(struct link_client, keyboard_subtype),
    ANY32(struct link_client, keyboard_function_keys),
    ANY32(struct link_client, input_locale),
    ANY32(struct link_client, performance_flags),
    ANY32(struct link_client, product_id),
    FLAG(struct link_client, authenticated),
    FLAG(struct link_client, have_password),
    FLAG(struct link_client, autologon),
    FLAG(struct link_client, smartcard_pin),
    U32(struct link_client, encryption, 0, 4096),
    ANY32(struct link_client, client_version),
    WIRE_ARRAY(WIRE_LIST, struct link_client, monitors, monitor_count, 0, link_monitor_fields,
               LINK_MONITOR_FIELDS),
    TEXT16(struct link_client, client_name),
    TEXT16(struct link_client, client_address),
    TEXT16(struct link_client, client_directory),
    TEXT16(struct link_client, product),
    TEXT16(struct link_client, initial_program),
    TEXT16(struct link_client, working_directory),
    TEXT16(struct link_client, user),
    TEXT16(struct link_client, domain),
    SECRET16(struct link_client, password),
    WIRE_ARRAY(WIRE_BYTES, struct link_client, reconnect, reconnect_size, WIRE_SECRET, NULL, 0),
    I32(struct link_client, zone_bias, INT32_MIN, INT32_MAX),
    I32(struct link_client, zone_standard_bias, INT32_MIN, INT32_MAX),
    I32(struct link_client, zone_daylight_bias, INT32_MIN, INT32_MAX),
    TEXT16(struct link_client, zone_standard_name),
    TEXT16(struct link_client, zone_daylight_name),
    DATE(zone_standard_date),
    DATE(zone_daylight_date),
    TEXT16(struct link_client, zone_key_name),
    FLAG(struct link_client, zone_daylight_off),
};

static const struct wire_field active_fields[] = {
    U32(struct link_active, width, 1, LINK_DESKTOP_MAX),
    U32(struct link_active, height, 1, LINK_DESKTOP_MAX),
    U32(struct link_active, color_depth, 4, 32),
    FLAG(struct link_active, graphics_pipeline),
};

static const struct wire_field grant_fields[] = {
    ANY32(struct link_grant, request),
    U32(struct link_grant, producer, 0, LINK_PRODUCERS - 1),
    U32(struct link_grant, width, 1, LINK_DESKTOP_MAX),
    U32(struct link_grant, height, 1, LINK_DESKTOP_MAX),
    U32(struct link_grant, stride, 4, LINK_DESKTOP_MAX * 4 + 64),
    U32(struct link_grant, slots, 1, 8),
    U32(struct link_grant, memory_size, 4096, 1 << 30),
    WIRE_ARRAY(WIRE_LIST, struct link_grant, monitors, monitor_count, 0, link_monitor_fields,
               LINK_MONITOR_FIELDS),
};

static const struct wire_field grant_result_fields[] = {
    ANY32(struct link_grant_result, request),
    FLAG(struct link_grant_result, ok),
    TEXT(struct link_grant_result, text),
};

static const struct wire_field session_fields[] = {ANY32(struct link_session, session)};
static const struct wire_field value_fields[] = {ANY32(struct link_value, value)};
static const struct wire_field flag_fields[] = {FLAG(struct link_value, value)};

static const struct wire_field display_driver_fields[] = {
    FLAG(struct link_display_driver, load),
    ANY32(struct link_display_driver, session),
    TEXT16(struct link_display_driver, device_path),
};

static const struct wire_field logon_fields[] = {
    ANY32(struct link_logon, session),
    TEXT16(struct link_logon, user),
    TEXT16(struct link_logon, domain),
};

static const struct wire_field auto_reconnect_fields[] = {
    ANY32(struct link_auto_reconnect, session),
    WIRE_ARRAY(WIRE_BYTES, struct link_auto_reconnect, random, random_size, WIRE_SECRET, NULL, 0),
};

static const struct wire_field logon_error_fields[] = {
    ANY32(struct link_logon_error, type),
    ANY32(struct link_logon_error, data),
};

static const struct wire_field phase_fields[] = {U32(struct link_phase_change, phase, 0, LINK_PHASES - 1)};

static const struct wire_field closed_fields[] = {
    U32(struct link_closed, phase, 0, LINK_PHASES - 1),
    FLAG(struct link_closed, by_client),
    ANY32(struct link_closed, error_info),
    TEXT(struct link_closed, text),
};

static const struct wire_field log_fields[] = {
    U32(struct link_log, level, 0, LOG_LEVEL_MAX),
    TEXT(struct link_log, area),
    TEXT(struct link_log, text),
};

#define MESSAGE(id_, name_, struct_, fields_, passes_)                                                       \
    {                                                                                                        \
        .id = (id_), .name = (name_), .size = sizeof(struct struct_), .fields = (fields_),                   \
        .nfields = WIRE_COUNT(fields_), .passes = (passes_)                                                  \
    }

static const struct wire_message messages[] = {
    MESSAGE(LINK_CONFIG, "config", link_config, config_fields, 0),
    MESSAGE(LINK_PREPARE, "prepare", link_prepare, prepare_fields, 0),
    MESSAGE(LINK_TAKE, "take", link_take, take_fields, 2),
    MESSAGE(LINK_CONNECT, "connect", link_value, value_fields, 0),
    MESSAGE(LINK_DISCONNECT, "disconnect", link_value, value_fields, 0),
    MESSAGE(LINK_SESSION, "session", link_session, session_fields, 0),
    MESSAGE(LINK_GRANT_RESULT, "grant-result", link_grant_result, grant_result_fields, 0),
    MESSAGE(LINK_ERROR_INFO, "error-info", link_value, value_fields, 0),
    MESSAGE(LINK_CLOSE, "close", link_value, value_fields, 0),
    MESSAGE(LINK_DISPLAY_DRIVER, "display-driver", link_display_driver, display_driver_fields, 0),
    MESSAGE(LINK_LOGON, "logon", link_logon, logon_fields, 0),
    MESSAGE(LINK_DRIVER_HANDLE, "driver-handle", link_display_driver, display_driver_fields, 1),
    MESSAGE(LINK_AUTO_RECONNECT, "auto-reconnect", link_auto_reconnect, auto_reconnect_fields, 0),
    MESSAGE(LINK_LOGON_ERROR, "logon-error", link_logon_error, logon_error_fields, 0),
    MESSAGE(LINK_PREPARED, "prepared", link_prepared, prepared_fields, 0),
    MESSAGE(LINK_PHASE, "phase", link_phase_change, phase_fields, 0),
    MESSAGE(LINK_CLIENT, "client", link_client, client_fields, 0),
    MESSAGE(LINK_ACTIVE, "active", link_active, active_fields, 0),
    MESSAGE(LINK_GRANT, "grant", link_grant, grant_fields, 2),
    MESSAGE(LINK_SUPPRESS, "suppress", link_value, flag_fields, 0),
    MESSAGE(LINK_CLOSED, "closed", link_closed, closed_fields, 0),
    MESSAGE(LINK_LOG, "log", link_log, log_fields, 0),
};

const struct wire_table link_table = {"link", LINK_VERSION, messages, WIRE_COUNT(messages)};

const char *link_phase_name(enum link_phase phase)
{
    static const char *const names[LINK_PHASES] = {
        "connected",   "negotiation", "tls",          "credssp", "mcs",
        "client-info", "license",     "capabilities", "active",  "closed",
    };

    return (unsigned)phase < LINK_PHASES ? names[phase] : "unknown";
}
