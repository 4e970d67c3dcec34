/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that config_posix.c and config_win32.c read, in memory; and the ini parser. Key order is the
 * order of adding. os_config_get, _at, _place and _destroy live in config_values.c, for both platforms.
 */
#ifndef RDSPROV_OS_CONFIG_VALUES_H
#define RDSPROV_OS_CONFIG_VALUES_H

#include "os/config.h"

#define CONFIG_KEY_MAX 64     /* bytes with NUL */
#define CONFIG_VALUES_MAX 256 /* per listener */
#define CONFIG_PLACE_MAX 512  /* bytes with NUL, cut when longer */

/* `place` is what os_config_place will say. NULL: out of memory. */
struct os_config *config_values_create(const char *place);

/* Copies. OS_BUSY: key is there already; OS_TOO_BIG: over a cap above or OS_CONFIG_VALUE_MAX; OS_INVALID: bad
 * UTF-8 or a control character in the value, or a key that is not of [A-Za-z0-9_.-] (and blanks inside);
 * OS_NO_MEMORY. */
enum os_status config_values_add(struct os_config *self, const char *key, const char *value);

/* [A-Za-z0-9_.-] and blanks inside. */
bool config_key_is_good(const char *key);

bool config_same_name(const char *a, const char *b); /* ASCII case-insensitive */

/* Reads section [listener] of the text into `into`; checks the whole text. OS_NOT_FOUND: no such section.
 * `file` is for the problem line. */
enum os_status config_ini_parse(const char *file, const char *text, size_t len, const char *listener,
                                struct os_config *into, char *problem, size_t cap);

#endif
