/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a waiting peer does before its client comes: everything that the first use of FreeRDP and OpenSSL in a
 * process costs (symbols, tables, algorithm look-ups, FreeRDP's scan of the time zone's years) is done once
 * on objects that are thrown away. It takes about as long as the whole handshake does afterwards.
 */
#ifndef RDSPROV_PEER_WARM_H
#define RDSPROV_PEER_WARM_H

/* Once in a process, after wlog_start. It can only help: what fails here fails again, and is told, when a
 * client is there. */
void warm_libraries(void);

#endif
