/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MD5 (RFC 1321) and HMAC with it (RFC 2104), for one thing only: the verifier of an auto-reconnect cookie,
 * whose algorithm the protocol fixes ([MS-RDPBCGR] 5.5). The adapter has no cryptographic library. Not for
 * anything new: MD5 is broken as a hash.
 */
#ifndef RDSPROV_CORE_MD5_H
#define RDSPROV_CORE_MD5_H

#include <stddef.h>
#include <stdint.h>

#define MD5_SIZE 16

/* Lengths in bytes. What was computed on the way is wiped. */
void md5_sum(const void *data, size_t len, uint8_t out[MD5_SIZE]);
void md5_hmac(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[MD5_SIZE]);

#endif
