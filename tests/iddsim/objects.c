/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"?",    "driver",  "device",  "queue",     "request",
                                    "file", "adapter", "monitor", "swap chain"};

void *object_create(enum object_kind kind, size_t size, const WDF_OBJECT_ATTRIBUTES *attributes,
                    struct object *parent)
{
    struct object *self = calloc(1, size);

    if (!self)
        abort();
    self->kind = kind;
    self->refs = 1;
    self->parent = parent;
    if (attributes) {
        rule_check(RULE_SIZES,
                   attributes->Size == sizeof(*attributes) && attributes->ExecutionLevel == 1 &&
                       attributes->SynchronizationScope == 1,
                   "WDF_OBJECT_ATTRIBUTES");
        self->attributes = *attributes;
        if (attributes->ContextTypeInfo) {
            rule_check(RULE_SIZES, attributes->ContextTypeInfo->Size == sizeof(*attributes->ContextTypeInfo),
                       "WDF_OBJECT_CONTEXT_TYPE_INFO");
            self->context = calloc(1, attributes->ContextTypeInfo->ContextSize);
            if (!self->context)
                abort();
        }
    }
    self->next = the_sim->objects;
    the_sim->objects = self;
    return self;
}

void *object_get(const void *handle, enum object_kind kind, const char *who)
{
    if (caller_impersonates())
        rule_broken(RULE_CALLER, "%s while impersonating", who);
    for (struct object *o = the_sim->objects; o; o = o->next) {
        if (o != handle)
            continue;
        if (kind && o->kind != kind)
            rule_broken(RULE_HANDLES, "%s: a %s, not a %s", who, kinds[o->kind], kinds[kind]);
        else if (o->dead && !o->context)
            rule_broken(o->kind == OBJECT_REQUEST ? RULE_REQUEST_ONCE
                        : o->kind == OBJECT_CHAIN
                            ? (strcmp(who, "WdfObjectDelete") == 0 ? RULE_CHAIN_DELETE : RULE_CHAIN_AFTER)
                            : RULE_HANDLES,
                        "%s: the %s is gone", who, kinds[o->kind]);
        else {
            rule_checked(o->kind == OBJECT_CHAIN ? RULE_CHAIN_AFTER : RULE_HANDLES);
            return o;
        }
        return NULL;
    }
    rule_broken(RULE_HANDLES, "%s: %p is no handle", who, handle);
    return NULL;
}

void *object_find(const void *handle, enum object_kind kind, const char *who)
{
    void *found;

    os_mutex_lock(&the_sim->lock);
    found = object_get(handle, kind, who);
    os_mutex_unlock(&the_sim->lock);
    return found;
}

/* Children first, then the object itself (WDF: cleanup runs before the parent's). */
void object_delete(struct object *self)
{
    EVT_WDF_OBJECT_CONTEXT_CLEANUP *cleanup;
    void *context;

    for (;;) {
        struct object *child;

        os_mutex_lock(&the_sim->lock);
        for (child = the_sim->objects; child; child = child->next)
            if (child->parent == self && !child->dead)
                break;
        os_mutex_unlock(&the_sim->lock);
        if (!child)
            break;
        object_delete(child);
    }
    os_mutex_lock(&the_sim->lock);
    if (self->dead) {
        os_mutex_unlock(&the_sim->lock);
        return;
    }
    self->dead = true;
    cleanup = self->attributes.EvtCleanupCallback;
    os_mutex_unlock(&the_sim->lock);
    if (cleanup) {
        uint64_t begin = callback_begin();

        cleanup(self);
        callback_end(begin, "EvtCleanupCallback");
    }
    /* Contexts go with their parents', not earlier: a child's cleanup may look at them. */
    os_mutex_lock(&the_sim->lock);
    context = NULL;
    if (!self->parent || self->parent->kind == OBJECT_DRIVER || self->kind == OBJECT_MONITOR) {
        context = self->context;
        self->context = NULL;
    }
    os_mutex_unlock(&the_sim->lock);
    free(context);
}

unsigned objects_alive(enum object_kind kind)
{
    unsigned n = 0;

    os_mutex_lock(&the_sim->lock);
    for (struct object *o = the_sim->objects; o; o = o->next)
        n += !o->dead && (!kind || o->kind == kind);
    os_mutex_unlock(&the_sim->lock);
    return n;
}

void objects_free(void)
{
    for (struct object *o = the_sim->objects, *next; o; o = next) {
        next = o->next;
        if (o->kind == OBJECT_REQUEST)
            request_drop((struct sim_request *)o);
        free(o->context);
        free(o);
    }
    the_sim->objects = NULL;
}
