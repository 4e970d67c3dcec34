/* SPDX-License-Identifier: Apache-2.0 */
#include "register/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum os_status from_errno(void)
{
    return errno == ENOENT ? OS_NOT_FOUND : errno == EACCES || errno == EPERM ? OS_DENIED : OS_FAILED;
}

enum os_status file_write(const char *path, const char *text)
{
    size_t n = strlen(text), done = 0;
    char fresh[4096];
    int file;

    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
        return OS_TOO_BIG;
    file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return from_errno();
    while (done < n) {
        ssize_t wrote = write(file, text + done, n - done);

        if (wrote <= 0)
            break;
        done += (size_t)wrote;
    }
    if (done == n && fsync(file) == 0 && close(file) == 0) {
        if (rename(fresh, path) == 0)
            return OS_OK;
    } else {
        close(file);
    }
    unlink(fresh);
    return OS_FAILED;
}

enum os_status file_read(const char *path, char **text)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    enum os_status status = OS_NO_MEMORY;
    char *own = NULL;
    size_t used = 0;

    *text = NULL;
    if (file < 0)
        return from_errno();
    own = malloc(MANIFEST_MAX + 2);
    while (own) {
        ssize_t got = read(file, own + used, MANIFEST_MAX + 1 - used);

        if (got > 0 && (used += (size_t)got) <= MANIFEST_MAX)
            continue;
        status = got < 0 ? OS_FAILED : used > MANIFEST_MAX ? OS_TOO_BIG : OS_OK;
        own[used] = 0;
        break;
    }
    close(file);
    if (status == OS_OK && strlen(own) == used) {
        *text = own;
        return OS_OK;
    }
    free(own);
    return status == OS_OK ? OS_INVALID : status;
}

enum os_status file_delete(const char *path)
{
    return unlink(path) == 0 ? OS_OK : from_errno();
}
