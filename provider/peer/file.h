/* SPDX-License-Identifier: Apache-2.0 */
/* Small files that hold certificates, keys and password hashes. Paths are UTF-8 on both platforms. */
#ifndef RDSPROV_PEER_FILE_H
#define RDSPROV_PEER_FILE_H

#include "os/os.h"

#define FILE_SIZE_MAX (1024 * 1024)

enum os_status file_exists(const char *path); /* OS_OK, OS_NOT_FOUND, or why it cannot be told */

/* The whole file with a NUL behind it; free it with file_free (wipes). OS_TOO_BIG over FILE_SIZE_MAX. */
enum os_status file_read(const char *path, char **data, size_t *len);
void file_free(char *data, size_t len);

/* A new file that only its owner (Windows: and SYSTEM and Administrators) can read; OS_BUSY when there is one
 * already. Nothing is left behind on failure. `private` false: others may read it. */
enum os_status file_write_new(const char *path, const void *data, size_t len, bool private);
void file_remove(const char *path);

/* Why the last file_* call of this thread failed, in words that fit behind a file name. */
const char *file_problem(enum os_status status);

#endif
