/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario's client: a TCP connection whose other end acts out the lines that it is sent and reports what
 * it is told, a line each (tests/adapter/fake_peer.c); or a program that is started for each client; or
 * nothing at all, when the provider brings its clients itself.
 */
#ifndef RDSIM_REMOTE_H
#define RDSIM_REMOTE_H

#include "os/os.h"
#include "os/process.h"

#define REMOTE_LINE_MAX 1024

struct remote {
    os_socket socket;
    struct os_process *program;
    char text[REMOTE_LINE_MAX]; /* read, not taken */
    size_t used;
    bool gone; /* the other side has closed it */
};

#define REMOTE_INIT                                                                                          \
    {                                                                                                        \
        .socket = OS_NO_SOCKET                                                                               \
    }

/* Connects to that port of this machine. */
bool remote_connect(struct remote *self, uint16_t port, unsigned wait_ms);
/* Starts the program with RDSIM_PORT in its environment. */
bool remote_start(struct remote *self, const char *program, uint16_t port);
bool remote_say(struct remote *self, const char *words);
/* Reads lines until one begins so. False when none did in time, or the end came. */
bool remote_hear(struct remote *self, const char *begin, unsigned wait_ms);
/* Reads until the other side closes. */
bool remote_wait_gone(struct remote *self, unsigned wait_ms);
void remote_close(struct remote *self);

#endif
