/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link messages over a message pipe: encode and send, receive and decode, with what is handed over counted
 * against the table. Secrets do not stay in buffers.
 */
#ifndef RDSPROV_LINK_LINK_PIPE_H
#define RDSPROV_LINK_LINK_PIPE_H

#include "link/link.h"
#include "os/pipe.h"

#define LINK_PASSES_MAX 2

struct link_message {
    const struct wire_message *description;
    union link_any any;
    struct os_pass pass[LINK_PASSES_MAX];
    unsigned npass;
};

/* As os_pipe_send; OS_INVALID when the message is out of its bounds. */
enum os_status link_send(struct os_pipe *pipe, uint16_t id, const void *message, const struct os_pass *pass,
                         unsigned npass);

/* One message. OS_AGAIN, OS_CLOSED, or OS_INVALID for nonsense (nothing is left in `out`). What is in
 * out->pass is the caller's: link_message_finish closes what was not taken (set npass to 0 after taking) and
 * wipes secrets. */
enum os_status link_receive(struct os_pipe *pipe, struct link_message *out);
void link_message_finish(struct link_message *self);

#endif
