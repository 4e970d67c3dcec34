/* SPDX-License-Identifier: Apache-2.0 */
/* What happens while something else does. */
#include "scripts_private.h"

#include <string.h>

#define REVISION_MISMATCH ((NTSTATUS)0xC0000059)
#define UNEVEN_FRAMES                                                                                        \
    40 /* the copies of a large picture take as long as its presents: most of them overlap */

/* Each surface needs other staging textures than the one before, while the feed copies from those. */
void play_uneven(const char *library, struct sim_options options)
{
    static const struct layout large = {.count = 1, .monitors = {{0, 0, 1920, 1080, 100, 0, 0}}};
    uint64_t until = os_now_ms() + patience(20000);
    struct painter painter = {0};
    struct os_thread *thread;
    struct stage stage;

    options.gpu = true;
    if (!stage_up(&stage, library, &options, &large))
        return;
    painter.stage = &stage;
    os_mutex_lock(&the_sim->lock);
    the_sim->options.uneven = true;
    os_mutex_unlock(&the_sim->lock);
    if (os_thread_create("sim-painter", paint, &painter, &thread) == OS_OK) {
        while (stage.peer.frames < UNEVEN_FRAMES && !stage.peer.closed && os_now_ms() < until)
            peer_pump(&stage.peer, 20);
        atomic_store(&painter.stop, true);
        os_thread_join(thread);
    }
    rule_check(RULE_FRAME_ARRIVES, stage.peer.frames >= UNEVEN_FRAMES, "surfaces of two sizes");
    os_mutex_lock(&the_sim->lock);
    the_sim->options.uneven = false;
    os_mutex_unlock(&the_sim->lock);
    draw_some(&stage, 2, 130);
    peer_expect(&stage.peer, stage.device, "surfaces of one size again");
    stage_down(&stage);
}

static bool open_owner(struct stage *stage)
{
    struct control_claim claim = {CONTROL_VERSION, 0};
    struct control_host host;

    stage->file = sim_open(stage->device);
    return rule_check(RULE_OWNER,
                      stage->file && NT_SUCCESS(sim_ioctl(stage->file, CONTROL_CLAIM, &claim, sizeof(claim),
                                                          &host, sizeof(host), NULL)),
                      "nobody can take over from a dead owner");
}

/* The driver's end of a peer's pipe has been closed; waits 10 s. */
static bool peer_is_let_go(struct peer *peer)
{
    uint64_t until = os_now_ms() + patience(10000);

    while (!peer->closed && os_now_ms() < until)
        peer_pump(peer, 20);
    return peer->closed;
}

/* Sends an attach that is refused, with handles of this process, which is the driver's host. */
static void refused_attach(struct sim_file *file, ULONG version, size_t size, NTSTATUS expected, bool taken,
                           const char *what)
{
    struct control_attach attach = {.version = version, .slots = SLOT_COUNT};
    struct os_shm memory = OS_SHM_INIT;
    struct os_pipe *ours = NULL, *theirs = NULL;
    os_handle handles[2] = {OS_NO_HANDLE, OS_NO_HANDLE};
    NTSTATUS status;

    if (os_shm_create(&memory, 4096) != OS_OK || os_shm_share(&memory, &handles[0]) != OS_OK ||
        os_pipe_pair(&ours, &theirs) != OS_OK) {
        rule_broken(RULE_LEFT_HANDLES, "no handle left");
        goto out;
    }
    handles[1] = os_pipe_detach(theirs);
    attach.memory = (UINT64)(uintptr_t)handles[0];
    attach.pipe = (UINT64)(uintptr_t)handles[1];
    status = sim_ioctl(file, CONTROL_ATTACH, &attach, size, NULL, 0, NULL);
    if (status != expected)
        rule_broken(RULE_OWNER, "%s: 0x%08x, not 0x%08x", what, (unsigned)status, (unsigned)expected);
    if (!rule_check(RULE_OWNER, (os_pipe_wait(ours, 0) == OS_OK) == taken, what) || taken)
        goto out;
    os_handle_close(handles[0]);
    os_handle_close(handles[1]);
out:
    os_pipe_destroy(ours);
    os_shm_finish(&memory);
}

void play_refused_attach(const char *library, struct sim_options options)
{
    size_t whole = sizeof(struct control_attach);
    struct sim_file *other;
    struct stage stage;

    if (!stage_open(&stage, library, &options))
        return;
    other = sim_open(stage.device);
    refused_attach(stage.file, CONTROL_VERSION, whole, STATUS_INVALID_PARAMETER_, true, "attach of no size");
    refused_attach(stage.file, CONTROL_VERSION + 1, whole, REVISION_MISMATCH, true,
                   "attach of another version");
    refused_attach(stage.file, CONTROL_VERSION, whole - 1, STATUS_BUFFER_TOO_SMALL_, false, "a short attach");
    refused_attach(other, CONTROL_VERSION, whole, STATUS_ACCESS_DENIED_, false, "a stranger's attach");
    sim_exit_device(stage.device);
    refused_attach(other, CONTROL_VERSION, whole, STATUS_ACCESS_DENIED_, false,
                   "a stranger's attach to a stopped device");
    rule_check(RULE_OWNER, !NT_SUCCESS(peer_attach(&stage.peer, stage.file, 640, 480)),
               "attach to a stopped device");
    rule_check(RULE_OWNER, peer_is_let_go(&stage.peer), "a stopped device kept what was attached");
    stage_down(&stage);
}

struct closer {
    struct stage *stage;
    bool exit;
    unsigned spins;
};

static void close_file(void *arg)
{
    struct closer *closer = arg;

    for (volatile unsigned i = 0; i < closer->spins; i++) {
    }
    if (closer->exit)
        sim_exit_device(closer->stage->device);
    else
        sim_close(closer->stage->file);
}

/* An attach and a wait are on their way while the owner's file ends, or the device stops: whichever comes
 * first, nothing of them may stay. */
static bool late_request(struct stage *stage, bool exit, bool wait, unsigned spins)
{
    struct closer closer = {stage, exit, spins};
    struct sim_request *request;
    struct os_thread *thread;

    if (os_thread_create("sim-closer", close_file, &closer, &thread) != OS_OK)
        return false;
    if (wait) {
        /* the first is answered at once */
        for (int i = 0; i < 2; i++) {
            request = sim_ioctl_begin(stage->file, CONTROL_WAIT, NULL, 0, sizeof(struct control_report));
            if (i == 0)
                sim_ioctl_finish(request, patience(10000), NULL, NULL);
        }
    } else {
        peer_attach(&stage->peer, stage->file, 640, 480);
    }
    os_thread_join(thread);
    if (wait)
        return rule_check(RULE_OWNER, sim_ioctl_finish(request, patience(10000), NULL, NULL) != 0x102,
                          "a wait outlives its owner");
    if (!rule_check(RULE_OWNER, peer_is_let_go(&stage->peer), "an attach outlives its owner"))
        return false;
    peer_finish(&stage->peer);
    return true;
}

void play_late_request(const char *library, struct sim_options options)
{
    struct stage stage;

    if (!stage_open(&stage, library, &options))
        return;
    for (unsigned round = 0; round < 200; round++)
        if (!late_request(&stage, false, round % 2, round * 100) || !open_owner(&stage))
            break;
    stage_down(&stage);
    for (unsigned round = 0, good = true; round < 12 && good; round++) {
        if (!stage_open(&stage, library, &options))
            return;
        good = late_request(&stage, true, round % 2, round * 1500);
        stage_down(&stage);
    }
}

/* Memory and pipe go with D0; the owner stays, and attaches again. */
void play_sleep(const char *library, struct sim_options options)
{
    for (unsigned kind = 0; kind < SLEEP_COUNT; kind++) {
        struct stage stage;

        options.gpu = kind == SLEEP_TAKES_MONITORS;
        if (!stage_up(&stage, library, &options, &layout_two))
            return;
        for (unsigned round = 0; round < 2; round++) {
            if (!rule_check(RULE_ORDER_ADAPTER, sim_sleep_device(stage.device, (enum sim_sleep)kind),
                            "a second D0Entry fails") ||
                !rule_check(RULE_OWNER, peer_is_let_go(&stage.peer), "a sleeping device serves its peer") ||
                !stage_attach(&stage) || !stage_shown(&stage) || !sim_settle(stage.device))
                break;
            draw_some(&stage, 3, 140 + round);
            if (!peer_expect(&stage.peer, stage.device, "after sleep") || !pointer_ready(&stage))
                break;
        }
        stage_down(&stage);
    }
}
