/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <string.h>

#include "rules.h"

void probe_fill(void *p, size_t size)
{
    memset(p, PROBE_BYTE, size);
}

static bool all(const uint8_t *p, size_t size, uint8_t byte)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != byte)
            return false;
    return true;
}

bool probe_untouched(const void *p, size_t size)
{
    return all(p, size, PROBE_BYTE);
}

bool probe_zero(const void *p, size_t size)
{
    return all(p, size, 0);
}

void probe_guard(uint32_t id, const char *method, const uint8_t *guard)
{
    rule_check(RULE_OVERRUN, probe_untouched(guard, PROBE_GUARD), id, "%s wrote past its out-parameter",
               method);
}

void probe_value(uint32_t id, const char *method, HRESULT hr, const void *p, size_t size,
                 const uint8_t *guard)
{
    probe_guard(id, method, guard);
    if (SUCCEEDED(hr))
        rule_check(RULE_OUT_VALUE, !probe_untouched(p, size), id,
                   "%s succeeded without writing its out-parameter", method);
    else
        rule_check(RULE_OUT_FAILURE, probe_untouched(p, size) || probe_zero(p, size), id,
                   "%s failed and left something in its out-parameter", method);
}

void *probe_object(uint32_t id, const char *method, HRESULT hr, void *object)
{
    bool poison = probe_untouched(&object, sizeof object);

    if (FAILED(hr)) {
        rule_check(RULE_OUT_OBJECT, !object, id, "%s failed with 0x%08x and %s", method, (unsigned)hr,
                   poison ? "did not set its out-parameter to NULL" : "an object");
        return NULL;
    }
    rule_check(RULE_OUT_OBJECT, object && !poison, id, "%s succeeded and %s", method,
               poison ? "did not write its out-parameter" : "gave NULL");
    if (poison || !object)
        return NULL;
    /* without a reference of its own it would die with the first Release: the one taken here is kept then */
    if (rule_check(RULE_HANDED_OUT, IUnknown_AddRef((IUnknown *)object) > 1, id,
                   "%s gave an object without a reference", method))
        IUnknown_Release((IUnknown *)object);
    return object;
}

bool probe_terminated(const WCHAR *text, size_t cap)
{
    for (size_t i = 0; i < cap; i++)
        if (!text[i])
            return true;
    return false;
}
