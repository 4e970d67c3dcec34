/* SPDX-License-Identifier: Apache-2.0 */
/* What can be reached without a client: class factories, managers, listeners. */
#include "check.h"
#include "service.h"

static const GUID nobody = {0x0badc0de, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static const IID *const families[2][5] = {
    {&IID_IWRdsProtocolManager, &IID_IWRdsProtocolListener, &IID_IWRdsProtocolConnection,
     &IID_IWRdsProtocolLicenseConnection, &IID_IWRdsProtocolLogonErrorRedirector},
    {&IID_IWTSProtocolManager, &IID_IWTSProtocolListener, &IID_IWTSProtocolConnection,
     &IID_IWTSProtocolLicenseConnection, &IID_IWTSProtocolLogonErrorRedirector},
};

/* The rules of COM for one object: identity, families, unknown IIDs, NULL. `own` is what it answers to. */
static void check_identity(void *object, const IID *own)
{
    IUnknown *self = object, *identity = NULL, *again = NULL;
    void *other;
    ULONG before = IUnknown_AddRef(self);

    CHECK_INT(IUnknown_QueryInterface(self, &IID_IUnknown, (void **)&identity), S_OK);
    CHECK_INT(IUnknown_QueryInterface(self, own, (void **)&again), S_OK);
    CHECK(again == self);
    if (again)
        IUnknown_Release(again);
    CHECK_INT(IUnknown_QueryInterface(identity, &IID_IUnknown, (void **)&again), S_OK);
    CHECK(again == identity);
    if (again)
        IUnknown_Release(again);
    CHECK_INT(IUnknown_QueryInterface(self, &IID_IAgileObject, (void **)&again), S_OK);
    if (again)
        IUnknown_Release(again);
    for (int family = 0; family < 2; family++) {
        for (int i = 0; i < 5; i++) {
            if (IsEqualGUID(families[family][i], own))
                continue;
            other = &other;
            CHECK_INT(IUnknown_QueryInterface(self, families[family][i], &other), E_NOINTERFACE);
            CHECK(other == NULL);
        }
    }
    other = &other;
    CHECK_INT(IUnknown_QueryInterface(self, &nobody, &other), E_NOINTERFACE);
    CHECK(other == NULL);
    CHECK_INT(IUnknown_QueryInterface(self, own, NULL), E_POINTER);
    IUnknown_Release(identity);
    CHECK_INT(IUnknown_Release(self), before - 1);
}

TEST(factory)
{
    const CLSID *const classes[2] = {&host_clsid_rds, &host_clsid_legacy};
    IClassFactory *factory;
    void *object;

    REQUIRE(host_open());
    for (int i = 0; i < 2; i++) {
        object = &object;
        CHECK_INT(host_class_object(classes[i], &nobody, &object), E_NOINTERFACE);
        CHECK(object == NULL);
        CHECK_INT(host_class_object(classes[i], &IID_IClassFactory, NULL), E_POINTER);
        REQUIRE(host_class_object(classes[i], &IID_IClassFactory, (void **)&factory) == S_OK);
        CHECK_INT(host_can_unload(), S_FALSE);
        CHECK_INT(IClassFactory_CreateInstance(factory, NULL, &IID_IUnknown, NULL), E_POINTER);
        object = &object;
        CHECK_INT(IClassFactory_CreateInstance(factory, (IUnknown *)factory, &IID_IUnknown, &object),
                  CLASS_E_NOAGGREGATION);
        CHECK(object == NULL);
        object = &object;
        CHECK_INT(IClassFactory_CreateInstance(factory, NULL, families[1 - i][0], &object), E_NOINTERFACE);
        CHECK(object == NULL);
        CHECK_INT(IClassFactory_CreateInstance(factory, NULL, families[i][0], &object), S_OK);
        if (object)
            CHECK_INT(IUnknown_Release((IUnknown *)object), 0);
        CHECK_INT(IClassFactory_LockServer(factory, TRUE), S_OK);
        IClassFactory_Release(factory);
        CHECK_INT(host_can_unload(), S_FALSE);
        REQUIRE(host_class_object(classes[i], &IID_IClassFactory, (void **)&factory) == S_OK);
        IClassFactory_LockServer(factory, FALSE);
        IClassFactory_Release(factory);
    }
    object = &object;
    CHECK_INT(host_class_object(&nobody, &IID_IClassFactory, &object), CLASS_E_CLASSNOTAVAILABLE);
    CHECK(object == NULL);
    CHECK(host_close());
}

TEST(identity)
{
    IWRdsProtocolManager *manager;
    IWTSProtocolManager *old;
    IWRdsProtocolListener *listener = NULL;
    IWTSProtocolListener *old_listener = NULL;

    REQUIRE(host_open());
    manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    old = host_manager(&host_clsid_legacy, &IID_IWTSProtocolManager);
    REQUIRE(manager && old);
    check_identity(manager, &IID_IWRdsProtocolManager);
    check_identity(old, &IID_IWTSProtocolManager);
    CHECK_INT(IWRdsProtocolManager_CreateListener(manager, wide(HOST_LISTENER), &listener), S_OK);
    CHECK_INT(IWTSProtocolManager_CreateListener(old, wide(HOST_LISTENER), &old_listener), S_OK);
    REQUIRE(listener && old_listener);
    check_identity(listener, &IID_IWRdsProtocolListener);
    check_identity(old_listener, &IID_IWTSProtocolListener);
    CHECK_INT(IWRdsProtocolListener_Release(listener), 0);
    CHECK_INT(IWTSProtocolListener_Release(old_listener), 0);
    CHECK_INT(IWRdsProtocolManager_Release(manager), 0);
    CHECK_INT(IWTSProtocolManager_Release(old), 0);
    CHECK(host_close());
}

TEST(create_listener)
{
    IWRdsProtocolManager *manager;
    IWTSProtocolManager *old;
    void *object;

    REQUIRE(host_open());
    manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    old = host_manager(&host_clsid_legacy, &IID_IWTSProtocolManager);
    REQUIRE(manager && old);
    CHECK_INT(IWRdsProtocolManager_CreateListener(manager, wide("x"), NULL), E_POINTER);
    CHECK_INT(IWTSProtocolManager_CreateListener(old, wide("x"), NULL), E_POINTER);
    object = &object;
    CHECK_INT(IWRdsProtocolManager_CreateListener(manager, NULL, (IWRdsProtocolListener **)&object),
              E_INVALIDARG);
    CHECK(object == NULL);
    object = &object;
    CHECK_INT(IWTSProtocolManager_CreateListener(old, wide(""), (IWTSProtocolListener **)&object),
              E_INVALIDARG);
    CHECK(object == NULL);
    /* comes with exactly one reference */
    CHECK_INT(IWRdsProtocolManager_CreateListener(manager, wide("x"), (IWRdsProtocolListener **)&object),
              S_OK);
    REQUIRE(object);
    CHECK_INT(IUnknown_Release((IUnknown *)object), 0);
    CHECK_INT(IWTSProtocolManager_CreateListener(old, wide("x"), (IWTSProtocolListener **)&object), S_OK);
    REQUIRE(object);
    CHECK_INT(IUnknown_Release((IUnknown *)object), 0);
    IWRdsProtocolManager_Release(manager);
    IWTSProtocolManager_Release(old);
    CHECK(host_close());
}

/* The service's settings object: only its count matters. */
static atomic_uint settings_refs;

static HRESULT STDMETHODCALLTYPE settings_query(IWRdsProtocolSettings *iface, REFIID iid, void **out)
{
    (void)iface;
    (void)iid;
    *out = NULL;
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE settings_addref(IWRdsProtocolSettings *iface)
{
    (void)iface;
    return atomic_fetch_add(&settings_refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE settings_release(IWRdsProtocolSettings *iface)
{
    (void)iface;
    return atomic_fetch_sub(&settings_refs, 1) - 1;
}

static const IWRdsProtocolSettingsVtbl settings_vtbl = {settings_query, settings_addref, settings_release,
                                                        NULL, NULL};

TEST(initialize)
{
    IWRdsProtocolSettings settings = {&settings_vtbl};
    WRDS_SETTINGS policy;
    IWRdsProtocolManager *manager;

    memset(&policy, 0, sizeof policy);
    policy.WRdsSettingLevel = WRDS_SETTING_LEVEL_1;
    REQUIRE(host_open());
    manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    REQUIRE(manager);
    atomic_store(&settings_refs, 1);
    CHECK_INT(IWRdsProtocolManager_Uninitialize(manager), S_OK); /* before Initialize */
    CHECK_INT(IWRdsProtocolManager_Initialize(manager, &settings, &policy), S_OK);
    CHECK_INT(atomic_load(&settings_refs), 2);
    CHECK_INT(IWRdsProtocolManager_Initialize(manager, &settings, &policy), S_OK); /* twice keeps one */
    CHECK_INT(atomic_load(&settings_refs), 2);
    CHECK_INT(IWRdsProtocolManager_Uninitialize(manager), S_OK);
    CHECK_INT(atomic_load(&settings_refs), 1);
    CHECK_INT(IWRdsProtocolManager_Uninitialize(manager), S_OK);
    CHECK_INT(atomic_load(&settings_refs), 1);
    CHECK_INT(IWRdsProtocolManager_Initialize(manager, NULL, NULL), S_OK);
    CHECK_INT(IWRdsProtocolManager_Initialize(manager, &settings, NULL), S_OK);
    CHECK_INT(IWRdsProtocolManager_Release(manager), 0); /* without Uninitialize */
    CHECK_INT(atomic_load(&settings_refs), 1);
    CHECK(host_close());
}

TEST(settings_change)
{
    WRDS_SETTINGS policy;
    IWRdsProtocolManager *manager;

    memset(&policy, 0, sizeof policy);
    REQUIRE(host_open());
    manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    REQUIRE(manager);
    CHECK_INT(IWRdsProtocolManager_NotifySettingsChange(manager, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolManager_NotifySettingsChange(manager, &policy), S_OK); /* before Initialize */
    IWRdsProtocolManager_Release(manager);
    CHECK(host_close());
}

TEST(notifications)
{
    WTS_SERVICE_STATE state = {WTS_SERVICE_START, WTS_DRAIN_NOT_IN_DRAIN};
    WTS_SESSION_ID session = {.SessionId = 3};
    IWRdsProtocolManager *manager;
    IWTSProtocolManager *old;

    REQUIRE(host_open());
    manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    old = host_manager(&host_clsid_legacy, &IID_IWTSProtocolManager);
    REQUIRE(manager && old);
    CHECK_INT(IWRdsProtocolManager_NotifyServiceStateChange(manager, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolManager_NotifyServiceStateChange(old, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolManager_NotifyServiceStateChange(manager, &state), S_OK);
    CHECK_INT(IWTSProtocolManager_NotifyServiceStateChange(old, &state), S_OK);
    CHECK_INT(IWRdsProtocolManager_NotifySessionOfServiceStart(manager, &session), S_OK);
    CHECK_INT(IWTSProtocolManager_NotifySessionOfServiceStart(old, &session), S_OK);
    CHECK_INT(IWRdsProtocolManager_NotifySessionOfServiceStart(manager, NULL), S_OK);
    CHECK_INT(IWRdsProtocolManager_NotifySessionOfServiceStop(manager, &session), S_OK);
    CHECK_INT(IWTSProtocolManager_NotifySessionOfServiceStop(old, &session), S_OK);
    CHECK_INT(IWTSProtocolManager_NotifySessionOfServiceStop(old, NULL), S_OK);
    /* the documented list of events has holes; all must be taken */
    for (ULONG event = 0; event < 14; event++) {
        CHECK_INT(IWRdsProtocolManager_NotifySessionStateChange(manager, &session, event), S_OK);
        CHECK_INT(IWTSProtocolManager_NotifySessionStateChange(old, &session, event), S_OK);
    }
    CHECK_INT(IWTSProtocolManager_NotifySessionStateChange(old, NULL, 5), S_OK);
    IWRdsProtocolManager_Release(manager);
    IWTSProtocolManager_Release(old);
    CHECK(host_close());
}

TEST(listener_settings)
{
    IWRdsProtocolManager *manager;
    IWRdsProtocolListener *listener = NULL;
    WRDS_LISTENER_SETTINGS settings;

    REQUIRE(host_open());
    manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    REQUIRE(manager);
    IWRdsProtocolManager_CreateListener(manager, wide(HOST_LISTENER), &listener);
    REQUIRE(listener);
    CHECK_INT(IWRdsProtocolListener_GetSettings(listener, WRDS_LISTENER_SETTING_LEVEL_1, NULL), E_POINTER);
    memset(&settings, 0xcc, sizeof settings);
    CHECK_INT(IWRdsProtocolListener_GetSettings(listener, WRDS_LISTENER_SETTING_LEVEL_1, &settings),
              E_NOTIMPL);
    /* no garbage pointer for anybody to free */
    CHECK(settings.WRdsListenerSetting.WRdsListenerSettings1.pSecurityDescriptor == NULL);
    IWRdsProtocolListener_Release(listener);
    IWRdsProtocolManager_Release(manager);
    CHECK(host_close());
}

/* One family's start, listen and stop, with the callback's references counted. */
static void start_and_stop(bool is_legacy)
{
    struct service service;
    void *manager, *listener = NULL;

    service_init(&service, is_legacy);
    REQUIRE(host_open());
    REQUIRE(host_configure(""));
    manager = is_legacy ? host_manager(&host_clsid_legacy, &IID_IWTSProtocolManager)
                        : host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    REQUIRE(manager);
    if (is_legacy)
        IWTSProtocolManager_CreateListener((IWTSProtocolManager *)manager, wide(HOST_LISTENER),
                                           (IWTSProtocolListener **)&listener);
    else
        IWRdsProtocolManager_CreateListener((IWRdsProtocolManager *)manager, wide(HOST_LISTENER),
                                            (IWRdsProtocolListener **)&listener);
    REQUIRE(listener);
#define START(callback_)                                                                                     \
    (is_legacy ? IWTSProtocolListener_StartListen((IWTSProtocolListener *)listener,                          \
                                                  (callback_) ? &service.legacy : NULL)                      \
               : IWRdsProtocolListener_StartListen((IWRdsProtocolListener *)listener,                        \
                                                   (callback_) ? &service.rds : NULL))
#define STOP()                                                                                               \
    (is_legacy ? IWTSProtocolListener_StopListen((IWTSProtocolListener *)listener)                           \
               : IWRdsProtocolListener_StopListen((IWRdsProtocolListener *)listener))
    CHECK_INT(START(false), E_POINTER);
    CHECK_INT(STOP(), S_OK); /* before any start */
    CHECK_INT(START(true), S_OK);
    CHECK_INT(atomic_load(&service.refs), 2);
    CHECK(host_wait_listening() != 0);
    CHECK_INT(START(true), S_OK); /* twice keeps one reference */
    CHECK_INT(atomic_load(&service.refs), 2);
    CHECK_INT(STOP(), S_OK);
    CHECK_INT(atomic_load(&service.refs), 1);
    CHECK_INT(STOP(), S_OK);
    CHECK_INT(START(true), S_OK); /* and again */
    CHECK(host_wait_listening() != 0);
    /* the end without StopListen */
    CHECK_INT(IUnknown_Release((IUnknown *)listener), 0);
    CHECK_INT(atomic_load(&service.refs), 1);
    CHECK_INT(IUnknown_Release((IUnknown *)manager), 0);
    CHECK(host_close());
    service_finish(&service);
#undef START
#undef STOP
}

TEST(start_and_stop_listen)
{
    start_and_stop(false);
}

TEST(legacy_start_and_stop_listen)
{
    start_and_stop(true);
}

/* gaps.md 6: each in any order, and twice. */
TEST(stop_in_every_order)
{
    static const char *const orders[] = {"LUlm", "ULlm", "UlLm", "lUm",    "Lml",
                                         "Uml",  "mLl",  "ml",   "LLUUlm", "mULl"};

    REQUIRE(host_configure(""));
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        IWRdsProtocolManager *manager;
        IWRdsProtocolListener *listener = NULL, *held;
        struct service service;

        service_init(&service, false);
        REQUIRE(host_open());
        manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
        REQUIRE(manager);
        IWRdsProtocolManager_AddRef(manager);
        if (i % 2) /* sequences.md B (b): CreateListener may come first */
            IWRdsProtocolManager_Initialize(manager, NULL, NULL);
        IWRdsProtocolManager_CreateListener(manager, wide(HOST_LISTENER), &listener);
        REQUIRE(listener);
        if (!(i % 2))
            IWRdsProtocolManager_Initialize(manager, NULL, NULL);
        held = listener;
        IWRdsProtocolListener_AddRef(held);
        CHECK_INT(service_listen(&service, listener), S_OK);
        if (i % 3)
            CHECK(host_wait_listening() != 0);
        for (const char *at = orders[i]; *at; at++) {
            if (*at == 'L')
                CHECK_INT(IWRdsProtocolListener_StopListen(held), S_OK);
            else if (*at == 'U')
                CHECK_INT(IWRdsProtocolManager_Uninitialize(manager), S_OK);
            else if (*at == 'l')
                CHECK_INT(IWRdsProtocolListener_Release(listener), 1);
            else
                CHECK_INT(IWRdsProtocolManager_Release(manager), 1);
        }
        CHECK_INT(IWRdsProtocolListener_Release(held), 0);
        CHECK_INT(atomic_load(&service.refs), 1);
        CHECK_INT(IWRdsProtocolManager_Release(manager), 0);
        CHECK(host_close());
        service_finish(&service);
    }
}

/* What can pass must not keep a listener down until the service restarts. */
TEST(start_listen_with_a_broken_configuration)
{
    static const struct {
        const char *config, *says;
    } broken[] = {
        {NULL, ""},
#ifdef _WIN32
        {"security-layer = perhaps\n", "security-layer"},
#else
        {"security = perhaps\n", "security"},
#endif
        {"address = nowhere\n", "address"},
        {"peer-program = /no/such/program\n", ""},
        {"display-driver-id = two words\n", "display-driver-id"},
        {"initial-program = sometimes\n", "initial-program"},
    };

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        IWRdsProtocolManager *manager;
        IWRdsProtocolListener *listener = NULL;
        struct service service;
        uint64_t until = os_now_ms() + HOST_WAIT_MS;
        char text[1400];

        service_init(&service, false);
        REQUIRE(host_open());
        REQUIRE(host_configure(broken[i].config));
        manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
        REQUIRE(manager);
        IWRdsProtocolManager_CreateListener(manager, wide(HOST_LISTENER), &listener);
        REQUIRE(listener);
        CHECK_INT(service_listen(&service, listener), S_OK);
        CHECK_INT(atomic_load(&service.refs), 2); /* kept */
        while (strcmp(host_status(text, sizeof text), "failed") != 0 && os_now_ms() < until)
            os_sleep_ms(5);
        CHECK_STR(host_status(text, sizeof text), "failed");
        CHECK(text[0] && strstr(text, broken[i].says));
        /* and comes up by itself when it is good */
        CHECK(host_configure(""));
        CHECK(host_wait_listening() != 0);
        IWRdsProtocolListener_StopListen(listener);
        IWRdsProtocolListener_Release(listener);
        IWRdsProtocolManager_Release(manager);
        CHECK(host_close());
        service_finish(&service);
    }
}
