/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/caller.h"

#include <string.h>

#include "driver/binding/binding.h"
#include "driver/fault.h"
#include "driver/journal.h"

#define TOKEN_USER_CLASS 1                    /* TOKEN_INFORMATION_CLASS: TokenUser */
#define THREAD_TOKEN ((HANDLE)(intptr_t)(-5)) /* GetCurrentThreadToken() */

typedef BOOL(WINAPI *get_token_information_fn)(HANDLE token, int kind, void *out, DWORD size, DWORD *needed);

struct look {
    get_token_information_fn read;
    bool known, is_system;
};

/* S-1-5-18 */
static const uint8_t local_system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};

/* Runs as the sender, at identification level: nothing that needs an access check or loads a library may be
 * done here, and no call to the framework. Opening the token needs a right on it that LOCAL SERVICE does not
 * have; the pseudo handle may be read without one, and means no token at all on a thread that does not
 * impersonate. */
static void take_look(WDFREQUEST request, void *context)
{
    struct look *look = context;
    union {
        struct { /* TOKEN_USER */
            const uint8_t *sid;
            DWORD attributes;
        } user;
        uint8_t room[128]; /* with the longest SID behind it */
    } token;
    DWORD size = 0;

    if (fault("impersonate-call"))
        WdfRequestGetFileObject(request);
    look->known = look->read(THREAD_TOKEN, TOKEN_USER_CLASS, &token, sizeof(token), &size) &&
                  size >= sizeof(token.user) + sizeof(local_system);
    /* the second byte counts the parts: longer ones differ in it */
    look->is_system = look->known && memcmp(token.user.sid, local_system, sizeof(local_system)) == 0;
}

NTSTATUS caller_check_system(WDFREQUEST request)
{
    union {
        void *pointer;
        get_token_information_fn read;
    } symbol = {.pointer = binding_symbol("advapi32.dll", "GetTokenInformation")};
    struct look look = {.read = symbol.read};
    NTSTATUS status = STATUS_NOT_FOUND_;

    if (symbol.pointer)
        status = WdfRequestImpersonate(request, SecurityIdentification_, take_look, &look);
    if (NT_SUCCESS(status) && look.is_system)
        return STATUS_SUCCESS;
    journal("the sender is %s (impersonation 0x%08x)", look.known ? "not LocalSystem" : "not known",
            (unsigned)status);
    return fault("caller-anybody") ? STATUS_SUCCESS : STATUS_ACCESS_DENIED_;
}
