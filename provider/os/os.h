/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rest of rdsprov knows of an operating system: status codes, handles, sockets, clock, random bytes.
 * Every header in this folder has two implementations side by side, *_posix.c and *_win32.c, and no caller
 * needs an #ifdef. Nothing here knows RDP, COM, FreeRDP or WinPR.
 */
#ifndef RDSPROV_OS_OS_H
#define RDSPROV_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum os_status {
    OS_OK = 0,
    OS_AGAIN,     /* would block: try again when the waitable says so */
    OS_CLOSED,    /* the other end is gone */
    OS_TIMEOUT,   /* the given time has passed */
    OS_TOO_BIG,   /* over a named cap */
    OS_NO_MEMORY, /* out of memory, descriptors or handles */
    OS_DENIED,    /* access denied */
    OS_BUSY,      /* address, name or object in use */
    OS_NOT_FOUND, /* no such file, name or value */
    OS_INVALID,   /* malformed argument or data */
    OS_FAILED     /* anything else: os_last_error_text() may know more */
};

#ifdef _WIN32
typedef void *os_handle; /* a kernel HANDLE; NULL is none, INVALID_HANDLE_VALUE is never stored */
typedef uintptr_t os_socket;
#define OS_NO_HANDLE ((os_handle)0)
#define OS_NO_SOCKET (~(uintptr_t)0)
#else
typedef int os_handle; /* a file descriptor */
typedef int os_socket;
#define OS_NO_HANDLE (-1)
#define OS_NO_SOCKET (-1)
#endif

/* Something that a loop, poll() or WaitForMultipleObjects can wait on: a descriptor that polls readable, or
 * an event or process handle that becomes signalled. Level-triggered. Owned by the object it was asked from.
 */
typedef os_handle os_waitable;

/* Static English text, never NULL. */
const char *os_status_text(enum os_status status);

/* Writes the text of the calling thread's last OS error (errno, GetLastError) into buf; returns buf. */
const char *os_last_error_text(char *buf, size_t cap);

/* Monotonic clock; starts anywhere, never goes back. */
uint64_t os_now_ms(void);
uint64_t os_now_us(void);
void os_sleep_ms(unsigned ms);

/* Cryptographic random bytes. OS_FAILED when the system has none: the caller must not go on. */
enum os_status os_random(void *buf, size_t len);

/* Zeroes secrets in a way that the compiler keeps. NULL is fine when len is 0. */
void os_wipe(void *buf, size_t len);

/* Compares without an early exit; true when equal. */
bool os_equal_secret(const void *a, const void *b, size_t len);

void os_handle_close(os_handle handle);                               /* none is fine */
enum os_status os_handle_duplicate(os_handle handle, os_handle *out); /* not inheritable */

/* Number of open descriptors or handles, and of threads, of this process; resident memory in KiB. For checks.
 */
unsigned os_count_handles(void);
unsigned os_count_threads(void);
unsigned os_resident_kib(void);

/* UTF-16 of code units `src` (NUL-terminated) to UTF-8; cut at a character, always terminated. Bad surrogates
 * become '?'. */
void os_utf8_from_utf16(char *dst, size_t cap, const uint16_t *src);
/* The other way; returns false when it had to cut (still terminated, cut at a character). */
bool os_utf16_from_utf8(uint16_t *dst, size_t cap_units, const char *src);

#ifdef __cplusplus
}
#endif

#endif
