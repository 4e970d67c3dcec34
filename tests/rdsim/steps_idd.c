/* SPDX-License-Identifier: Apache-2.0 */
/* The indirect display driver's interfaces: methods.md 9. Two forms of OnDriverLoad, of which one gives a
 * handle away. */
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "handle.h"
#include "probe.h"
#include "steps.h"

#define HARDWARE_ID_COUNT 200 /* what a service was seen to pass: field.md 1.2 */
#define HANDLE_WAIT_MS 3000
#define LONG_PATH 700

struct driver {
    struct driver *next;
    struct handle_watch handle;
};

HRESULT step_enable_wddm_idd(struct connection *self, struct step_call *call)
{
    BOOL on = !call->argument[0] || strcmp(call->argument[0], "FALSE") != 0;

    if (!self->idd) /* newer services do not ask for this interface */
        return S_OK;
    return CALL(self->id, "WddmIddProps", "EnableWddmIdd", IWRdsWddmIddProps_EnableWddmIdd(self->idd, on));
}

static HRESULT hardware_id(struct connection *self, bool newer, WCHAR *buffer, DWORD count)
{
    if (newer)
        return CALL(self->id, "WddmIddProps1", "GetHardwareId",
                    IWRdsWddmIddProps1_GetHardwareId(self->idd1, buffer, count));
    return CALL(self->id, "WddmIddProps", "GetHardwareId",
                IWRdsWddmIddProps_GetHardwareId(self->idd, buffer, count));
}

/* The newer interface where there is one (gaps.md 40), unless the argument is `old`. */
HRESULT step_get_hardware_id(struct connection *self, struct step_call *call)
{
    bool newer = self->idd1 && (!call->argument[0] || strcmp(call->argument[0], "old") != 0);
    PROBED(WCHAR[HARDWARE_ID_COUNT]) id;
    HRESULT hr;

    if (!newer && !self->idd)
        return S_OK;
    PROBE(&id);
    hr = hardware_id(self, newer, id.value, HARDWARE_ID_COUNT);
    probe_guard(self->id, "GetHardwareId", id.guard);
    if (FAILED(hr))
        return hr;
    if (rule_check(RULE_IDD_HARDWARE_ID, id.value[0] && probe_terminated(id.value, HARDWARE_ID_COUNT),
                   self->id, "GetHardwareId succeeded with %s",
                   id.value[0] ? "a text that does not end" : "an empty text"))
        step_answer(call, "%s", step_text(id.value));
    PROBE(&id);
    hr = hardware_id(self, newer, id.value, 1);
    rule_check(RULE_IDD_HARDWARE_ID, FAILED(hr) || id.value[0] == 0, self->id,
               "GetHardwareId says that its text fits into one character");
    rule_check(RULE_OVERRUN, probe_untouched(id.value + 1, sizeof id.value - sizeof id.value[0]), self->id,
               "GetHardwareId wrote past a buffer of one character");
    return S_OK;
}

static HRESULT load_by_path(struct connection *self, uint32_t session, bool too_long)
{
    static const WCHAR device[] = u"\\\\?\\SWD#REMOTEDISPLAYENUM#RDSIM&SESSIONID_0002#{00000000-0000}";
    WCHAR path[LONG_PATH + 1];
    HRESULT hr;

    if (!self->idd1)
        return S_OK;
    memset(path, 0, sizeof path);
    memcpy(path, device, sizeof device);
    for (unsigned i = sizeof device / sizeof *device - 1; too_long && i < LONG_PATH; i++)
        path[i] = u'x';
    hr = CALL(self->id, "WddmIddProps1", "OnDriverLoad",
              IWRdsWddmIddProps1_OnDriverLoad(self->idd1, session, path));
    probe_fill(path, sizeof path); /* it has to be copied */
    return hr;
}

static HRESULT load_by_handle(struct connection *self, uint32_t session)
{
    struct driver *driver = calloc(1, sizeof *driver);

    if (!driver || !handle_watch_begin(&driver->handle)) {
        free(driver);
        return E_OUTOFMEMORY;
    }
    os_mutex_lock(&self->lock);
    driver->next = self->drivers;
    self->drivers = driver;
    os_mutex_unlock(&self->lock);
    return CALL(self->id, "WddmIddProps", "OnDriverLoad",
                IWRdsWddmIddProps_OnDriverLoad(self->idd, session, driver->handle.given));
}

/* handle | none | invalid (of the older interface), path | long (of the newer one); session */
HRESULT step_on_driver_load(struct connection *self, struct step_call *call)
{
    const char *form = call->argument[0] ? call->argument[0] : self->idd1 ? "path" : "handle";
    uint32_t session = step_number(call, 1, self->session);

    if (strcmp(form, "path") == 0 || strcmp(form, "long") == 0)
        return load_by_path(self, session, form[0] == 'l');
    if (!self->idd)
        return S_OK;
    if (strcmp(form, "handle") == 0)
        return load_by_handle(self, session);
    return CALL(self->id, "WddmIddProps", "OnDriverLoad",
                IWRdsWddmIddProps_OnDriverLoad(
                    self->idd, session, strcmp(form, "invalid") == 0 ? (HANDLE_PTR)INVALID_HANDLE_VALUE : 0));
}

/* [old]; session */
HRESULT step_on_driver_unload(struct connection *self, struct step_call *call)
{
    bool newer = self->idd1 && (!call->argument[0] || strcmp(call->argument[0], "old") != 0);
    uint32_t session = step_number(call, 1, self->session);

    if (newer)
        return CALL(self->id, "WddmIddProps1", "OnDriverUnload",
                    IWRdsWddmIddProps1_OnDriverUnload(self->idd1, session));
    if (!self->idd)
        return S_OK;
    return CALL(self->id, "WddmIddProps", "OnDriverUnload",
                IWRdsWddmIddProps_OnDriverUnload(self->idd, session));
}

/* Not a call: waits until the handles are closed, and from then on has their numbers. */
HRESULT step_driver_handle_closed(struct connection *self, struct step_call *call)
{
    bool closed = true;

    (void)call;
    for (struct driver *driver = self->drivers; driver; driver = driver->next)
        closed = handle_watch_closed(&driver->handle, HANDLE_WAIT_MS) && closed;
    return closed ? S_OK : E_FAIL;
}

void drivers_judge(struct connection *self)
{
    struct driver *driver;

    while ((driver = self->drivers)) {
        self->drivers = driver->next;
        rule_check(RULE_IDD_HANDLE, handle_watch_closed(&driver->handle, HANDLE_WAIT_MS), self->id,
                   "the handle of OnDriverLoad is open after the connection's end");
        os_sleep_ms(1); /* whoever closes twice has done so by now */
        rule_check(RULE_IDD_HANDLE, handle_watch_end(&driver->handle), self->id,
                   "the handle of OnDriverLoad was closed twice");
        free(driver);
    }
}
