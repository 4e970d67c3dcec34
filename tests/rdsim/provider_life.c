/* SPDX-License-Identifier: Apache-2.0 */
#include "provider_life.h"

#include <stdio.h>
#include <string.h>

#include "call.h"
#include "connection.h"
#include "os/log.h"
#include "os/os.h"
#include "probe.h"
#include "service_objects.h"

#define RELEASE_WAIT_MS 1000

bool provider_load(struct service *self)
{
    const struct options *options = self->options;
    char problem[1200];
    HRESULT hr;

    if (!loader_open(options->library, &options->clsid, &self->loader, &self->manager, problem,
                     sizeof problem)) {
        fprintf(stderr, "rdsim: the provider cannot be loaded: %s\n", problem);
        return false;
    }
    hr = loader_can_unload(self->loader);
    rule_check(RULE_UNLOAD_BUSY, hr != S_OK, 0, "DllCanUnloadNow is S_OK with a manager alive");
    return true;
}

static void judge_manager(struct service *self)
{
    static const IID no_interface = {0x0badc0de, 0x1, 0x3, {0x83, 4, 5, 6, 7, 8, 9, 10}};
    IUnknown *first = NULL, *second = NULL;
    void *out;
    HRESULT hr;

    PROBE(&out);
    hr = IWRdsProtocolManager_QueryInterface(self->manager, &no_interface, &out);
    rule_check(RULE_COM_IDENTITY, hr == E_NOINTERFACE && !out, 0,
               "the manager's QueryInterface of an unknown interface returned 0x%08x and %s", (unsigned)hr,
               out ? "a pointer" : "NULL");
    if (SUCCEEDED(IWRdsProtocolManager_QueryInterface(self->manager, &IID_IUnknown, (void **)&first)) &&
        SUCCEEDED(IWRdsProtocolManager_QueryInterface(self->manager, &IID_IUnknown, (void **)&second)))
        rule_check(RULE_COM_IDENTITY, first == second, 0, "the manager has two IUnknown");
    if (first)
        IUnknown_Release(first);
    if (second)
        IUnknown_Release(second);
    PROBE(&out);
    hr = IWRdsProtocolManager_QueryInterface(self->manager, &IID_IWTSProtocolManager, &out);
    rule_check(RULE_COM_FAMILY, FAILED(hr), 0, "the manager answers for IWTSProtocolManager too");
    if (SUCCEEDED(hr))
        IUnknown_Release((IUnknown *)out);
}

static bool initialize(struct service *self)
{
    PROBED(WRDS_SETTINGS) settings;
    HRESULT hr;

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

static void get_settings(struct listener *listener)
{
    PROBED(WRDS_LISTENER_SETTINGS) settings;
    HRESULT hr;

    PROBE(&settings);
    hr = CALL(
        0, "Listener", "GetSettings",
        IWRdsProtocolListener_GetSettings(listener->object, WRDS_LISTENER_SETTING_LEVEL_1, &settings.value));
    PROBE_VALUE(0, "GetSettings", hr, &settings);
    if (SUCCEEDED(hr))
        rule_check(RULE_OUT_VALUE, settings.value.WRdsListenerSettingLevel == WRDS_LISTENER_SETTING_LEVEL_1,
                   0, "the listener's settings are of level %d",
                   (int)settings.value.WRdsListenerSettingLevel);
}

static bool start_listener(struct service *self, struct listener *listener, const char *name)
{
    IWRdsProtocolListener *object;
    HRESULT hr;

    memset(listener, 0, sizeof *listener);
    snprintf(listener->name_text, sizeof listener->name_text, "%s", name);
    os_utf16_from_utf8((uint16_t *)listener->name, sizeof listener->name / sizeof *listener->name, name);
    PROBE(&object);
    hr = CALL(0, "Manager", "CreateListener",
              IWRdsProtocolManager_CreateListener(self->manager, listener->name, &object));
    listener->object = probe_object(0, "CreateListener", hr, object);
    if (!listener->object) {
        fprintf(stderr, "rdsim: CreateListener of %s returned 0x%08x\n", name, (unsigned)hr);
        return false;
    }
    get_settings(listener);
    listener->callback = listener_callback_create(self);
    if (!listener->callback)
        return false;
    hr = CALL(0, "Listener", "StartListen",
              IWRdsProtocolListener_StartListen(listener->object, listener->callback));
    if (FAILED(hr)) {
        fprintf(stderr, "rdsim: StartListen of %s returned 0x%08x\n", name, (unsigned)hr);
        return false;
    }
    rule_check(RULE_LISTENER_CALLBACK_HELD, listener_callback_held(listener->callback), 0,
               "StartListen took no reference");
    return true;
}

static void notify_state(struct service *self, WTS_RCM_SERVICE_STATE what)
{
    WTS_SERVICE_STATE state = {what, WTS_DRAIN_NOT_IN_DRAIN};

    NOTIFY(0, "Manager", "NotifyServiceStateChange",
           IWRdsProtocolManager_NotifyServiceStateChange(self->manager, &state));
}

bool provider_start(struct service *self)
{
    const struct options *options = self->options;

    judge_manager(self);
    if (!initialize(self))
        return false;
    for (unsigned i = 0; i < options->listener_count; i++)
        if (!start_listener(self, &self->listeners[i], options->listeners[i]))
            return false;
    notify_state(self, WTS_SERVICE_START);
    rule_check(RULE_UNLOAD_BUSY, loader_can_unload(self->loader) != S_OK, 0,
               "DllCanUnloadNow is S_OK with a listener alive");
    return true;
}

void provider_look_at_listeners(struct service *self)
{
    for (unsigned i = 0; i < self->options->listener_count; i++) {
        struct listener *listener = &self->listeners[i];
        char text[sizeof listener->problem];
        HRESULT hr = S_FALSE;
        char *rest;

        if (listener->ready ||
            !loader_listener_status(self->loader, listener->name, text, sizeof text, &hr) || hr == S_FALSE)
            continue;
        rest = strchr(text, '\n');
        if (rest)
            *rest++ = 0;
        if (hr == S_OK) {
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
    notify_state(self, WTS_SERVICE_STOP);
}

static void stop_listener(struct listener *listener)
{
    if (!listener->object)
        return;
    if (listener->callback) {
        CALL(0, "Listener", "StopListen", IWRdsProtocolListener_StopListen(listener->object));
        listener_callback_stopped(listener->callback);
    }
}

void provider_stop(struct service *self)
{
    unsigned n = self->options->listener_count;

    for (unsigned i = 0; i < n; i++)
        stop_listener(&self->listeners[i]);
    CALL(0, "Manager", "Uninitialize", IWRdsProtocolManager_Uninitialize(self->manager));
    if (self->settings)
        settings_object_retire(self->settings);
    self->settings = NULL;
    for (unsigned i = 0; i < n; i++) {
        struct listener *listener = &self->listeners[i];

        if (listener->object)
            object_release((IUnknown *)listener->object, RULE_LISTENER_RELEASE, 0, "Listener",
                           RELEASE_WAIT_MS);
        if (listener->callback)
            listener_callback_retire(listener->callback);
        memset(listener, 0, sizeof *listener);
    }
    object_release((IUnknown *)self->manager, RULE_MANAGER_RELEASE, 0, "Manager", RELEASE_WAIT_MS);
    self->manager = NULL;
}

void provider_unload(struct service *self)
{
    uint64_t start = os_now_ms();
    HRESULT hr;

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
