/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of a sequence as named steps, so that an order of calls is data: a list of names. Each step makes
 * one call (or one licence handshake), checks everything the contract says about its answer and keeps what
 * later steps need.
 */
#ifndef RDSIM_SEQUENCE_H
#define RDSIM_SEQUENCE_H

#include "connection.h"

enum sequence_result {
    SEQUENCE_DONE,
    SEQUENCE_INTERRUPTED, /* an order or a broken wire came */
    SEQUENCE_DROPPED      /* a step failed whose failure ends the connection */
};

/* Plays the steps of a NULL-terminated list. */
enum sequence_result sequence_run(struct connection *connection, const char *const *steps);
bool sequence_knows(const char *step);

/* sequences.md C 5-10, C 11-16, F 3-6 */
extern const char *const sequence_negotiate[];
extern const char *const sequence_connect[];
extern const char *const sequence_reconnect[];

/* The account is asked, the session chosen: sequences.md E and F. On a refusal *error is what the client is
 * to be told. */
enum sequence_result sequence_logon(struct connection *connection, uint32_t *error);

/* steps_data.c, steps_query.c */
HRESULT step_get_client_data(struct connection *connection);
HRESULT step_get_client_monitor_data(struct connection *connection);
HRESULT step_get_user_credentials(struct connection *connection);
HRESULT step_license(struct connection *connection);
HRESULT step_query_properties(struct connection *connection);
HRESULT step_get_hardware_id(struct connection *connection);

WTS_SESSION_ID sequence_session_id(const struct connection *connection);

#endif
