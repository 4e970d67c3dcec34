/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/disp.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/channels/disp.h>
#include <freerdp/channels/wtsvc.h>
#include <winpr/synch.h>
#include <winpr/wtsapi.h>

#include "channels/display/dvc.h"
#include "os/log.h"
#include "wire/le.h"

/* [MS-RDPEDISP] 2.2.2.1: the area that all monitors may have together is count * A * B. */
#define CAPS_SIZE 20
#define CAPS_TYPE 5
#define AREA_FACTOR_A LAYOUT_SIDE_MAX
#define AREA_FACTOR_B (LAYOUT_AREA_MAX / LAYOUT_SIDE_MAX / LAYOUT_MONITORS_MAX)

#define WARNINGS_MAX 10 /* then it may go on, unheard */

struct disp {
    HANDLE channel, event;
    uint32_t connection;
    bool open;
    unsigned warnings;
};

struct disp *disp_create(HANDLE vcm, uint32_t connection)
{
    struct disp *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->connection = connection;
    if (dvc_open(vcm, DISP_DVC_CHANNEL_NAME, &self->channel, &self->event))
        return self;
    disp_destroy(self);
    return NULL;
}

void disp_destroy(struct disp *self)
{
    if (!self)
        return;
    if (self->channel)
        WTSVirtualChannelClose(self->channel);
    free(self);
}

HANDLE disp_event(struct disp *self)
{
    return self->event;
}

static bool send_caps(struct disp *self)
{
    uint8_t caps[CAPS_SIZE], *p = caps;
    ULONG written = 0;

    p = le_put32(p, CAPS_TYPE);
    p = le_put32(p, sizeof(caps));
    p = le_put32(p, LAYOUT_MONITORS_MAX);
    p = le_put32(p, AREA_FACTOR_A);
    le_put32(p, AREA_FACTOR_B);
    return WTSVirtualChannelWrite(self->channel, (PCHAR)caps, sizeof(caps), &written);
}

static void take(struct disp *self, const uint8_t *data, size_t len, struct layout *layout, bool *changed)
{
    struct layout asked;
    const char *problem;
    bool found;

    if (layout_read(&asked, data, len, &found, &problem)) {
        if (found)
            *layout = asked;
        *changed = *changed || found;
        return;
    }
    if (self->warnings < WARNINGS_MAX)
        log_warn("display", self->connection, "display control: the client's layout is not taken: %s",
                 problem);
    self->warnings++;
}

enum disp_state disp_poll(struct disp *self, struct layout *layout, bool *changed)
{
    uint8_t data[LAYOUT_PDU_MAX];
    ULONG size = 0, got = 0;

    *changed = false;
    if (!self->open) {
        if (!dvc_look(self->channel, &self->open))
            return DISP_OVER;
        if (!self->open)
            return DISP_OPENING;
        if (!send_caps(self))
            return DISP_OVER;
    }
    while (WTSVirtualChannelRead(self->channel, 0, NULL, 0, &size)) {
        if (size > sizeof(data)) {
            log_warn("display", self->connection, "display control: a message of %lu bytes: closed",
                     (unsigned long)size);
            return DISP_OVER;
        }
        /* also when it is empty: that takes it off the queue */
        if (!WTSVirtualChannelRead(self->channel, 0, (PCHAR)data, sizeof(data), &got))
            return DISP_OVER;
        take(self, data, got, layout, changed);
    }
    /* a client's close leaves a message in the queue that nobody can read */
    return dvc_signalled(self->event) ? DISP_OVER : DISP_OPEN;
}
