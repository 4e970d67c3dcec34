/* SPDX-License-Identifier: Apache-2.0 */
/* rdsprov-setup's commands as a person runs them, over a registry in memory. */
#include "check.h"
#include "fake_registry.h"

#include <stdarg.h>
#include <stdlib.h>

#include "register/class_table.h"
#include "register/manifest.h"
#include "register/preflight.h"
#include "register/setup.h"

#define KEY TABLE_STATIONS_KEY "\\rdsprov-tcp"
#define ARGS_MAX 12

struct run {
    struct fake_registry *fake;
    struct setup_host host;
    char manifest[128];
    char text[64 * 1024]; /* of the last command */
};

static enum os_status driver_good(void *arg, char *why, size_t cap)
{
    (void)arg;
    (void)why;
    (void)cap;
    return OS_OK;
}

static struct run *run_create(void)
{
    struct run *self = calloc(1, sizeof(*self));

    if (!self)
        abort();
    self->fake = fake_machine();
    self->fake->fences[0] = KEY;
    self->fake->fences[1] = CLASS_KEY;
    self->host = (struct setup_host){
        .registry = &self->fake->base, .directory = "C:\\Program Files\\rdsprov", .separator = '\\'};
    snprintf(self->manifest, sizeof(self->manifest), "setup-%llu.manifest", (unsigned long long)os_now_us());
    return self;
}

static void run_destroy(struct run *self)
{
    file_delete(self->manifest);
    CHECK_INT(self->fake->offences, 0);
    registry_destroy(&self->fake->base);
    free(self);
}

/* Words up to a NULL, and the manifest's place. */
static int run(struct run *self, ...)
{
    char *argv[ARGS_MAX + 3] = {"rdsprov-setup"};
    int argc = 1, code;
    va_list args;
    size_t n;

    va_start(args, self);
    for (char *word; argc < ARGS_MAX && (word = va_arg(args, char *));)
        argv[argc++] = word;
    va_end(args);
    argv[argc++] = "--manifest";
    argv[argc++] = self->manifest;
    self->host.out = tmpfile();
    code = setup_run(&self->host, argc, argv);
    rewind(self->host.out);
    n = fread(self->text, 1, sizeof(self->text) - 1, self->host.out);
    self->text[n] = 0;
    fclose(self->host.out);
    return code;
}

static bool says(const struct run *self, const char *words)
{
    bool good = strstr(self->text, words) != NULL;

    if (!good)
        fprintf(stderr, "no '%s' in:\n%s", words, self->text);
    return good;
}

static bool exists(struct run *self, const char *key)
{
    return self->fake->base.impl->key_exists(&self->fake->base, key) == OS_OK;
}

TEST(plan_install_verify_uninstall)
{
    struct run *self = run_create();
    char *before = registry_dump(&self->fake->base, "SYSTEM"), *after, *manifest = NULL;

    CHECK_INT(run(self, "plan", NULL), SETUP_DONE);
    CHECK(says(self, "create key    HKLM\\" KEY "\n"));
    CHECK(says(self, "\"PdDLL\" = REG_SZ \"\" (now: none)"));
    CHECK(says(self, "\"fEnableWinStation\" = REG_DWORD 0 "));
    CHECK(says(self, "reg delete \"HKLM\\" KEY "\" /f"));
    CHECK(says(self, "reg delete \"HKLM\\OFFLINE\\ControlSet001\\Control\\Terminal "
                     "Server\\WinStations\\rdsprov-tcp\" /f"));
    CHECK(says(self, "reg delete \"HKLM\\OFFLINE\\Classes\\CLSID\\" CLASS_ID_TEXT "\" /f"));
    CHECK(says(self, "Nothing has been changed"));
    CHECK(strstr(self->text, "not-a-real-one") == NULL);
    CHECK_INT(self->fake->writes, 0);
    CHECK_INT(file_read(self->manifest, &manifest), OS_NOT_FOUND);

    CHECK_INT(run(self, "install", "--plan", NULL), SETUP_DONE);
    CHECK(says(self, "Nothing has been changed"));
    CHECK_INT(self->fake->writes, 0);

    CHECK_INT(run(self, "verify", NULL), SETUP_DIFFERS);
    CHECK_INT(run(self, "install", NULL), SETUP_DONE);
    CHECK(says(self, "RDP-Tcp is untouched"));
    CHECK(says(self, "not enabled"));
    CHECK_INT(file_read(self->manifest, &manifest), OS_OK);
    CHECK(manifest && strstr(manifest, "state\tcomplete\n") != NULL);
    CHECK(manifest && strstr(manifest, "6e006f0074002d00") == NULL); /* "not-" of the password */
    free(manifest);
    CHECK_INT(run(self, "verify", NULL), SETUP_DONE);

    /* twice is once */
    self->fake->writes = 0;
    CHECK_INT(run(self, "install", NULL), SETUP_DONE);
    CHECK(says(self, "nothing to do"));
    CHECK_INT(run(self, "plan", NULL), SETUP_DONE);
    CHECK(says(self, "nothing to do"));
    CHECK_INT(run(self, "plan", "--port", "3391", NULL), SETUP_BLOCKED);
    CHECK(says(self, "with another port"));
    CHECK_INT(run(self, "install", "--port", "3391", NULL), SETUP_BLOCKED);
    CHECK_INT(self->fake->writes, 0);

    fake_number(self->fake, KEY, "fEnableWinStation", 1);
    CHECK_INT(run(self, "verify", NULL), SETUP_DIFFERS);
    CHECK(says(self, "\"fEnableWinStation\" is REG_DWORD 1, installed as REG_DWORD 0"));
    CHECK_INT(run(self, "install", NULL), SETUP_BLOCKED);

    CHECK_INT(run(self, "uninstall", "--plan", NULL), SETUP_DONE);
    CHECK(says(self, "create key    HKLM\\" KEY "\n"));
    CHECK_INT(self->fake->writes, 0);
    CHECK_INT(run(self, "uninstall", NULL), SETUP_DONE);
    after = registry_dump(&self->fake->base, "SYSTEM");
    CHECK_STR(after, before);
    CHECK(!exists(self, CLASS_KEY));
    CHECK_INT(file_read(self->manifest, &manifest), OS_NOT_FOUND);
    CHECK_INT(run(self, "uninstall", NULL), SETUP_DONE);
    CHECK(says(self, "no manifest"));
    free(before);
    free(after);
    run_destroy(self);
}

TEST(enable)
{
    struct run *self = run_create();

    CHECK_INT(run(self, "install", "--enable", NULL), SETUP_BLOCKED);
    CHECK(says(self, "BLOCKED: not enabled without a verified display driver"));
    CHECK_INT(self->fake->writes, 0);
    self->host.driver_verified = driver_good;
    CHECK_INT(run(self, "install", "--enable", NULL), SETUP_DONE);
    CHECK_INT(run(self, "verify", NULL), SETUP_DONE);
    CHECK(says(self, "enabled: as installed"));
    CHECK_INT(run(self, "uninstall", NULL), SETUP_DONE);
    run_destroy(self);
}

/* A write fails: what was done is taken back at once, or by the next uninstall when that fails, too. */
TEST(install_fails)
{
    struct run *self = run_create();
    char *before = registry_dump(&self->fake->base, "SYSTEM"), *after, *manifest = NULL;

    self->fake->fail_at = 20;
    CHECK_INT(run(self, "install", NULL), SETUP_FAILED);
    CHECK(says(self, "FAILED: not everything could be taken back"));
    CHECK(says(self, "reg load HKLM\\OFFLINE"));
    CHECK_INT(file_read(self->manifest, &manifest), OS_OK);
    CHECK(manifest && strstr(manifest, "state\tapplying\n") != NULL);
    free(manifest);
    self->fake->fail_at = 0;
    CHECK_INT(run(self, "install", NULL), SETUP_BLOCKED);
    CHECK(says(self, "stopped half-way"));
    CHECK_INT(run(self, "verify", NULL), SETUP_DIFFERS);
    CHECK_INT(run(self, "uninstall", NULL), SETUP_DONE);
    after = registry_dump(&self->fake->base, "SYSTEM");
    CHECK_STR(after, before);
    CHECK(!exists(self, CLASS_KEY));
    free(before);
    free(after);
    run_destroy(self);
}

static void touch_source(struct fake_registry *fake, void *arg)
{
    (void)arg;
    fake->after_write = NULL;
    fake_number(fake, TABLE_SOURCE_KEY, "PortNumber", 3400);
}

TEST(source_changes_meanwhile)
{
    struct run *self = run_create();

    self->fake->after_write = touch_source;
    CHECK_INT(run(self, "install", NULL), SETUP_FAILED);
    CHECK(says(self, "RDP-Tcp was changed by somebody"));
    CHECK(says(self, "The registry is as it was"));
    CHECK(!exists(self, KEY));
    run_destroy(self);
}

TEST(no_place_for_the_manifest)
{
    struct run *self = run_create();

    snprintf(self->manifest, sizeof(self->manifest), "no-such-folder/x.manifest");
    CHECK_INT(run(self, "install", NULL), SETUP_FAILED);
    CHECK_INT(self->fake->writes, 0);
    run_destroy(self);
}

TEST(preflight)
{
    static const struct {
        const char *key, *name, *text;
        uint32_t number;
        const char *words;
    } cases[] = {
        {PREFLIGHT_VERSION_KEY, "InstallationType", "Client", 0, "BLOCKED: edition 'Client'"},
        {PREFLIGHT_VERSION_KEY, "InstallationType", "Server Core", 0, "BLOCKED: edition"},
        {PREFLIGHT_VERSION_KEY, "CurrentBuildNumber", "17763", 0, "BLOCKED: build 17763"},
        {TABLE_SERVER_KEY, "fDenyTSConnections", NULL, 1,
         "BLOCKED: remote connections are denied by the system"},
        {PREFLIGHT_POLICY_KEY, "fDenyTSConnections", NULL, 1,
         "BLOCKED: remote connections are denied by policy"},
        {PREFLIGHT_POLICY_KEY, "fEnableWddmDriver", NULL, 0, "BLOCKED: policy switches display drivers"},
        {PREFLIGHT_SERVICING_KEY, "x", NULL, 0, "BLOCKED: a restart is pending"},
        {PREFLIGHT_UPDATE_KEY, "x", NULL, 0, "BLOCKED: a restart is pending"},
        {PREFLIGHT_SERVICE_KEY, "ServiceDll", "C:\\Program Files\\RDP Wrapper\\rdpwrap.dll", 0,
         "BLOCKED: the service's DLL"},
        {PREFLIGHT_SESSION_MANAGER_KEY, "PendingFileRenameOperations", "x", 0, "note: files wait"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run *self = run_create();
        bool blocks = cases[i].words[0] == 'B';

        CHECK_INT(run(self, "preflight", NULL), SETUP_DONE);
        CHECK(strstr(self->text, "BLOCKED") == NULL);
        if (cases[i].text)
            fake_text(self->fake, cases[i].key, cases[i].name, cases[i].text);
        else
            fake_number(self->fake, cases[i].key, cases[i].name, cases[i].number);
        CHECK_INT(run(self, "preflight", NULL), blocks ? SETUP_BLOCKED : SETUP_DONE);
        CHECK(says(self, cases[i].words));
        CHECK_INT(run(self, "install", NULL), blocks ? SETUP_BLOCKED : SETUP_DONE);
        if (blocks) {
            CHECK_INT(self->fake->writes, 0);
            CHECK_INT(run(self, "install", "--skip-preflight", NULL), SETUP_DONE);
        }
        CHECK_INT(run(self, "uninstall", NULL), SETUP_DONE);
        run_destroy(self);
    }
}

TEST(command_line)
{
    struct run *self = run_create();

    CHECK_INT(run(self, "frobnicate", NULL), SETUP_USAGE);
    CHECK_INT(run(self, "plan", "--port", "0", NULL), SETUP_USAGE);
    CHECK_INT(run(self, "plan", "--port", "33900x", NULL), SETUP_USAGE);
    CHECK_INT(run(self, "plan", "--what", "x", NULL), SETUP_USAGE);
    CHECK_INT(run(self, "plan", "--listener", "RDP-Tcp", NULL), SETUP_USAGE);
    CHECK_INT(run(self, "plan", "--dll", "x.dll", NULL), SETUP_BLOCKED);
    CHECK_INT(run(self, "plan", "--listener", "second", "--port", "4000", "--dll", "D:\\x\\y.dll", NULL),
              SETUP_DONE);
    CHECK(says(self, "WinStations\\second, \"PortNumber\" = REG_DWORD 4000"));
    CHECK(says(self, "D:\\x\\y.dll"));
    CHECK_INT(run(self, "paths", NULL), SETUP_DONE);
    CHECK(says(self, "write\tHKLM\\" CLASS_KEY "\t"));
    CHECK_INT(run(self, "--help", NULL), SETUP_DONE);
    CHECK(says(self, "usage: rdsprov-setup"));
    CHECK_INT(self->fake->writes, 0);
    run_destroy(self);
}

/* The class is there, but not from us. */
TEST(uninstall_of_a_foreign_registration)
{
    struct run *self = run_create();

    fake_text(self->fake, CLASS_SERVER_KEY, "", "C:\\x\\rdsprov.dll");
    CHECK_INT(run(self, "uninstall", NULL), SETUP_BLOCKED);
    CHECK(says(self, "regsvr32 /u"));
    run_destroy(self);
}
