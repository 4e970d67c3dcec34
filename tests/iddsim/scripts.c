/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions as they should go: sizes, monitors, memory kinds, pointer. What goes wrong: scripts_fault.c. */
#include "script.h"

#include <string.h>

#include "scripts_private.h"

const struct layout layout_one = {.count = 1, .monitors = {{0, 0, 640, 480, 100, 0, 0}}};
/* the second left of the primary and lower, with another scale */
const struct layout layout_two = {
    .count = 2, .monitors = {{0, 0, 640, 480, 100, 0, 0}, {-500, 40, 500, 400, 150, 300, 200}}};

void draw_some(struct stage *stage, unsigned frames, uint32_t seed)
{
    for (uint32_t i = 1; i <= frames; i++) {
        uint32_t s = seed * 1000 + i;

        for (unsigned c = 0; c < stage->layout.count; c++)
            stage_draw(stage, c, s, (int)(s * 23 % 500) - 10, (int)(s * 41 % 400) - 10, 60, 20);
        peer_pump(&stage->peer, i % 3 ? 10 : 0);
    }
}

/* The monitors' pointers are set up since their last mode commit; waits 10 s. */
bool pointer_ready(struct stage *stage)
{
    uint64_t until = os_now_ms() + patience(10000);

    while (os_now_ms() < until) {
        bool ready = true;

        os_mutex_lock(&the_sim->lock);
        for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
            const struct sim_monitor *m = stage->device->monitors[i];

            ready = ready && (!m || !m->active || m->setups == m->commits);
        }
        os_mutex_unlock(&the_sim->lock);
        if (ready) {
            rule_checked(RULE_CURSOR_SETUP);
            return true;
        }
        peer_pump(&stage->peer, 5);
    }
    rule_broken(RULE_CURSOR_SETUP, "the pointer was not set up again after a mode commit");
    return false;
}

bool change_layout(struct stage *stage, const struct layout *layout, const char *what)
{
    if (!rule_check(RULE_CONFIG, NT_SUCCESS(stage_layout(stage, layout)), "a sound layout is refused") ||
        !stage_attach(stage) || !stage_shown(stage) || !sim_settle(stage->device) ||
        !peer_expect(&stage->peer, stage->device, what))
        return false;
    draw_some(stage, 5, layout->monitors[0].width);
    return peer_expect(&stage->peer, stage->device, what) && pointer_ready(stage);
}

static void play_happy(const char *library, struct sim_options options)
{
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    draw_some(&stage, 20, 1);
    peer_expect(&stage.peer, stage.device, "after drawing");
    pointer_ready(&stage);
    stage_down(&stage);
}

static void play_gpu(const char *library, struct sim_options options)
{
    options.gpu = true;
    play_happy(library, options);
}

static void play_old(const char *library, struct sim_options options)
{
    options.old = options.gpu = true; /* 1.4 knows no system buffers */
    options.version = 0x1400;
    play_happy(library, options);
}

static void play_init_early(const char *library, struct sim_options options)
{
    options.finish_early = options.arrival_other_thread = true;
    play_happy(library, options);
}

static void play_two(const char *library, struct sim_options options)
{
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_two))
        return;
    draw_some(&stage, 20, 2);
    peer_expect(&stage.peer, stage.device, "two monitors");
    pointer_ready(&stage);
    stage_down(&stage);
}

static void play_sixteen(const char *library, struct sim_options options)
{
    struct layout layout = {.count = 16};
    struct stage stage;

    for (int i = 0; i < 16; i++)
        layout.monitors[i] = (struct layout_monitor){i % 4 * 320, i / 4 * 200, 320, 200, 100, 0, 0};
    if (!stage_up(&stage, library, &options, &layout))
        return;
    draw_some(&stage, 10, 3);
    peer_expect(&stage.peer, stage.device, "sixteen monitors");
    stage_down(&stage);
}

static void resize_rounds(const char *library, struct sim_options options, const char *what,
                          unsigned departures)
{
    static const struct layout_size sizes[] = {{800, 600}, {1000, 700}, {333, 777}, {640, 480}};
    struct stage stage;
    unsigned monitors;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct layout layout = layout_one;

        layout.monitors[0].width = sizes[i].width;
        layout.monitors[0].height = sizes[i].height;
        if (!change_layout(&stage, &layout, what))
            break;
    }
    monitors = objects_alive(OBJECT_MONITOR);
    rule_check(RULE_ORDER_MONITOR, monitors == 1, "monitors are left behind by a change of size");
    os_mutex_lock(&the_sim->lock);
    rule_check(RULE_CONFIG, stage.device->departures == departures,
               "a monitor was taken away where its modes would do, or not where they would not");
    os_mutex_unlock(&the_sim->lock);
    stage_down(&stage);
}

static void play_resize(const char *library, struct sim_options options)
{
    resize_rounds(library, options, "another size", 2); /* 1000x700 and 333x777 are in nobody's list */
}

static void play_resize_new(const char *library, struct sim_options options)
{
    options.version = IDDCX_VERSION_1_10;
    resize_rounds(library, options, "another size by UpdateModes", 0);
}

static void play_hotplug(const char *library, struct sim_options options)
{
    struct layout scaled = layout_two;
    struct stage stage;

    scaled.monitors[1].scale = 200;
    scaled.monitors[1].y = -100;
    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    if (change_layout(&stage, &layout_two, "a second monitor") &&
        change_layout(&stage, &scaled, "moved and scaled"))
        change_layout(&stage, &layout_one, "the second is gone");
    stage_down(&stage);
}

static void play_updates(const char *library, struct sim_options options)
{
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_two))
        return;
    for (int i = 0; i < 3; i++) {
        os_mutex_lock(&the_sim->lock);
        system_post(stage.device, TASK_UPDATES_OFF, NULL);
        os_mutex_unlock(&the_sim->lock);
        sim_settle(stage.device);
        rule_check(RULE_CHAIN_UNASSIGN, objects_alive(OBJECT_CHAIN) == 0,
                   "chains are left while updates are off");
        os_mutex_lock(&the_sim->lock);
        system_post(stage.device, TASK_UPDATES_ON, NULL);
        os_mutex_unlock(&the_sim->lock);
        sim_settle(stage.device);
        draw_some(&stage, 3, 40 + (uint32_t)i);
        if (!peer_expect(&stage.peer, stage.device, "updates are on again") || !pointer_ready(&stage))
            break;
    }
    stage_down(&stage);
}

static void play_no_layout(const char *library, struct sim_options options)
{
    struct stage stage;

    if (!stage_open(&stage, library, &options))
        return;
    stage.layout = (struct layout){.count = 1, .monitors = {{0, 0, 1024, 768, 100, 0, 0}}};
    if (stage_attach(&stage) && stage_shown(&stage) && sim_settle(stage.device))
        peer_expect(&stage.peer, stage.device, "a monitor that nobody asked for");
    stage_down(&stage);
}

static void play_three(const char *library, struct sim_options options)
{
    struct stage stage[SIM_DEVICES_MAX];
    struct control_claim claim = {CONTROL_VERSION, 0};
    struct control_host host;

    if (!stage_up(&stage[0], library, &options, &layout_one))
        return;
    for (unsigned i = 1; i < SIM_DEVICES_MAX; i++) {
        struct layout layout = layout_one;

        memset(&stage[i], 0, sizeof(stage[i]));
        layout.monitors[0].width = 400 + 16 * i;
        stage[i].sim = stage[0].sim;
        stage[i].device = sim_add_device(stage[0].sim, 70 + i);
        stage[i].file = stage[i].device ? sim_open(stage[i].device) : NULL;
        if (!rule_check(RULE_ORDER_ADAPTER, stage[i].file != NULL, "a second device does not come up") ||
            !NT_SUCCESS(
                sim_ioctl(stage[i].file, CONTROL_CLAIM, &claim, sizeof(claim), &host, sizeof(host), NULL)))
            goto out;
        rule_check(RULE_OWNER, host.session == 70 + i, "devices are mixed up");
        if (!NT_SUCCESS(stage_layout(&stage[i], &layout)) || !stage_attach(&stage[i]) ||
            !stage_shown(&stage[i]) || !sim_settle(stage[i].device) ||
            !peer_expect(&stage[i].peer, stage[i].device, "several devices"))
            goto out;
    }
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < SIM_DEVICES_MAX; i++)
            draw_some(&stage[i], 3, 50 + round * 10 + i);
    for (unsigned i = 0; i < SIM_DEVICES_MAX; i++)
        peer_expect(&stage[i].peer, stage[i].device, "several devices");
    /* the middle one goes, the others stay */
    sim_remove_device(stage[1].device);
    draw_some(&stage[2], 3, 90);
    peer_expect(&stage[2].peer, stage[2].device, "another device was removed");
out:
    for (unsigned i = 1; i < SIM_DEVICES_MAX; i++)
        peer_finish(&stage[i].peer);
    stage_down(&stage[0]);
}

/* What the pointer is now, to the driver; waits until the peer knows. */
static bool point(struct stage *stage, unsigned connector, const struct sim_pointer *pointer, bool shape_new)
{
    uint64_t until = os_now_ms() + patience(10000);
    struct peer *peer = &stage->peer;
    struct sim_monitor *m;
    unsigned shapes = peer->shapes, x, y;

    os_mutex_lock(&the_sim->lock);
    m = stage->device->monitors[connector];
    m->pointer = *pointer;
    x = (unsigned)(pointer->x + (int)pointer->hot_x + (int)m->at.x + 500);
    y = (unsigned)(pointer->y + (int)pointer->hot_y + (int)m->at.y);
    event_set(m->pointer_event);
    os_mutex_unlock(&the_sim->lock);
    while (os_now_ms() < until) {
        peer_pump(peer, 5);
        if (!pointer->visible && peer->hidden)
            return true;
        if (pointer->visible && !peer->hidden && (!shape_new || peer->shapes > shapes) &&
            peer->shape.width == pointer->width && peer->shape.hot_y == pointer->hot_y &&
            peer->position.x == x && peer->position.y == y &&
            peer->shape.pixels[5] == (uint8_t)(pointer->shape_id * 31 + 5))
            return true;
    }
    return false;
}

static void play_pointer(const char *library, struct sim_options options)
{
    /* the desktop begins 500 pixels left of the primary */
    struct sim_pointer p = {.shape_id = 1,
                            .position_id = 1,
                            .x = 100,
                            .y = 50,
                            .width = 32,
                            .height = 32,
                            .hot_x = 4,
                            .hot_y = 7,
                            .visible = true};
    struct stage stage;

    if (!stage_up(&stage, library, &options, &layout_two))
        return;
    if (!pointer_ready(&stage))
        goto out;
    rule_check(RULE_POINTER, point(&stage, 0, &p, true), "shape and place");
    p.x = -3;
    p.y = -2;
    p.position_id++;
    rule_check(RULE_POINTER, point(&stage, 0, &p, false), "a negative place");
    p.shape_id++;
    p.width = p.height = 384;
    p.hot_x = p.hot_y = 383; /* the place is the hot spot's: it moves, too */
    p.position_id++;
    rule_check(RULE_POINTER, point(&stage, 0, &p, true), "the largest shape");
    p.visible = false;
    rule_check(RULE_POINTER, point(&stage, 0, &p, false), "hidden");
    p = (struct sim_pointer){.shape_id = 9,
                             .position_id = 5,
                             .x = 10,
                             .y = 20,
                             .width = 24,
                             .height = 48,
                             .hot_x = 1,
                             .hot_y = 1,
                             .visible = true};
    rule_check(RULE_POINTER, point(&stage, 1, &p, true), "on the other monitor");
out:
    stage_down(&stage);
}

/* A line for each kind of callback that a life so far has seen. */
static void play_journal(const char *library, struct sim_options options)
{
    static const char *const names[] = {"DriverEntry",
                                        "EvtDriverDeviceAdd",
                                        "EvtDeviceD0Entry",
                                        "EvtIddCxAdapterInitFinished",
                                        "EvtIddCxMonitorGetDefaultDescriptionModes",
                                        "EvtIddCxMonitorQueryTargetModes",
                                        "EvtIddCxMonitorGetPhysicalSize",
                                        "EvtIddCxAdapterCommitModes",
                                        "EvtIddCxMonitorAssignSwapChain",
                                        "EvtDeviceFileCreate",
                                        "EvtIddCxDeviceIoControl(claim",
                                        "EvtIddCxMonitorUnassignSwapChain"};
    struct control_log_query query = {0};
    static struct control_log log;
    static char all[65536];
    struct stage stage;
    size_t used = 0;

    if (!stage_up(&stage, library, &options, &layout_one))
        return;
    os_mutex_lock(&the_sim->lock);
    system_post(stage.device, TASK_UPDATES_OFF, NULL);
    os_mutex_unlock(&the_sim->lock);
    sim_settle(stage.device);
    for (int i = 0; i < 100; i++) {
        size_t len;

        if (!NT_SUCCESS(sim_ioctl(stage.file, CONTROL_LOG, &query, sizeof(query), &log, sizeof(log), NULL)))
            break;
        len = strlen(log.text);
        if (len == 0 || used + len >= sizeof(all))
            break;
        memcpy(all + used, log.text, len + 1);
        used += len;
        query.after = log.next;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        rule_check(RULE_JOURNAL, strstr(all, names[i]) != NULL, names[i]);
    stage_down(&stage);
}

const struct script scripts[] = {
    {"happy", "one monitor, frames in system memory", play_happy},
    {"gpu", "frames are surfaces, copied with Direct3D", play_gpu},
    {"old", "IddCx 1.4: 25 functions, smaller structures", play_old},
    {"init-early", "AdapterInitFinished before AdapterInitAsync returns; modes asked for on another thread",
     play_init_early},
    {"two-monitors", "the second left of the primary", play_two},
    {"sixteen-monitors", "as many as there can be", play_sixteen},
    {"resize", "sizes in the list, and others", play_resize},
    {"resize-new", "the same where target modes can be added", play_resize_new},
    {"hotplug", "a monitor comes, moves, goes", play_hotplug},
    {"updates", "screen updates stop and go on", play_updates},
    {"no-layout", "the service says nothing", play_no_layout},
    {"three-devices", "three sessions in one process", play_three},
    {"pointer", "shape, place, hiding, two monitors", play_pointer},
    {"journal", "a log line per callback", play_journal},
    {"stop-in-frame", "the device is removed while frames flow", play_stop},
    {"access-lost", "swap chains are lost", play_access_lost},
    {"pending-storm", "events without frames", play_storm},
    {"slow-client", "no credit: frames are still taken", play_slow},
    {"dead-adapter", "no Direct3D on the render adapter", play_dead_adapter},
    {"config-ignored", "configurations accepted and forgotten", play_config_ignored},
    {"config-refused", "configurations refused", play_config_refused},
    {"config-never", "no swap chain ever comes", play_config_never},
    {"config-stopped", "the session goes away", play_config_stopped},
    {"init-failed", "AdapterInitFinished with an error", play_init_failed},
    {"service-crash", "the owner's file ends; another takes over", play_service_crash},
    {"peer-gone", "the peer ends; another comes", play_peer_gone},
    {"callers", "who may claim the device", play_callers},
    {"requests", "owners, unknown codes, short buffers, nonsense", play_requests},
    {"hostile-peer", "rubbish, false credits, handles, a flood", play_hostile_peer},
    {"refused-attach", "whose the handles are after each refusal", play_refused_attach},
    {"late-request", "the file ends, or the device stops, while a request is on its way", play_late_request},
    {"device-lost", "Direct3D's device is lost, and frames go on coming", play_device_lost},
    {"sleep", "D0Exit and D0Entry of one device, whatever IddCx keeps meanwhile", play_sleep},
    {"uneven", "surfaces change their size while a frame is read", play_uneven},
    {NULL, NULL, NULL},
};
