/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

static const char usage[] =
    "usage: iddsim --driver LIBRARY [SCRIPT...]\n"
    "  plays the scripts (default: all), prints a verdict per rule; 0: none is broken\n"
    "  --lives N        N random lives with faults instead of scripts\n"
    "  --seed N         of the first life\n"
    "  --expect RULE    a deliberately wrong driver: 0 when exactly this rule is among the broken ones\n"
    "  --all            say also which rules were never tested\n"
    "  --verbose        a line per callback\n"
    "  --list-rules, --list-scripts\n";

struct arguments {
    const char *driver;
    const char *names[32];
    unsigned count, lives;
    uint32_t seed;
    enum rule expect;
    bool all, verbose;
};

static bool parse(struct arguments *self, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(arg, "--all") == 0) {
            self->all = true;
        } else if (strcmp(arg, "--verbose") == 0) {
            self->verbose = true;
        } else if (arg[0] != '-' && self->count < 32) {
            self->names[self->count++] = arg;
        } else if (!value) {
            return false;
        } else if (strcmp(arg, "--driver") == 0) {
            self->driver = argv[++i];
        } else if (strcmp(arg, "--lives") == 0) {
            self->lives = (unsigned)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(arg, "--seed") == 0) {
            self->seed = (uint32_t)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(arg, "--expect") == 0) {
            self->expect = rule_find(argv[++i]);
            if (self->expect == RULE_COUNT)
                return false;
        } else {
            return false;
        }
    }
    return self->driver != NULL;
}

static const struct script *script_find(const char *name)
{
    for (const struct script *s = scripts; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

/* Threads that were joined may take a moment to leave the process' count. */
static void check_left(unsigned handles, unsigned threads)
{
    unsigned now = 0, running = 0;

    for (int i = 0; i < 100; i++) {
        now = os_count_handles();
        running = os_count_threads();
        if (now <= handles && running <= threads)
            break;
        os_sleep_ms(20);
    }
    if (now > handles)
        rule_broken(RULE_LEFT_HANDLES, "%u handles before, %u after", handles, now);
    rule_checked(RULE_LEFT_HANDLES);
    if (running > threads)
        rule_broken(RULE_LEFT_THREADS, "%u threads before, %u after", threads, running);
    rule_checked(RULE_LEFT_THREADS);
}

static void play(const struct arguments *arguments, const struct script *script)
{
    struct sim_options options = {.version = IDDCX_VERSION_1_7, .verbose = arguments->verbose};
    unsigned before = rules_broken();
    uint64_t start = os_now_ms();

    script->play(arguments->driver, options);
    printf("%-24s %s, %u ms: %s\n", script->name, rules_broken() == before ? "ok" : "BROKEN",
           (unsigned)(os_now_ms() - start), script->text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.seed = 1, .expect = RULE_COUNT};
    unsigned handles, threads;

    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (argc == 2 && strcmp(argv[1], "--list-rules") == 0) {
        rules_list();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--list-scripts") == 0) {
        for (const struct script *s = scripts; s->name; s++)
            printf("%-24s %s\n", s->name, s->text);
        return 0;
    }
    if (!parse(&arguments, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    for (unsigned i = 0; i < arguments.count; i++) {
        if (!script_find(arguments.names[i])) {
            fprintf(stderr, "iddsim: no script '%s' (see --list-scripts)\n", arguments.names[i]);
            return 2;
        }
    }

    /* The first life brings what a process keeps for good (a system library's threads, ...). */
    script_find("happy")->play(arguments.driver, (struct sim_options){.version = IDDCX_VERSION_1_7});
    handles = os_count_handles();
    threads = os_count_threads();
    if (arguments.lives) {
        lives_play(arguments.driver, arguments.lives, arguments.seed, arguments.verbose);
    } else if (arguments.count) {
        for (unsigned i = 0; i < arguments.count; i++)
            play(&arguments, script_find(arguments.names[i]));
    } else {
        for (const struct script *s = scripts; s->name; s++)
            play(&arguments, s);
    }
    check_left(handles, threads);

    rules_print(arguments.all);
    if (arguments.expect != RULE_COUNT) {
        if (rule_is_broken(arguments.expect))
            return 0;
        printf("iddsim: the driver's deliberate mistake was not found\n");
        return 1;
    }
    if (rules_broken())
        printf("iddsim: %u rules are broken\n", rules_broken());
    return rules_broken() ? 1 : 0;
}
