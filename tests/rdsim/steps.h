/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls on a connection as named steps, so that an order of calls is data: a list of names, or lines of a
 * scenario. Each step makes one call (a few make several), checks everything that the contract says about its
 * answer and keeps what later steps need. A step may run on any thread, several at once.
 */
#ifndef RDSIM_STEPS_H
#define RDSIM_STEPS_H

#include "connection.h"

#define STEP_ARGUMENTS_MAX 3
#define STEP_ANSWER_MAX 512

/* A step with its arguments, as a scenario gives them (NULL: none, the step knows what to take then), and
 * what came back as text, empty when the step has nothing to say. */
struct step_call {
    const char *argument[STEP_ARGUMENTS_MAX];
    char answer[STEP_ANSWER_MAX];
};

enum step_family { STEP_RDS = 1, STEP_LEGACY = 2, STEP_BOTH = 3 };

struct step {
    const char *name;
    HRESULT (*run)(struct connection *connection, struct step_call *call);
    bool error_drops; /* the connection is dropped when it fails: methods.md 4, return codes */
    enum step_family family;
    unsigned arguments; /* at most */
};

/* NULL when there is none of that name. */
const struct step *step_find(const char *name);
const struct step *step_at(unsigned i); /* NULL past the last */
/* Runs it, unless the family has no such call: then S_OK. */
HRESULT step_run(const struct step *step, struct connection *connection, struct step_call *call);

void step_answer(struct step_call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The i-th argument as a number, or `otherwise`. */
uint32_t step_number(const struct step_call *call, unsigned i, uint32_t otherwise);
/* Text of the provider's as UTF-8: a static place of the thread, good until the next but three calls. */
const char *step_text(const WCHAR *text);

/* The session that a notification speaks of: the argument, or the connection's, which gets one if it has
 * none.
 */
uint32_t step_session(struct connection *connection, const struct step_call *call);
WTS_SESSION_ID step_session_id(const struct connection *connection, uint32_t session);

/* steps_data.c */
HRESULT step_get_client_data(struct connection *connection, struct step_call *call);
HRESULT step_get_client_monitor_data(struct connection *connection, struct step_call *call);
HRESULT step_get_user_credentials(struct connection *connection, struct step_call *call);
/* steps_license.c */
HRESULT step_license(struct connection *connection, struct step_call *call);
HRESULT step_get_license_connection(struct connection *connection, struct step_call *call);
HRESULT step_license_capabilities(struct connection *connection, struct step_call *call);
HRESULT step_license_request(struct connection *connection, struct step_call *call);
HRESULT step_license_send(struct connection *connection, struct step_call *call);
HRESULT step_license_complete(struct connection *connection, struct step_call *call);
HRESULT step_license_release(struct connection *connection, struct step_call *call);
/* steps_property.c */
HRESULT step_query_property(struct connection *connection, struct step_call *call);
HRESULT step_query_properties(struct connection *connection, struct step_call *call);
/* steps_idd.c */
HRESULT step_enable_wddm_idd(struct connection *connection, struct step_call *call);
HRESULT step_get_hardware_id(struct connection *connection, struct step_call *call);
HRESULT step_on_driver_load(struct connection *connection, struct step_call *call);
HRESULT step_on_driver_unload(struct connection *connection, struct step_call *call);
HRESULT step_driver_handle_closed(struct connection *connection, struct step_call *call);
/* The connection is over: every handle that was given away must be closed. Frees the list. */
void drivers_judge(struct connection *connection);
/* steps_session.c */
HRESULT step_accept_connection(struct connection *connection, struct step_call *call);
HRESULT step_send_policy_data(struct connection *connection, struct step_call *call);
HRESULT step_authenticate(struct connection *connection, struct step_call *call);
HRESULT step_notify_session_id(struct connection *connection, struct step_call *call);
HRESULT step_get_input_handles(struct connection *connection, struct step_call *call);
HRESULT step_get_video_handle(struct connection *connection, struct step_call *call);
HRESULT step_get_protocol_handles(struct connection *connection, struct step_call *call);
HRESULT step_connect_notify(struct connection *connection, struct step_call *call);
HRESULT step_notify_command_process(struct connection *connection, struct step_call *call);
HRESULT step_is_user_allowed(struct connection *connection, struct step_call *call);
HRESULT step_arbitration(struct connection *connection, struct step_call *call);
HRESULT step_logon_notify(struct connection *connection, struct step_call *call);
HRESULT step_get_user_data(struct connection *connection, struct step_call *call);
/* steps_end.c */
HRESULT step_set_error_info(struct connection *connection, struct step_call *call);
HRESULT step_pre_disconnect(struct connection *connection, struct step_call *call);
HRESULT step_disconnect_notify(struct connection *connection, struct step_call *call);
HRESULT step_close(struct connection *connection, struct step_call *call);
HRESULT step_release(struct connection *connection, struct step_call *call);
/* steps_any_time.c: GetProtocolStatus and the others of sequences.md J */
HRESULT step_get_protocol_status(struct connection *connection, struct step_call *call);
HRESULT step_get_last_input_time(struct connection *connection, struct step_call *call);
HRESULT step_send_beep(struct connection *connection, struct step_call *call);
HRESULT step_create_virtual_channel(struct connection *connection, struct step_call *call);
HRESULT step_get_shadow_connection(struct connection *connection, struct step_call *call);
HRESULT step_poll(struct connection *connection, struct step_call *call);
HRESULT step_identity(struct connection *connection, struct step_call *call);

#endif
