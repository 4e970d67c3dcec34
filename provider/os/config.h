/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where settings come from. Windows: values of the listener's key under ...\Terminal
 * Server\WinStations\<listener> (REG_SZ, REG_EXPAND_SZ, REG_DWORD). Linux: one ini file, named by
 * $RDSPROV_CONFIG or /etc/rdsprov.ini: [listener] sections, `key = value` lines, `#` comments. Values are
 * UTF-8 text here; a DWORD is its decimal text. Keys are case-insensitive.
 */
#ifndef RDSPROV_OS_CONFIG_H
#define RDSPROV_OS_CONFIG_H

#include "os/os.h"

#define OS_CONFIG_FILE_MAX (256 * 1024)
#define OS_CONFIG_VALUE_MAX 1024 /* bytes with NUL */

struct os_config;

/* Reads all values of the listener's section or key. `problem` (cap >= 256) gets one line that names file or
 * key, line number and what is wrong. A missing file or section is OS_NOT_FOUND; a malformed one OS_INVALID.
 */
enum os_status os_config_open(const char *listener, struct os_config **out, char *problem, size_t cap);
void os_config_destroy(struct os_config *self); /* NULL is fine; wipes */
/* NULL when not set. Valid until destroy. */
const char *os_config_get(const struct os_config *self, const char *key);
/* "file /x/y.ini, [Name]" or "registry key ...": for messages. */
const char *os_config_place(const struct os_config *self);
/* i-th value, for finding unknown keys; false past the end. */
bool os_config_at(const struct os_config *self, unsigned i, const char **key, const char **value);

/* Waitable that is signalled when the place has changed (inotify on its directory, RegNotifyChangeKeyValue);
 * os_config_watch_reset re-arms it. */
struct os_config_watch;
enum os_status os_config_watch_create(const char *listener, struct os_config_watch **out);
os_waitable os_config_watch_waitable(struct os_config_watch *self);
void os_config_watch_reset(struct os_config_watch *self);
void os_config_watch_destroy(struct os_config_watch *self);

#endif
