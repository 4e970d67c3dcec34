/* SPDX-License-Identifier: Apache-2.0 */
#include "allocators.h"

#include <stdlib.h>
#include <string.h>

#include "abi/winalloc.h"
#include "os/thread.h"
#include "rules.h"

struct block {
    struct block *next, **link;
    size_t size;
    enum allocator kind;
    _Alignas(16) unsigned char data[];
};

static struct os_mutex lock = OS_MUTEX_INIT;
static struct block *blocks;
static const char *const names[] = {"no allocator", "LocalAlloc", "CoTaskMemAlloc"};

static void *allocate(enum allocator kind, size_t size, bool zero)
{
    struct block *block = size > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + size);

    if (!block)
        return NULL;
    block->size = size;
    block->kind = kind;
    memset(block->data, zero ? 0 : 0xCD, size);
    os_mutex_lock(&lock);
    block->next = blocks;
    block->link = &blocks;
    if (blocks)
        blocks->link = &block->next;
    blocks = block;
    os_mutex_unlock(&lock);
    return block->data;
}

static struct block *find(const void *p)
{
    struct block *block = blocks;

    while (block && block->data != p)
        block = block->next;
    return block;
}

static void release(enum allocator kind, void *p)
{
    struct block *block;
    enum allocator from = ALLOCATOR_NONE;

    if (!p)
        return;
    os_mutex_lock(&lock);
    block = find(p);
    if (block) {
        from = block->kind;
        *block->link = block->next;
        if (block->next)
            block->next->link = block->link;
    }
    os_mutex_unlock(&lock);
    rule_check(RULE_ALLOCATOR, from == kind, 0, "a block from %s was freed as one from %s", names[from],
               names[kind]);
    if (block) {
        memset(block->data, 0xDD, block->size);
        free(block);
    }
}

HANDLE LocalAlloc(UINT flags, SIZE_T size)
{
    return allocate(ALLOCATOR_LOCAL, size, flags & LMEM_ZEROINIT);
}

HANDLE LocalFree(HANDLE block)
{
    release(ALLOCATOR_LOCAL, block);
    return NULL;
}

void *CoTaskMemAlloc(SIZE_T size)
{
    return allocate(ALLOCATOR_TASK, size, false);
}

void CoTaskMemFree(void *block)
{
    release(ALLOCATOR_TASK, block);
}

enum allocator allocator_of(const void *p, size_t *size)
{
    const struct block *block;
    enum allocator kind = ALLOCATOR_NONE;

    os_mutex_lock(&lock);
    block = find(p);
    *size = block ? block->size : 0;
    if (block)
        kind = block->kind;
    os_mutex_unlock(&lock);
    return kind;
}

void allocator_free(void *p)
{
    size_t size;
    enum allocator kind = allocator_of(p, &size);

    if (kind != ALLOCATOR_NONE)
        release(kind, p);
}

unsigned allocator_live(void)
{
    unsigned n = 0;

    os_mutex_lock(&lock);
    for (const struct block *block = blocks; block; block = block->next)
        n++;
    os_mutex_unlock(&lock);
    return n;
}

void allocators_start(void)
{
}

void allocators_finish(void)
{
}
