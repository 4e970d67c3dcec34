/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dynamic channel for gfx.c with next to nothing of a peer: the functions of WinPR's WTS table that it
 * calls, with what the client sends put in by the test and what the server sends given to fake_written. They
 * behave as FreeRDP's do, also where that is odd (a close is a message that cannot be read).
 */
#ifndef RDSPROV_UNIT_CHANNELS_FAKE_CHANNEL_H
#define RDSPROV_UNIT_CHANNELS_FAKE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <freerdp/peer.h>
#include <winpr/synch.h>
#include <winpr/wtsapi.h>

struct fake_message {
    struct fake_message *next;
    size_t len, offset;
    bool quit;
    uint8_t data[];
};

struct fake_channel {
    HANDLE event;
    struct fake_message *first, **last;
    bool refused, accepted, no_writes;
    bool blocked; /* the client does not read */
    unsigned opened;
};

static struct fake_channel fake;

static BOOL fake_blocked(freerdp_peer *peer)
{
    return fake.blocked;
}

static freerdp_peer fake_peer = {.IsWriteBlocked = fake_blocked};

/* The test's: one write of the server's. */
static void fake_written(const uint8_t *data, size_t len);

static void fake_put(const void *data, size_t len, bool quit)
{
    struct fake_message *message = malloc(sizeof(*message) + len);

    if (!message)
        abort();
    *message = (struct fake_message){NULL, len, 0, quit};
    if (len)
        memcpy(message->data, data, len);
    *fake.last = message;
    fake.last = &message->next;
    SetEvent(fake.event);
}

static void fake_drop(void)
{
    struct fake_message *message = fake.first;

    fake.first = message->next;
    free(message);
    if (!fake.first) {
        fake.last = &fake.first;
        ResetEvent(fake.event);
    }
}

static BOOL WINAPI fake_session(HANDLE server, DWORD session, WTS_INFO_CLASS what, LPSTR *buffer, DWORD *size)
{
    ULONG *id = malloc(sizeof(*id));

    if (!id)
        return FALSE;
    *id = 7;
    *buffer = (LPSTR)id;
    *size = sizeof(*id);
    return TRUE;
}

static HANDLE WINAPI fake_open(DWORD session, LPSTR name, DWORD flags)
{
    if (session != 7 || strcmp(name, "Microsoft::Windows::RDS::Graphics") != 0 ||
        !(flags & WTS_CHANNEL_OPTION_DYNAMIC))
        return NULL;
    fake.opened++;
    return &fake;
}

static BOOL WINAPI fake_close(HANDLE channel)
{
    fake.opened--;
    return channel == &fake;
}

static BOOL WINAPI fake_read(HANDLE channel, ULONG timeout, PCHAR buffer, ULONG size, PULONG got)
{
    struct fake_message *message = fake.first;

    if (!message) {
        *got = 0;
        return FALSE;
    }
    if (message->quit)
        return FALSE;
    *got = (ULONG)(message->len - message->offset);
    if (!buffer || size == 0)
        return TRUE;
    if (*got > size)
        *got = size;
    memcpy(buffer, message->data + message->offset, *got);
    message->offset += *got;
    if (message->offset == message->len)
        fake_drop();
    return TRUE;
}

static BOOL WINAPI fake_write(HANDLE channel, PCHAR buffer, ULONG len, PULONG written)
{
    if (fake.no_writes)
        return FALSE;
    fake_written((const uint8_t *)buffer, len);
    *written = len;
    return TRUE;
}

static BOOL WINAPI fake_query(HANDLE channel, WTS_VIRTUAL_CLASS what, PVOID *buffer, DWORD *size)
{
    BOOL ready = fake.accepted;
    const void *from = what == WTSVirtualEventHandle ? (const void *)&fake.event : (const void *)&ready;

    *size = what == WTSVirtualEventHandle ? sizeof(fake.event) : sizeof(ready);
    if (what != WTSVirtualEventHandle && fake.refused)
        return FALSE;
    *buffer = malloc(*size);
    if (!*buffer)
        return FALSE;
    memcpy(*buffer, from, *size);
    return TRUE;
}

static VOID WINAPI fake_free(PVOID memory)
{
    free(memory);
}

/* Before each channel. */
static bool fake_begin(void)
{
    static WtsApiFunctionTable table;
    static bool registered;

    if (!registered) {
        table.pQuerySessionInformationA = fake_session;
        table.pVirtualChannelOpenEx = fake_open;
        table.pVirtualChannelClose = fake_close;
        table.pVirtualChannelRead = fake_read;
        table.pVirtualChannelWrite = fake_write;
        table.pVirtualChannelQuery = fake_query;
        table.pFreeMemory = fake_free;
        registered = WTSRegisterWtsApiFunctionTable(&table);
    }
    memset(&fake, 0, sizeof(fake));
    fake.last = &fake.first;
    fake.event = CreateEventA(NULL, TRUE, FALSE, NULL);
    return registered && fake.event;
}

static void fake_finish(void)
{
    while (fake.first)
        fake_drop();
    CloseHandle(fake.event);
}

#endif
