/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario_words.h"

#include <stdlib.h>
#include <string.h>

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

const char *words_cut(struct words *self, const char *line, char *room)
{
    self->count = self->at = 0;
    for (;;) {
        while (blank(*line))
            line++;
        if (!*line || *line == '#')
            break;
        if (self->count == WORDS_MAX - 1)
            return "too many words";
        self->word[self->count++] = room;
        if (*line == '"') {
            for (line++; *line && *line != '"';)
                *room++ = *line++;
            if (*line++ != '"')
                return "a quotation mark is missing";
        } else if (strchr(",:=~", *line)) {
            *room++ = *line++;
        } else {
            while (*line && !blank(*line) && !strchr(",:=~\"#", *line))
                *room++ = *line++;
        }
        *room++ = 0;
    }
    self->word[self->count] = NULL;
    return NULL;
}

const char *words_peek(const struct words *self)
{
    return self->at < self->count ? self->word[self->at] : "";
}

const char *words_take(struct words *self)
{
    return self->at < self->count ? self->word[self->at++] : "";
}

bool words_skip(struct words *self, const char *word)
{
    if (self->at == self->count || strcmp(self->word[self->at], word) != 0)
        return false;
    self->at++;
    return true;
}

static bool number(const char *text, const char **end, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9' && at - text < 10; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    *end = at;
    if (at == text || value > max)
        return false;
    *out = (uint32_t)value;
    return true;
}

bool words_number(struct words *self, uint32_t max, uint32_t *out)
{
    const char *end;

    if (!number(words_peek(self), &end, max, out) || *end)
        return false;
    self->at++;
    return true;
}

bool words_time(struct words *self, uint32_t max, uint32_t *ms)
{
    uint32_t value, unit;
    const char *end;

    if (!number(words_peek(self), &end, max, &value))
        return false;
    unit = strcmp(end, "ms") == 0 ? 1 : strcmp(end, "s") == 0 ? 1000 : strcmp(end, "min") == 0 ? 60000 : 0;
    if (!unit || value > max / unit)
        return false;
    *ms = value * unit;
    self->at++;
    return true;
}
