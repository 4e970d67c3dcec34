/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os.h"

const char *os_status_text(enum os_status status)
{
    switch (status) {
    case OS_OK:
        return "success";
    case OS_AGAIN:
        return "would block";
    case OS_CLOSED:
        return "closed by the other end";
    case OS_TIMEOUT:
        return "timed out";
    case OS_TOO_BIG:
        return "too big";
    case OS_NO_MEMORY:
        return "out of memory or handles";
    case OS_DENIED:
        return "access denied";
    case OS_BUSY:
        return "in use";
    case OS_NOT_FOUND:
        return "not found";
    case OS_INVALID:
        return "malformed";
    case OS_FAILED:
        return "failed";
    }
    return "unknown status";
}

void os_wipe(void *buf, size_t len)
{
    volatile uint8_t *at = buf;

    while (len--)
        *at++ = 0;
}

bool os_equal_secret(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *left = a, *right = b;
    uint8_t differ = 0;

    for (size_t i = 0; i < len; i++)
        differ |= left[i] ^ right[i];
    return differ == 0;
}
