/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dynamic virtual channel of FreeRDP's server ([MS-RDPEDYC]) without a thread: what every channel of ours
 * does to open one and to see whether the client takes it. Reading and writing are WTSVirtualChannelRead and
 * -Write.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_DVC_H
#define RDSPROV_CHANNELS_DISPLAY_DVC_H

#include <stdbool.h>

#include <winpr/wtypes.h>

/* Asks for the channel; drdynvc must be ready. *channel is the caller's to close with WTSVirtualChannelClose,
 * also when this is false; *event belongs to the channel. */
bool dvc_open(HANDLE vcm, const char *name, HANDLE *channel, HANDLE *event);

/* Has the client answered? Its answer sets no event. False: it refused. */
bool dvc_look(HANDLE channel, bool *open);

bool dvc_signalled(HANDLE event);

#endif
