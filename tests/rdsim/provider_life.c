/* SPDX-License-Identifier: Apache-2.0 */
#include "provider_life.h"

#include <stdio.h>
#include <string.h>

#include "call.h"
#include "connection.h"
#include "family.h"
#include "os/log.h"
#include "os/os.h"
#include "probe.h"
#include "service_objects.h"

#define RELEASE_WAIT_MS 1000

static bool load_failed(const char *problem)
{
    fprintf(stderr, "rdsim: the provider cannot be loaded: %s\n", problem);
    return false;
}

bool provider_load(struct service *self)
{
    const struct options *options = self->options;
    char problem[1200];
    void *manager;
    HRESULT hr;

    self->legacy = options->legacy;
    if (!loader_open(options->library, &options->clsid, FAMILY_IID(self->legacy, Manager), &self->loader,
                     &manager, problem, sizeof problem))
        return load_failed(problem);
    self->manager = manager;
    hr = loader_can_unload(self->loader);
    rule_check(RULE_UNLOAD_BUSY, hr != S_OK, 0, "DllCanUnloadNow is S_OK with a manager alive");
    return true;
}

static void judge_manager(struct service *self)
{
    static const IID no_interface = {0x0badc0de, 0x1, 0x3, {0x83, 4, 5, 6, 7, 8, 9, 10}};
    IUnknown *manager = (IUnknown *)self->manager, *first = NULL, *second = NULL;
    void *out;
    HRESULT hr;

    PROBE(&out);
    hr = IUnknown_QueryInterface(manager, &no_interface, &out);
    rule_check(RULE_COM_IDENTITY, hr == E_NOINTERFACE && !out, 0,
               "the manager's QueryInterface of an unknown interface returned 0x%08x and %s", (unsigned)hr,
               out ? "a pointer" : "NULL");
    if (SUCCEEDED(IUnknown_QueryInterface(manager, &IID_IUnknown, (void **)&first)) &&
        SUCCEEDED(IUnknown_QueryInterface(manager, &IID_IUnknown, (void **)&second)))
        rule_check(RULE_COM_IDENTITY, first == second, 0, "the manager has two IUnknown");
    if (first)
        IUnknown_Release(first);
    if (second)
        IUnknown_Release(second);
    PROBE(&out);
    hr = IUnknown_QueryInterface(manager, FAMILY_IID(!self->legacy, Manager), &out);
    rule_check(RULE_COM_FAMILY, FAILED(hr), 0, "the manager answers for the other family too");
    if (SUCCEEDED(hr))
        IUnknown_Release((IUnknown *)out);
}

bool provider_initialize(struct service *self)
{
    PROBED(WRDS_SETTINGS) settings;
    HRESULT hr;

    if (self->legacy)
        return true;
    self->settings = settings_object_create();
    if (!self->settings)
        return false;
    PROBE(&settings);
    settings_fill(&settings.value, WRDS_SETTING_TYPE_MACHINE);
    hr = CALL(0, "Manager", "Initialize",
              IWRdsProtocolManager_Initialize(self->manager, self->settings, &settings.value));
    probe_guard(0, "Initialize", settings.guard);
    probe_fill(&settings, sizeof settings); /* it has to be copied */
    if (FAILED(hr))
        fprintf(stderr, "rdsim: Initialize returned 0x%08x\n", (unsigned)hr);
    return SUCCEEDED(hr);
}

bool provider_create_listener(struct service *self, unsigned i)
{
    struct listener *listener = &self->listeners[i];
    const char *name = listener->name_text;
    IWRdsProtocolListener *object;
    HRESULT hr;

    memset(listener, 0, sizeof *listener);
    if (i < self->options->listener_count)
        snprintf(listener->name_text, sizeof listener->name_text, "%s", self->options->listeners[i]);
    else
        snprintf(listener->name_text, sizeof listener->name_text, "%s-%u", self->options->listeners[0],
                 i + 1);
    os_utf16_from_utf8((uint16_t *)listener->name, sizeof listener->name / sizeof *listener->name, name);
    PROBE(&object);
    hr = CALL(0, "Manager", "CreateListener", MANAGER(self, CreateListener, listener->name, (void *)&object));
    listener->object = probe_object(0, "CreateListener", hr, object);
    if (!listener->object)
        fprintf(stderr, "rdsim: CreateListener of %s returned 0x%08x\n", name, (unsigned)hr);
    return listener->object != NULL;
}

void provider_get_settings(struct service *self, unsigned i)
{
    PROBED(WRDS_LISTENER_SETTINGS) settings;
    HRESULT hr;

    if (self->legacy || !self->listeners[i].object)
        return;
    PROBE(&settings);
    hr = CALL(0, "Listener", "GetSettings",
              IWRdsProtocolListener_GetSettings(self->listeners[i].object, WRDS_LISTENER_SETTING_LEVEL_1,
                                                &settings.value));
    PROBE_VALUE(0, "GetSettings", hr, &settings);
    if (SUCCEEDED(hr))
        rule_check(RULE_OUT_VALUE, settings.value.WRdsListenerSettingLevel == WRDS_LISTENER_SETTING_LEVEL_1,
                   0, "the listener's settings are of level %d",
                   (int)settings.value.WRdsListenerSettingLevel);
}

bool provider_start_listen(struct service *self, unsigned i)
{
    struct listener *listener = &self->listeners[i];
    HRESULT hr;

    if (listener->callback) /* of an earlier StartListen */
        listener_callback_retire(listener->callback);
    listener->stopped = false;
    listener->callback = listener->object ? listener_callback_create(self, i) : NULL;
    if (!listener->callback)
        return false;
    hr = CALL(0, "Listener", "StartListen",
              FAMILY_CALL(self->legacy, Listener, listener->object, StartListen,
                          listener_callback_iface(listener->callback)));
    if (FAILED(hr)) {
        fprintf(stderr, "rdsim: StartListen of %s returned 0x%08x\n", listener->name_text, (unsigned)hr);
        return false;
    }
    rule_check(RULE_LISTENER_CALLBACK_HELD, listener_callback_held(listener->callback), 0,
               "StartListen took no reference");
    return true;
}

void provider_notify_state(struct service *self, WTS_RCM_SERVICE_STATE what, WTS_RCM_DRAIN_STATE drain)
{
    WTS_SERVICE_STATE state = {what, drain};

    if (self->manager)
        NOTIFY(0, "Manager", "NotifyServiceStateChange", MANAGER(self, NotifyServiceStateChange, &state));
}

void provider_session_of_service(struct service *self, uint32_t session, bool start)
{
    WTS_SESSION_ID id = {GUID_NULL, session};

    if (start)
        NOTIFY(0, "Manager", "NotifySessionOfServiceStart", MANAGER(self, NotifySessionOfServiceStart, &id));
    else
        NOTIFY(0, "Manager", "NotifySessionOfServiceStop", MANAGER(self, NotifySessionOfServiceStop, &id));
}

void provider_settings_change(struct service *self, bool no_clipboard)
{
    PROBED(WRDS_SETTINGS) settings;
    WRDS_SETTINGS_1 *inner = &settings.value.WRdsSetting.WRdsSettings1;

    if (self->legacy)
        return;
    PROBE(&settings);
    settings_fill(&settings.value, WRDS_SETTING_TYPE_MACHINE);
    inner->WRdsDisableClipStatus = no_clipboard ? WRDS_SETTING_STATUS_ENABLED : WRDS_SETTING_STATUS_DISABLED;
    inner->WRdsDisableClipValue = no_clipboard;
    NOTIFY(0, "Manager", "NotifySettingsChange",
           IWRdsProtocolManager_NotifySettingsChange(self->manager, &settings.value));
    probe_guard(0, "NotifySettingsChange", settings.guard);
    probe_fill(&settings, sizeof settings); /* it has to be copied */
}

bool provider_start(struct service *self)
{
    judge_manager(self);
    if (!provider_initialize(self))
        return false;
    for (unsigned i = 0; i < self->options->listener_count; i++) {
        if (!provider_create_listener(self, i))
            return false;
        provider_get_settings(self, i);
        if (!provider_start_listen(self, i))
            return false;
    }
    provider_notify_state(self, WTS_SERVICE_START, WTS_DRAIN_NOT_IN_DRAIN);
    rule_check(RULE_UNLOAD_BUSY, loader_can_unload(self->loader) != S_OK, 0,
               "DllCanUnloadNow is S_OK with a listener alive");
    return true;
}

void provider_look_at_listeners(struct service *self)
{
    for (unsigned i = 0; i < OPTIONS_LISTENERS_MAX; i++) {
        struct listener *listener = &self->listeners[i];
        char text[sizeof listener->problem];
        HRESULT hr = S_FALSE;
        uint16_t port = 0;
        char *rest;

        if (!listener->object || listener->ready ||
            !loader_listener_status(self->loader, listener->name, text, sizeof text, &hr, &port) ||
            hr == S_FALSE)
            continue;
        rest = strchr(text, '\n');
        if (rest)
            *rest++ = 0;
        if (hr == S_OK) {
            listener->port = port;
            listener->ready = true;
            printf("ready: %s\n", text);
            if (rest && *rest)
                printf("certificate: %s\n", rest);
            fflush(stdout);
            continue;
        }
        if (strcmp(text, listener->problem) == 0)
            continue;
        snprintf(listener->problem, sizeof listener->problem, "%s", text);
        fprintf(stderr, "rdsim: listener %s: %s\n", listener->name_text, text);
        if (self->options->require_listen)
            self->ended_by_failure = true;
    }
}

void provider_notify_stop(struct service *self)
{
    provider_notify_state(self, WTS_SERVICE_STOP, WTS_DRAIN_NOT_IN_DRAIN);
}

void provider_stop_listen(struct service *self, unsigned i)
{
    struct listener *listener = &self->listeners[i];

    if (!listener->object || !listener->callback)
        return;
    CALL(0, "Listener", "StopListen", FAMILY_CALL(self->legacy, Listener, listener->object, StopListen));
    listener_callback_stopped(listener->callback);
    listener->ready = false;
    listener->stopped = true;
}

void provider_uninitialize(struct service *self)
{
    if (self->legacy)
        return;
    CALL(0, "Manager", "Uninitialize", IWRdsProtocolManager_Uninitialize(self->manager));
    if (self->settings)
        settings_object_retire(self->settings);
    self->settings = NULL;
    self->uninitialized = true;
}

void provider_release_listener(struct service *self, unsigned i)
{
    struct listener *listener = &self->listeners[i];

    if (listener->object)
        object_release((IUnknown *)listener->object, RULE_LISTENER_RELEASE, 0, "Listener", RELEASE_WAIT_MS);
    if (listener->callback)
        listener_callback_retire(listener->callback);
    memset(listener, 0, sizeof *listener);
}

void provider_release_manager(struct service *self)
{
    if (self->manager)
        object_release((IUnknown *)self->manager, RULE_MANAGER_RELEASE, 0, "Manager", RELEASE_WAIT_MS);
    self->manager = NULL;
    self->uninitialized = false;
}

void provider_stop(struct service *self)
{
    const unsigned n = OPTIONS_LISTENERS_MAX;

    for (unsigned i = 0; i < n; i++)
        if (!self->listeners[i].stopped)
            provider_stop_listen(self, i);
    if (self->manager && !self->uninitialized)
        provider_uninitialize(self);
    for (unsigned i = 0; i < n; i++)
        provider_release_listener(self, i);
    provider_release_manager(self);
}

void provider_unload(struct service *self, bool alone)
{
    uint64_t start = os_now_ms();
    HRESULT hr;

    if (!alone) {
        loader_drop(self->loader);
        self->loader = NULL;
        return;
    }
    while ((hr = loader_can_unload(self->loader)) != S_OK &&
           os_now_ms() - start < self->options->unload_wait_ms)
        os_sleep_ms(2);
    log_debug("rdsim", 0, "DllCanUnloadNow is 0x%08x after %llu ms", (unsigned)hr,
              (unsigned long long)(os_now_ms() - start));
    if (rule_check(RULE_UNLOAD_REST, hr == S_OK, 0, "DllCanUnloadNow still says 0x%08x after %u ms",
                   (unsigned)hr, self->options->unload_wait_ms))
        rule_check(RULE_UNLOADED, loader_close(self->loader), 0, "the library is still loaded");
    else
        loader_abandon(self->loader);
    self->loader = NULL;
}
