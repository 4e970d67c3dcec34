/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry in memory. It counts writes, can fail from the n-th one on (as if the program had ended there),
 * and keeps a fence: a write elsewhere than below the allowed keys is remembered as an offence.
 */
#ifndef RDSPROV_TESTS_FAKE_REGISTRY_H
#define RDSPROV_TESTS_FAKE_REGISTRY_H

#include "register/registry.h"

struct fake_registry {
    struct registry base;
    struct fake_key *keys;
    size_t count;
    unsigned writes;
    unsigned fail_at;      /* the n-th write (from 1) and all after it fail; 0: none */
    const char *fences[3]; /* writes must be below one of them; none set: no fence */
    unsigned offences;
    void (*after_write)(struct fake_registry *self, void *arg);
    void *after_arg;
};

struct fake_registry *fake_create(void);

/* For building one: makes keys on the way, ignores fence and counters. */
void fake_text(struct fake_registry *self, const char *key, const char *name, const char *text);
void fake_number(struct fake_registry *self, const char *key, const char *name, uint32_t number);
void fake_bytes(struct fake_registry *self, const char *key, const char *name, uint32_t type,
                const void *data, size_t size);
void fake_key(struct fake_registry *self, const char *key);

/* A Windows Server as far as the installer looks: system settings, RDP-Tcp with typical values, two more
 * listeners. Put into any registry, so that the same machine is made in Wine's. */
enum os_status machine_make(struct registry *registry);
enum os_status machine_listeners(struct registry *registry); /* only what is below WinStations */
struct fake_registry *fake_machine(void);

/* Everything in it, sorted, one line per key and value with type and hex. free() it. */
char *registry_dump(struct registry *registry, const char *root);

#endif
