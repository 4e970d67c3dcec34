/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <freerdp/channels/wtsvc.h>
#include <winpr/synch.h>
#include <winpr/winsock.h>

#include "os/log.h"
#include "os/shm.h"
#include "os/socket.h"
#include "peer/certificate.h"
#include "peer/goodbye.h"
#include "peer/peer_private.h"
#include "peer/security.h"
#include "peer/wlog.h"

#define GONE_MS 50 /* a client that closes TLS closes TCP right behind it */
#define GONE_STEP_MS 5
#define BEAT_MS 1000      /* the adapter sees that we move */
#define BLOCKED_POLL_MS 5 /* Windows: FreeRDP's event does not tell when the socket takes more */

static void on_session_message(struct peer *self, const struct adapter_message *message)
{
    switch (message->id) {
    case LINK_CONNECT:
        self->connect = true;
        self->shown = message->any.value.value;
        if (self->active)
            session_link_connect(self->session, self->shown);
        break;
    case LINK_DISCONNECT:
        self->connect = false;
        session_link_disconnect(self->session);
        break;
    case LINK_DISPLAY_DRIVER:
    case LINK_DRIVER_HANDLE: /* the launcher opens the device itself; the handle closes with the message */
        log_info("peer", self->config->connection, "display driver of session %u %s",
                 (unsigned)message->any.display_driver.session,
                 message->any.display_driver.load ? "loaded" : "unloaded");
        session_link_driver(self->session, &message->any.display_driver);
        break;
    case LINK_GRANT_RESULT:
        session_link_result(self->session, &message->any.grant_result);
        break;
    default:
        break;
    }
}

static void on_adapter_message(struct peer *self, const struct adapter_message *message)
{
    switch (message->id) {
    case LINK_ERROR_INFO:
        self->error_info = message->any.value.value;
        break;
    case LINK_CLOSE:
        if (message->any.value.value)
            self->error_info = message->any.value.value;
        /* the link's thread notes it too, to interrupt a blocking accept, but perhaps only after this:
         * without this line the loop would sleep on an event that has been taken */
        life_end(self->life, false, false, "closed by the service");
        break;
    case LINK_SESSION:
        log_debug("peer", self->config->connection, "session %u", (unsigned)message->any.session.session);
        break;
    default:
        if (!session_info_take(&self->info, message->id, &message->any))
            on_session_message(self, message);
        break;
    }
}

static void take_adapter_messages(struct peer *self)
{
    struct adapter_message *message;

    while ((message = adapter_next(self->adapter))) {
        on_adapter_message(self, message);
        adapter_message_free(message);
    }
    if (adapter_ended(self->adapter))
        life_end(self->life, false, false, "the service is gone");
}

/* Is the other end of the socket closed? Eats what it still sent: FreeRDP has given the connection up. */
static bool client_gone(struct peer *self)
{
    uint64_t until = os_now_ms() + GONE_MS;
    char sink[4096];
    u_long on = 1;

    if (_ioctlsocket((SOCKET)self->socket, FIONBIO, &on) != 0)
        return true;
    do {
        int got = _recv((SOCKET)self->socket, sink, sizeof sink, 0);

        if (got == 0 || (got < 0 && WSAGetLastError() != WSAEWOULDBLOCK))
            return true;
        if (got < 0)
            os_sleep_ms(GONE_STEP_MS);
    } while (os_now_ms() < until);
    return false;
}

/* FreeRDP has given the connection up: who ended it, and why? */
static void on_broken(struct peer *self)
{
    bool left, gone, transport;
    char cause[256];

    if (self->refused) {
        life_end(self->life, false, false, "%s", self->refusal);
        return;
    }
    wlog_first_error(cause, sizeof cause);
    /* FreeRDP's words: for a Shutdown Request, and for a broken or closed socket */
    left = freerdp_get_disconnect_ultimatum(self->rdp->context) != 0 || strstr(cause, "QUIT_SESSION");
    transport = !cause[0] || strncmp(cause, "BIO_", 4) == 0;
    gone = client_gone(self);
    if (left)
        life_end(self->life, true, false, "the client disconnected");
    else if (transport && (gone || self->active))
        life_end(self->life, true, false, "the client vanished");
    else if (life_get_phase(self->life) == LINK_PHASE_CREDSSP)
        life_end(self->life, false, false, "authentication failed: %s", cause[0] ? cause : "refused");
    else
        life_end(self->life, false, false, "protocol error: %s", cause[0] ? cause : "unexpected data");
    if (!left && !gone)
        atomic_fetch_add_explicit(&self->counters->errors, 1, memory_order_relaxed);
}

static bool check_channels(struct peer *self)
{
    if (!self->active)
        return true;
    if (!WTSVirtualChannelManagerCheckFileDescriptor(self->vcm)) {
        on_broken(self);
        return false;
    }
    /* The queue is empty now. FreeRDP also sets its event when dynamic channels become ready, without putting
     * anything in; a client that opens none of them would keep this loop spinning. */
    ResetEvent(WTSVirtualChannelManagerGetEventHandle(self->vcm));
    if (peer_resize_check(self) && display_consumer_check(self->display))
        return true;
    on_broken(self);
    return false;
}

static void drain(struct peer *self)
{
    self->blocked = self->rdp->IsWriteBlocked(self->rdp) && self->rdp->DrainOutputBuffer(self->rdp) > 0;
}

static void count(struct peer *self)
{
    UINT64 in = 0, out = 0, packets_in = 0, packets_out = 0;

    if (self->counters)
        atomic_fetch_add_explicit(&self->counters->beats, 1, memory_order_relaxed);
    if (self->counters && freerdp_get_stats(self->rdp->context->rdp, &in, &out, &packets_in, &packets_out)) {
        atomic_store_explicit(&self->counters->bytes_in, in, memory_order_relaxed);
        atomic_store_explicit(&self->counters->bytes_out, out, memory_order_relaxed);
        atomic_store_explicit(&self->counters->packets_in, packets_in, memory_order_relaxed);
        atomic_store_explicit(&self->counters->packets_out, packets_out, memory_order_relaxed);
    }
}

static uint32_t shortest(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* False: the transport has nothing to wait for any more. */
static bool wait_for_work(struct peer *self)
{
    HANDLE events[MAXIMUM_WAIT_OBJECTS];
    uint32_t timeout = shortest(session_link_timeout(self->session), BEAT_MS);
    DWORD n = 0, more;

    events[n++] = adapter_event(self->adapter);
    n += session_link_events(self->session, &events[n]);
    if (self->active) {
        events[n++] = WTSVirtualChannelManagerGetEventHandle(self->vcm);
        n += display_consumer_events(self->display, &events[n], 8);
        n += peer_resize_events(self, &events[n]);
        timeout = shortest(timeout, display_consumer_timeout(self->display));
        timeout = shortest(timeout, peer_resize_timeout(self));
    }
    if (self->blocked && self->writable)
        events[n++] = self->writable;
    else if (self->blocked)
        timeout = shortest(timeout, BLOCKED_POLL_MS);
    more = self->rdp->GetEventHandles(self->rdp, &events[n], MAXIMUM_WAIT_OBJECTS - n);
    if (more == 0)
        return false;
    return WaitForMultipleObjects(n + more, events, FALSE, timeout) != WAIT_FAILED;
}

static void run(struct peer *self)
{
    while (!life_ending(self->life)) {
        if (!wait_for_work(self)) {
            on_broken(self);
            break;
        }
        take_adapter_messages(self);
        if (life_ending(self->life))
            break;
        wlog_forget();
        if (!self->rdp->CheckFileDescriptor(self->rdp) || self->refused) {
            on_broken(self);
            break;
        }
        peer_follow_state(self);
        if (!session_info_send(&self->info, self->rdp->context, self->config->connection)) {
            on_broken(self);
            break;
        }
        session_link_check(self->session);
        if (!check_channels(self))
            break;
        drain(self);
        count(self);
    }
}

/* What the adapter said while the main thread was busy or on its way out: the reason for the client, and what
 * it should still hear of its logon, come before `close`. */
static void take_last_words(struct peer *self)
{
    struct adapter_message *message;

    while ((message = adapter_next(self->adapter))) {
        if (message->id == LINK_ERROR_INFO || (message->id == LINK_CLOSE && message->any.value.value))
            self->error_info = message->any.value.value;
        else
            session_info_take(&self->info, message->id, &message->any);
        adapter_message_free(message);
    }
}

static uint32_t finish_client(struct peer *self)
{
    uint32_t told = 0;

    session_link_disconnect(self->session);
    if (!life_by_client(self->life)) {
        take_last_words(self);
        session_info_send(&self->info, self->rdp->context, self->config->connection);
        if (goodbye_say(self->rdp, self->socket, life_get_phase(self->life), self->error_info))
            told = self->error_info;
    }
    count(self);
    life_detach(self->life);
    self->rdp->Disconnect(self->rdp);
    return told;
}

/* Socket and counters out of `take`. */
static bool accept_take(struct peer *self, struct adapter_message *take)
{
    if (take->npass != 2 || take->pass[0].kind != OS_PASS_SOCKET || take->pass[1].kind != OS_PASS_HANDLE)
        return false;
    if (os_shm_map(&self->memory, take->pass[1].handle, sizeof(struct link_counters)) != OS_OK)
        return false;
    self->counters = self->memory.base;
    self->socket = take->pass[0].socket;
    take->npass = 0;
    return true;
}

void peer_run(struct adapter *adapter, struct life *life, const struct link_config *config,
              struct adapter_message *take)
{
    struct peer *self = calloc(1, sizeof *self);
    char problem[LINK_TEXT_MAX] = "out of memory";
    uint32_t told = 0;

    if (!self || !life_begin(life, adapter, config)) {
        log_error("peer", config->connection, "out of memory or threads");
        free(self);
        return;
    }
    self->adapter = adapter;
    self->life = life;
    self->config = config;
    self->memory = (struct os_shm)OS_SHM_INIT;
    self->socket = OS_NO_SOCKET;
    if (!accept_take(self, take)) {
        life_end(life, false, false, "the socket or the memory for the counters did not arrive");
        goto out;
    }
    life_set_counters(life, self->counters);
    log_debug("peer", config->connection, "client %s port %u", take->any.take.address, take->any.take.port);
    if (!peer_open(self, problem, sizeof problem)) {
        life_end(life, false, false, "%s", problem);
        goto out;
    }
    life_attach(life, self->rdp->context, self->socket);
    run(self);
    told = finish_client(self);

out:
    life_detach(life);
    peer_close(self);
    life_closed(life, told);
    life_set_counters(life, NULL);
    session_info_finish(&self->info);
    os_shm_finish(&self->memory);
    free(self);
}
