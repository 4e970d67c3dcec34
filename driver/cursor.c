/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/cursor.h"

#include <string.h>

#define CURSOR_SIDE CHANNEL_POINTER_MAX

void cursor_init(struct cursor *self)
{
    self->shape_id = self->position_id = 0; /* the pixels are never read before they are written */
    self->shape_known = self->position_known = false;
}

bool cursor_setup(struct monitor *monitor)
{
    IDARG_IN_SETUP_HWCURSOR in = {
        .CursorInfo = {.Size = iddcx_size(49, sizeof(in.CursorInfo)),
                       /* pointers that invert come as alpha */
                       .ColorXorCursorSupport = IDDCX_XOR_CURSOR_SUPPORT_EMULATION,
                       .AlphaCursorSupport = TRUE,
                       .MaxX = CURSOR_SIDE,
                       .MaxY = CURSOR_SIDE},
        .hNewCursorDataAvailable = monitor->pointer_event,
    };
    NTSTATUS status = fault("no-cursor") || !monitor->pointer_event
                          ? STATUS_SUCCESS
                          : IddCxMonitorSetupHardwareCursor(monitor->object, &in);

    if (status != monitor->pointer_status) /* tried again with each round: said once */
        journal("IddCxMonitorSetupHardwareCursor(%u) = 0x%08x", monitor->connector, (unsigned)status);
    monitor->pointer_status = status;
    return NT_SUCCESS(status);
}

/* Masked colour: mask 0 is the colour itself, 255 inverts the screen, which RDP shows as black here. */
static void unmask(uint8_t *bgra)
{
    bool invert = bgra[3] != 0, any = (bgra[0] | bgra[1] | bgra[2]) != 0;

    if (invert)
        bgra[0] = bgra[1] = bgra[2] = 0;
    bgra[3] = !invert || any ? 255 : 0;
}

static bool take_shape(struct cursor *self, const IDDCX_CURSOR_SHAPE_INFO *info)
{
    if (info->Width == 0 || info->Height == 0 || info->Width > CURSOR_SIDE || info->Height > CURSOR_SIDE ||
        info->Pitch < info->Width * 4 || (uint64_t)info->Pitch * info->Height > sizeof(self->pixels))
        return false;
    self->shape.width = (uint16_t)info->Width;
    self->shape.height = (uint16_t)info->Height;
    self->shape.hot_x = (uint16_t)(info->XHot < info->Width ? info->XHot : info->Width - 1);
    self->shape.hot_y = (uint16_t)(info->YHot < info->Height ? info->YHot : info->Height - 1);
    for (UINT y = 0; y < info->Height; y++)
        memcpy(self->shape.pixels + (size_t)y * info->Width * 4, self->pixels + (size_t)y * info->Pitch,
               (size_t)info->Width * 4);
    if (info->CursorType == IDDCX_CURSOR_SHAPE_TYPE_MASKED_COLOR)
        for (uint32_t i = 0; i < pointer_image_size(&self->shape); i += 4)
            unmask(self->shape.pixels + i);
    return true;
}

static NTSTATUS query(struct cursor *self, struct monitor *monitor, IDARG_OUT_QUERY_HWCURSOR2 *out)
{
    IDARG_IN_QUERY_HWCURSOR in = {.LastShapeId = self->shape_id,
                                  .ShapeBufferSizeInBytes = sizeof(self->pixels),
                                  .pShapeBuffer = self->pixels};
    IDARG_OUT_QUERY_HWCURSOR old = {0};
    NTSTATUS status = STATUS_NOT_SUPPORTED_;

    memset(out, 0, sizeof(*out));
    out->CursorShapeInfo.Size = iddcx_size(50, sizeof(out->CursorShapeInfo));
    if (iddcx_has(29))
        status = IddCxMonitorQueryHardwareCursor2(monitor->object, &in, out);
    if (status != STATUS_NOT_SUPPORTED_)
        return status;
    old.CursorShapeInfo.Size = iddcx_size(50, sizeof(old.CursorShapeInfo));
    status = IddCxMonitorQueryHardwareCursor(monitor->object, &in, &old);
    out->IsCursorVisible = old.IsCursorVisible;
    out->X = old.X;
    out->Y = old.Y;
    out->IsCursorShapeUpdated = old.IsCursorShapeUpdated;
    out->CursorShapeInfo = old.CursorShapeInfo;
    out->PositionValid = old.IsCursorVisible; /* the older form tells a place only of what is visible */
    out->PositionId = self->position_id + 1;
    return status;
}

static uint16_t clip(int64_t value)
{
    return (uint16_t)(value < 0 ? 0 : value > UINT16_MAX ? UINT16_MAX : value);
}

void cursor_query(struct cursor *self, struct monitor *monitor)
{
    struct device *device = monitor->device;
    struct pointer *pointer = &device->pointer;
    IDARG_OUT_QUERY_HWCURSOR2 out;
    bool shape_new = false;
    int32_t left, top;
    uint32_t width, height;

    /* a monitor that is not active any more says so in passing (iddcx.md 4) */
    if (!NT_SUCCESS(query(self, monitor, &out)))
        return;
    if (out.IsCursorShapeUpdated) {
        self->shape_id = out.CursorShapeInfo.ShapeId;
        shape_new = self->shape_known = take_shape(self, &out.CursorShapeInfo);
    }

    os_mutex_lock(&device->lock);
    layout_bounds(&device->shown, &left, &top, &width, &height);
    if (out.IsCursorVisible && self->shape_known) {
        if (shape_new || pointer->owner != monitor->connector || pointer->hidden) {
            pointer_image_copy(pointer->shape, &self->shape);
            pointer->hidden = false;
            pointer->shape_serial++;
        }
        pointer->owner = monitor->connector;
        if (out.PositionValid && (!self->position_known || out.PositionId != self->position_id)) {
            self->position_known = true;
            self->position_id = out.PositionId;
            /* top left of the shape on this monitor (may be negative), to the hot spot on the desktop */
            pointer->position.x = clip((int64_t)out.X + self->shape.hot_x + monitor->shape.x - left);
            pointer->position.y = clip((int64_t)out.Y + self->shape.hot_y + monitor->shape.y - top);
            pointer->position_serial++;
        }
    } else if (!out.IsCursorVisible &&
               (pointer->owner == monitor->connector || pointer->owner == LAYOUT_MONITORS_MAX) &&
               !pointer->hidden) {
        pointer->hidden = true;
        pointer->shape_serial++;
    }
    os_mutex_unlock(&device->lock);
    event_set(device->feed_event);
}
