/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <freerdp/channels/channels.h>
#include <winpr/ssl.h>
#include <winpr/synch.h>
#include <winpr/winsock.h>
#include <winpr/wtsapi.h>

#include "os/log.h"
#include "os/process.h"
#include "peer/adapter.h"
#include "peer/life.h"
#include "peer/peer.h"
#include "peer/prepare.h"
#include "peer/security.h"
#include "peer/warm.h"
#include "peer/wlog.h"

/* On the link's thread: the main thread may be inside a handshake. */
static void on_closing(void *arg, bool ended)
{
    life_end(arg, false, true, ended ? "the service is gone" : "closed by the service");
}

/* What every client needs, done before there is one. */
static bool initialise(void)
{
    WSADATA data;

    if (WSAStartup(MAKEWORD(2, 2), &data) != 0 || !winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT) ||
        !security_wipe_records() || !WTSRegisterWtsApiFunctionTable(FreeRDP_InitWtsApi()))
        return false;
    warm_libraries();
    wlog_forget(); /* what came of that is nobody's trouble */
    return true;
}

static void configure(const struct link_config *config)
{
    log_set_level((enum log_level)config->log_level);
    wlog_set_level((enum log_level)config->log_level);
    security_choose_sspi(config);
}

static void prepare(struct adapter *adapter, const struct link_config *config,
                    const struct link_prepare *request)
{
    struct link_prepared answer;

    prepare_check(config, request, &answer);
    adapter_send(adapter, LINK_PREPARED, &answer);
}

/* The next message; NULL when the adapter is gone. */
static struct adapter_message *wait_next(struct adapter *adapter)
{
    for (;;) {
        struct adapter_message *message = adapter_next(adapter);

        if (message || adapter_ended(adapter))
            return message;
        WaitForSingleObject(adapter_event(adapter), INFINITE);
    }
}

static void serve(struct adapter *adapter, struct life *life)
{
    struct adapter_message *message;
    struct link_config config;
    bool configured = false, over = false;

    while (!over && (message = wait_next(adapter))) {
        if (message->id == LINK_CLOSE) {
            over = true;
        } else if (message->id == LINK_CONFIG) {
            config = message->any.config;
            configure(&config);
            configured = true;
        } else if (!configured) {
            log_error("peer", 0, "link message %u before the configuration", message->id);
            over = true;
        } else if (message->id == LINK_PREPARE) {
            prepare(adapter, &config, &message->any.prepare);
        } else if (message->id == LINK_TAKE) {
            peer_run(adapter, life, &config, message);
            over = true;
        }
        adapter_message_free(message);
    }
}

int main(int argc, char **argv)
{
    struct life *life = life_create();
    struct adapter *adapter;
    struct os_pipe *pipe;

    if (os_inherited_pipe(&argc, argv, &pipe) != OS_OK || argc > 1) {
        fprintf(stderr,
                "rdsprov-peer: the protocol provider starts this program; it does nothing by itself\n");
        return 2;
    }
#ifndef _WIN32
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT,
           SIG_IGN); /* Ctrl+C at a terminal is for the service, which says goodbye through the link */
#endif
    os_process_drop_rights();
    adapter = life ? adapter_create(pipe) : NULL;
    if (!adapter)
        return 1;
    log_set_sink(adapter_log_sink, adapter);
    if (!wlog_start(adapter) || !adapter_start(adapter, on_closing, life)) {
        log_error("peer", 0, "no thread for the link, or FreeRDP's log cannot be set up");
        return 1;
    }
    if (!initialise()) {
        log_error("peer", 0, "cannot initialise FreeRDP");
        return 1;
    }
    serve(adapter, life);
    return 0;
}
