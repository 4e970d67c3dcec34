/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a client says on the Display Control channel: a layout that is taken is inside all
 * bounds. */
#include "channels/display/layout.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *problem = NULL;
    struct layout layout;
    bool found = false;

    if (!layout_read(&layout, data, size, &found, &problem)) {
        must_be_a_line(problem);
        return 0;
    }
    if (!found)
        return 0;
    MUST(layout.count >= 1 && layout.count <= LAYOUT_MONITORS_MAX);
    MUST(layout.width % 2 == 0 && layout.width >= LAYOUT_SIDE_MIN && layout.width <= LAYOUT_SIDE_MAX);
    MUST(layout.height >= LAYOUT_SIDE_MIN && layout.height <= LAYOUT_SIDE_MAX);
    MUST((uint64_t)layout.width * layout.height <= LAYOUT_AREA_MAX);
    for (unsigned i = 0; i < layout.count; i++) {
        const struct layout_monitor *m = &layout.monitors[i];

        MUST(m->left >= 0 && m->top >= 0 && (uint32_t)m->left + m->width <= layout.width &&
             (uint32_t)m->top + m->height <= layout.height);
    }
    return 0;
}
