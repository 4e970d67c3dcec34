/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random lives: what the system is like, what is asked for and what goes wrong are drawn from a seed, so that
 * a life can be played again (not its timing). A life may end at any moment. One that is not cut short must
 * show its picture at the end.
 */
#include <stdio.h>
#include <string.h>

#include "script.h"

#define STEPS_MAX 10

static uint32_t state;

static uint32_t pick(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static bool chance(uint32_t in)
{
    return pick(in) == 0;
}

static struct sim_options random_options(void)
{
    struct sim_options options = {.version = chance(3) ? IDDCX_VERSION_1_10 : IDDCX_VERSION_1_7};

    options.gpu = chance(3);
    if (chance(8)) {
        options.old = options.gpu = true;
        options.version = 0x1400;
    }
    options.finish_early = chance(4);
    options.arrival_other_thread = chance(3);
    options.unassign_lost = chance(2);
    options.dead_adapter = chance(12);
    if (chance(25))
        options.init_status = (NTSTATUS)0xC0000001;
    if (chance(60))
        options.refuse_configs = options.ignore_configs = 1;
    options.stopped_configs = chance(30);
    return options;
}

static struct layout random_layout(void)
{
    struct layout layout = {.count = 1 + pick(3)};
    int32_t x = 0;

    for (uint32_t i = 0; i < layout.count; i++) {
        struct layout_monitor *m = &layout.monitors[i];

        m->width = chance(3) ? 640 : 200 + pick(300);
        m->height = m->width == 640 ? 480 : 100 + pick(300);
        m->scale = 100 + pick(5) * 25;
        m->x = x;
        m->y = i ? (int32_t)pick(50) : 0;
        x += (int32_t)m->width;
    }
    return layout;
}

static void claim(struct stage *stage)
{
    struct control_claim in = {CONTROL_VERSION, 0};
    struct control_host host;

    sim_ioctl(stage->file, CONTROL_CLAIM, &in, sizeof(in), &host, sizeof(host), NULL);
}

static void step(struct stage *stage)
{
    struct control_report report;
    unsigned connector = pick(stage->layout.count);
    struct layout layout;

    switch (pick(14)) {
    case 0:
        layout = random_layout();
        stage_layout(stage, &layout);
        if (chance(2))
            stage_attach(stage);
        break;
    case 1:
        os_mutex_lock(&the_sim->lock);
        system_post(stage->device, TASK_UPDATES_OFF, NULL);
        if (chance(2))
            system_post(stage->device, TASK_UPDATES_ON, NULL);
        os_mutex_unlock(&the_sim->lock);
        break;
    case 2:
        os_mutex_lock(&the_sim->lock);
        system_post(stage->device, TASK_UPDATES_ON, NULL);
        os_mutex_unlock(&the_sim->lock);
        break;
    case 3:
        os_mutex_lock(&the_sim->lock);
        for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++)
            if (stage->device->monitors[i] && stage->device->monitors[i]->chain)
                stage->device->monitors[i]->chain->storm = pick(50);
        os_mutex_unlock(&the_sim->lock);
        break;
    case 4: {
        struct sim_monitor *monitor;

        sim_settle(stage->device); /* so that the monitor does not go meanwhile */
        os_mutex_lock(&the_sim->lock);
        monitor = stage->device->monitors[connector];
        if (monitor && monitor->chain && !monitor->chain->object.dead) {
            monitor->chain->lost = true;
            monitor->chain->lost_ms = os_now_ms();
            event_set(monitor->chain->event);
        }
        os_mutex_unlock(&the_sim->lock);
        break;
    }
    case 5:
        sim_close(stage->file);
        stage->file = sim_open(stage->device);
        claim(stage);
        stage_attach(stage);
        break;
    case 6:
        peer_finish(&stage->peer);
        if (chance(2))
            os_sleep_ms(pick(4));
        stage_attach(stage);
        break;
    case 7:
        stage_report(stage, &report, pick(5));
        break;
    case 8:
        stage->peer.greedy = !stage->peer.greedy;
        break;
    case 9:
        sim_sleep_device(stage->device, (enum sim_sleep)pick(SLEEP_COUNT));
        if (chance(2))
            stage_attach(stage);
        break;
    case 10:
        if (stage->sim->options.gpu)
            d3d_lose();
        break;
    default:
        for (uint32_t i = 0, n = pick(8); i < n; i++)
            stage_draw(stage, pick(stage->layout.count), pick(1000), (int)pick(500) - 20, (int)pick(400) - 20,
                       1 + (int)pick(200), 1 + (int)pick(100));
        if (stage->peer.pipe)
            peer_pump(&stage->peer, pick(10));
    }
}

/* The rest goes well: the picture must come. */
static void end_well(struct stage *stage)
{
    os_mutex_lock(&the_sim->lock);
    the_sim->options.ignore_configs = the_sim->options.refuse_configs = 0;
    system_post(stage->device, TASK_UPDATES_ON, NULL);
    os_mutex_unlock(&the_sim->lock);
    if (!stage_attach(stage))
        return;
    for (unsigned i = 0; i < stage->layout.count; i++)
        stage_draw(stage, i, 5000 + i, 3, 3, 50, 50);
    peer_expect(&stage->peer, stage->device, "at the end of a life");
}

static void play(const char *library, bool verbose)
{
    struct sim_options options = random_options();
    bool shows = NT_SUCCESS(options.init_status) && !options.stopped_configs;
    struct layout layout = random_layout();
    struct stage stage;

    options.verbose = verbose;
    if (!stage_open(&stage, library, &options))
        return;
    if (chance(20)) { /* over before it began */
        stage_down(&stage);
        return;
    }
    stage_layout(&stage, &layout);
    stage_attach(&stage);
    if (chance(3))
        sim_settle(stage.device);
    for (uint32_t i = 0, n = pick(STEPS_MAX); i < n; i++)
        step(&stage);
    if (shows && chance(2))
        end_well(&stage);
    stage_down(&stage);
}

void lives_play(const char *library, unsigned count, uint32_t seed, bool verbose)
{
    uint64_t start = os_now_ms();

    for (unsigned i = 0; i < count; i++) {
        unsigned before = rules_broken();

        state = (seed + i) * 2654435761u;
        play(library, verbose);
        if (rules_broken() != before)
            printf("iddsim: life %u broke a rule: --lives 1 --seed %u\n", i, seed + i);
        if ((i + 1) % 100 == 0)
            printf("%u lives, %u ms\n", i + 1, (unsigned)(os_now_ms() - start));
    }
}
