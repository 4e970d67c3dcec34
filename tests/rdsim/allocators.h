/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocators through which service and provider pass memory to each other: LocalAlloc and CoTaskMemAlloc.
 * On Linux this program is the one that has them: it exports LocalAlloc, LocalFree, CoTaskMemAlloc and
 * CoTaskMemFree, which a provider declares weak, and remembers every block with its allocator. On Windows the
 * system's are watched.
 */
#ifndef RDSIM_ALLOCATORS_H
#define RDSIM_ALLOCATORS_H

#include <stddef.h>

#include "abi/wintypes.h"

enum allocator { ALLOCATOR_NONE, ALLOCATOR_LOCAL, ALLOCATOR_TASK };

/* Which allocator the block at p came from, and its size; NONE for any other pointer. Never reads *p. */
enum allocator allocator_of(const void *p, size_t *size);
/* Frees a block with its own allocator; NULL and foreign pointers are left alone. */
void allocator_free(void *p);
/* Blocks that are not freed yet; always 0 where they cannot be counted. */
unsigned allocator_live(void);
/* Called around the life of the provider. */
void allocators_start(void);
void allocators_finish(void);

#endif
