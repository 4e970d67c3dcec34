/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of rdsprov-session. */
#ifndef RDSPROV_SESSION_OPTIONS_H
#define RDSPROV_SESSION_OPTIONS_H

#include "channels/display/desktop.h"

struct options {
    const struct desktop_impl *impl;
    struct desktop_options desktop;
    bool user;            /* the program of the session's user: no desktop */
    const char *log_file; /* NULL: standard error */
    bool verbose;
};

/* True: go on. False: *code is the exit code, and what there was to say has been printed. */
bool options_parse(struct options *self, int argc, char **argv, int *code);

#endif
