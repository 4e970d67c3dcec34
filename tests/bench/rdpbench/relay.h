/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slow line between client and server: takes connections on a port of its own and passes their bytes on,
 * late and at a limited rate, each direction for itself. What the line cannot take yet fills a queue of fixed
 * size, as a router's; when that is full the sender's own socket fills up. No privileges, no network
 * namespace. Packets are not lost, and acknowledgements of TCP do not travel the line: a sender sees its
 * bytes taken early.
 */
#ifndef RDPBENCH_RELAY_H
#define RDPBENCH_RELAY_H

#include <stdint.h>

#define RELAY_CONNECTIONS 64

struct relay;

/* To 127.0.0.1-like `address`; `kbit` 0: no limit of rate; `delay_ms` one way. NULL and a line on standard
 * error when it cannot be. */
struct relay *relay_create(const char *address, uint16_t port, unsigned kbit, unsigned delay_ms);
void relay_destroy(struct relay *self);
uint16_t relay_port(const struct relay *self);

#endif
