/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords that can be found in our own memory: the test is the service, so this is the adapter's memory,
 * too. The tag that begins all of them is kept inverted, or the search would find itself. */
#include "close_matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define TAG 16
#define CHUNK (1u << 20)
#define REST 64 /* of a chunk, looked at again with the next one */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static unsigned char inverted[TAG];

void secret_choose(void)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    os_random(inverted, TAG);
    for (int i = 0; i < TAG; i++)
        inverted[i] = (unsigned char)~letters[inverted[i] % (sizeof letters - 1)];
}

void secret_write(char *out, size_t cap, unsigned number)
{
    for (size_t i = 0; i < TAG && i + 1 < cap; i++)
        out[i] = (char)~inverted[i];
    if (cap > TAG)
        snprintf(out + TAG, cap - TAG, "%03u-and-some-more", number);
}

#ifdef SANITIZED
bool secret_searchable(void)
{
    return false;
}

unsigned secret_search(const struct cell *cells, unsigned count)
{
    (void)cells;
    (void)count;
    return 0;
}
#else
/* At `at`: the tag, one byte or two for a letter; then the number. -1: none. */
static int secret_at(const unsigned char *at, size_t left, unsigned step)
{
    char digits[4] = "";

    if (left < (TAG + 3) * step)
        return -1;
    for (size_t i = 0; i < TAG; i++)
        if (at[i * step] != (unsigned char)~inverted[i] || (step == 2 && at[i * step + 1]))
            return -1;
    for (size_t i = 0; i < 3; i++)
        digits[i] = (char)at[(TAG + i) * step];
    return atoi(digits);
}

static unsigned search_block(const unsigned char *block, size_t size, const char *where,
                             const struct cell *cells, unsigned count)
{
    unsigned found = 0;
    const unsigned char *end = block + size;

    for (const unsigned char *at = block; at < end; at++) {
        int number;
        unsigned step = 1;

        at = memchr(at, (unsigned char)~inverted[0], (size_t)(end - at));
        if (!at)
            break;
        number = secret_at(at, (size_t)(end - at), step);
        if (number < 0)
            number = secret_at(at, (size_t)(end - at), step = 2);
        if (number < 0)
            continue;
        found++;
        fprintf(stderr, "a password in memory (%s, UTF-%u) after the end of cell \"%s\"\n", where, 8 * step,
                (unsigned)number < count ? cells[number].name : "?");
    }
    return found;
}

bool secret_searchable(void)
{
    return true;
}

#ifdef _WIN32
static unsigned search_region(const MEMORY_BASIC_INFORMATION *region, unsigned char *chunk,
                              const struct cell *cells, unsigned count)
{
    const char *begin = region->BaseAddress;
    unsigned found = 0;

    for (size_t at = 0; at < region->RegionSize; at += CHUNK - REST) {
        size_t want = region->RegionSize - at < CHUNK ? region->RegionSize - at : CHUNK;
        SIZE_T got = 0;

        if (ReadProcessMemory(GetCurrentProcess(), begin + at, chunk, want, &got) && got > REST) {
            found += search_block(chunk, got, "private", cells, count);
            os_wipe(chunk, got);
        }
    }
    return found;
}

unsigned secret_search(const struct cell *cells, unsigned count)
{
    unsigned char *chunk = malloc(CHUNK);
    MEMORY_BASIC_INFORMATION region;
    unsigned found = 0;

    for (char *at = NULL; chunk && VirtualQuery(at, &region, sizeof region) == sizeof region;
         at = (char *)region.BaseAddress + region.RegionSize) {
        bool ours = region.BaseAddress <= (void *)chunk &&
                    (char *)region.BaseAddress + region.RegionSize > (char *)chunk;

        if (region.State == MEM_COMMIT && region.Protect == PAGE_READWRITE && !ours)
            found += search_region(&region, chunk, cells, count);
    }
    free(chunk);
    return found;
}
#else
unsigned secret_search(const struct cell *cells, unsigned count)
{
    static unsigned char chunk[CHUNK]; /* wiped after each read: it is searched itself */
    FILE *maps = fopen("/proc/self/maps", "r"), *memory = fopen("/proc/self/mem", "rb");
    unsigned long begin, end;
    char line[512], rights[8], where[256];
    unsigned found = 0;

    if (!maps || !memory) {
        fprintf(stderr, "our memory cannot be read\n");
        abort();
    }
    setvbuf(memory, NULL, _IONBF, 0);
    while (fgets(line, sizeof line, maps)) {
        where[0] = 0;
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &begin, &end, rights, where) < 3 ||
            strncmp(rights, "rw", 2) != 0)
            continue;
        for (unsigned long at = begin; at < end; at += CHUNK - REST) {
            size_t want = end - at < CHUNK ? end - at : CHUNK, got = 0;

            if (fseek(memory, (long)at, SEEK_SET) == 0)
                got = fread(chunk, 1, want, memory);
            found += search_block(chunk, got, where[0] ? where : "anonymous", cells, count);
            os_wipe(chunk, got);
        }
    }
    fclose(memory);
    fclose(maps);
    return found;
}
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)
size_t memory_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

__attribute__((constructor)) static void one_arena(void)
{
    mallopt(M_ARENA_MAX, 1); /* mallinfo2 knows the first one only */
}
#else
size_t memory_in_use(void)
{
    return 0;
}
#endif
