/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the client is, how long it may stay there, and how it ended. FreeRDP's accept blocks inside TLS and
 * CredSSP, so deadlines and the adapter's `close` come on other threads: they note the reason here, wake the
 * main thread (abort, and a shutdown of the socket, because FreeRDP 3.15 looks at its abort event in no step
 * of the handshake), and if it does not come back in time, end the process. Whatever happens, the adapter is
 * sent exactly one `closed`.
 */
#ifndef RDSPROV_PEER_LIFE_H
#define RDSPROV_PEER_LIFE_H

#include <freerdp/freerdp.h>

#include "link/link.h"
#include "os/os.h"

#define LIFE_LINGER_MS 500 /* for the client to take the goodbye */
#define LIFE_LAST_MS 1000  /* from the decision to end until the process is gone, whatever it does */

struct adapter;
struct life;

struct life *life_create(void); /* NULL: out of memory; kept until the process ends */

/* The client's socket is here: deadlines run from now on a thread of their own. False: no thread. */
bool life_begin(struct life *self, struct adapter *adapter, const struct link_config *config);

/* Where the phase is written; NULL before the memory goes. */
void life_set_counters(struct life *self, struct link_counters *counters);

/* What to wake when the main thread blocks. Detach before freeing either. */
void life_attach(struct life *self, rdpContext *context, os_socket socket);
void life_detach(struct life *self);

/* Goes forward only; tells the adapter and the counters. */
void life_phase(struct life *self, enum link_phase phase);
enum link_phase life_get_phase(struct life *self);

/* Notes why it ends; the first reason stays. Any thread. `interrupt` wakes a blocked main thread. */
void life_end(struct life *self, bool by_client, bool interrupt, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool life_ending(struct life *self);
bool life_by_client(struct life *self); /* the client left or vanished: nothing to say to it */

/* Sends `closed` if nobody has. The main thread's last word. */
void life_closed(struct life *self, uint32_t error_info);

/* The deadline that holds in a phase, as os_now_ms() time, and its name; 0: none. Pure, for tests. */
struct life_times {
    uint64_t taken_ms;   /* when the socket came */
    uint64_t phase_ms;   /* when this phase began */
    uint64_t license_ms; /* when Client Info was complete */
    uint32_t step_timeout_ms, auth_timeout_ms;
};
uint64_t life_deadline(const struct life_times *times, enum link_phase phase, const char **what);

#endif
