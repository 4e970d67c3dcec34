/* SPDX-License-Identifier: Apache-2.0 */
/* QueryProperty: what is asked during a connect, and how it must be answered. methods.md 6. */
#include <stdio.h>
#include <string.h>

#include "allocators.h"
#include "call.h"
#include "family.h"
#include "os/os.h"
#include "probe.h"
#include "steps.h"

#define ENTRIES_MAX 3

struct query {
    const GUID *type;
    const char *name;
    ULONG in, out;                /* entries */
    USHORT out_type[ENTRIES_MAX]; /* 0: nothing but E_NOTIMPL is known to be right */
    ULONG size;                   /* of a binary, bytes; 0 any */
};

static const struct query queries[] = {
    {&WTS_QUERY_ALLOWED_INITIAL_APP,
     "initial-app",
     3,
     3,
     {WTS_VALUE_TYPE_STRING, WTS_VALUE_TYPE_STRING, WTS_VALUE_TYPE_ULONG},
     0},
    {&PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION, "time-zone", 0, 1, {WTS_VALUE_TYPE_BINARY}, 432},
    {&PROPERTY_TYPE_GET_FAST_RECONNECT, "fast-reconnect", 0, 1, {WTS_VALUE_TYPE_ULONG}, 0},
    {&PROPERTY_TYPE_GET_FAST_RECONNECT_USER_SID, "fast-reconnect-sid", 0, 1, {WTS_VALUE_TYPE_STRING}, 0},
    {&PROPERTY_TYPE_ENABLE_UNIVERSAL_APPS_FOR_CUSTOM_SHELL,
     "universal-apps",
     0,
     1,
     {WTS_VALUE_TYPE_ULONG},
     0},
    {&WTS_QUERY_AUDIOENUM_DLL, "audio-dll", 0, 1, {WTS_VALUE_TYPE_STRING}, 0},
    {&WTS_QUERY_LOGON_SCREEN_SIZE, "logon-screen-size", 0, 1, {WTS_VALUE_TYPE_ULONG}, 0},
    {&CONNECTION_PROPERTY_CURSOR_BLINK_DISABLED, "cursor-blink", 0, 1, {WTS_VALUE_TYPE_ULONG}, 0},
    {&CONNECTION_PROPERTY_IDLE_TIME_WARNING, "idle-warning", 0, 1, {WTS_VALUE_TYPE_ULONG}, 0},
    {&PROPERTY_TYPE_CONNECTION_GUID, "connection-guid", 0, 1, {0}, 0},
    {&PROPERTY_TYPE_SUPPRESS_LOGON_UI, "suppress-logon-ui", 0, 1, {0}, 0},
    {&PROPERTY_TYPE_CAPTURE_PROTECTED_CONTENT, "protected-content", 0, 1, {0}, 0},
    {&PROPERTY_TYPE_LICENSE_GUID, "license-guid", 0, 1, {0}, 0},
};

static const GUID nobodys_property = {0x0badc0de, 0x5, 0x6, {0x87, 1, 2, 3, 4, 5, 6, 7}};

/* The block's memory is judged and freed as the service would. */
static void judge_block(uint32_t id, const struct query *query, void *block, ULONG bytes)
{
    size_t size;
    enum allocator from = allocator_of(block, &size);

    rule_check(RULE_ALLOCATOR, from == ALLOCATOR_LOCAL, id, "%s came from %s, not from LocalAlloc",
               query->name, from == ALLOCATOR_TASK ? "CoTaskMemAlloc" : "elsewhere");
    if (from != ALLOCATOR_NONE)
        rule_check(RULE_PROPERTY_TYPE, size >= bytes, id, "%s says %u bytes in a block of %zu", query->name,
                   (unsigned)bytes, size);
    allocator_free(block);
}

static void judge_text(uint32_t id, const struct query *query, const WTS_PROPERTY_VALUE *value, char *text,
                       size_t cap)
{
    const ULONG count = value->u.strVal.size;

    text[0] = 0;
    if (!count && !value->u.strVal.pstrVal)
        return;
    if (rule_check(RULE_PROPERTY_TYPE,
                   value->u.strVal.pstrVal && count && count <= ABI_PROPERTY_SIZE_MAX &&
                       !value->u.strVal.pstrVal[count - 1],
                   id, "%s is a text of %u characters that does not end with its NUL", query->name,
                   (unsigned)count))
        os_utf8_from_utf16(text, cap, (const uint16_t *)value->u.strVal.pstrVal);
    judge_block(id, query, value->u.strVal.pstrVal, count * (ULONG)sizeof(WCHAR));
}

/* Judges and frees one entry; its value as text. */
static void judge_entry(uint32_t id, const struct query *query, unsigned i, const WTS_PROPERTY_VALUE *value,
                        char *text, size_t cap)
{
    text[0] = 0;
    if (!rule_check(RULE_PROPERTY_TYPE, query->out_type[i] && value->Type == query->out_type[i], id,
                    "%s has type %u in entry %u, not %u", query->name, value->Type, i, query->out_type[i]))
        return;
    switch (value->Type) {
    case WTS_VALUE_TYPE_BINARY:
        rule_check(RULE_PROPERTY_TYPE, !query->size || value->u.bVal.size == query->size, id,
                   "%s has %u bytes, not %u", query->name, (unsigned)value->u.bVal.size,
                   (unsigned)query->size);
        snprintf(text, cap, "%u bytes", (unsigned)value->u.bVal.size);
        judge_block(id, query, value->u.bVal.pbVal, value->u.bVal.size);
        break;
    case WTS_VALUE_TYPE_STRING:
        judge_text(id, query, value, text, cap);
        break;
    default:
        rule_check(RULE_OUT_VALUE, !probe_untouched(&value->u.ulVal, sizeof(ULONG)), id, "%s has no value",
                   query->name);
        snprintf(text, cap, "%u", (unsigned)value->u.ulVal);
    }
}

static void set_text(WTS_PROPERTY_VALUE *value, WCHAR *text, ULONG count)
{
    value->Type = WTS_VALUE_TYPE_STRING;
    value->u.strVal.size = count;
    value->u.strVal.pstrVal = text;
}

/* What goes in: only the initial program has any. Names come from the service, in memory that is its own. */
static void fill_in(WTS_PROPERTY_VALUE *in, WCHAR *program, WCHAR *parameters)
{
    static const WCHAR the_program[] = u"tool.exe", the_parameters[] = u"/quiet";

    memcpy(program, the_program, sizeof the_program);
    memcpy(parameters, the_parameters, sizeof the_parameters);
    memset(in, 0, ENTRIES_MAX * sizeof *in);
    set_text(&in[0], program, sizeof the_program / sizeof(WCHAR));
    set_text(&in[1], parameters, sizeof the_parameters / sizeof(WCHAR));
    in[2].Type = WTS_VALUE_TYPE_ULONG;
}

static HRESULT ask(struct connection *self, const struct query *query, struct step_call *call)
{
    PROBED(WTS_PROPERTY_VALUE[ENTRIES_MAX]) out;
    WTS_PROPERTY_VALUE in[ENTRIES_MAX];
    WCHAR program[32], parameters[32];
    const size_t used = query->out * sizeof *out.value;
    char text[ENTRIES_MAX][120] = {"", "", ""};
    HRESULT hr;

    fill_in(in, program, parameters);
    PROBE(&out);
    hr = CALL(self->id, "Connection", "QueryProperty",
              CONNECTION(self, QueryProperty, *query->type, query->in, query->out, query->in ? in : NULL,
                         out.value));
    rule_check(RULE_OVERRUN, probe_untouched((const char *)&out + used, sizeof out - used), self->id,
               "QueryProperty of %s wrote past its %u entries", query->name, (unsigned)query->out);
    if (FAILED(hr)) {
        rule_check(RULE_OUT_FAILURE, probe_untouched(out.value, used) || probe_zero(out.value, used),
                   self->id, "QueryProperty of %s failed and wrote an entry", query->name);
        return hr;
    }
    for (unsigned i = 0; i < query->out; i++)
        judge_entry(self->id, query, i, &out.value[i], text[i], sizeof text[i]);
    if (query->out == 3)
        step_answer(call, "%s | %s | %s", text[0], text[1], text[2]);
    else
        step_answer(call, "%s", text[0]);
    return hr;
}

/* More and fewer entries than there are: nothing may be written, nor allocated. */
static HRESULT ask_with(struct connection *self, const struct query *query, ULONG count)
{
    PROBED(WTS_PROPERTY_VALUE[ENTRIES_MAX + 2]) out;
    WTS_PROPERTY_VALUE in[ENTRIES_MAX];
    WCHAR program[32], parameters[32];
    HRESULT hr;

    fill_in(in, program, parameters);
    PROBE(&out);
    hr = CALL(
        self->id, "Connection", "QueryProperty",
        CONNECTION(self, QueryProperty, *query->type, query->in, count, query->in ? in : NULL, out.value));
    rule_check(RULE_PROPERTY_COUNT, FAILED(hr) && probe_untouched(&out, sizeof out), self->id,
               "QueryProperty of %s returned 0x%08x for %u entries instead of %u%s", query->name,
               (unsigned)hr, (unsigned)count, (unsigned)query->out,
               probe_untouched(&out, sizeof out) ? "" : ", and wrote some");
    return hr;
}

static const struct query *find(const char *name)
{
    for (unsigned i = 0; i < sizeof queries / sizeof *queries; i++)
        if (strcmp(queries[i].name, name) == 0)
            return &queries[i];
    return NULL;
}

static HRESULT ask_unknown(struct connection *self)
{
    HRESULT hr = CALL(self->id, "Connection", "QueryProperty",
                      CONNECTION(self, QueryProperty, nobodys_property, 0, 0, NULL, NULL));

    rule_check(RULE_PROPERTY_UNKNOWN, hr == E_NOTIMPL, self->id, "an unknown property returned 0x%08x",
               (unsigned)hr);
    return hr;
}

/* NAME [ENTRIES]; `unknown` for one that nobody has. */
HRESULT step_query_property(struct connection *self, struct step_call *call)
{
    const struct query *query;

    if (!call->argument[0] || strcmp(call->argument[0], "unknown") == 0)
        return ask_unknown(self);
    query = find(call->argument[0]);
    if (!query)
        return E_INVALIDARG;
    if (call->argument[1])
        return ask_with(self, query, step_number(call, 1, 0));
    return ask(self, query, call);
}

HRESULT step_query_properties(struct connection *self, struct step_call *call)
{
    for (unsigned i = 0; i < sizeof queries / sizeof *queries; i++)
        ask(self, &queries[i], call);
    ask_unknown(self);
    /* room for none, although the array is there */
    ask_with(self, find("fast-reconnect"), 0);
    return S_OK;
}
