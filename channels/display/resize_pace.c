/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/resize_pace.h"

#define SPACING_MS 200
#define COST_MS 2000 /* what a change costs in the long run */
#define CREDIT_MS (20 * COST_MS)

uint64_t resize_pace_due(const struct resize_pace *self)
{
    uint64_t affordable_ms = self->paid_ms + COST_MS > CREDIT_MS ? self->paid_ms + COST_MS - CREDIT_MS : 0;

    return affordable_ms > self->next_ms ? affordable_ms : self->next_ms;
}

void resize_pace_changed(struct resize_pace *self, uint64_t now_ms)
{
    self->next_ms = now_ms + SPACING_MS;
    self->paid_ms = (self->paid_ms > now_ms ? self->paid_ms : now_ms) + COST_MS;
}
