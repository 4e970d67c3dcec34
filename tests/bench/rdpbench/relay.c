/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h" /* client_now_us */

#define CHUNK 1400 /* about a packet */
#define ROUTER_BYTES                                                                                         \
    32768                 /* what waits before the narrow place; a connection's share of a router's memory   \
                           */
#define SOCKET_BYTES 8192 /* little is hidden in the kernel's buffers */
#define QUEUE_CHUNKS 4096

struct chunk {
    uint64_t out_us; /* when it leaves the line */
    uint32_t len, at;
    uint8_t bytes[CHUNK];
};

/* One direction of one connection. */
struct way {
    struct chunk *ring; /* QUEUE_CHUNKS */
    unsigned first, count;
    uint64_t free_us; /* when the narrow place has sent all that it took */
    bool ended;       /* nothing more comes in */
    bool closed;      /* and all of it has gone out */
};

struct pair {
    int fds[2];         /* client, server; -1: free */
    struct way ways[2]; /* ways[i] from fds[i] to the other one */
};

struct relay {
    struct sockaddr_in server;
    unsigned kbit, delay_ms;
    int listener, stop;
    uint16_t port;
    pthread_t thread;
    bool running;
    struct pair pairs[RELAY_CONNECTIONS];
};

static uint64_t bytes_us(const struct relay *self, uint64_t bytes)
{
    return self->kbit ? bytes * 8000 / self->kbit : 0;
}

static void close_pair(struct pair *pair)
{
    for (unsigned i = 0; i < 2; i++) {
        if (pair->fds[i] >= 0)
            close(pair->fds[i]);
        pair->fds[i] = -1;
        free(pair->ways[i].ring);
        memset(&pair->ways[i], 0, sizeof(pair->ways[i]));
    }
}

static void tune(int fd)
{
    int on = 1, bytes = SOCKET_BYTES;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static void take_connection(struct relay *self)
{
    int client = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC), bytes = SOCKET_BYTES;
    struct pair *pair = NULL;

    for (unsigned i = 0; !pair && i < RELAY_CONNECTIONS; i++)
        if (self->pairs[i].fds[0] < 0)
            pair = &self->pairs[i];
    if (client < 0)
        return;
    if (!pair) {
        close(client);
        return;
    }
    pair->fds[0] = client;
    pair->fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pair->fds[1] >= 0) /* before it is connected, or the window is already larger */
        setsockopt(pair->fds[1], SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    if (pair->fds[1] < 0 ||
        connect(pair->fds[1], (const struct sockaddr *)&self->server, sizeof(self->server)) != 0) {
        close_pair(pair);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        tune(pair->fds[i]);
        pair->ways[i].ring = calloc(QUEUE_CHUNKS, sizeof(struct chunk));
    }
    if (!pair->ways[0].ring || !pair->ways[1].ring)
        close_pair(pair);
}

/* Whether the router has room: what it took may lie this long before the narrow place. */
static bool has_room(const struct relay *self, const struct way *way, uint64_t now)
{
    return !way->ended && way->count < QUEUE_CHUNKS && way->free_us <= now + bytes_us(self, ROUTER_BYTES);
}

static void take_in(struct relay *self, struct way *way, int from, uint64_t now)
{
    while (has_room(self, way, now)) {
        struct chunk *chunk = &way->ring[(way->first + way->count) % QUEUE_CHUNKS];
        ssize_t got = recv(from, chunk->bytes, sizeof(chunk->bytes), 0);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            way->ended = true;
            return;
        }
        chunk->len = (uint32_t)got;
        chunk->at = 0;
        way->free_us = (way->free_us > now ? way->free_us : now) + bytes_us(self, (uint64_t)got);
        chunk->out_us = way->free_us + (uint64_t)self->delay_ms * 1000;
        way->count++;
    }
}

/* False: the other end is gone. */
static bool give_out(struct way *way, int to, uint64_t now)
{
    while (way->count) {
        struct chunk *chunk = &way->ring[way->first];
        ssize_t sent;

        if (chunk->out_us > now)
            return true;
        sent = send(to, chunk->bytes + chunk->at, chunk->len - chunk->at, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        chunk->at += (uint32_t)sent;
        if (chunk->at < chunk->len)
            return true;
        way->first = (way->first + 1) % QUEUE_CHUNKS;
        way->count--;
    }
    if (way->ended && !way->closed) {
        way->closed = true;
        shutdown(to, SHUT_WR);
    }
    return true;
}

/* Adds what a pair waits for; returns when its next chunk is due, UINT64_MAX for never. */
static uint64_t watch(const struct relay *self, const struct pair *pair, struct pollfd *polls, uint64_t now)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; i < 2; i++) {
        const struct way *in = &pair->ways[i], *out = &pair->ways[1 - i];

        polls[i] = (struct pollfd){.fd = pair->fds[i]};
        if (has_room(self, in, now))
            polls[i].events |= POLLIN;
        else if (!in->ended && in->count < QUEUE_CHUNKS && in->free_us < next)
            next = in->free_us - bytes_us(self, ROUTER_BYTES) + 1;
        if (out->count && out->ring[out->first].out_us <= now)
            polls[i].events |= POLLOUT;
        else if (out->count && out->ring[out->first].out_us < next)
            next = out->ring[out->first].out_us;
        if (!polls[i].events)
            polls[i].fd = -1; /* its end would wake us all the time */
    }
    return next;
}

static void *run(void *arg)
{
    struct relay *self = arg;

    for (;;) {
        struct pollfd polls[2 + 2 * RELAY_CONNECTIONS];
        uint64_t now = client_now_us(), next = now + 1000000;
        struct timespec wait;

        polls[0] = (struct pollfd){.fd = self->stop, .events = POLLIN};
        polls[1] = (struct pollfd){.fd = self->listener, .events = POLLIN};
        for (unsigned i = 0; i < RELAY_CONNECTIONS; i++) {
            struct pair *pair = &self->pairs[i];
            struct pollfd *two = &polls[2 + 2 * i];

            two[0].fd = two[1].fd = -1;
            if (pair->fds[0] >= 0) {
                uint64_t due = watch(self, pair, two, now);

                next = due < next ? due : next;
            }
        }
        next = next > now ? next - now : 0;
        wait =
            (struct timespec){.tv_sec = (time_t)(next / 1000000), .tv_nsec = (long)(next % 1000000) * 1000};
        if (ppoll(polls, sizeof(polls) / sizeof(polls[0]), &wait, NULL) < 0 && errno != EINTR)
            return NULL;
        if (polls[0].revents)
            return NULL;
        now = client_now_us();
        for (unsigned i = 0; i < RELAY_CONNECTIONS; i++) {
            struct pair *pair = &self->pairs[i];
            bool good = true;

            if (pair->fds[0] < 0)
                continue;
            for (unsigned k = 0; k < 2; k++)
                take_in(self, &pair->ways[k], pair->fds[k], now);
            for (unsigned k = 0; k < 2; k++)
                good = give_out(&pair->ways[k], pair->fds[1 - k], now) && good;
            if (!good || (pair->ways[0].closed && pair->ways[1].closed))
                close_pair(pair);
        }
        if (polls[1].revents)
            take_connection(self);
    }
}

struct relay *relay_create(const char *address, uint16_t port, unsigned kbit, unsigned delay_ms)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct relay *self = calloc(1, sizeof(*self));
    socklen_t len = sizeof(here);
    int bytes = SOCKET_BYTES;

    if (!self)
        return NULL;
    for (unsigned i = 0; i < RELAY_CONNECTIONS; i++)
        self->pairs[i].fds[0] = self->pairs[i].fds[1] = -1;
    self->kbit = kbit;
    self->delay_ms = delay_ms;
    self->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    self->stop = eventfd(0, EFD_CLOEXEC);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (inet_pton(AF_INET, address, &self->server.sin_addr) != 1 || self->stop < 0 || self->listener < 0 ||
        setsockopt(self->listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) != 0 ||
        bind(self->listener, (struct sockaddr *)&here, sizeof(here)) != 0 ||
        listen(self->listener, 16) != 0 || getsockname(self->listener, (struct sockaddr *)&here, &len) != 0) {
        fprintf(stderr, "rdpbench: no line to %s: %s\n", address, strerror(errno));
        relay_destroy(self);
        return NULL;
    }
    self->port = ntohs(here.sin_port);
    self->running = pthread_create(&self->thread, NULL, run, self) == 0;
    if (!self->running) {
        relay_destroy(self);
        return NULL;
    }
    return self;
}

void relay_destroy(struct relay *self)
{
    uint64_t one = 1;

    if (!self)
        return;
    if (self->running && write(self->stop, &one, sizeof(one)) == sizeof(one))
        pthread_join(self->thread, NULL);
    for (unsigned i = 0; i < RELAY_CONNECTIONS; i++)
        close_pair(&self->pairs[i]);
    if (self->stop >= 0)
        close(self->stop);
    if (self->listener >= 0)
        close(self->listener);
    free(self);
}

uint16_t relay_port(const struct relay *self)
{
    return self->port;
}
