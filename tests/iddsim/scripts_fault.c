/* SPDX-License-Identifier: Apache-2.0 */
/* The failures of the field. */
#include "scripts_private.h"

#include <string.h>

#define REVISION_MISMATCH ((NTSTATUS)0xC0000059)

void paint(void *arg)
{
    struct painter *painter = arg;
    uint32_t i = 0;

    while (!atomic_load(&painter->stop)) {
        i++;
        stage_draw(painter->stage, 0, i, (int)(i * 37 % 600), (int)(i * 11 % 440), 50, 50);
        if (i % 8 == 0)
            os_sleep_ms(1);
    }
}

/* Frames come from a thread of their own; the device goes after a few milliseconds, each time at another
 * moment. */
void play_stop(const char *library, struct sim_options options)
{
    for (unsigned round = 0; round < 6; round++) {
        struct stage stage;
        struct painter painter = {.stage = &stage};
        struct control_report report;
        struct os_thread *thread;

        options.gpu = round % 2 == 1;
        if (!stage_up(&stage, library, &options, &layout_one))
            return;
        while (stage_report(&stage, &report, 50)) { /* the last one stays, and ends with the device */
        }
        if (os_thread_create("sim-painter", paint, &painter, &thread) != OS_OK)
            return;
        for (unsigned i = 0; i < round * 3 + 1; i++)
            peer_pump(&stage.peer, 2);
        sim_exit_device(stage.device);
        atomic_store(&painter.stop, true);
        os_thread_join(thread);
        stage_down(&stage);
    }
}

void play_access_lost(const char *library, struct sim_options options)
{
    for (unsigned round = 0; round < 4; round++) {
        struct stage stage;

        options.unassign_lost = round % 2 == 1;
        options.gpu = round >= 2;
        if (!stage_up(&stage, library, &options, &layout_two))
            return;
        for (unsigned i = 0; i < 6; i++) {
            system_lose_chain(stage.device->monitors[i % 2]);
            draw_some(&stage, 2, 60 + i);
            if (!peer_expect(&stage.peer, stage.device, "after a lost chain"))
                break;
        }
        rule_check(RULE_CHAIN_ABANDON, stage.device->critical == 0 && stage.device->render_asked == 0,
                   "a lost chain was reported as an error");
        stage_down(&stage);
    }
}

void play_storm(const char *library, struct sim_options options)
{
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    for (unsigned i = 0; i < 5; i++) {
        os_mutex_lock(&the_sim->lock);
        if (stage.device->monitors[0]->chain)
            stage.device->monitors[0]->chain->storm = 500;
        os_mutex_unlock(&the_sim->lock);
        draw_some(&stage, 2, 70 + i);
        if (!peer_expect(&stage.peer, stage.device, "after events without frames"))
            break;
    }
    stage_down(&stage);
}

/* The peer gives no credit back: the driver takes every frame, so that the desktop never stands still. */
void play_slow(const char *library, struct sim_options options)
{
    struct channel_credit credit = {0};
    uint64_t until;
    bool taken = true;
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    stage.peer.greedy = true;
    for (uint32_t i = 1; i <= 30 && taken; i++) {
        stage_draw(&stage, 0, 700 + i, (int)(i * 19 % 600), (int)(i * 13 % 400), 40, 40);
        peer_pump(&stage.peer, 0);
        until = os_now_ms() + 10000;
        do {
            os_mutex_lock(&the_sim->lock);
            taken = stage.device->monitors[0]->chain &&
                    stage.device->monitors[0]->chain->pictures.pending == PICTURE_NONE;
            os_mutex_unlock(&the_sim->lock);
            if (!taken)
                os_sleep_ms(1);
        } while (!taken && os_now_ms() < until);
    }
    rule_check(RULE_TIME_FRAME, taken, "without credits frames are not taken any more");
    stage.peer.greedy = false;
    /* the slots that it kept: all but the newest */
    peer_pump(&stage.peer, 50);
    for (credit.slot = 0; credit.slot < SLOT_COUNT; credit.slot++)
        if (credit.slot != stage.peer.slot && !stage.peer.credited[credit.slot])
            peer_send(&stage.peer, CHANNEL_CREDIT, &credit);
    peer_expect(&stage.peer, stage.device, "the client is fast again");
    stage_down(&stage);
}

void play_dead_adapter(const char *library, struct sim_options options)
{
    struct stage stage;

    options.dead_adapter = true; /* until the software one is asked for */
    if (!stage_open(&stage, library, &options))
        return;
    if (NT_SUCCESS(stage_layout(&stage, &layout_one)) && stage_attach(&stage)) {
        rule_check(RULE_RENDER,
                   peer_expect(&stage.peer, stage.device, "the software adapter") &&
                       stage.device->render_asked == 1,
                   "the software adapter was not asked for once");
        rule_check(RULE_RENDER, stage.device->critical == 0, "critical although the software adapter works");
    }
    stage_down(&stage);

    options.dead_adapter = options.dead_for_good = true;
    if (!stage_open(&stage, library, &options))
        return;
    if (NT_SUCCESS(stage_layout(&stage, &layout_one))) {
        uint64_t until = os_now_ms() + 20000;
        unsigned critical = 0;

        while (os_now_ms() < until && !critical) {
            os_mutex_lock(&the_sim->lock);
            critical = stage.device->critical;
            os_mutex_unlock(&the_sim->lock);
            os_sleep_ms(2);
        }
        rule_check(RULE_RENDER, critical > 0, "no adapter works, and nobody is told");
    }
    stage_down(&stage);
}

void play_device_lost(const char *library, struct sim_options options)
{
    struct stage stage;

    options.gpu = true;
    if (!stage_up(&stage, library, &options, &layout_two))
        return;
    for (unsigned round = 0; round < 2; round++) {
        d3d_lose();
        draw_some(&stage, 3, 150 + round);
        if (!peer_expect(&stage.peer, stage.device, "another Direct3D device") || !pointer_ready(&stage))
            break;
    }
    rule_check(RULE_RENDER, stage.device->critical == 0 && stage.device->render_asked == 0,
               "a device lost twice is no dead adapter");
    stage_down(&stage);
}

static void config_life(const char *library, const struct sim_options *options, const char *what)
{
    struct stage stage;

    if (!stage_up(&stage, library, options, &layout_two))
        return;
    draw_some(&stage, 3, 80);
    rule_check(RULE_CONFIG_AGAIN,
               peer_expect(&stage.peer, stage.device, what) && stage.device->config_calls >= 4 &&
                   stage.device->config_calls <= 8,
               "number of configurations");
    stage_down(&stage);
}

void play_config_ignored(const char *library, struct sim_options options)
{
    options.ignore_configs = 3;
    config_life(library, &options, "configurations were ignored");
}

void play_config_refused(const char *library, struct sim_options options)
{
    options.refuse_configs = 3;
    config_life(library, &options, "configurations were refused");
}

static bool layout_comes_to(struct stage *stage, ULONG outcome)
{
    struct control_report report = {0};

    if (NT_SUCCESS(stage_layout(stage, &layout_one)))
        while (stage_report(stage, &report, 20000) && report.layout != CONTROL_LAYOUT_FAILED &&
               report.layout != CONTROL_LAYOUT_SHOWN) {
        }
    return report.layout == outcome;
}

/* And when whoever asked for the layout asks again, it is tried again. */
void play_config_never(const char *library, struct sim_options options)
{
    struct stage stage;

    options.ignore_configs = 8;
    if (!stage_open(&stage, library, &options))
        return;
    rule_check(RULE_CONFIG_AGAIN,
               layout_comes_to(&stage, CONTROL_LAYOUT_FAILED) && stage.device->config_calls == 8,
               "8 tries and a report");
    rule_check(RULE_CONFIG_AGAIN, layout_comes_to(&stage, CONTROL_LAYOUT_SHOWN),
               "a layout that failed, again");
    stage_down(&stage);
}

void play_config_stopped(const char *library, struct sim_options options)
{
    struct control_report report;
    struct stage stage;

    options.stopped_configs = true;
    if (!stage_open(&stage, library, &options))
        return;
    stage_layout(&stage, &layout_one);
    while (stage_report(&stage, &report, 50)) { /* the last one stays, and ends with the device */
    }
    os_sleep_ms(1000); /* long enough for a second try, were there one */
    os_mutex_lock(&the_sim->lock);
    rule_check(RULE_CONFIG_AGAIN, stage.device->config_calls == 1 && stage.device->critical == 0,
               "a stopped device was asked again or reported");
    os_mutex_unlock(&the_sim->lock);
    stage_down(&stage);
}

void play_init_failed(const char *library, struct sim_options options)
{
    struct control_report report = {0};
    struct stage stage;

    options.init_status = (NTSTATUS)0xC0000001;
    if (!stage_open(&stage, library, &options))
        return;
    stage_layout(&stage, &layout_one);
    while (stage_report(&stage, &report, 10000) && report.adapter == CONTROL_ADAPTER_STARTING) {
    }
    sim_settle(stage.device);
    rule_check(RULE_ORDER_ADAPTER,
               report.adapter == CONTROL_ADAPTER_FAILED && report.adapter_status == 0xC0000001 &&
                   stage.device->failed,
               "a failed adapter is not reported");
    rule_check(RULE_ORDER_MONITOR, objects_alive(OBJECT_MONITOR) == 0, "a monitor on a failed adapter");
    stage_down(&stage);

    options.refuse_init = true; /* no adapter at all: D0Entry fails, and the device goes */
    if (!(stage.sim = sim_load(library, &options)))
        return;
    rule_check(RULE_ORDER_ADAPTER, !sim_add_device(stage.sim, 7), "a device starts without an adapter");
    sim_unload(stage.sim);
}

void play_service_crash(const char *library, struct sim_options options)
{
    struct control_claim claim = {CONTROL_VERSION, 0};
    struct control_host host;
    struct stage stage;
    struct sim_request *waiting;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    for (unsigned round = 0; round < 3; round++) {
        /* until nothing is new a wait is answered at once */
        struct control_report report;

        while (stage_report(&stage, &report, 100)) {
        }
        waiting = sim_ioctl_begin(stage.file, CONTROL_WAIT, NULL, 0, sizeof(report));
        sim_close(stage.file);
        rule_check(RULE_REQUEST_LEFT, waiting->completed, "a wait survived its file");
        for (int i = 0; i < 500 && !stage.peer.closed; i++)
            peer_pump(&stage.peer, 20);
        rule_check(RULE_OWNER, stage.peer.closed, "the owner is gone and its peer is still served");
        stage.file = sim_open(stage.device);
        if (!rule_check(RULE_OWNER,
                        stage.file && NT_SUCCESS(sim_ioctl(stage.file, CONTROL_CLAIM, &claim, sizeof(claim),
                                                           &host, sizeof(host), NULL)),
                        "nobody can take over from a dead owner"))
            break;
        rule_check(RULE_OWNER, stage_report(&stage, &report, patience(10000)), "a new owner gets no report");
        if (!stage_attach(&stage))
            break;
        draw_some(&stage, 3, 100 + round);
        if (!peer_expect(&stage.peer, stage.device, "a new owner"))
            break;
    }
    stage_down(&stage);
}

void play_peer_gone(const char *library, struct sim_options options)
{
    struct control_report report = {0};
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    for (unsigned round = 0; round < 3; round++) {
        peer_finish(&stage.peer);
        do {
            stage_draw(&stage, 0, round, 5, 5, 30, 30);
        } while (stage_report(&stage, &report, 10000) && report.attached);
        rule_check(RULE_OWNER, !report.attached, "the peer is gone and the report says attached");
        if (!stage_attach(&stage))
            break;
        draw_some(&stage, 3, 110 + round);
        if (!peer_expect(&stage.peer, stage.device, "a new peer"))
            break;
    }
    stage_down(&stage);
}

static void expect_status(NTSTATUS got, NTSTATUS wanted, enum rule rule, const char *what)
{
    if (got == wanted)
        rule_checked(rule);
    else
        rule_broken(rule, "%s: 0x%08x, not 0x%08x", what, (unsigned)got, (unsigned)wanted);
}

/* The device lets in more than may own it. */
void play_callers(const char *library, struct sim_options options)
{
    static const enum sim_caller strangers[] = {CALLER_NETWORK_SERVICE, CALLER_SILENT};
    struct control_claim claim = {CONTROL_VERSION, 0};
    struct control_host host;
    struct stage stage;

    for (unsigned round = 0; round < 2; round++) { /* the device is owned, and then not */
        if (!stage_open(&stage, library, &options))
            return;
        rule_check(RULE_OWNER, stage.file->object.refs == 2,
                   "another file may get the handle of an owner whose end was not told");
        if (round == 1)
            sim_close(stage.file);
        for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
            struct sim_file *file = sim_open_as(stage.device, strangers[i]);

            expect_status(sim_ioctl(file, CONTROL_CLAIM, &claim, sizeof(claim), &host, sizeof(host), NULL),
                          STATUS_ACCESS_DENIED_, RULE_CALLER, "a stranger claims");
            expect_status(sim_ioctl(file, CONTROL_DETACH, NULL, 0, NULL, 0, NULL), STATUS_ACCESS_DENIED_,
                          RULE_OWNER, "a stranger owns the device");
            sim_close(file);
        }
        stage_down(&stage);
    }
}

void play_requests(const char *library, struct sim_options options)
{
    struct control_claim claim = {CONTROL_VERSION, 0};
    struct control_layout layout = {.version = CONTROL_VERSION, .layout = layout_two};
    struct control_attach attach = {.version = CONTROL_VERSION,
                                    .memory = (UINT64)(uintptr_t)OS_NO_HANDLE,
                                    .pipe = (UINT64)(uintptr_t)OS_NO_HANDLE};
    struct control_log_query query = {~0ull};
    struct control_log log;
    struct control_host host;
    struct sim_file *other;
    struct stage stage;
    size_t got;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    other = sim_open(stage.device);
    expect_status(sim_ioctl(other, CONTROL_CLAIM, &claim, sizeof(claim), &host, sizeof(host), NULL),
                  STATUS_DEVICE_BUSY_, RULE_OWNER, "a second owner");
    expect_status(sim_ioctl(other, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0, NULL),
                  STATUS_ACCESS_DENIED_, RULE_OWNER, "a stranger's layout");
    expect_status(sim_ioctl(other, CONTROL_ATTACH, &attach, sizeof(attach), NULL, 0, NULL),
                  STATUS_ACCESS_DENIED_, RULE_OWNER, "a stranger's attach");
    expect_status(sim_ioctl(other, CONTROL_DETACH, NULL, 0, NULL, 0, NULL), STATUS_ACCESS_DENIED_, RULE_OWNER,
                  "a stranger's detach");
    expect_status(sim_ioctl(other, CONTROL_LOG, &query, sizeof(query), &log, sizeof(log), &got),
                  STATUS_SUCCESS, RULE_OWNER, "a stranger reads the log");
    sim_close(other);

    for (ULONG function = 6; function < 40; function += 11)
        expect_status(
            sim_ioctl(stage.file, CONTROL_CODE(function), &claim, sizeof(claim), &host, sizeof(host), NULL),
            STATUS_INVALID_DEVICE_REQUEST_, RULE_REQUEST_UNKNOWN, "unknown code");
    expect_status(sim_ioctl(stage.file, CONTROL_CLAIM + 1, &claim, sizeof(claim), &host, sizeof(host), NULL),
                  STATUS_INVALID_DEVICE_REQUEST_, RULE_REQUEST_UNKNOWN, "another method");
    expect_status(sim_ioctl(stage.file, 0x12345678, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST_,
                  RULE_REQUEST_UNKNOWN, "unknown code");
    expect_status(sim_ioctl(stage.file, CONTROL_CLAIM, &claim, sizeof(claim) - 1, &host, sizeof(host), NULL),
                  STATUS_BUFFER_TOO_SMALL_, RULE_REQUEST_LENGTH, "short input");
    expect_status(sim_ioctl(stage.file, CONTROL_CLAIM, &claim, sizeof(claim), &host, sizeof(host) - 1, NULL),
                  STATUS_BUFFER_TOO_SMALL_, RULE_REQUEST_LENGTH, "short output");
    expect_status(sim_ioctl(stage.file, CONTROL_WAIT, NULL, 0, NULL, 0, NULL), STATUS_BUFFER_TOO_SMALL_,
                  RULE_REQUEST_LENGTH, "no output");
    expect_status(sim_ioctl(stage.file, CONTROL_LAYOUT, &layout, 8, NULL, 0, NULL), STATUS_BUFFER_TOO_SMALL_,
                  RULE_REQUEST_LENGTH, "short layout");
    claim.version++;
    expect_status(sim_ioctl(stage.file, CONTROL_CLAIM, &claim, sizeof(claim), &host, sizeof(host), NULL),
                  REVISION_MISMATCH, RULE_OWNER, "another version");

    layout.layout.monitors[1].x = 100; /* over the primary */
    expect_status(sim_ioctl(stage.file, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0, NULL),
                  STATUS_INVALID_PARAMETER_, RULE_CONFIG, "overlapping monitors");
    layout.layout.count = 17;
    expect_status(sim_ioctl(stage.file, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0, NULL),
                  STATUS_INVALID_PARAMETER_, RULE_CONFIG, "17 monitors");
    layout.layout = layout_one;
    layout.layout.monitors[0].scale = 50;
    expect_status(sim_ioctl(stage.file, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0, NULL),
                  STATUS_INVALID_PARAMETER_, RULE_CONFIG, "scale 50 %");
    layout.layout.monitors[0] = (struct layout_monitor){0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 100, 0, 0};
    expect_status(sim_ioctl(stage.file, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0, NULL),
                  STATUS_INVALID_PARAMETER_, RULE_CONFIG, "a monitor of 2^32 pixels");
    layout.layout.monitors[0] = (struct layout_monitor){1, 0, 640, 480, 100, 0, 0};
    expect_status(sim_ioctl(stage.file, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0, NULL),
                  STATUS_INVALID_PARAMETER_, RULE_CONFIG, "no primary");

    draw_some(&stage, 3, 120);
    peer_expect(&stage.peer, stage.device, "after nonsense"); /* nothing of it touched the session */
    /* a bad attach ends the good one: the service asked for another peer */
    attach.width = attach.height = 640;
    expect_status(sim_ioctl(stage.file, CONTROL_ATTACH, &attach, sizeof(attach), NULL, 0, NULL),
                  STATUS_INVALID_PARAMETER_, RULE_OWNER, "attach without memory");
    stage_down(&stage);
}
