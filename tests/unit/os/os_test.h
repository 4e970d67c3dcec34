/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the tests of provider/os: the child program (child.c) and bounded waiting. */
#ifndef RDSPROV_UNIT_OS_TEST_H
#define RDSPROV_UNIT_OS_TEST_H

#include "check.h"

#include "os/os.h"
#include "os/pipe.h"
#include "os/process.h"

#define PATIENCE_MS 20000 /* a slow machine with sanitizers; a good run never waits as long */

/* Evaluates cond again and again until it holds; its value at the end. */
#define EVENTUALLY(cond)                                                                                     \
    ({                                                                                                       \
        uint64_t end_ = os_now_ms() + PATIENCE_MS;                                                           \
        bool good_;                                                                                          \
        while (!(good_ = (cond)) && os_now_ms() < end_)                                                      \
            os_sleep_ms(2);                                                                                  \
        good_;                                                                                               \
    })

static inline const char *beside(char *buf, size_t cap, const char *name)
{
    char dir[768];

    if (os_module_directory(dir, sizeof dir) != OS_OK)
        dir[0] = 0;
    snprintf(buf, cap, "%s/%s", dir, name);
    return buf;
}

/* Starts child.c's program with a command; job and link may be NULL. */
static inline enum os_status start_child(const char *const *args, unsigned flags, struct os_job *job,
                                         struct os_process **process, struct os_pipe **link)
{
    char path[1024];
    struct os_spawn spec = {.args = args, .flags = flags, .job = job};

#ifdef _WIN32
    spec.program = beside(path, sizeof path, "unit_os_child.exe");
#else
    spec.program = beside(path, sizeof path, "unit_os_child");
#endif
    return os_process_spawn(&spec, process, link);
}

#define START(flags, process, link, ...)                                                                     \
    start_child((const char *const[]){__VA_ARGS__, NULL}, flags, NULL, process, link)

/* Waits for a message; as os_pipe_receive, but never OS_AGAIN. */
static inline enum os_status receive(struct os_pipe *pipe, void *buf, size_t cap, size_t *len,
                                     struct os_pass *pass, unsigned *npass)
{
    unsigned room = npass ? *npass : 0;
    uint64_t end = os_now_ms() + PATIENCE_MS;

    for (;;) {
        enum os_status status;

        if (npass)
            *npass = room;
        status = os_pipe_receive(pipe, buf, cap, len, pass, npass);
        if (status != OS_AGAIN)
            return status;
        if (os_now_ms() >= end)
            return OS_TIMEOUT;
        os_pipe_wait(pipe, 100);
    }
}

/* A text message of the child, or "" when none came. */
static inline const char *receive_text(struct os_pipe *pipe, char *buf, size_t cap)
{
    size_t len;

    if (receive(pipe, buf, cap - 1, &len, NULL, NULL) != OS_OK)
        len = 0;
    buf[len] = 0;
    return buf;
}

static inline enum os_status send_text(struct os_pipe *pipe, const char *text)
{
    return os_pipe_send(pipe, text, strlen(text), NULL, 0);
}

#endif
