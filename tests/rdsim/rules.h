/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of the contract between Remote Desktop Services and a provider. A rule is judged each time
 * something happens that it speaks about; at the end there is a verdict for each: kept, broken, or never
 * judged. A broken rule that the service depends on makes rdsim exit with 3; a broken advice is printed and
 * changes nothing. Any thread.
 */
#ifndef RDSIM_RULES_H
#define RDSIM_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* X(name, id, must, source, text) */
#define RULE_LIST(X)                                                                                         \
    X(CLASS_FACTORY, "class-factory", 1, "COM",                                                              \
      "a class that is not there and aggregation are refused, with NULL for the object")                     \
    X(COM_IDENTITY, "com-identity", 1, "methods.md 9",                                                       \
      "IUnknown is one pointer whichever interface is asked; an unknown interface gives NULL")               \
    X(COM_FAMILY, "com-family", 1, "methods.md 5", "an object answers only for its own interface family")    \
    X(HRESULT, "hresult", 0, "methods.md 0", "a method returns S_OK or a failure, no other success code")    \
    X(METHOD_TIME, "method-time", 1, "methods.md 0", "a method returns within a second")                     \
    X(NOTIFY_TIME, "notify-time", 0, "methods.md 0", "a notification returns at once (100 ms)")              \
    X(NO_CALL_INSIDE, "no-call-inside", 1, "methods.md 0",                                                   \
      "nothing calls the service from inside a method of the provider")                                      \
    X(NO_CALL_AFTER_CLOSE, "no-call-after-close", 1, "sequences.md G",                                       \
      "no call of the connection callback begins after Close returned")                                      \
    X(CLOSE_AGAIN, "close-again", 1, "methods.md 4.19", "a second Close is fine")                            \
    X(NO_CALL_AFTER_STOP, "no-call-after-stop", 1, "sequences.md L",                                         \
      "no OnConnected begins after StopListen returned")                                                     \
    X(NO_CALL_UNREFERENCED, "no-call-unreferenced", 1, "sequences.md L",                                     \
      "an object of the service is only called while a reference to it is held")                             \
    X(OVER_RELEASE, "over-release", 1, "sequences.md L",                                                     \
      "an object of the service is not released more often than it was taken")                               \
    X(SETTINGS_BALANCE, "settings-balance", 1, "sequences.md L",                                             \
      "the settings object is released in Uninitialize")                                                     \
    X(LISTENER_CALLBACK_HELD, "listener-callback-held", 1, "sequences.md L",                                 \
      "StartListen takes a reference to the listener callback")                                              \
    X(LISTENER_CALLBACK_BALANCE, "listener-callback-balance", 1, "sequences.md L",                           \
      "the listener callback is released in StopListen")                                                     \
    X(CALLBACK_BALANCE, "callback-balance", 1, "sequences.md L",                                             \
      "the connection callback is released in Close")                                                        \
    X(HANDED_OUT, "handed-out", 1, "methods.md 0, 14",                                                       \
      "an object that the provider hands out carries a reference for the service")                           \
    X(MANAGER_RELEASE, "manager-release", 1, "sequences.md L",                                               \
      "the service's last reference to the manager is the last there is")                                    \
    X(LISTENER_RELEASE, "listener-release", 1, "sequences.md L",                                             \
      "the service's last reference to a listener is the last there is")                                     \
    X(CONNECTION_RELEASE, "connection-release", 1, "sequences.md L",                                         \
      "after Close the service's reference to the connection is the last there is")                          \
    X(OBJECT_RELEASE, "object-release", 0, "sequences.md L",                                                 \
      "the service's reference to a licence object or redirector is the last there is")                      \
    X(OUT_OBJECT, "out-object", 1, "methods.md 4, 14",                                                       \
      "an object comes back with success, NULL with failure, and nothing else")                              \
    X(OUT_VALUE, "out-value", 1, "methods.md 4", "success means that every out-parameter was written")       \
    X(OUT_FAILURE, "out-failure", 0, "methods.md 4.9",                                                       \
      "failure leaves out-parameters zero or untouched, not half written")                                   \
    X(OVERRUN, "overrun", 1, "abi", "nothing is written past the end of an out-parameter")                   \
    X(CONNECTED_LEVEL, "connected-level", 1, "methods.md 3",                                                 \
      "the settings of OnConnected say level 1, the listener settings in them too")                          \
    X(CONNECTED_OBJECT, "connected-object", 1, "methods.md 3",                                               \
      "OnConnected brings a connection object and a place for the callback")                                 \
    X(READY_ONCE, "ready-once", 0, "methods.md 5.3", "OnReady is called once")                               \
    X(READY_ORDER, "ready-order", 0, "sequences.md C",                                                       \
      "OnReady follows GetLogonErrorRedirector, or half a second without it")                                \
    X(READY_POLICY, "ready-policy", 0, "methods.md 4, legacy slot 4",                                        \
      "in the IWTS family OnReady follows SendPolicyData")                                                   \
    X(BROKEN_ONCE, "broken-once", 1, "methods.md 5.4", "BrokenConnection is called at most once")            \
    X(BROKEN_ARGUMENTS, "broken-arguments", 0, "methods.md 5.4", "both arguments of BrokenConnection are 0") \
    X(CLIENT_DATA_POLICY, "client-data-policy", 1, "methods.md 4.5",                                         \
      "GetClientData keeps the redirection flags that policy has set")                                       \
    X(CLIENT_DATA, "client-data", 1, "methods.md 4.5",                                                       \
      "client data has a protocol name, terminated texts, known colour depth and address family")            \
    X(CLIENT_DATA_AUTOLOGON, "client-data-autologon", 1, "field.md 1.3",                                     \
      "automatic logon is claimed only with a user name")                                                    \
    X(MONITORS, "monitors", 1, "methods.md 4.6", "there is a monitor, and the primary one is among them")    \
    X(CREDENTIALS, "credentials", 1, "methods.md 4.7", "credentials are terminated texts with a user name")  \
    X(LICENSE_OBJECT, "license-object", 1, "methods.md 4.8", "there is a licence object")                    \
    X(LICENSE_CAPABILITIES, "license-capabilities", 1, "methods.md 7.3",                                     \
      "licence capabilities are 64 bytes of protocol version 0x00010003, in the caller's buffer")            \
    X(AUTHENTICATE, "authenticate", 1, "methods.md 4.9",                                                     \
      "AuthenticateClientToSession names a session that there is, of the client's own account")              \
    X(INPUT_HANDLES, "input-handles", 1, "methods.md 4.11", "the beep handle is NULL")                       \
    X(REDIRECTOR_RESPONSE, "redirector-response", 1, "methods.md 8",                                         \
      "the redirector always answers, with a value that is valid for the method")                            \
    X(STATUS_SPECIFIC, "status-specific", 0, "gaps.md 50", "the Specific selectors of the status are 0")     \
    X(LAST_INPUT, "last-input", 1, "methods.md 4.21",                                                        \
      "GetLastInputTime is the time since the last input, not a time of day or uptime")                      \
    X(PROPERTY_UNKNOWN, "property-unknown", 1, "methods.md 6", "an unknown property is answered E_NOTIMPL")  \
    X(PROPERTY_TYPE, "property-type", 1, "methods.md 6", "a property has its documented type and size")      \
    X(PROPERTY_COUNT, "property-count", 1, "gaps.md 34", "a wrong number of entries writes nothing")         \
    X(IDD_HARDWARE_ID, "idd-hardware-id", 1, "methods.md 9",                                                 \
      "GetHardwareId writes a text into the buffer, and fails when it does not fit")                         \
    X(IDD_HANDLE, "idd-handle", 1, "methods.md 9",                                                           \
      "the handle that OnDriverLoad gives away is closed, once")                                             \
    X(ARBITRATION, "arbitration", 1, "field.md 1.3",                                                         \
      "SessionArbitrationEnumeration never succeeds with an empty list")                                     \
    X(USER_DATA, "user-data", 1, "methods.md 4, legacy slot 16", "GetUserData keeps what it does not know")  \
    X(ALLOCATOR, "allocator", 1, "gaps.md 31", "memory is freed by the allocator it came from")              \
    X(ALLOCATOR_LEAK, "allocator-leak", 1, "gaps.md 31",                                                     \
      "nothing of the shared allocators is left at the end")                                                 \
    X(UNLOAD_BUSY, "unload-busy", 1, "sequences.md I", "DllCanUnloadNow is not S_OK while objects live")     \
    X(UNLOAD_REST, "unload-rest", 1, "sequences.md I", "DllCanUnloadNow becomes S_OK once all is released")  \
    X(UNLOADED, "unloaded", 1, "sequences.md I", "the library really goes away")                             \
    X(THREADS, "threads", 1, "sequences.md I", "no thread is left")                                          \
    X(SCENARIO, "scenario", 1, "the scenario's own", "what the scenario expects happens")                    \
    X(HANDLES, "handles", 0, "sequences.md I", "no descriptor or handle is left")                            \
    X(CHILDREN, "children", 1, "sequences.md I", "no child process is left")

enum rule {
#define RULE_ENUM(name, id, must, source, text) RULE_##name,
    RULE_LIST(RULE_ENUM)
#undef RULE_ENUM
        RULES
};

/* Judges: counts, and logs the reason of a failure (the first few of each rule). `id` is the connection's
 * number or 0. Returns `good`. */
bool rule_check(enum rule rule, bool good, uint32_t id, const char *fmt, ...)
#if defined(__MINGW32__)
    __attribute__((format(gnu_printf, 4, 5)))
#else
    __attribute__((format(printf, 4, 5)))
#endif
    ;
#define rule_keep(rule) ((void)rule_check((rule), true, 0, " "))
#define rule_break(rule, id, ...) ((void)rule_check((rule), false, (id), __VA_ARGS__))

/* RULES when there is none of that id. */
enum rule rule_find(const char *id);
const char *rule_id(enum rule rule);
unsigned rule_failures(enum rule rule);

/* The verdicts: all of them, or only what was broken and a count of the rest. */
void rules_print(FILE *out, bool all);
/* What the rules are. */
void rules_list(FILE *out);
/* Number of broken rules that the service depends on. */
unsigned rules_broken(void);
void rules_reset(void);

#endif
