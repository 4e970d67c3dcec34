/* SPDX-License-Identifier: Apache-2.0 */
/* What happens while something else does. */
#include "scripts_private.h"

#include <string.h>

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
