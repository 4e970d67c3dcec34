/* SPDX-License-Identifier: Apache-2.0 */
#include "service/report.h"

#include <stdio.h>
#include <string.h>

static const char *const adapter_words[] = {"starting", "ready", "failed"};
static const char *const layout_words[] = {"none", "pending", "shown", "failed"};

#define WORD(words, value) word(words, sizeof(words) / sizeof(words[0]), value)

static const char *word(const char *const *words, size_t count, ULONG value)
{
    return value < count ? words[value] : "unknown";
}

/* " (0xc000000d)", or nothing. */
static const char *status_text(ULONG status, char buf[16])
{
    buf[0] = 0;
    if (status)
        snprintf(buf, 16, " (0x%08x)", (unsigned)status);
    return buf;
}

void report_text(const struct control_report *self, char *buf, size_t cap)
{
    char adapter[16], layout[16];

    snprintf(buf, cap,
             "adapter %s%s, layout %s%s, monitors %u, chains %u, %s, frames %llu, sent %llu, skipped %llu",
             WORD(adapter_words, self->adapter), status_text(self->adapter_status, adapter),
             WORD(layout_words, self->layout), status_text(self->layout_status, layout),
             (unsigned)self->monitors, (unsigned)self->chains, self->attached ? "attached" : "not attached",
             (unsigned long long)self->frames, (unsigned long long)self->sent,
             (unsigned long long)self->skipped);
}

bool report_differs(const struct control_report *a, const struct control_report *b)
{
    return a->adapter != b->adapter || a->adapter_status != b->adapter_status || a->layout != b->layout ||
           a->layout_status != b->layout_status || a->monitors != b->monitors || a->chains != b->chains ||
           a->attached != b->attached;
}

bool report_is_end(const struct control_report *self, char *why, size_t cap)
{
    char status[16];

    if (self->version != CONTROL_VERSION)
        snprintf(why, cap, "its report is of version %u, not %u", (unsigned)self->version, CONTROL_VERSION);
    else if (self->adapter == CONTROL_ADAPTER_FAILED)
        snprintf(why, cap, "its adapter failed%s", status_text(self->adapter_status, status));
    else if (self->layout == CONTROL_LAYOUT_FAILED)
        snprintf(why, cap, "the monitors cannot be shown%s", status_text(self->layout_status, status));
    else if (!self->attached)
        snprintf(why, cap, "it has let go of memory and pipe");
    else
        return false;
    return true;
}
