/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer's half of input: FreeRDP's input callbacks become messages to the session program. It remembers
 * which keys and buttons are down, so that they can be released when the session program changes or the
 * client leaves, and when the last input came (for GetLastInputTime). Runs on the peer's main thread.
 */
#ifndef RDSPROV_CHANNELS_INPUT_INPUT_H
#define RDSPROV_CHANNELS_INPUT_INPUT_H

#include <freerdp/freerdp.h>
#include <freerdp/input.h>

#include "channels/messages.h"

struct input_relay;
struct link_counters;

struct input_relay_config {
    bool (*send)(void *arg, uint16_t id,
                 const void *message); /* to the attached session program; drops without one */
    void *arg;
    struct link_counters *counters; /* may be NULL */
};

struct input_relay *input_relay_create(const struct input_relay_config *config);
void input_relay_destroy(struct input_relay *self);

/* Sets input->*Event. The callbacks find the relay through `from_context`, since FreeRDP's callbacks carry
 * the context only. */
void input_relay_register(rdpInput *input, struct input_relay *(*from_context)(rdpContext *context));

/* Tell the session program to let go of everything (before a disconnect); a new program starts from nothing
 * held. */
void input_relay_release(struct input_relay *self);
/* A new session program: send it the lock state that the client last gave. */
void input_relay_attach(struct input_relay *self);

#endif
