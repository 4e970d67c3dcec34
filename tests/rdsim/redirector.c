/* SPDX-License-Identifier: Apache-2.0 */
/* What LogonUI would show, said to the provider's redirector; and how the service lets go of any object. */
#include "call.h"
#include "connection.h"
#include "family.h"
#include "os/os.h"
#include "probe.h"

void object_release(IUnknown *object, enum rule rule, uint32_t id, const char *name, unsigned wait_ms)
{
    uint64_t until = os_now_ms() + wait_ms;
    ULONG left;

    /* a provider may let go of its own reference a little later, on its own thread */
    for (;;) {
        IUnknown_AddRef(object);
        left = IUnknown_Release(object);
        if (left <= 1 || os_now_ms() >= until)
            break;
        os_sleep_ms(2);
    }
    call_enter(id, CALL_PLAIN, name, "Release");
    left = IUnknown_Release(object);
    call_leave(S_OK);
    rule_check(rule, left == 0, id, "%s: %u references are left after the last Release", name,
               (unsigned)left);
}

HRESULT redirector_open(struct connection *self)
{
    IWRdsProtocolLogonErrorRedirector *object, *old;
    HRESULT hr;

    os_mutex_lock(&self->lock);
    self->redirector_asked = true;
    os_mutex_unlock(&self->lock);
    PROBE(&object);
    hr = CALL(self->id, "Connection", "GetLogonErrorRedirector",
              CONNECTION(self, GetLogonErrorRedirector, (void *)&object));
    object = probe_object(self->id, "GetLogonErrorRedirector", hr, object);
    os_mutex_lock(&self->lock);
    old = self->redirector;
    self->redirector = object;
    os_mutex_unlock(&self->lock);
    if (old)
        object_release((IUnknown *)old, RULE_OBJECT_RELEASE, self->id, "LogonErrorRedirector", 0);
    return hr;
}

void redirector_close(struct connection *self)
{
    if (self->redirector)
        object_release((IUnknown *)self->redirector, RULE_OBJECT_RELEASE, self->id, "LogonErrorRedirector",
                       0);
    self->redirector = NULL;
}

static void judge(struct connection *self, const char *method,
                  const WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response, bool start_over)
{
    unsigned value = (unsigned)*response;

    if (!rule_check(RULE_REDIRECTOR_RESPONSE, !probe_untouched(response, sizeof *response), self->id,
                    "%s did not write its answer", method))
        return;
    rule_check(RULE_REDIRECTOR_RESPONSE,
               value >= WTS_LOGON_ERR_NOT_HANDLED &&
                   (value <= WTS_LOGON_ERR_HANDLED_DONT_SHOW ||
                    (value == WTS_LOGON_ERR_HANDLED_DONT_SHOW_START_OVER && start_over)),
               self->id, "%s answered %u", method, value);
}

HRESULT redirector_painting(struct connection *self)
{
    if (!self->redirector)
        return E_POINTER;
    return CALL(self->id, "LogonErrorRedirector", "OnBeginPainting", REDIRECTOR(self, OnBeginPainting));
}

HRESULT redirector_status(struct connection *self, const char *text)
{
    WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE response;
    WCHAR wide[256];
    HRESULT hr;

    if (!self->redirector)
        return E_POINTER;
    os_utf16_from_utf8((uint16_t *)wide, 256, text);
    PROBE(&response);
    hr = CALL(self->id, "LogonErrorRedirector", "RedirectStatus",
              REDIRECTOR(self, RedirectStatus, wide, &response));
    judge(self, "RedirectStatus", &response, false);
    return hr;
}

HRESULT redirector_error(struct connection *self, LONG status, const char *text)
{
    WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE response;
    WCHAR wide[256];
    HRESULT hr;

    if (!self->redirector)
        return E_POINTER;
    os_utf16_from_utf8((uint16_t *)wide, 256, text);
    PROBE(&response);
    hr = CALL(self->id, "LogonErrorRedirector", "RedirectLogonError",
              REDIRECTOR(self, RedirectLogonError, status, 0, u"rdsim", wide, 0, &response));
    judge(self, "RedirectLogonError", &response, true);
    return hr;
}

bool redirector_message(struct connection *self, const char *text)
{
    WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE response;
    bool may;
    WCHAR wide[256];

    /* on the thread of a control client: kept alive like a poll */
    os_mutex_lock(&self->lock);
    may = self->redirector && self->returned && !self->closing;
    self->calls += may;
    os_mutex_unlock(&self->lock);
    if (!may)
        return false;
    os_utf16_from_utf8((uint16_t *)wide, 256, text);
    PROBE(&response);
    CALL(self->id, "LogonErrorRedirector", "RedirectMessage",
         REDIRECTOR(self, RedirectMessage, u"rdsim", wide, 0, &response));
    judge(self, "RedirectMessage", &response, false);
    connection_leave(self);
    return true;
}
