/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest: what is written is what is read, and nothing else is accepted. */
#include "check.h"
#include "fake_registry.h"

#include <stdlib.h>

#include "register/class_table.h"
#include "register/manifest.h"

#define NAME "rdsprov-tcp"
#define KEY TABLE_STATIONS_KEY "\\" NAME
#define HEAD                                                                                                 \
    "rdsprov-manifest\t1\nlistener\t" NAME "\nport\t3390\ndll\tC:\\x\\rdsprov.dll\nenabled\t0\n"             \
    "source\t0123456789abcdef\nstate\tapplying\n"

static char problem[512];

static bool same(const struct plan *a, const struct plan *b)
{
    if (strcmp(a->listener, b->listener) != 0 || strcmp(a->dll, b->dll) != 0 || a->port != b->port ||
        a->enabled != b->enabled || a->source != b->source || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct plan_op *x = &a->ops[i], *y = &b->ops[i];

        if (x->action != y->action || strcmp(x->key, y->key) != 0 || !x->name != !y->name ||
            (x->name && strcmp(x->name, y->name) != 0) || x->had != y->had ||
            !registry_value_same(&x->want, &y->want) || !registry_value_same(&x->before, &y->before))
            return false;
    }
    return true;
}

TEST(round_trip)
{
    struct fake_registry *fake = fake_machine();
    struct plan_options options = {
        .listener = NAME, .dll = "C:\\Pr\xc3\xb6gs\\100%\\rdsprov.dll", .log_file = "C:\\l", .port = 3390};
    struct plan plan, read;
    bool complete;
    char *text, *again;

    fake_text(fake, TABLE_SOURCE_KEY, "tab\there\nand %there", "x");
    fake_text(fake, CLASS_KEY, CLASS_UNWANTED_VALUE, "old");
    fake_text(fake, CLASS_KEY, "", "old");
    REQUIRE(plan_make(&plan, &fake->base, &options, problem, sizeof(problem)) == OS_OK);
    for (int state = 0; state < 2; state++) {
        text = manifest_format(&plan, state);
        REQUIRE(text != NULL);
        CHECK_INT(manifest_parse(text, &read, &complete, problem, sizeof(problem)), OS_OK);
        CHECK_INT(complete, state);
        CHECK(same(&plan, &read));
        again = manifest_format(&read, state);
        CHECK_STR(again, text);
        /* a text that ends early is never a manifest */
        for (size_t n = strlen(text); n-- > 0;) {
            struct plan none;

            text[n] = 0;
            if (manifest_parse(text, &none, &complete, problem, sizeof(problem)) != OS_INVALID) {
                CHECK(!"a cut manifest was taken");
                plan_finish(&none);
                break;
            }
        }
        plan_finish(&read);
        free(text);
        free(again);
    }
    plan_finish(&plan);
    registry_destroy(&fake->base);
}

static void refused(const char *text, const char *word)
{
    struct plan plan;
    bool complete;

    CHECK_INT(manifest_parse(text, &plan, &complete, problem, sizeof(problem)), OS_INVALID);
    if (!CHECK(strstr(problem, word) != NULL))
        fprintf(stderr, "no '%s' in '%s'\n", word, problem);
    CHECK(plan.ops == NULL && plan.count == 0);
}

TEST(refusals)
{
    struct plan plan;
    bool complete;

    CHECK_INT(manifest_parse(HEAD "end\t0\n", &plan, &complete, problem, sizeof(problem)), OS_OK);
    plan_finish(&plan);
    CHECK_INT(manifest_parse(HEAD "create\t" KEY "\nset\t" KEY "\tx\t4\t01000000\t-\nend\t2\n", &plan,
                             &complete, problem, sizeof(problem)),
              OS_OK);
    plan_finish(&plan);
    refused("", "line 1");
    refused("rdsprov-manifest\t2\n", "line 1");
    refused("rdsprov-manifest\t1\nlistener\tRDP-Tcp\n", "line 2");
    refused(HEAD "create\t" TABLE_SOURCE_KEY "\nend\t1\n", "not ours");
    refused(HEAD "set\t" TABLE_SOURCE_KEY "\tPortNumber\t4\t01000000\t-\nend\t1\n", "not ours");
    refused(HEAD "set\tSYSTEM\\CurrentControlSet\\Services\\x\tImagePath\t1\t\t-\nend\t1\n", "not ours");
    refused(HEAD "delete\t" TABLE_STATIONS_KEY "\tx\t4\t01000000\nend\t1\n", "not ours");
    refused(HEAD "create\t" KEY "\nend\t2\n", "line 9: end");
    refused(HEAD "create\t" KEY "\nend\t1\nmore\n", "end");
    refused(HEAD "create\t" KEY "\n", "too early");
    refused(HEAD "create\t" KEY "\textra\nend\t1\n", "number of fields");
    refused(HEAD "set\t" KEY "\tx\t4\t0100000\t-\nend\t1\n", "not a value");
    refused(HEAD "set\t" KEY "\tx\t4\t0100000g\t-\nend\t1\n", "not a value");
    refused(HEAD "set\t" KEY "\tx\tfour\t01\t-\nend\t1\n", "not a value");
    refused(HEAD "set\t" KEY "\tx%00y\t4\t01\t-\nend\t1\n", "not a line");
    refused(HEAD "set\t" KEY "\tx%0\t4\t01\t-\nend\t1\n", "not a line");
    refused(HEAD "run\t" KEY "\nend\t1\n", "unknown word");
    refused(HEAD "\t\t\t\t\t\t\t\t\t\nend\t1\n", "not a line");
}

TEST(files)
{
    char path[256], *text = NULL;

    /* beside the test: the same on both platforms */
    snprintf(path, sizeof(path), "manifest-%llu.tmp", (unsigned long long)os_now_us());
    CHECK_INT(file_read(path, &text), OS_NOT_FOUND);
    CHECK_INT(file_write(path, "one\n"), OS_OK);
    CHECK_INT(file_write(path, "two\n"), OS_OK);
    CHECK_INT(file_read(path, &text), OS_OK);
    CHECK_STR(text, "two\n");
    free(text);
    CHECK_INT(file_delete(path), OS_OK);
    CHECK_INT(file_delete(path), OS_NOT_FOUND);
    CHECK(file_write("no-such-folder/x", "one\n") != OS_OK);
}
