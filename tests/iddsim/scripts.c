/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <string.h>

static const struct layout one = {.count = 1, .monitors = {{0, 0, 640, 480, 100, 0, 0}}};

static void play_happy(const char *library, struct sim_options options)
{
    struct stage stage;

    if (!stage_up(&stage, library, &options, &one))
        return;
    for (uint32_t i = 1; i <= 20; i++) {
        stage_draw(&stage, 0, i, (int)(i * 23 % 500), (int)(i * 41 % 400), 60, 20);
        peer_pump(&stage.peer, i % 3 ? 20 : 0);
    }
    peer_expect(&stage.peer, stage.device, "after drawing");
    stage_down(&stage);
}

const struct script scripts[] = {
    {"happy", "one monitor, frames in system memory", play_happy},
    {NULL, NULL, NULL},
};
