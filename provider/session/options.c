/* SPDX-License-Identifier: Apache-2.0 */
#include "session/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct desktop_impl *const desktops[] = {
#ifdef _WIN32
    &gdi_desktop,
#else
    &x11_desktop,
#endif
    &pattern_desktop, /* the first one is the default */
};

#define DESKTOPS (sizeof(desktops) / sizeof(desktops[0]))

static void print_help(void)
{
    printf("rdsprov-session: shows and drives the desktop of one session; started by the launcher.\n"
           "  --desktop NAME    ");
    for (size_t i = 0; i < DESKTOPS; i++)
        printf("%s%s", i ? " or " : "", desktops[i]->name);
    printf(
        " (default: %s)\n"
#ifdef _WIN32
        "  --join NAME       a desktop of this window station (default: the one it is started on, and then\n"
        "                    the one that has the input)\n"
#else
        "  --display :N      the X display (default: $DISPLAY)\n"
#endif
#ifdef _WIN32
        "  /user             for what belongs to the session's user: shows nothing, takes no input\n"
        "  /install          alone: makes the launcher service (also /uninstall, /status)\n"
#else
        "  --user            for what belongs to the session's user: shows nothing, takes no input\n"
#endif
        "  --resize          the desktop may be given the client's size\n"
        "  --pattern-static  the pattern moves only when input comes\n"
        "  --log-file PATH   log lines are appended there (default: standard error)\n"
        "  --verbose         more log lines\n"
        "  --help            this text\n",
        desktops[0]->name);
}

static const struct desktop_impl *find_desktop(const char *name)
{
    for (size_t i = 0; i < DESKTOPS; i++)
        if (strcmp(desktops[i]->name, name) == 0)
            return desktops[i];
    return NULL;
}

#ifndef _WIN32
/* ":N", ":N.S", "host:N" and what else Xlib takes: something with a colon and a digit after it. */
static bool is_display(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon && colon[1] >= '0' && colon[1] <= '9' && strlen(name) < 256;
}
#endif

#ifdef _WIN32
static const char place_option[] = "--join", user_option[] = "/user";
#else
static const char place_option[] = "--display", user_option[] = "--user";
#endif

static bool takes_value(const char *arg)
{
    return strcmp(arg, "--desktop") == 0 || strcmp(arg, "--log-file") == 0 || strcmp(arg, place_option) == 0;
}

static bool set_value(struct options *self, const char *arg, const char *value)
{
    if (strcmp(arg, "--desktop") == 0) {
        self->impl = find_desktop(value);
        if (!self->impl)
            fprintf(stderr, "rdsprov-session: --desktop %s: no such desktop here\n", value);
        return self->impl != NULL;
    }
    if (strcmp(arg, "--log-file") == 0) {
        self->log_file = value;
        return true;
    }
#ifdef _WIN32
    self->desktop.join = value;
#else
    if (!is_display(value)) {
        fprintf(stderr, "rdsprov-session: --display %s: not a display (like :10)\n", value);
        return false;
    }
    self->desktop.display = value;
#endif
    return true;
}

bool options_parse(struct options *self, int argc, char **argv, int *code)
{
    memset(self, 0, sizeof(*self));
    self->impl = desktops[0];
    *code = 2;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(arg, "--help") == 0) {
            print_help();
            *code = 0;
            return false;
        } else if (strcmp(arg, "--verbose") == 0) {
            self->verbose = true;
        } else if (strcmp(arg, user_option) == 0) {
            self->user = true;
        } else if (strcmp(arg, "--resize") == 0) {
            self->desktop.resize = true;
        } else if (strcmp(arg, "--pattern-static") == 0) {
            self->desktop.still = true;
        } else if (takes_value(arg)) {
            if (!value) {
                fprintf(stderr, "rdsprov-session: %s needs a value\n", arg);
                return false;
            }
            if (!set_value(self, arg, value))
                return false;
            i++;
        } else {
            fprintf(stderr, "rdsprov-session: unknown argument %s\n", arg);
            return false;
        }
    }
    return true;
}
