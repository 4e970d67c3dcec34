/* SPDX-License-Identifier: Apache-2.0 */
#ifdef _WIN32
#include <winsock2.h>
#endif

#include "remote.h"

#include <stdio.h>
#include <string.h>

#include "os/socket.h"

#ifndef _WIN32
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#else
#define MSG_NOSIGNAL 0
#endif

#define CONNECT_PAUSE_MS 20

static os_socket open_socket(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    os_socket found;

#ifdef _WIN32
    static bool started;
    WSADATA data;

    if (!started)
        started = WSAStartup(MAKEWORD(2, 2), &data) == 0;
    found = (os_socket)socket(AF_INET, SOCK_STREAM, 0);
#else
    found = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
#endif
    if (found == OS_NO_SOCKET)
        return found;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(found, (struct sockaddr *)&address, sizeof address) == 0)
        return found;
    os_socket_close(found, false);
    return OS_NO_SOCKET;
}

bool remote_connect(struct remote *self, uint16_t port, unsigned wait_ms)
{
    uint64_t until = os_now_ms() + wait_ms;

    *self = (struct remote)REMOTE_INIT;
    while ((self->socket = open_socket(port)) == OS_NO_SOCKET && os_now_ms() < until)
        os_sleep_ms(CONNECT_PAUSE_MS);
    return self->socket != OS_NO_SOCKET;
}

bool remote_start(struct remote *self, const char *program, uint16_t port)
{
    char number[32];
    const char *const env[] = {number, NULL};
    const struct os_spawn spec = {.program = program, .env = env, .flags = OS_SPAWN_GROUP | OS_SPAWN_QUIET};

    *self = (struct remote)REMOTE_INIT;
    snprintf(number, sizeof number, "RDSIM_PORT=%u", port);
    return os_process_spawn(&spec, &self->program, NULL) == OS_OK;
}

bool remote_say(struct remote *self, const char *words)
{
    char line[REMOTE_LINE_MAX];
    int n = snprintf(line, sizeof line, "%s\n", words);

    return self->socket != OS_NO_SOCKET && n < (int)sizeof line &&
           send(self->socket, line, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool readable(os_socket socket, unsigned ms)
{
    struct timeval wait = {.tv_sec = (long)(ms / 1000), .tv_usec = (long)(ms % 1000) * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(socket, &set);
    return select((int)socket + 1, &set, NULL, NULL, &wait) > 0;
}

/* More text; false when there is none in time or ever. */
static bool read_more(struct remote *self, uint64_t until)
{
    uint64_t now = os_now_ms();
    long n;

    if (self->gone || self->socket == OS_NO_SOCKET ||
        !readable(self->socket, now < until ? (unsigned)(until - now) : 0))
        return false;
    if (self->used == sizeof self->text)
        self->used = 0; /* no line of ours is that long */
    n = (long)recv(self->socket, self->text + self->used, sizeof self->text - self->used, 0);
    if (n <= 0) {
        self->gone = true;
        return false;
    }
    self->used += (size_t)n;
    return true;
}

bool remote_hear(struct remote *self, const char *begin, unsigned wait_ms)
{
    uint64_t until = os_now_ms() + wait_ms;
    size_t len = strlen(begin);
    const char *end;

    for (;;) {
        while ((end = memchr(self->text, '\n', self->used))) {
            size_t line = (size_t)(end - self->text);
            bool found = line >= len && memcmp(self->text, begin, len) == 0;

            memmove(self->text, end + 1, self->used - line - 1);
            self->used -= line + 1;
            if (found)
                return true;
        }
        if (!read_more(self, until))
            return false;
    }
}

bool remote_wait_gone(struct remote *self, unsigned wait_ms)
{
    uint64_t until = os_now_ms() + wait_ms;

    while (!self->gone && read_more(self, until))
        self->used = 0;
    return self->gone;
}

void remote_close(struct remote *self)
{
    os_socket_close(self->socket, false);
    if (self->program)
        os_process_kill_group(self->program);
    os_process_destroy(self->program);
    *self = (struct remote)REMOTE_INIT;
}
