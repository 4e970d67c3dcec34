/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what the listener needs before it listens: certificate, key, SAM file. */
#ifndef RDSPROV_PEER_PREPARE_H
#define RDSPROV_PEER_PREPARE_H

#include "link/link.h"

/* Fills the answer; makes certificate and key when asked to and both are missing. */
void prepare_check(const struct link_config *config, const struct link_prepare *request,
                   struct link_prepared *answer);

#endif
