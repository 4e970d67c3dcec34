/* SPDX-License-Identifier: Apache-2.0 */
/* The desktop with the input switches, is not there, cannot be entered: where the thread is, and that no
 * handle stays open. */
#include "check.h"

#include "channels/display/gdi_follow.h"

/* A window station: handles are numbers from 1 on, each of a desktop. */
static struct {
    wchar_t input[32]; /* which has the input; empty: none can be opened */
    bool refuses;      /* to let a thread in */
    wchar_t of[32][32];
    bool open[32];
    unsigned handles, opened, left;
    void *thread; /* handle of the desktop that the thread is on */
} station;

static unsigned number(void *desktop)
{
    return (unsigned)(uintptr_t)desktop;
}

static void *open_input(void)
{
    if (!station.input[0] || station.handles + 1 >= 32)
        return NULL;
    station.handles++;
    station.opened++;
    station.open[station.handles] = true;
    wcscpy(station.of[station.handles], station.input);
    return (void *)(uintptr_t)station.handles;
}

static bool name_of(void *desktop, wchar_t *out, size_t cap)
{
    CHECK(station.open[number(desktop)]);
    wcscpy(out, station.of[number(desktop)]);
    return cap > 0;
}

static bool enter(void *desktop)
{
    CHECK(station.open[number(desktop)]);
    if (station.refuses)
        return false;
    station.thread = desktop;
    return true;
}

static void close_desktop(void *desktop)
{
    CHECK(station.open[number(desktop)]);
    CHECK(desktop != station.thread); /* Windows does not close it under a thread */
    station.open[number(desktop)] = false;
    station.opened--;
}

static const struct gdi_follow_calls calls = {open_input, name_of, enter, close_desktop};

static void leaves(void *arg)
{
    station.left++;
    CHECK(arg == &station);
}

static uint64_t now_us;

static enum gdi_follow_result look(struct gdi_follow *self)
{
    now_us += GDI_FOLLOW_US;
    return gdi_follow_look(self, now_us, leaves, &station);
}

static struct gdi_follow begin(const wchar_t *input)
{
    memset(&station, 0, sizeof station);
    wcscpy(station.input, input);
    now_us = 1000;
    return (struct gdi_follow){.calls = &calls};
}

static void finish(struct gdi_follow *self)
{
    station.thread = NULL;
    gdi_follow_finish(self);
    CHECK_INT(station.opened, 0);
}

TEST(logon_lock_and_consent)
{
    static const wchar_t *const way[] = {L"Winlogon", L"Default",    L"Winlogon",
                                         L"Default",  L"Disconnect", L"Default"};
    struct gdi_follow self = begin(L"Winlogon");

    for (unsigned i = 0; i < sizeof way / sizeof way[0]; i++) {
        wcscpy(station.input, way[i]);
        CHECK_INT(look(&self), GDI_FOLLOW_SWITCHED);
        CHECK(wcscmp(self.name, way[i]) == 0);
        CHECK(station.thread == self.current);
        CHECK_INT(self.switches, i + 1);
        CHECK_INT(station.left, i + 1); /* once for each, before it */
        CHECK_INT(look(&self), GDI_FOLLOW_SAME);
        CHECK_INT(look(&self), GDI_FOLLOW_SAME);
        CHECK_INT(station.opened, 1);
        CHECK_INT(station.left, i + 1);
    }
    finish(&self);
}

TEST(looks_are_rare_unless_asked_for)
{
    struct gdi_follow self = begin(L"Default");

    CHECK_INT(look(&self), GDI_FOLLOW_SWITCHED);
    wcscpy(station.input, L"Winlogon");
    CHECK_INT(gdi_follow_look(&self, now_us + 1, leaves, &station), GDI_FOLLOW_SAME);
    CHECK_INT(station.handles, 1);
    gdi_follow_soon(&self);
    CHECK_INT(gdi_follow_look(&self, now_us + 2, leaves, &station), GDI_FOLLOW_SWITCHED);
    finish(&self);
}

TEST(a_desktop_that_cannot_be_opened)
{
    struct gdi_follow self = begin(L"Default");

    CHECK_INT(look(&self), GDI_FOLLOW_SWITCHED);
    station.input[0] = 0;
    CHECK_INT(look(&self), GDI_FOLLOW_AWAY);
    CHECK_INT(gdi_follow_look(&self, now_us + 1, leaves, &station), GDI_FOLLOW_AWAY);
    CHECK(wcscmp(self.name, L"Default") == 0);
    CHECK(station.thread == self.current);
    wcscpy(station.input, L"Default");
    CHECK_INT(look(&self), GDI_FOLLOW_SAME); /* it was there all the time */
    CHECK(!self.away);
    finish(&self);
}

TEST(a_desktop_that_lets_nobody_in)
{
    struct gdi_follow self = begin(L"Default");

    CHECK_INT(look(&self), GDI_FOLLOW_SWITCHED);
    wcscpy(station.input, L"Winlogon");
    station.refuses = true;
    CHECK_INT(look(&self), GDI_FOLLOW_AWAY);
    CHECK_INT(station.opened, 1);
    CHECK(wcscmp(self.name, L"Default") == 0);
    station.refuses = false;
    CHECK_INT(look(&self), GDI_FOLLOW_SWITCHED);
    CHECK(wcscmp(self.name, L"Winlogon") == 0);
    finish(&self);
}

TEST(nothing_was_ever_opened)
{
    struct gdi_follow self = begin(L"");

    CHECK_INT(look(&self), GDI_FOLLOW_AWAY);
    CHECK(!self.current);
    finish(&self);
}
