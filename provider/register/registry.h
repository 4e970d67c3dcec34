/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry as the installer sees it: keys by path below HKEY_LOCAL_MACHINE
 * ("SYSTEM\CurrentControlSet\..."), values as raw bytes with their type. The real one is registry_win32.c;
 * tests bring one in memory. Names are UTF-8, compared without case. Text data is UTF-16LE with its NUL, as
 * the registry keeps it.
 */
#ifndef RDSPROV_REGISTER_REGISTRY_H
#define RDSPROV_REGISTER_REGISTRY_H

#include "os/os.h"

#define REGISTRY_PATH_MAX 512         /* bytes with NUL */
#define REGISTRY_NAME_MAX 768         /* of a value or key: 255 characters in UTF-8, with NUL */
#define REGISTRY_DATA_MAX (64 * 1024) /* bytes of one value that we copy, write or keep */

/* winnt.h's numbers; named here so that the plan needs no Windows header. */
enum registry_type {
    REGISTRY_TEXT = 1,      /* REG_SZ */
    REGISTRY_EXPAND = 2,    /* REG_EXPAND_SZ */
    REGISTRY_BINARY = 3,    /* REG_BINARY */
    REGISTRY_NUMBER = 4,    /* REG_DWORD */
    REGISTRY_MULTI_TEXT = 7 /* REG_MULTI_SZ */
};

struct registry_value {
    uint32_t type;
    uint32_t size;
    uint8_t *data; /* own; NULL when size is 0 */
};

struct registry;

struct registry_impl {
    /* OS_NOT_FOUND when there is none. */
    enum os_status (*key_exists)(struct registry *self, const char *path);
    /* The parent must be there (OS_NOT_FOUND) and the key not (OS_BUSY). */
    enum os_status (*key_create)(struct registry *self, const char *path);
    /* Only a key without values and keys: OS_BUSY otherwise. */
    enum os_status (*key_delete)(struct registry *self, const char *path);
    /* i-th key or value below `path`; OS_NOT_FOUND past the end. The default value's name is "". */
    enum os_status (*key_at)(struct registry *self, const char *path, unsigned i,
                             char name[REGISTRY_NAME_MAX]);
    enum os_status (*value_at)(struct registry *self, const char *path, unsigned i,
                               char name[REGISTRY_NAME_MAX]);
    /* OS_NOT_FOUND: no such key or value. OS_TOO_BIG: over REGISTRY_DATA_MAX. */
    enum os_status (*value_get)(struct registry *self, const char *path, const char *name,
                                struct registry_value *out);
    enum os_status (*value_set)(struct registry *self, const char *path, const char *name,
                                const struct registry_value *value);
    enum os_status (*value_delete)(struct registry *self, const char *path, const char *name);
    void (*destroy)(struct registry *self);
};

struct registry {
    const struct registry_impl *impl;
};

void registry_destroy(struct registry *self); /* NULL is fine */

/* HKEY_LOCAL_MACHINE, 64-bit view; every path is below `root` of it ("" for the whole; tests use a key of
 * their own). Windows only. */
enum os_status registry_win32_create(const char *root, struct registry **out);

/* Values. finish frees (data may hold what must not stay in memory: it is wiped), and leaves an empty value.
 */
void registry_value_finish(struct registry_value *self);
bool registry_value_copy(struct registry_value *self,
                         const struct registry_value *from); /* false: no memory */
bool registry_value_same(const struct registry_value *a, const struct registry_value *b);
bool registry_value_set_text(struct registry_value *self, const char *text);
bool registry_value_set_number(struct registry_value *self, uint32_t number);
/* What "nothing" is in this type: "", 0, or no bytes. */
bool registry_value_set_empty(struct registry_value *self, uint32_t type);

/* Readings that refuse another type (OS_INVALID). Text of REG_SZ and REG_EXPAND_SZ, unexpanded. */
enum os_status registry_get_text(struct registry *self, const char *path, const char *name, char *out,
                                 size_t cap);
enum os_status registry_get_number(struct registry *self, const char *path, const char *name, uint32_t *out);

/* Names are compared as the registry does, for ASCII letters; others must match exactly. */
bool registry_same_name(const char *a, const char *b);
/* `path` is `root` or lies below it. */
bool registry_is_below(const char *path, const char *root);

/* "REG_SZ \"text\"", "REG_DWORD 0x1 (1)", "REG_BINARY 120 bytes": one line for people, control characters as
 * '?'. */
void registry_value_print(const struct registry_value *self, char *out, size_t cap);

#endif
