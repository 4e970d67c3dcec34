/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "os/log.h"

#define REASONS_LOGGED 5 /* of each rule; the count goes on */

static const struct rule_info {
    const char *id, *source, *text;
    bool must;
} infos[RULES] = {
#define RULE_INFO(name, id, must, source, text) {id, source, text, must},
    RULE_LIST(RULE_INFO)
#undef RULE_INFO
};

static struct {
    _Atomic unsigned kept, broken;
} counts[RULES];

bool rule_check(enum rule rule, bool good, uint32_t id, const char *fmt, ...)
{
    const struct rule_info *info = &infos[rule];
    char text[512];
    va_list args;

    if (good) {
        atomic_fetch_add(&counts[rule].kept, 1);
        return true;
    }
    if (atomic_fetch_add(&counts[rule].broken, 1) >= REASONS_LOGGED)
        return false;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (info->must)
        log_error("rule", id, "%s broken: %s (%s: %s)", info->id, text, info->source, info->text);
    else
        log_warn("rule", id, "%s advised: %s (%s: %s)", info->id, text, info->source, info->text);
    return false;
}

enum rule rule_find(const char *id)
{
    for (unsigned i = 0; i < RULES; i++)
        if (strcmp(infos[i].id, id) == 0)
            return (enum rule)i;
    return RULES;
}

const char *rule_id(enum rule rule)
{
    return infos[rule].id;
}

unsigned rule_failures(enum rule rule)
{
    return atomic_load(&counts[rule].broken);
}

unsigned rules_broken(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < RULES; i++)
        n += infos[i].must && atomic_load(&counts[i].broken) > 0;
    return n;
}

void rules_reset(void)
{
    for (unsigned i = 0; i < RULES; i++) {
        atomic_store(&counts[i].kept, 0);
        atomic_store(&counts[i].broken, 0);
    }
}

void rules_print(FILE *out, bool all)
{
    unsigned kept = 0, broken = 0, advised = 0, unseen = 0;

    for (unsigned i = 0; i < RULES; i++) {
        unsigned good = atomic_load(&counts[i].kept), bad = atomic_load(&counts[i].broken);
        const char *verdict = bad ? (infos[i].must ? "BROKEN" : "advice") : good ? "kept" : "-";

        broken += bad && infos[i].must;
        advised += bad && !infos[i].must;
        kept += !bad && good;
        unseen += !bad && !good;
        if (bad || all)
            fprintf(out, "rule %-26s %-6s %6u kept %4u broken  %s [%s]\n", infos[i].id, verdict, good, bad,
                    infos[i].text, infos[i].source);
    }
    fprintf(out, "rules: %u kept, %u broken, %u advised, %u not judged\n", kept, broken, advised, unseen);
    fflush(out);
}

void rules_list(FILE *out)
{
    for (unsigned i = 0; i < RULES; i++)
        fprintf(out, "%-26s %-6s %s [%s]\n", infos[i].id, infos[i].must ? "rule" : "advice", infos[i].text,
                infos[i].source);
}
