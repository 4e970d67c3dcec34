/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the *_posix.c files of this folder. */
#ifndef RDSPROV_OS_OS_POSIX_H
#define RDSPROV_OS_OS_POSIX_H

#include "os/os.h"

/* Leak detection and symbolizers of the sanitizers start processes and trace this one. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OS_SANITIZED 1
#endif
#endif
#ifndef OS_SANITIZED
#define OS_SANITIZED 0
#endif

enum os_status os_status_from_errno(int error);

/* The shared object that holds this code: its path as the loader knows it, NULL for the program itself. */
const char *os_module_path(void);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t os_now_ns(void);

/* poll() for one descriptor to be readable; `ms` UINT32_MAX is for ever. Signals do not end it early. */
enum os_status os_wait_readable(int fd, uint32_t ms);

#endif
