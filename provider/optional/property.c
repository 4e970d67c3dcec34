/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QueryProperty: one table of what may be asked. What is documented and ours to know is answered, the rest is
 * E_NOTIMPL, which every service takes as "the default"; invented answers made sessions collapse (methods.md
 * 6). Strings and binaries come from LocalAlloc (gaps.md 31) and belong to the caller on success.
 */
#include "com/connection_private.h"

#include <stdlib.h>
#include <string.h>

#include "abi/winalloc.h"

/* A program that loads us elsewhere than on Windows may have no allocator of its own. */
static void *local_alloc(size_t size)
{
#ifndef _WIN32
    if (!LocalAlloc)
        return calloc(1, size);
#endif
    return LocalAlloc(LPTR, size);
}

static void local_free(void *block)
{
#ifndef _WIN32
    if (!LocalFree) {
        free(block);
        return;
    }
#endif
    LocalFree(block);
}

/* Length of a string entry: it ends at its size or at a NUL (gaps.md 30: whether the size counts it is not
 * said). */
static size_t text_length(const WRDS_PROPERTY_VALUE *value)
{
    size_t cap = value->u.strVal.size, n = 0;

    if (!value->u.strVal.pstrVal)
        return 0;
    if (cap > ABI_PROPERTY_SIZE_MAX)
        cap = ABI_PROPERTY_SIZE_MAX;
    while (n < cap && value->u.strVal.pstrVal[n])
        n++;
    return n;
}

/* head and tail in one string of their own; `size` counts the NUL. */
static bool set_text(WRDS_PROPERTY_VALUE *out, const WCHAR *head, size_t nhead, const WCHAR *tail,
                     size_t ntail)
{
    size_t n = nhead + ntail + 1;
    WCHAR *text = local_alloc(n * sizeof(*text));

    if (!text)
        return false;
    if (nhead)
        memcpy(text, head, nhead * sizeof(*text));
    if (ntail)
        memcpy(text + nhead, tail, ntail * sizeof(*text));
    text[n - 1] = 0;
    out->Type = WRDS_VALUE_TYPE_STRING;
    out->u.strVal.size = (ULONG)n;
    out->u.strVal.pstrVal = text;
    return true;
}

static void set_number(WRDS_PROPERTY_VALUE *out, ULONG value)
{
    out->Type = WRDS_VALUE_TYPE_ULONG;
    out->u.ulVal = value;
}

/* "C:\x", "\\server\x", "\x", "%x%" and a quoted name stand for themselves. */
static bool has_place(const WCHAR *name, size_t n)
{
    return n == 0 || name[0] == '\\' || name[0] == '/' || name[0] == '%' || name[0] == '"' ||
           (n > 1 && name[1] == ':');
}

/* The client's working directory goes in front of the name; the command is as the service gave it otherwise.
 */
static HRESULT allowed_initial_app(const struct connection *self, const WRDS_PROPERTY_VALUE *in,
                                   WRDS_PROPERTY_VALUE *out)
{
    const uint16_t *directory = self->client.working_directory;
    WRDS_PROPERTY_VALUE command = {0}, parameters = {0};
    WCHAR place[LINK_NAME_MAX + 1];
    size_t n = 0;

    if (in[0].Type != WRDS_VALUE_TYPE_STRING || in[1].Type != WRDS_VALUE_TYPE_STRING ||
        in[2].Type != WRDS_VALUE_TYPE_ULONG)
        return E_INVALIDARG;
    if (!has_place(in[0].u.strVal.pstrVal, text_length(&in[0]))) {
        for (; directory[n]; n++)
            place[n] = (WCHAR)directory[n];
        if (n > 0 && place[n - 1] != '\\' && place[n - 1] != '/')
            place[n++] = '\\';
    }
    if (!set_text(&command, place, n, in[0].u.strVal.pstrVal, text_length(&in[0])))
        return E_OUTOFMEMORY;
    if (!set_text(&parameters, in[1].u.strVal.pstrVal, text_length(&in[1]), NULL, 0)) {
        local_free(command.u.strVal.pstrVal);
        return E_OUTOFMEMORY;
    }
    out[0] = command;
    out[1] = parameters;
    set_number(&out[2], self->deny_initial_program ? 0 : 1);
    return S_OK;
}

static HRESULT dynamic_time_zone(const struct connection *self, const WRDS_PROPERTY_VALUE *in,
                                 WRDS_PROPERTY_VALUE *out)
{
    const struct link_client *client = &self->client;
    WRDS_DYNAMIC_TIME_ZONE_INFORMATION *zone;
    WTS_TIME_ZONE_INFORMATION plain;

    (void)in;
    if (!client->zone_standard_name[0] && !client->zone_key_name[0])
        return E_NOTIMPL; /* the client has not said where it is */
    zone = local_alloc(sizeof(*zone));
    if (!zone)
        return E_OUTOFMEMORY;
    connection_fill_zone(self, &plain);
    memset(zone, 0, sizeof(*zone));
    zone->Bias = plain.Bias;
    memcpy(zone->StandardName, plain.StandardName, sizeof(zone->StandardName));
    zone->StandardDate = plain.StandardDate;
    zone->StandardBias = plain.StandardBias;
    memcpy(zone->DaylightName, plain.DaylightName, sizeof(zone->DaylightName));
    zone->DaylightDate = plain.DaylightDate;
    zone->DaylightBias = plain.DaylightBias;
    wide_copy(zone->TimeZoneKeyName, sizeof(zone->TimeZoneKeyName) / sizeof(WCHAR), client->zone_key_name);
    zone->DynamicDaylightTimeDisabled = (USHORT)client->zone_daylight_off;
    out->Type = WRDS_VALUE_TYPE_BINARY;
    out->u.bVal.size = sizeof(*zone);
    out->u.bVal.pbVal = (char *)zone;
    return S_OK;
}

/* None: another answer rebinds clients to hidden sessions (field.md 1.3). */
static HRESULT fast_reconnect(const struct connection *self, const WRDS_PROPERTY_VALUE *in,
                              WRDS_PROPERTY_VALUE *out)
{
    (void)self;
    (void)in;
    set_number(out, 0);
    return S_OK;
}

/* So that an initial program may start them; to verify on Windows. */
static HRESULT universal_apps(const struct connection *self, const WRDS_PROPERTY_VALUE *in,
                              WRDS_PROPERTY_VALUE *out)
{
    (void)self;
    (void)in;
    set_number(out, 1);
    return S_OK;
}

static const struct property {
    const GUID *type;
    const char *name;
    ULONG nin, nout; /* exactly; nin 0: what comes in is not read */
    HRESULT(*answer)
    (const struct connection *self, const WRDS_PROPERTY_VALUE *in,
     WRDS_PROPERTY_VALUE *out); /* NULL: E_NOTIMPL */
} properties[] = {
    {&WTS_QUERY_ALLOWED_INITIAL_APP, "allowed initial app", 3, 3, allowed_initial_app},
    {&PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION, "dynamic time zone", 0, 1, dynamic_time_zone},
    {&PROPERTY_TYPE_GET_FAST_RECONNECT, "fast reconnect", 0, 1, fast_reconnect},
    {&PROPERTY_TYPE_ENABLE_UNIVERSAL_APPS_FOR_CUSTOM_SHELL, "universal apps", 0, 1, universal_apps},
    {&PROPERTY_TYPE_GET_FAST_RECONNECT_USER_SID, "fast reconnect SID", 0, 1, NULL},
    {&WTS_QUERY_LOGON_SCREEN_SIZE, "logon screen size", 0, 1, NULL},
    {&WTS_QUERY_AUDIOENUM_DLL, "audio enumerator", 0, 1, NULL},
    {&WTS_QUERY_MF_FORMAT_SUPPORT, "media formats", 1, 1, NULL},
    {&CONNECTION_PROPERTY_CURSOR_BLINK_DISABLED, "cursor blink", 0, 1, NULL},
    {&CONNECTION_PROPERTY_IDLE_TIME_WARNING, "idle warning", 0, 1, NULL},
    {&PROPERTY_TYPE_CONNECTION_GUID, "connection GUID", 0, 1, NULL},
    {&PROPERTY_TYPE_SUPPRESS_LOGON_UI, "suppress logon UI", 0, 1, NULL},
    {&PROPERTY_TYPE_CAPTURE_PROTECTED_CONTENT, "capture protected content", 0, 1, NULL},
    {&PROPERTY_TYPE_LICENSE_GUID, "licence GUID", 0, 1, NULL},
};

static const struct property *find(const GUID *type)
{
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        if (IsEqualGUID(type, properties[i].type))
            return &properties[i];
    }
    return NULL;
}

const char *property_name(const GUID *type)
{
    const struct property *property = find(type);

    return property ? property->name : NULL;
}

HRESULT connection_query(const struct connection *self, const GUID *type, ULONG nin, ULONG nout,
                         const WRDS_PROPERTY_VALUE *in, WRDS_PROPERTY_VALUE *out)
{
    const struct property *property = find(type);

    if (!property || !property->answer)
        return E_NOTIMPL;
    if (nout != property->nout || (property->nin && nin != property->nin))
        return E_INVALIDARG;
    if (!out || (property->nin && !in))
        return E_POINTER;
    return property->answer(self, in, out);
}
