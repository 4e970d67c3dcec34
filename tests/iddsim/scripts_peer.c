/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that was taken over: the driver ends it, and serves the next one. */
#include <string.h>

#include "scripts_private.h"

enum hostile {
    HOSTILE_RUBBISH,
    HOSTILE_SLOT,      /* a credit for a slot that does not exist */
    HOSTILE_TWICE,     /* credits that it does not have */
    HOSTILE_BACKWARDS, /* a producer's message */
    HOSTILE_HANDLE,    /* a handle with a message */
    HOSTILE_COUNT
};

/* Anything, as os_pipe_send would. */
static size_t encode(uint16_t id, const void *message, uint8_t out[64])
{
    const char *problem = NULL;

    return wire_encode(&channel_table, id, message, out, 64, &problem);
}

static void send_with_handle(struct peer *peer, const uint8_t *message, size_t len)
{
    struct os_pass pass = {.kind = OS_PASS_HANDLE, .socket = OS_NO_SOCKET};
    bool sent;

    if (os_shm_share(&peer->memory, &pass.handle) != OS_OK)
        return;
    sent = os_pipe_send(peer->pipe, message, len, &pass, 1) == OS_OK;
#ifdef _WIN32
    sent = false; /* there it is only named, and nobody may take it */
#endif
    if (!sent)
        os_handle_close(pass.handle);
}

static void misbehave(struct peer *peer, enum hostile kind, uint32_t seed)
{
    struct channel_credit credit = {0};
    struct channel_hello hello = {640, 480, "hostile"};
    struct channel_value none = {0};
    uint8_t out[64];
    size_t len = 1 + seed * 97 % sizeof(out);

    switch (kind) {
    case HOSTILE_RUBBISH:
        for (size_t i = 0; i < sizeof(out); i++)
            out[i] = (uint8_t)(((uint32_t)i + seed) * 2654435761u >> 13);
        break;
    case HOSTILE_SLOT:
        len = encode(CHANNEL_CREDIT, &credit, out);
        memset(out + len - sizeof(credit), 0xFF, sizeof(credit)); /* the encoder would refuse it */
        break;
    case HOSTILE_TWICE:
        while (credit.slot + 1 < SLOT_COUNT && !peer->credited[credit.slot])
            credit.slot++;
        len = encode(CHANNEL_CREDIT, &credit, out);
        os_pipe_send(peer->pipe, out, len, NULL, 0); /* and again below, should the first be used by now */
        break;
    case HOSTILE_BACKWARDS:
        len = encode(CHANNEL_HELLO, &hello, out);
        break;
    default:
        len = encode(CHANNEL_REFRESH, &none, out);
        send_with_handle(peer, out, len);
    }
    os_pipe_send(peer->pipe, out, len, NULL, 0);
}

/* Says what is allowed, over and over, and reads nothing. */
static void flood(void *arg)
{
    struct painter *painter = arg;
    struct channel_value none = {0};
    struct channel_key key = {0, 30};
    enum os_status status = OS_OK;
    uint8_t refresh[64], press[64];
    size_t refresh_len = encode(CHANNEL_REFRESH, &none, refresh), len = encode(CHANNEL_KEY, &key, press);

    for (unsigned i = 0; !atomic_load(&painter->stop) && status != OS_CLOSED; i++) {
        status = i % 10 ? os_pipe_send(painter->stage->peer.pipe, press, len, NULL, 0)
                        : os_pipe_send(painter->stage->peer.pipe, refresh, refresh_len, NULL, 0);
        if (status == OS_AGAIN)
            os_sleep_ms(1);
    }
}

void play_hostile_peer(const char *library, struct sim_options options)
{
    struct painter painter = {0};
    struct os_thread *thread;
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    for (uint32_t i = 0; i < 3 * HOSTILE_COUNT; i++) {
        uint64_t until = os_now_ms() + patience(10000);

        misbehave(&stage.peer, (enum hostile)(i % HOSTILE_COUNT), i);
        stage.peer.greedy = true;
        while (!stage.peer.closed && os_now_ms() < until)
            peer_pump(&stage.peer, 10);
        if (!rule_check(RULE_PEER, stage.peer.closed, "a peer that misbehaves is served further") ||
            !stage_attach(&stage) || !peer_expect(&stage.peer, stage.device, "after a hostile peer"))
            break;
    }
    /* the callbacks that end it do not wait for it */
    painter.stage = &stage;
    if (os_thread_create("sim-flood", flood, &painter, &thread) == OS_OK) {
        for (uint32_t i = 0; i < 20; i++) {
            stage_draw(&stage, 0, 900 + i, (int)i * 20, 10, 60, 60);
            os_sleep_ms(5);
        }
        sim_exit_device(stage.device);
        atomic_store(&painter.stop, true);
        os_thread_join(thread);
    }
    stage_down(&stage);
}
