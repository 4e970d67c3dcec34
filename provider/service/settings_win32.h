/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher service's settings: values of its own key, which only administrators may write. */
#ifndef RDSPROV_SERVICE_SETTINGS_WIN32_H
#define RDSPROV_SERVICE_SETTINGS_WIN32_H

#include "os/log.h"
#include "os/process.h"

#define SETTINGS_TEXT_MAX 1024

struct settings {
    char pipe[128];
    char service[128];                   /* whose process may come */
    char desktop[256];                   /* where session programs begin */
    char log_file[SETTINGS_TEXT_MAX];    /* empty: none */
    char test_client[SETTINGS_TEXT_MAX]; /* Wine only: the program that plays the service */
    char program[SETTINGS_TEXT_MAX];
    enum log_level log_level;

    char arguments_text[SETTINGS_TEXT_MAX];
    const char *arguments[OS_SPAWN_ARGS_MAX + 1];
};

/* False: a value is wrong, one line in `problem` names it. */
bool settings_read(struct settings *self, char *problem, size_t cap);

#endif
