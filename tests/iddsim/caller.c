/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sends a request: the framework's impersonation, and the system's function that reads a token. Under
 * Wine the thread does impersonate, and a stranger's token is the real one; Wine has none of SYSTEM's.
 */
#include "sim.h"

#include <string.h>

#define TOKEN_USER_CLASS 1
#define THREAD_TOKEN ((HANDLE)(intptr_t)(-5))

static _Thread_local const struct sim_file *impersonated;

bool caller_impersonates(void)
{
    return impersonated != NULL;
}

/* As the INF and the launcher service allow it: identification, no more. */
static NTSTATUS impersonate(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, int level,
                            EVT_WDF_REQUEST_IMPERSONATE *callback, void *context)
{
    struct sim_request *request = object_find(handle, OBJECT_REQUEST, "WdfRequestImpersonate");

    if (!request || !rule_check(RULE_CALLER, !request->completed && !request->queue && callback,
                                "impersonation of a request that is not the driver's"))
        return STATUS_INVALID_DEVICE_REQUEST_;
    if (!rule_check(RULE_CALLER, level == SecurityIdentification_, "more than identification is asked for") ||
        request->file->caller == CALLER_SILENT)
        return STATUS_ACCESS_DENIED_;
#ifdef _WIN32
    if (!ImpersonateSelf(SecurityIdentification))
        return STATUS_ACCESS_DENIED_;
#endif
    impersonated = request->file;
    callback(handle, context);
    impersonated = NULL;
#ifdef _WIN32
    RevertToSelf();
#endif
    return STATUS_SUCCESS;
}

static BOOL WINAPI token_information(HANDLE token, int kind, void *out, DWORD size, DWORD *needed)
{
    struct {
        struct { /* TOKEN_USER */
            const uint8_t *sid;
            DWORD attributes;
        } user;
        uint8_t sid[12];
    } token_user = {.sid = {1, 1, 0, 0, 0, 0, 0, 5, 18}};

    if (!rule_check(RULE_CALLER, impersonated && token == THREAD_TOKEN && kind == TOKEN_USER_CLASS,
                    "not the user of the thread's token, or not while impersonating"))
        return FALSE;
    if (impersonated->caller == CALLER_NETWORK_SERVICE) {
#ifdef _WIN32
        return GetTokenInformation(token, TokenUser, out, size, needed);
#else
        token_user.sid[8] = 20;
#endif
    }
    *needed = sizeof(token_user);
    if (size < sizeof(token_user))
        return FALSE;
    token_user.user.sid = (const uint8_t *)out + offsetof(__typeof__(token_user), sid);
    memcpy(out, &token_user, sizeof(token_user));
    return TRUE;
}

void *caller_symbol(const char *name)
{
    union {
        BOOL(WINAPI *function)(HANDLE, int, void *, DWORD, DWORD *);
        void *pointer;
    } symbol = {.function = token_information};

    return strcmp(name, "GetTokenInformation") == 0 ? symbol.pointer : NULL;
}

void wdf_fill_caller(WDFFUNC *table)
{
    WdfRequestImpersonate_fn *typed = impersonate;

    table[178] = (WDFFUNC)typed;
}
