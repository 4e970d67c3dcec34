/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <direct.h>
#define make_folder(path) _mkdir(path)
#define remove_folder(path) _rmdir(path)
#else
#include <sys/stat.h>
#include <unistd.h>
#define make_folder(path) mkdir(path, 0700)
#define remove_folder(path) rmdir(path)
#endif

#include "os/os.h"

#define NAMES_MAX 32

const char files_sam[] = "demo:::878d8014606cda29677a44efa1353fc7:::\n";

static char folder[256];
static char names[NAMES_MAX][64];
static unsigned nnames;

static void remove_all(void)
{
    char path[400];

    for (unsigned i = 0; i < nnames; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    remove_folder(folder);
}

static void make(void)
{
    const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : getenv("TEMP");
    uint32_t random = 0;

    os_random(&random, sizeof random);
    snprintf(folder, sizeof folder, "%.200s/peer-test-%08x", base ? base : "/tmp", (unsigned)random);
    if (make_folder(folder) == 0)
        atexit(remove_all);
}

const char *files_path(const char *name)
{
    static char paths[8][400];
    static unsigned next;
    char *path = paths[next++ % 8];
    unsigned i = 0;

    if (!folder[0])
        make();
    while (i < nnames && strcmp(names[i], name) != 0)
        i++;
    if (i == nnames && nnames < NAMES_MAX)
        snprintf(names[nnames++], sizeof names[0], "%s", name);
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

bool files_write(const char *name, const char *text)
{
    FILE *file = fopen(files_path(name), "wb");
    bool good = file && fputs(text, file) >= 0;

    return file && fclose(file) == 0 && good;
}

bool files_read(const char *name, char *buf, size_t cap)
{
    FILE *file = fopen(files_path(name), "rb");
    size_t len = file ? fread(buf, 1, cap - 1, file) : 0;

    buf[len] = 0;
    if (file)
        fclose(file);
    return file != NULL;
}
