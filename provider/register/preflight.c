/* SPDX-License-Identifier: Apache-2.0 */
#include "register/preflight.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "register/table.h"

struct preflight {
    struct registry *registry;
    FILE *out;
    unsigned blocked;
};

static void say(struct preflight *self, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct preflight *self, const char *word, const char *fmt, ...)
{
    va_list args;

    fprintf(self->out, "%s: ", word);
    va_start(args, fmt);
    vfprintf(self->out, fmt, args);
    va_end(args);
    fputc('\n', self->out);
}

#define OK(...) say(self, "ok", __VA_ARGS__)
#define NOTE(...) say(self, "note", __VA_ARGS__)
#define BLOCKED(...) (self->blocked++, say(self, "BLOCKED", __VA_ARGS__))

static void check_version(struct preflight *self)
{
    char kind[64], build[32];

    if (registry_get_text(self->registry, PREFLIGHT_VERSION_KEY, "InstallationType", kind, sizeof(kind)) !=
            OS_OK ||
        registry_get_text(self->registry, PREFLIGHT_VERSION_KEY, "CurrentBuildNumber", build,
                          sizeof(build)) != OS_OK) {
        BLOCKED("edition and build are not in HKLM\\%s", PREFLIGHT_VERSION_KEY);
        return;
    }
    /* Server Core cannot have the session host role */
    if (strcmp(kind, "Server") != 0)
        BLOCKED("edition '%s': providers are for Windows Server with Desktop Experience", kind);
    else
        OK("edition '%s'", kind);
    if (strtoul(build, NULL, 10) < PREFLIGHT_BUILD_MIN)
        BLOCKED("build %s: Windows Server 2022 (%d) is the oldest", build, PREFLIGHT_BUILD_MIN);
    else
        OK("build %s", build);
}

static void check_deny(struct preflight *self, const char *key, const char *what)
{
    uint32_t number;
    enum os_status status = registry_get_number(self->registry, key, "fDenyTSConnections", &number);

    if (status == OS_OK && number != 0)
        BLOCKED("remote connections are denied by %s (HKLM\\%s, fDenyTSConnections = %u)", what, key, number);
    else if (status == OS_OK || status == OS_NOT_FOUND)
        OK("remote connections are not denied by %s", what);
    else
        BLOCKED("HKLM\\%s, fDenyTSConnections: %s", key, os_status_text(status));
}

static void check_policy(struct preflight *self)
{
    uint32_t number;

    check_deny(self, TABLE_SERVER_KEY, "the system's setting");
    check_deny(self, PREFLIGHT_POLICY_KEY, "policy");
    if (registry_get_number(self->registry, PREFLIGHT_POLICY_KEY, "fEnableWddmDriver", &number) == OS_OK &&
        number == 0)
        BLOCKED("policy switches display drivers of sessions off (HKLM\\%s, fEnableWddmDriver = 0)",
                PREFLIGHT_POLICY_KEY);
}

/* A wrapper in place of termsrv.dll keeps providers from being loaded (field.md 6). */
static void check_service(struct preflight *self)
{
    static const char tail[] = "\\system32\\termsrv.dll";
    char dll[512];
    size_t n;

    if (registry_get_text(self->registry, PREFLIGHT_SERVICE_KEY, "ServiceDll", dll, sizeof(dll)) != OS_OK) {
        BLOCKED("no Remote Desktop Services: HKLM\\%s, ServiceDll is not there", PREFLIGHT_SERVICE_KEY);
        return;
    }
    n = strlen(dll);
    if (n < sizeof(tail) - 1 || !registry_same_name(dll + n - (sizeof(tail) - 1), tail))
        BLOCKED("the service's DLL is '%s', not the system's: a wrapper keeps providers from being loaded",
                dll);
    else
        OK("the service's DLL is the system's");
}

static void check_restart(struct preflight *self)
{
    struct registry_value value = {0};

    if (self->registry->impl->key_exists(self->registry, PREFLIGHT_SERVICING_KEY) == OS_OK)
        BLOCKED("a restart is pending (HKLM\\%s)", PREFLIGHT_SERVICING_KEY);
    else if (self->registry->impl->key_exists(self->registry, PREFLIGHT_UPDATE_KEY) == OS_OK)
        BLOCKED("a restart is pending (HKLM\\%s)", PREFLIGHT_UPDATE_KEY);
    else
        OK("no restart is pending");
    if (self->registry->impl->value_get(self->registry, PREFLIGHT_SESSION_MANAGER_KEY,
                                        "PendingFileRenameOperations", &value) != OS_NOT_FOUND)
        NOTE("files wait for a restart to be renamed (HKLM\\%s)", PREFLIGHT_SESSION_MANAGER_KEY);
    registry_value_finish(&value);
}

unsigned preflight_run(struct registry *registry, FILE *out)
{
    struct preflight self = {registry, out, 0};

    check_version(&self);
    check_service(&self);
    check_policy(&self);
    check_restart(&self);
    return self.blocked;
}
