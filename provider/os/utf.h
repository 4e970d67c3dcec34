/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 one character at a time, for the files of this folder. */
#ifndef RDSPROV_OS_UTF_H
#define RDSPROV_OS_UTF_H

#include "os/os.h"

#define UTF_BAD UINT32_MAX

/* Decodes the character at *at (before `end`) and steps over it; at a malformed one steps over one byte and
 * returns UTF_BAD. Overlong forms, surrogates and values past U+10FFFF are malformed. */
uint32_t utf8_next(const char **at, const char *end);

/* Writes at most 4 bytes, returns how many. `c` is a valid scalar value. */
size_t utf8_put(char *dst, uint32_t c);

#endif
