/* SPDX-License-Identifier: Apache-2.0 */
#include "sessions.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void sessions_init(struct sessions *self)
{
    memset(self, 0, sizeof *self);
    os_mutex_init(&self->lock);
    self->next_id = SESSION_FIRST;
}

void sessions_finish(struct sessions *self)
{
    os_mutex_finish(&self->lock);
}

static struct session *find(struct sessions *self, uint32_t id)
{
    for (unsigned i = 0; i < SESSIONS_MAX; i++)
        if (self->entries[i].state != SESSION_FREE && self->entries[i].id == id)
            return &self->entries[i];
    return NULL;
}

static struct session *find_user(struct sessions *self, const char *user)
{
    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &self->entries[i];

        if ((session->state == SESSION_ACTIVE || session->state == SESSION_DISCONNECTED) &&
            strcasecmp(session->user, user) == 0)
            return session;
    }
    return NULL;
}

uint32_t sessions_create(struct sessions *self, uint32_t owner)
{
    uint32_t id = 0;

    os_mutex_lock(&self->lock);
    for (unsigned i = 0; i < SESSIONS_MAX && !id; i++)
        if (self->entries[i].state == SESSION_FREE) {
            id = self->next_id++;
            self->entries[i] = (struct session){SESSION_TEMPORARY, id, owner, ""};
        }
    os_mutex_unlock(&self->lock);
    return id;
}

bool sessions_take(struct sessions *self, uint32_t id, const char *user, uint32_t owner)
{
    struct session *session;
    bool good;

    os_mutex_lock(&self->lock);
    session = find(self, id);
    good = session && session->state == SESSION_DISCONNECTED && strcasecmp(session->user, user) == 0;
    if (good) {
        session->state = SESSION_ACTIVE;
        session->owner = owner;
    }
    os_mutex_unlock(&self->lock);
    return good;
}

uint32_t sessions_logon(struct sessions *self, uint32_t temporary, uint32_t wanted, const char *user,
                        uint32_t owner, uint32_t *previous)
{
    struct session *old, *mine;
    uint32_t id = 0;

    *previous = 0;
    os_mutex_lock(&self->lock);
    mine = find(self, temporary);
    old = wanted ? find(self, wanted) : NULL;
    if (!old || strcasecmp(old->user, user) != 0)
        old = find_user(self, user);
    if (old && old != mine) {
        *previous = old->owner;
        if (mine)
            memset(mine, 0, sizeof *mine);
    } else if (!old) {
        old = mine;
    }
    if (old) {
        id = old->id;
        old->owner = owner;
        old->state = SESSION_ACTIVE;
        snprintf(old->user, sizeof old->user, "%s", user);
    }
    os_mutex_unlock(&self->lock);
    return id;
}

bool sessions_leave(struct sessions *self, uint32_t id, uint32_t owner, bool *gone)
{
    struct session *session;
    bool mine = false;

    *gone = false;
    os_mutex_lock(&self->lock);
    session = find(self, id);
    if (session && session->owner == owner) {
        mine = true;
        session->owner = 0;
        if (session->state == SESSION_TEMPORARY) {
            *gone = true;
            memset(session, 0, sizeof *session);
        } else {
            session->state = SESSION_DISCONNECTED;
        }
    }
    os_mutex_unlock(&self->lock);
    return mine;
}

bool sessions_end(struct sessions *self, uint32_t id, uint32_t *owner)
{
    struct session *session;

    *owner = 0;
    os_mutex_lock(&self->lock);
    session = find(self, id);
    if (session) {
        *owner = session->owner;
        memset(session, 0, sizeof *session);
    }
    os_mutex_unlock(&self->lock);
    return session != NULL;
}

bool sessions_at(struct sessions *self, unsigned i, struct session *out)
{
    bool found = false;

    os_mutex_lock(&self->lock);
    for (unsigned n = 0; n < SESSIONS_MAX && !found; n++)
        if (self->entries[n].state != SESSION_FREE && i-- == 0) {
            *out = self->entries[n];
            found = true;
        }
    os_mutex_unlock(&self->lock);
    return found;
}

bool sessions_known(struct sessions *self, uint32_t id)
{
    bool known;

    os_mutex_lock(&self->lock);
    known = id >= SESSION_FIRST && id < self->next_id;
    os_mutex_unlock(&self->lock);
    return known;
}

bool sessions_get(struct sessions *self, uint32_t id, struct session *out)
{
    const struct session *session;

    os_mutex_lock(&self->lock);
    session = find(self, id);
    if (session)
        *out = *session;
    os_mutex_unlock(&self->lock);
    return session != NULL;
}

const char *session_state_name(enum session_state state)
{
    static const char *const names[] = {"free", "temporary", "active", "disconnected"};

    return names[state];
}
