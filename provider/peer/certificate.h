/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's certificate and private key: two PEM files. They are read once into memory, checked against
 * each other, and that text is what FreeRDP gets, so nothing can change between check and use.
 */
#ifndef RDSPROV_PEER_CERTIFICATE_H
#define RDSPROV_PEER_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "link/link.h"

struct certificate {
    char *pem; /* certificate, then its chain, if the file has one */
    size_t pem_len;
    char *key_pem; /* secret */
    size_t key_len;
    char fingerprint[128]; /* SHA-256 of the DER form, lower case, colons */
    char info[256];        /* subject, kind of key, last day */
};

/* All return false with one line in `problem` that names the file and what is wrong. */
bool certificate_load(struct certificate *self, const struct link_config *config, char *problem, size_t cap);
void certificate_finish(struct certificate *self); /* wipes; fine on zeroes */

/* True with *missing set when neither file exists; false when only one does, or that cannot be told. */
bool certificate_missing(const struct link_config *config, bool *missing, char *problem, size_t cap);
/* Writes a self-signed certificate and a new key of config->key_type. */
bool certificate_make(const struct link_config *config, char *problem, size_t cap);

#endif
