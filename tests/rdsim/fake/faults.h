/* SPDX-License-Identifier: Apache-2.0 */
/* What the fake provider does wrong: named in the environment variable RDSIM_FAKE_FAULT. */
#ifndef RDSIM_FAKE_FAULTS_H
#define RDSIM_FAKE_FAULTS_H

#include <stdbool.h>

#define FAULT_LIST(X)                                                                                        \
    X(NONE, "none")                                                                                          \
    X(UNKNOWN_CLASS, "unknown-class")                                                                        \
    X(AGGREGATION, "aggregation")                                                                            \
    X(SAME_POINTER, "same-pointer")                                                                          \
    X(FAMILY, "family")                                                                                      \
    X(S_FALSE, "s-false")                                                                                    \
    X(SLOW, "slow")                                                                                          \
    X(HANG, "hang")                                                                                          \
    X(SLOW_NOTIFY, "slow-notify")                                                                            \
    X(CALL_INSIDE, "call-inside")                                                                            \
    X(LATE_CALL, "late-call")                                                                                \
    X(DEAD_CALL, "dead-call")                                                                                \
    X(LATE_CONNECTED, "late-connected")                                                                      \
    X(OVER_RELEASE, "over-release")                                                                          \
    X(SETTINGS_LEAK, "settings-leak")                                                                        \
    X(LISTENER_UNHELD, "listener-unheld")                                                                    \
    X(LISTENER_CALLBACK_LEAK, "listener-callback-leak")                                                      \
    X(CALLBACK_LEAK, "callback-leak")                                                                        \
    X(MANAGER_LEAK, "manager-leak")                                                                          \
    X(LISTENER_LEAK, "listener-leak")                                                                        \
    X(CONNECTION_LEAK, "connection-leak")                                                                    \
    X(LICENSE_LEAK, "license-leak")                                                                          \
    X(LICENSE_UNCOUNTED, "license-uncounted")                                                                \
    X(OUT_UNWRITTEN, "out-unwritten")                                                                        \
    X(OUT_NULL, "out-null")                                                                                  \
    X(OUT_HALF, "out-half")                                                                                  \
    X(HANDLES_UNWRITTEN, "handles-unwritten")                                                                \
    X(OVERRUN, "overrun")                                                                                    \
    X(LEVEL, "level")                                                                                        \
    X(INNER_LEVEL, "inner-level")                                                                            \
    X(NO_OBJECT, "no-object")                                                                                \
    X(READY_TWICE, "ready-twice")                                                                            \
    X(READY_EARLY, "ready-early")                                                                            \
    X(BROKEN_TWICE, "broken-twice")                                                                          \
    X(BROKEN_ARGUMENTS, "broken-arguments")                                                                  \
    X(CLEARED_DATA, "cleared-data")                                                                          \
    X(NO_NAME, "no-name")                                                                                    \
    X(EMPTY_AUTOLOGON, "empty-autologon")                                                                    \
    X(NO_MONITOR, "no-monitor")                                                                              \
    X(EMPTY_CREDENTIALS, "empty-credentials")                                                                \
    X(NO_LICENSE, "no-license")                                                                              \
    X(LICENSE_POINTER, "license-pointer")                                                                    \
    X(LICENSE_OVERRUN, "license-overrun")                                                                    \
    X(FOREIGN_SESSION, "foreign-session")                                                                    \
    X(BEEP, "beep")                                                                                          \
    X(NO_RESPONSE, "no-response")                                                                            \
    X(GARBAGE_STATUS, "garbage-status")                                                                      \
    X(UPTIME, "uptime")                                                                                      \
    X(UNKNOWN_PROPERTY, "unknown-property")                                                                  \
    X(PROPERTY_TYPE, "property-type")                                                                        \
    X(PROPERTY_COUNT, "property-count")                                                                      \
    X(TASK_STRING, "task-string")                                                                            \
    X(STATIC_STRING, "static-string")                                                                        \
    X(WRONG_FREE, "wrong-free")                                                                              \
    X(BLOCK_LEAK, "block-leak")                                                                              \
    X(HARDWARE_ID, "hardware-id")                                                                            \
    X(UNLOAD_EARLY, "unload-early")                                                                          \
    X(UNLOAD_NEVER, "unload-never")                                                                          \
    X(STAYS_LOADED, "stays-loaded")                                                                          \
    X(THREAD_LEFT, "thread-left")                                                                            \
    X(HANDLE_LEFT, "handle-left")                                                                            \
    X(CHILD_LEFT, "child-left")                                                                              \
    X(CONNECTION_UNCOUNTED, "connection-uncounted")                                                          \
    X(ERROR_IS_ZERO, "error-is-zero")                                                                        \
    X(LOCAL_POINTERS, "local-pointers")                                                                      \
    X(HEAP_STATUS, "heap-status")                                                                            \
    X(STOP_LEAVES_THREAD, "stop-leaves-thread")                                                              \
    X(CLOSE_KEEPS_POINTER, "close-keeps-pointer")                                                            \
    X(CLOSE_ONCE, "close-once")                                                                              \
    X(DRIVER_HANDLE_LEAK, "driver-handle-leak")                                                              \
    X(DRIVER_HANDLE_TWICE, "driver-handle-twice")                                                            \
    X(EMPTY_ARBITRATION, "empty-arbitration")                                                                \
    X(POLICY_IGNORED, "policy-ignored")                                                                      \
    X(SLOT_7, "slot-7")                                                                                      \
    X(CLEARED_USER_DATA, "cleared-user-data")                                                                \
    X(NEVER_READY, "never-ready")                                                                            \
    X(REFUSED_LEAK, "refused-leak")                                                                          \
    X(LOCKED_CONNECTED, "locked-connected")                                                                  \
    X(SLOW_THREAD, "slow-thread") /* none: a thread is stopped between its decision and its call */

enum fault {
#define FAULT_ENUM(name, text) FAULT_##name,
    FAULT_LIST(FAULT_ENUM)
#undef FAULT_ENUM
        FAULTS
};

extern enum fault fault;
static inline bool wrong(enum fault which)
{
    return fault == which;
}

#endif
