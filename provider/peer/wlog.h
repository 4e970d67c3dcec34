/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FreeRDP's own log. A handshake that fails makes FreeRDP write four to eight lines for one event; until the
 * client is active they are for debugging only, and the first error is kept, because it is the cause and the
 * rest are its echo.
 */
#ifndef RDSPROV_PEER_WLOG_H
#define RDSPROV_PEER_WLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "os/log.h"

struct adapter;

/* False: WLog cannot be set up. */
bool wlog_start(struct adapter *adapter);
void wlog_set_level(enum log_level level);
void wlog_set_quiet(bool quiet); /* true (the default): handshake manner, as above */

/* Copies the first error since the last wlog_forget; empty when there was none. */
void wlog_first_error(char *buf, size_t cap);
void wlog_forget(void);

#endif
