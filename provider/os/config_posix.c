/* SPDX-License-Identifier: Apache-2.0 */
#include "os/config_posix.h"
#include "os/config_values.h"
#include "os/os_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *config_file(void)
{
    const char *path = secure_getenv("RDSPROV_CONFIG");

    return path && *path ? path : "/etc/rdsprov.ini";
}

/* The whole file, or OS_TOO_BIG. *text is the caller's, and may hold secrets. */
static enum os_status read_file(const char *path, char **text, size_t *len)
{
    size_t cap = OS_CONFIG_FILE_MAX + 1, used = 0;
    enum os_status status = OS_OK;
    struct stat st;
    char *buf = NULL;
    int fd;

    *text = NULL;
    *len = 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO must not stop us */
    if (fd < 0)
        return os_status_from_errno(errno);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        status = OS_INVALID;
        goto out;
    }
    buf = malloc(cap);
    if (!buf) {
        status = OS_NO_MEMORY;
        goto out;
    }
    while (used < cap) {
        ssize_t n = read(fd, buf + used, cap - used);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            status = os_status_from_errno(errno);
            goto out;
        }
        if (n == 0)
            break;
        used += (size_t)n;
    }
    if (used == cap) {
        status = OS_TOO_BIG;
        goto out;
    }
    *text = buf;
    *len = used;
    buf = NULL;
out:
    if (buf) {
        os_wipe(buf, used);
        free(buf);
    }
    close(fd);
    return status;
}

static void say_unreadable(const char *path, enum os_status status, char *problem, size_t cap)
{
    switch (status) {
    case OS_TOO_BIG:
        snprintf(problem, cap, "%s: larger than %d bytes", path, OS_CONFIG_FILE_MAX);
        break;
    case OS_INVALID:
        snprintf(problem, cap, "%s: not a regular file", path);
        break;
    default:
        snprintf(problem, cap, "%s: cannot be read: %s", path, os_status_text(status));
    }
}

enum os_status os_config_open(const char *listener, struct os_config **out, char *problem, size_t cap)
{
    const char *path = config_file();
    char place[CONFIG_PLACE_MAX];
    struct os_config *self = NULL;
    enum os_status status;
    size_t len;
    char *text;

    *out = NULL;
    if (cap)
        problem[0] = 0;
    status = read_file(path, &text, &len);
    if (status != OS_OK) {
        say_unreadable(path, status, problem, cap);
        return status;
    }
    snprintf(place, sizeof place, "file %s, [%s]", path, listener);
    self = config_values_create(place);
    if (!self) {
        snprintf(problem, cap, "%s: out of memory", path);
        status = OS_NO_MEMORY;
        goto out;
    }
    status = config_ini_parse(path, text, len, listener, self, problem, cap);
    if (status != OS_OK)
        goto out;
    *out = self;
    self = NULL;
out:
    os_config_destroy(self);
    os_wipe(text, len);
    free(text);
    return status;
}
