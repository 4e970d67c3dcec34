/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the client share; nobody else looks in here. */
#ifndef RDPCLIENT_CLIENT_PRIVATE_H
#define RDPCLIENT_CLIENT_PRIVATE_H

#include <pthread.h>

#include <freerdp/client.h>
#include <freerdp/client/disp.h>
#include <freerdp/client/rdpgfx.h>
#include <freerdp/transport_io.h>
#include <winpr/synch.h>

#include "client.h"

struct job {
    struct job *next;
    client_job run;
    void *arg;
    bool done, result;
};

struct client {
    struct client_options options;
    rdpContext *context;
    pthread_t thread;
    HANDLE wake; /* a job waits, or the end was asked for */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum client_phase phase;
    bool ending_asked, resumed;
    struct client_ending ending;
    struct client_stats stats;
    struct job *jobs, **jobs_tail;

    /* on the client's thread: what FreeRDP's own picture code did before we put ourselves in front of it */
    pBitmapUpdate bitmap_update;
    pSurfaceBits surface_bits;
    RdpgfxClientContext gfx;
    DispClientContext *disp;
    rdpTransportIo io; /* FreeRDP's own, behind the recorder */
};

/* FreeRDP allocates its context with this in front. */
struct client_context {
    rdpClientContext common;
    struct client *client;
};

static inline struct client *client_of(rdpContext *context)
{
    return ((struct client_context *)context)->client;
}

/* client_settings.c */
bool client_settings_apply(rdpSettings *settings, const struct client_options *options);

/* client_layout.c */
void client_watch_disp(struct client *self, DispClientContext *disp);
bool client_layout_apply(rdpSettings *settings, const struct client_layout *layout);

/* client_record.c */
bool client_record(struct client *self, rdpContext *context);

/* client_watch.c: counts what comes. */
bool client_watch_picture(struct client *self, rdpContext *context);
bool client_watch_pointer(rdpContext *context);
void client_watch_gfx(struct client *self, RdpgfxClientContext *gfx);

#endif
