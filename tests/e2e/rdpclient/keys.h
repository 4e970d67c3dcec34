/* SPDX-License-Identifier: Apache-2.0 */
/* Which key of a US keyboard types a character. */
#ifndef RDPCLIENT_KEYS_H
#define RDPCLIENT_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#define KEYS_SHIFT 0x2A

/* Scancode of set 1; 0: none does. */
uint8_t keys_of_character(char c, bool *shift);

#endif
