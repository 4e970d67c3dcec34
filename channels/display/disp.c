/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/disp.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/channels/disp.h>
#include <freerdp/channels/wtsvc.h>
#include <winpr/synch.h>
#include <winpr/wtsapi.h>

#include "os/log.h"

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

static bool open_channel(struct disp *self, HANDLE vcm)
{
    ULONG *session = NULL;
    HANDLE *event = NULL;
    DWORD size = 0;

    if (!WTSQuerySessionInformationA(vcm, WTS_CURRENT_SESSION, WTSSessionId, (LPSTR *)&session, &size))
        return false;
    self->channel =
        WTSVirtualChannelOpenEx(*session, (LPSTR)DISP_DVC_CHANNEL_NAME, WTS_CHANNEL_OPTION_DYNAMIC);
    WTSFreeMemory(session);
    if (!self->channel ||
        !WTSVirtualChannelQuery(self->channel, WTSVirtualEventHandle, (PVOID *)&event, &size))
        return false;
    if (size == sizeof(*event))
        self->event = *event;
    WTSFreeMemory(event);
    return self->event != NULL;
}

struct disp *disp_create(HANDLE vcm, uint32_t connection)
{
    struct disp *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->connection = connection;
    if (open_channel(self, vcm))
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

static void put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static bool send_caps(struct disp *self)
{
    uint8_t caps[CAPS_SIZE];
    ULONG written = 0;

    put_u32(caps, CAPS_TYPE);
    put_u32(caps + 4, sizeof(caps));
    put_u32(caps + 8, LAYOUT_MONITORS_MAX);
    put_u32(caps + 12, AREA_FACTOR_A);
    put_u32(caps + 16, AREA_FACTOR_B);
    return WTSVirtualChannelWrite(self->channel, (PCHAR)caps, sizeof(caps), &written);
}

/* The client's answer sets no event. False: refused. */
static bool look_whether_open(struct disp *self)
{
    BOOL *ready = NULL;
    DWORD size = 0;

    if (!WTSVirtualChannelQuery(self->channel, WTSVirtualChannelReady, (PVOID *)&ready, &size))
        return false;
    self->open = size == sizeof(*ready) && *ready;
    WTSFreeMemory(ready);
    return !self->open || send_caps(self);
}

static bool signalled(const struct disp *self)
{
    return WaitForSingleObject(self->event, 0) == WAIT_OBJECT_0;
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
    if (!self->open && !look_whether_open(self))
        return DISP_OVER;
    if (!self->open)
        return DISP_OPENING;
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
    return signalled(self) ? DISP_OVER : DISP_OPEN;
}
