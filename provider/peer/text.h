/* SPDX-License-Identifier: Apache-2.0 */
/* Text from FreeRDP, OpenSSL and clients, made fit for the link's bounds: valid, bounded, no control
 * characters. */
#ifndef RDSPROV_PEER_TEXT_H
#define RDSPROV_PEER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 to UTF-8; NULL is empty. False when it had to cut. */
bool text_clean(char *dst, size_t cap, const char *src);

/* UTF-8 to UTF-16; NULL is empty. False when it had to cut or to replace a character: then a password, for
 * one, is no longer the password. */
bool text_utf16(uint16_t *dst, size_t cap_units, const char *src);

#endif
