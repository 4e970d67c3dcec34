/* SPDX-License-Identifier: Apache-2.0 */
/* The plan, doing it, taking it back. One test body serves the registry in memory and, on Windows, the real
 * one. */
#include "check.h"
#include "fake_registry.h"

#include <stdlib.h>

#include "register/class_table.h"
#include "register/plan.h"

#define NAME "rdsprov-tcp"
#define KEY TABLE_STATIONS_KEY "\\" NAME
#define DLL "C:\\Program Files\\rdsprov\\rdsprov.dll"
#define LOG "C:\\ProgramData\\rdsprov\\rdsprov.log"

static const struct plan_options plain = {.listener = NAME, .dll = DLL, .log_file = LOG, .port = 3390};
static char problem[512];

static enum os_status driver_good(void *arg, char *why, size_t cap)
{
    (*(unsigned *)arg)++;
    (void)why;
    (void)cap;
    return OS_OK;
}

static enum os_status driver_bad(void *arg, char *why, size_t cap)
{
    (void)arg;
    snprintf(why, cap, "code 10");
    return OS_FAILED;
}

static unsigned asked;
static const struct plan_options enabling = {.listener = NAME,
                                             .dll = DLL,
                                             .log_file = LOG,
                                             .port = 3390,
                                             .enable = true,
                                             .driver_verified = driver_good,
                                             .driver_arg = &asked};

static struct fake_registry *machine(void)
{
    struct fake_registry *self = fake_machine();

    self->fences[0] = KEY;
    self->fences[1] = CLASS_KEY;
    return self;
}

static uint32_t number(struct fake_registry *fake, const char *name)
{
    uint32_t out;

    return registry_get_number(&fake->base, KEY, name, &out) == OS_OK ? out : 0xdeadbeef;
}

static bool text_is(struct fake_registry *fake, const char *key, const char *name, const char *want)
{
    char out[512];

    return registry_get_text(&fake->base, key, name, out, sizeof(out)) == OS_OK && strcmp(out, want) == 0;
}

static FILE *nowhere(void)
{
    FILE *out = tmpfile();

    if (!out)
        abort();
    return out;
}

/* What the service would make a listener of. */
static bool is_enabled(struct fake_registry *fake)
{
    return number(fake, "fEnableWinStation") == 1;
}

static bool is_complete(struct fake_registry *fake)
{
    return text_is(fake, KEY, TABLE_CLASS_VALUE, CLASS_ID_TEXT) && text_is(fake, CLASS_SERVER_KEY, "", DLL) &&
           text_is(fake, KEY, "PdDLL", "") && number(fake, "PortNumber") == 3390;
}

TEST(install_makes_a_disabled_copy)
{
    struct fake_registry *fake = machine();
    struct registry_value source = {0}, made = {0};
    char *before = registry_dump(&fake->base, TABLE_SOURCE_KEY), *after;
    struct plan plan;

    CHECK_INT(plan_make(&plan, &fake->base, &plain, problem, sizeof(problem)), OS_OK);
    CHECK_INT(fake->writes, 0);
    CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_OK);
    CHECK_INT(fake->offences, 0);
    CHECK_INT(number(fake, "fEnableWinStation"), 0);
    CHECK_INT(number(fake, "WinStationDisabled"), 1);
    CHECK_INT(number(fake, "fLogonDisabled"), 1);
    CHECK_INT(number(fake, "PortNumber"), 3390);
    CHECK_INT(number(fake, "PdClass"), 0);
    CHECK_INT(number(fake, "PdFlag"), 0);
    CHECK_INT(number(fake, "PdClass1"), 11);
    CHECK(text_is(fake, KEY, "PdName", ""));
    CHECK(text_is(fake, KEY, "PdDLL", ""));
    CHECK(text_is(fake, KEY, "Execute", ""));
    CHECK(text_is(fake, KEY, "Password", ""));
    CHECK(text_is(fake, KEY, "Username", ""));
    CHECK(text_is(fake, KEY, "WdName", "rdsprov"));
    CHECK(text_is(fake, KEY, "log-file", LOG));
    CHECK(text_is(fake, KEY, "Comment", "gr\xc3\xbc\xc3\x9f dich"));
    CHECK(text_is(fake, KEY, TABLE_CLASS_VALUE, CLASS_ID_TEXT));
    CHECK(text_is(fake, CLASS_SERVER_KEY, "", DLL));
    CHECK(text_is(fake, CLASS_SERVER_KEY, "ThreadingModel", "Both"));
    for (const char *const *name = (const char *const[]){"Security", "Empty", "MaxInstanceCount", NULL};
         *name; name++) {
        CHECK_INT(fake->base.impl->value_get(&fake->base, TABLE_SOURCE_KEY, *name, &source), OS_OK);
        CHECK_INT(fake->base.impl->value_get(&fake->base, KEY, *name, &made), OS_OK);
        CHECK(registry_value_same(&source, &made));
    }
    after = registry_dump(&fake->base, TABLE_SOURCE_KEY);
    CHECK_STR(after, before);
    CHECK_INT(plan.source, plan_fingerprint(&fake->base, TABLE_SOURCE_KEY));
    CHECK_INT(plan_verify(&plan, &fake->base, stdout), 0);
    registry_value_finish(&source);
    registry_value_finish(&made);
    free(before);
    free(after);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

TEST(undo_restores_every_byte)
{
    struct fake_registry *fake = machine();
    char *before = registry_dump(&fake->base, "SYSTEM"), *after,
         *software = registry_dump(&fake->base, "SOFTWARE");
    struct plan plan;
    FILE *out = nowhere();

    REQUIRE(plan_make(&plan, &fake->base, &enabling, problem, sizeof(problem)) == OS_OK);
    CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_OK);
    CHECK(is_enabled(fake) && is_complete(fake));
    CHECK_INT(number(fake, "fLogonDisabled"), 0);
    CHECK_INT(plan_verify(&plan, &fake->base, stdout), 0);
    CHECK_INT(plan_undo(&plan, &fake->base, out, problem, sizeof(problem)), OS_OK);
    CHECK_INT(ftell(out), 0); /* nothing strange to report */
    CHECK_INT(fake->offences, 0);
    after = registry_dump(&fake->base, "SYSTEM");
    CHECK_STR(after, before);
    free(after);
    after = registry_dump(&fake->base, "SOFTWARE");
    CHECK_STR(after, software);
    free(after);
    /* and again: nothing to do */
    fake->writes = 0;
    CHECK_INT(plan_undo(&plan, &fake->base, out, problem, sizeof(problem)), OS_OK);
    CHECK_INT(fake->writes, 0);
    free(before);
    free(software);
    fclose(out);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

/* And then all three switches say so. */
static bool switches_agree(struct fake_registry *fake)
{
    return number(fake, "WinStationDisabled") == 0 && number(fake, "fLogonDisabled") == 0;
}

static void never_half_enabled(struct fake_registry *fake, void *arg)
{
    if (is_enabled(fake) && !(is_complete(fake) && switches_agree(fake)))
        (*(unsigned *)arg)++;
}

/* The program ends after any number of writes; then undo runs, itself stopped at any write, and is run again.
 */
TEST(stops_anywhere)
{
    unsigned bad = 0;

    for (int enable = 0; enable < 2; enable++) {
        for (unsigned stop = 1; stop < PLAN_OPS_MAX; stop++) {
            struct fake_registry *fake = machine();
            char *before = registry_dump(&fake->base, "SYSTEM"), *after;
            struct plan plan;
            enum os_status status;
            FILE *out = nowhere();

            fake->after_write = never_half_enabled;
            fake->after_arg = &bad;
            REQUIRE(plan_make(&plan, &fake->base, enable ? &enabling : &plain, problem, sizeof(problem)) ==
                    OS_OK);
            fake->fail_at = stop;
            status = plan_apply(&plan, &fake->base, problem, sizeof(problem));
            CHECK(status == OS_OK || !is_enabled(fake) || is_complete(fake));
            fake->fail_at = 0;
            if (status == OS_OK || stop % 5 == 0) {
                /* every fifth and the whole one: the undo stops, too, everywhere */
                for (unsigned again = 1; again < 200; again++) {
                    fake->writes = 0;
                    fake->fail_at = again % 7 + 1;
                    if (plan_undo(&plan, &fake->base, out, problem, sizeof(problem)) == OS_OK)
                        break;
                }
                fake->fail_at = 0;
            }
            CHECK_INT(plan_undo(&plan, &fake->base, out, problem, sizeof(problem)), OS_OK);
            after = registry_dump(&fake->base, "SYSTEM");
            if (!CHECK_STR(after, before))
                fprintf(stderr, "stopped at write %u\n", stop);
            CHECK(fake->base.impl->key_exists(&fake->base, CLASS_KEY) == OS_NOT_FOUND);
            CHECK_INT(fake->offences, 0);
            free(before);
            free(after);
            plan_finish(&plan);
            registry_destroy(&fake->base);
            fclose(out);
            if (status == OS_OK)
                break;
        }
    }
    CHECK_INT(bad, 0);
}

static void refused(struct fake_registry *fake, const struct plan_options *options, enum os_status want,
                    const char *word)
{
    struct plan plan;

    CHECK_INT(plan_make(&plan, &fake->base, options, problem, sizeof(problem)), want);
    if (!CHECK(strstr(problem, word) != NULL))
        fprintf(stderr, "no '%s' in '%s'\n", word, problem);
    CHECK(plan.ops == NULL);
    CHECK_INT(fake->writes, 0);
    plan_finish(&plan);
}

TEST(not_enabled_without_a_verified_driver)
{
    struct fake_registry *fake = machine();
    struct plan_options options = enabling;
    struct plan plan;

    options.driver_verified = NULL;
    refused(fake, &options, OS_DENIED, "nothing can verify");
    options.driver_verified = driver_bad;
    refused(fake, &options, OS_DENIED, "code 10");
    asked = 0;
    CHECK_INT(plan_make(&plan, &fake->base, &enabling, problem, sizeof(problem)), OS_OK);
    CHECK_INT(asked, 1);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

TEST(wrong_options)
{
    static const char *const names[] = {"",     "RDP-Tcp", "rdp-TCP",  "Console",
                                        "a\\b", "-x",      "a b",      "abcdefghijklmnopqrstuvwxy",
                                        "..",   "a/b",     "x\xc3\xbc"};
    static const char *const dlls[] = {"",
                                       "rdsprov.dll",
                                       "\\\\server\\share\\rdsprov.dll",
                                       "C:rdsprov.dll",
                                       "C:\\x\\rdsprov.exe",
                                       "C:\\x\\\"rdsprov.dll",
                                       "C:\\a:b\\x.dll",
                                       "C:/x/rdsprov.dll"};
    static const uint32_t ports[] = {0, 65536, 3389};
    struct fake_registry *fake = machine();
    struct plan_options options = plain;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        options.listener = names[i];
        refused(fake, &options, OS_INVALID, "listener");
    }
    options = plain;
    for (size_t i = 0; i < sizeof(dlls) / sizeof(dlls[0]); i++) {
        options.dll = dlls[i];
        refused(fake, &options, OS_INVALID, "absolute path");
    }
    options = plain;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        options.port = ports[i];
        refused(fake, &options, OS_INVALID, "port");
    }
    options = plain;
    options.log_file = "";
    refused(fake, &options, OS_INVALID, "log file");
    registry_destroy(&fake->base);
}

TEST(unexpected_things_are_refused)
{
    static const uint8_t byte = 7;
    struct plan_options options = plain;
    struct fake_registry *fake = machine();

    options.port = 2598;
    refused(fake, &options, OS_BUSY, "Other-Tcp");
    fake_text(fake, TABLE_STATIONS_KEY "\\RDSPROV-TCP", "x", "");
    refused(fake, &plain, OS_BUSY, "of that name");
    registry_destroy(&fake->base);

    fake = machine();
    fake_text(fake, TABLE_STATIONS_KEY "\\Second", TABLE_CLASS_VALUE, CLASS_ID_TEXT);
    refused(fake, &plain, OS_BUSY, "installed already, for listener Second");
    registry_destroy(&fake->base);

    fake = machine();
    fake_text(fake, TABLE_SOURCE_KEY, TABLE_CLASS_VALUE, "{00000000-1111-2222-3333-444444444444}");
    refused(fake, &plain, OS_BUSY, "not served by the inbox manager");
    registry_destroy(&fake->base);

    fake = machine();
    fake_text(fake, TABLE_SOURCE_KEY, "PortNumber", "3389");
    refused(fake, &plain, OS_BUSY, "PortNumber");
    registry_destroy(&fake->base);

    fake = machine();
    fake_bytes(fake, TABLE_SOURCE_KEY, "fEnableWinStation", REGISTRY_BINARY, &byte, 1);
    refused(fake, &plain, OS_BUSY, "fEnableWinStation");
    registry_destroy(&fake->base);

    fake = machine();
    fake_text(fake, TABLE_SOURCE_KEY, TABLE_MARKER, "");
    refused(fake, &plain, OS_BUSY, TABLE_MARKER);
    registry_destroy(&fake->base);

    fake = machine();
    fake_text(fake, CLASS_SERVER_KEY, "", "C:\\elsewhere\\rdsprov.dll");
    refused(fake, &plain, OS_BUSY, "C:\\elsewhere");
    registry_destroy(&fake->base);

    fake = fake_create();
    refused(fake, &plain, OS_NOT_FOUND, "RDP-Tcp");
    registry_destroy(&fake->base);
}

/* The switches keep the type that the system has them in. */
TEST(switches_as_text)
{
    struct fake_registry *fake = machine();
    struct plan plan;

    fake_text(fake, TABLE_SOURCE_KEY, "WinStationDisabled", "0");
    REQUIRE(plan_make(&plan, &fake->base, &enabling, problem, sizeof(problem)) == OS_OK);
    CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_OK);
    CHECK(text_is(fake, KEY, "WinStationDisabled", "0"));
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

/* regsvr32 was there before: only what differs is in the plan, and it stays. */
TEST(class_registered_before)
{
    struct fake_registry *fake = machine();
    struct plan plan;
    char *before, *after;

    fake_text(fake, CLASS_KEY, "", class_values[0].text);
    fake_text(fake, CLASS_KEY, CLASS_UNWANTED_VALUE, "{00000000-1111-2222-3333-444444444444}");
    fake_text(fake, CLASS_SERVER_KEY, "", "c:\\program files\\RDSPROV\\rdsprov.dll");
    fake_text(fake, CLASS_SERVER_KEY, "ThreadingModel", "Apartment");
    before = registry_dump(&fake->base, "SOFTWARE");
    REQUIRE(plan_make(&plan, &fake->base, &plain, problem, sizeof(problem)) == OS_OK);
    CHECK_INT(plan.ops[0].action, PLAN_SET_VALUE);
    CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_OK);
    CHECK(text_is(fake, CLASS_SERVER_KEY, "ThreadingModel", "Both"));
    CHECK(!text_is(fake, CLASS_KEY, CLASS_UNWANTED_VALUE, "{00000000-1111-2222-3333-444444444444}"));
    CHECK_INT(plan_verify(&plan, &fake->base, stdout), 0);
    CHECK_INT(plan_undo(&plan, &fake->base, stdout, problem, sizeof(problem)), OS_OK);
    after = registry_dump(&fake->base, "SOFTWARE");
    CHECK_STR(after, before);
    free(after);
    /* changed between planning and doing */
    fake_text(fake, CLASS_SERVER_KEY, "ThreadingModel", "Free");
    CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_BUSY);
    CHECK(strstr(problem, "meanwhile") != NULL);
    CHECK(text_is(fake, CLASS_SERVER_KEY, "ThreadingModel", "Free"));
    fake_text(fake, CLASS_SERVER_KEY, "ThreadingModel", "Apartment");
    CHECK_INT(plan_undo(&plan, &fake->base, stdout, problem, sizeof(problem)), OS_OK);
    /* somebody has changed what is not only ours: refused before anything is touched */
    CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_OK);
    fake_text(fake, CLASS_SERVER_KEY, "ThreadingModel", "Free");
    free(before);
    before = registry_dump(&fake->base, "SYSTEM");
    CHECK_INT(plan_undo(&plan, &fake->base, stdout, problem, sizeof(problem)), OS_BUSY);
    CHECK(strstr(problem, "ThreadingModel") != NULL);
    after = registry_dump(&fake->base, "SYSTEM");
    CHECK_STR(after, before);
    free(before);
    free(after);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

TEST(changed_since)
{
    struct fake_registry *fake = machine();
    struct plan plan;
    char *before = registry_dump(&fake->base, "SYSTEM"), *after;
    char text[4096] = "";
    FILE *out = nowhere();
    unsigned bad = 0;

    fake->after_write = never_half_enabled;
    fake->after_arg = &bad;
    REQUIRE(plan_make(&plan, &fake->base, &plain, problem, sizeof(problem)) == OS_OK);
    REQUIRE(plan_apply(&plan, &fake->base, problem, sizeof(problem)) == OS_OK);
    /* the laboratory switches it on by hand, the administrator adds a setting, the system a key */
    fake_number(fake, KEY, "fEnableWinStation", 1);
    fake_text(fake, KEY, "address", "127.0.0.1");
    fake_text(fake, KEY "\\Below\\Deeper", "x", "y");
    CHECK_INT(plan_verify(&plan, &fake->base, out), 1);
    CHECK_INT(plan_undo(&plan, &fake->base, out, problem, sizeof(problem)), OS_OK);
    CHECK_INT(bad, 0);
    after = registry_dump(&fake->base, "SYSTEM");
    CHECK_STR(after, before);
    rewind(out);
    CHECK(fread(text, 1, sizeof(text) - 1, out) > 0);
    CHECK(strstr(text, "was changed since: HKLM\\" KEY ", \"fEnableWinStation\"") != NULL);
    CHECK(strstr(text, "removed, too, and not ours: HKLM\\" KEY ", \"address\"") != NULL);
    CHECK(strstr(text, "removed, too, and not ours: HKLM\\" KEY "\\Below\\Deeper\n") != NULL);
    fclose(out);
    free(before);
    free(after);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

/* Between planning and doing, or after a stop, somebody else makes a listener of our name. */
TEST(somebody_elses_listener)
{
    struct fake_registry *fake = machine();
    struct plan plan;
    char *before, *after;

    REQUIRE(plan_make(&plan, &fake->base, &plain, problem, sizeof(problem)) == OS_OK);
    fake_text(fake, KEY, TABLE_CLASS_VALUE, "{00000000-1111-2222-3333-444444444444}");
    before = registry_dump(&fake->base, KEY);
    CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_BUSY);
    CHECK_INT(plan_undo(&plan, &fake->base, stdout, problem, sizeof(problem)), OS_BUSY);
    CHECK(strstr(problem, "somebody else") != NULL);
    after = registry_dump(&fake->base, KEY);
    CHECK_STR(after, before);
    free(before);
    free(after);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

/* Keys with a marker, but another's: nothing of them is taken apart. */
TEST(somebody_elses_marker)
{
    struct fake_registry *fake = machine();
    struct plan plan;

    REQUIRE(plan_make(&plan, &fake->base, &plain, problem, sizeof(problem)) == OS_OK);
    REQUIRE(plan_apply(&plan, &fake->base, problem, sizeof(problem)) == OS_OK);
    fake_text(fake, KEY, TABLE_MARKER, "another-setup");
    fake->writes = 0;
    CHECK_INT(plan_undo(&plan, &fake->base, stdout, problem, sizeof(problem)), OS_BUSY);
    CHECK_INT(fake->writes, 0);
    fake_text(fake, KEY, TABLE_MARKER, TABLE_MARKER_TEXT);
    CHECK_INT(plan_undo(&plan, &fake->base, stdout, problem, sizeof(problem)), OS_OK);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

/* The fence holds for a plan that nobody here made. */
TEST(fence)
{
    static const char *const foreign[] = {TABLE_SOURCE_KEY,
                                          TABLE_STATIONS_KEY,
                                          TABLE_SERVER_KEY,
                                          KEY "x",
                                          "SOFTWARE\\Classes\\CLSID",
                                          CLASS_KEY "x",
                                          "",
                                          KEY " "};
    struct fake_registry *fake = machine();
    struct registry_value value = {0};

    registry_value_set_number(&value, 1);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        struct plan plan = {.listener = NAME};

        CHECK(!table_is_ours(NAME, foreign[i]));
        CHECK_INT(plan_add(&plan, PLAN_SET_VALUE, foreign[i], "x", &value, NULL), OS_OK);
        CHECK_INT(plan_add(&plan, PLAN_CREATE_KEY, foreign[i], NULL, NULL, NULL), OS_OK);
        CHECK_INT(plan_apply(&plan, &fake->base, problem, sizeof(problem)), OS_DENIED);
        CHECK_INT(plan_undo(&plan, &fake->base, stdout, problem, sizeof(problem)), OS_DENIED);
        plan_finish(&plan);
    }
    CHECK(!table_is_ours("RDP-Tcp", TABLE_SOURCE_KEY));
    CHECK(table_is_ours(NAME, KEY) &&
          table_is_ours(NAME, "system\\currentcontrolset\\control\\terminal server\\"
                              "winstations\\RDSPROV-TCP\\x"));
    CHECK_INT(fake->writes, 0);
    registry_value_finish(&value);
    registry_destroy(&fake->base);
}

/* No password of RDP-Tcp's goes anywhere. */
TEST(no_foreign_credentials)
{
    struct fake_registry *fake = machine();
    struct registry_value secret = {0};
    struct plan plan;

    registry_value_set_text(&secret, "not-a-real-one");
    REQUIRE(plan_make(&plan, &fake->base, &plain, problem, sizeof(problem)) == OS_OK);
    for (size_t i = 0; i < plan.count; i++) {
        CHECK(!registry_value_same(&plan.ops[i].want, &secret));
        CHECK(!registry_value_same(&plan.ops[i].before, &secret));
    }
    registry_value_finish(&secret);
    plan_finish(&plan);
    registry_destroy(&fake->base);
}
