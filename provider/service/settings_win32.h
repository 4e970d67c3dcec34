/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher service's settings: values of its own key, which only administrators may write. */
#ifndef RDSPROV_SERVICE_SETTINGS_WIN32_H
#define RDSPROV_SERVICE_SETTINGS_WIN32_H

#include <wchar.h>

#include "os/log.h"
#include "os/process.h"

#define SETTINGS_TEXT_MAX 1024
#define SETTINGS_FOLDER_MAX 320
#define SETTINGS_LOG_NAME L"\\launcher.log"

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
    const char *user_arguments[3];
};

/* The folder of the default log. False: the system does not say. */
bool settings_log_folder(wchar_t path[SETTINGS_FOLDER_MAX]);

/* False: a value is wrong, one line in `problem` names it. */
bool settings_read(struct settings *self, char *problem, size_t cap);

#endif
