/* SPDX-License-Identifier: Apache-2.0 */
/* The plain run of a connection, on its own thread: the documented sequence until something ends it. */
#ifndef RDSIM_CONNECTION_PLAY_H
#define RDSIM_CONNECTION_PLAY_H

void connection_run(void *connection);

#endif
