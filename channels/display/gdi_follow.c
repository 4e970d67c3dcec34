/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/gdi_follow.h"

#include "os/log.h"

#define AREA "gdi"

static enum gdi_follow_result stay_away(struct gdi_follow *self, const char *why)
{
    if (!self->away)
        log_info(AREA, 0, "the desktop with the input %s", why);
    self->away = true;
    return GDI_FOLLOW_AWAY;
}

enum gdi_follow_result gdi_follow_look(struct gdi_follow *self, uint64_t now_us,
                                       void (*before_enter)(void *arg), void *arg)
{
    wchar_t name[GDI_FOLLOW_NAME_MAX];
    void *desktop;

    if (now_us < self->next_us)
        return self->away ? GDI_FOLLOW_AWAY : GDI_FOLLOW_SAME;
    self->next_us = now_us + GDI_FOLLOW_US;
    if (!(desktop = self->calls->open()))
        return stay_away(self, "cannot be opened");
    if (!self->calls->name(desktop, name, GDI_FOLLOW_NAME_MAX)) {
        self->calls->close(desktop);
        return stay_away(self, "has no name");
    }
    if (self->current && wcscmp(name, self->name) == 0) {
        self->calls->close(desktop);
        self->away = false;
        return GDI_FOLLOW_SAME;
    }
    if (before_enter)
        before_enter(arg);
    if (!self->calls->enter(desktop)) {
        self->calls->close(desktop);
        return stay_away(self, "cannot be entered");
    }
    if (self->current)
        self->calls->close(self->current);
    self->current = desktop;
    wcscpy(self->name, name);
    self->away = false;
    self->switches++;
    log_info(AREA, 0, "on desktop %ls", name);
    return GDI_FOLLOW_SWITCHED;
}

void gdi_follow_soon(struct gdi_follow *self)
{
    self->next_us = 0;
}

void gdi_follow_finish(struct gdi_follow *self)
{
    if (self->current)
        self->calls->close(self->current);
    self->current = NULL;
}
