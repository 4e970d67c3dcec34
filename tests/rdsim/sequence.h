/* SPDX-License-Identifier: Apache-2.0 */
/* The orders of calls of the plain run, as lists of steps (steps.h): the documented ones of both families. */
#ifndef RDSIM_SEQUENCE_H
#define RDSIM_SEQUENCE_H

#include "connection.h"

enum sequence_result {
    SEQUENCE_DONE,
    SEQUENCE_INTERRUPTED, /* an order or a broken wire came */
    SEQUENCE_DROPPED      /* a step failed whose failure ends the connection */
};

/* Plays the steps of a NULL-terminated list; those that the family does not have are left out. */
enum sequence_result sequence_run(struct connection *connection, const char *const *steps);

/* sequences.md C 5-10, C 11-16, F 3-6 */
extern const char *const sequence_negotiate[];
extern const char *const sequence_connect[];
extern const char *const sequence_reconnect[];

/* The account is asked, the session chosen: sequences.md E and F. On a refusal *error is what the client is
 * to be told. */
enum sequence_result sequence_logon(struct connection *connection, uint32_t *error);

#endif
