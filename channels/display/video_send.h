/* SPDX-License-Identifier: Apache-2.0 */
/* A video (video.h) on the pipeline's wire: its surface, its pictures, and the copies that show them. */
#ifndef RDSPROV_CHANNELS_DISPLAY_VIDEO_SEND_H
#define RDSPROV_CHANNELS_DISPLAY_VIDEO_SEND_H

#include "channels/display/areas.h"
#include "channels/display/client_tiles.h"
#include "channels/display/gfx.h"
#include "channels/display/video.h"

/* Both within a frame; false: the channel is broken.
 *
 * Before what is sent is chosen: makes the surface of a video that starts, and takes it away. */
bool video_send_state(struct video *video, struct gfx *gfx, uint64_t now, uint32_t budget);
/* `areas` (at least one, inside of the region) show the picture from now on. When it cannot be encoded they
 * are owed. */
bool video_send(struct video *video, struct gfx *gfx, const struct areas *areas, struct client_tiles *client,
                const struct picture *picture, uint64_t now);

#endif
