/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/video_send.h"

#include "channels/display/h264.h"
#include "channels/display/rect.h"

bool video_send_state(struct video *video, struct gfx *gfx, uint64_t now, uint32_t budget)
{
    uint32_t width, height;

    switch (video_update(video, now, budget)) {
    case VIDEO_OPENED:
        video_coded_size(video, &width, &height);
        return gfx_video_open(gfx, width, height);
    case VIDEO_NONE: /* also when it ended between two frames, or because it could not be encoded */
        return gfx_video_close(gfx);
    case VIDEO_GOES_ON:
        break;
    }
    return true;
}

static void owe(struct client_tiles *client, const struct channel_rect *area)
{
    for (uint32_t y = area->top / TILE_SIDE; y * TILE_SIDE < area->bottom; y++) {
        for (uint32_t x = area->left / TILE_SIDE; x * TILE_SIDE < area->right; x++) {
            uint32_t tile = y * client->grid->columns + x;
            struct channel_rect part = tile_grid_rect(client->grid, tile);

            rect_clip(&part, area);
            client_tiles_owe(client, tile, &part);
        }
    }
}

bool video_send(struct video *video, struct gfx *gfx, const struct areas *areas, struct client_tiles *client,
                const struct picture *picture, uint64_t now)
{
    const struct channel_rect *region = video_region(video);
    struct channel_rect shown = {0, 0, (uint16_t)(region->right - region->left),
                                 (uint16_t)(region->bottom - region->top)};
    const uint8_t *data;
    size_t len;

    if (!video_encode(video, picture, now, &data, &len)) {
        for (uint32_t i = 0; i < areas->count; i++)
            owe(client, &areas->items[i].rect);
        return true;
    }
    if (!gfx_avc420(gfx, &shown, H264_QP, H264_QUALITY, data, len))
        return false;
    for (uint32_t i = 0; i < areas->count; i++) {
        const struct channel_rect *area = &areas->items[i].rect;
        struct channel_rect source = {
            (uint16_t)(area->left - region->left), (uint16_t)(area->top - region->top),
            (uint16_t)(area->right - region->left), (uint16_t)(area->bottom - region->top)};

        if (!gfx_video_copy(gfx, &source, &(struct channel_position){area->left, area->top}))
            return false;
    }
    return true;
}
