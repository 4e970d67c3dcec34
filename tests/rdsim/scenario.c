/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario_private.h"

static bool open_block(struct parser *self, enum act_kind kind)
{
    struct act *act;

    if (self->depth == SCENARIO_DEPTH_MAX)
        return parser_wrong(self, "blocks nest too deep");
    for (unsigned i = 0; i < self->depth; i++)
        if (self->scenario->acts[self->open[i]].kind == ACT_TOGETHER)
            return parser_wrong(self, "no block inside `together`");
    self->open[self->depth] = self->scenario->act_count;
    if (!(act = parser_add(self, kind)))
        return false;
    self->depth++;
    if (kind == ACT_REPEAT &&
        (!words_number(&self->words, SCENARIO_TIMES_MAX, &act->number) || act->number == 0))
        return parser_wrong(self, "repeat how often?");
    return true;
}

static bool close_block(struct parser *self)
{
    if (self->depth == 0)
        return parser_wrong(self, "`end` of nothing");
    self->scenario->acts[self->open[--self->depth]].end = self->scenario->act_count;
    return true;
}

/* "1:" in a `together` block says which thread. */
static bool thread_of(struct parser *self)
{
    bool together = self->depth > 0 && self->scenario->acts[self->open[self->depth - 1]].kind == ACT_TOGETHER;

    self->thread = 0;
    if (!together || strcmp(words_peek(&self->words), "end") == 0)
        return true;
    return (words_number(&self->words, SCENARIO_THREADS_MAX, &self->thread) && self->thread > 0 &&
            words_skip(&self->words, ":")) ||
           parser_wrong(self, "in `together` a line begins with its thread: `1: ...`");
}

static bool parse_line(struct parser *self)
{
    struct words *words = &self->words;
    struct scenario *scenario = self->scenario;

    if (!thread_of(self))
        return false;
    if (words_skip(words, "scenario"))
        return *(scenario->title = words_take(words)) || parser_wrong(self, "it needs a title");
    if (words_skip(words, "source"))
        return *(scenario->source = words_take(words)) || parser_wrong(self, "which source?");
    if (words_skip(words, "families"))
        return line_families(self);
    if (words_skip(words, "service"))
        return line_service(self, 0);
    if (words_skip(words, "service2"))
        return line_service(self, 1);
    if (words_skip(words, "client"))
        return line_client(self);
    if (words_skip(words, "on"))
        return line_on(self);
    if (words_skip(words, "wait"))
        return line_pause(self);
    if (words_skip(words, "together"))
        return open_block(self, ACT_TOGETHER);
    if (words_skip(words, "repeat"))
        return open_block(self, ACT_REPEAT);
    if (words_skip(words, "end"))
        return close_block(self);
    return line_connection(self);
}

static bool parse(struct parser *self, const char *text, char *line)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        const char *why;

        self->line++;
        memcpy(line, text, len);
        line[len] = 0;
        text += len + (text[len] == '\n');
        why = words_cut(&self->words, line, self->room);
        if (why)
            return parser_wrong(self, "%s", why);
        self->room += 2 * len + 1;
        if (self->words.count == 0)
            continue;
        if (!parse_line(self))
            return false;
        if (self->words.at < self->words.count)
            return parser_wrong(self, "what is '%.40s'?", words_peek(&self->words));
    }
    if (self->depth > 0)
        return parser_wrong(self, "`end` is missing");
    return self->scenario->title && self->scenario->source ? true
                                                           : parser_wrong(self, "no title or no source");
}

bool scenario_parse(const char *text, size_t len, struct scenario **out, char *problem, size_t cap)
{
    struct scenario *scenario = calloc(1, sizeof *scenario);
    struct parser self = {.scenario = scenario, .problem = problem, .cap = cap};
    char *copy = NULL, *line = NULL;
    bool good = false;

    *out = NULL;
    snprintf(problem, cap, "out of memory");
    if (!scenario)
        return false;
    if (len > SCENARIO_FILE_MAX || memchr(text, 0, len)) {
        snprintf(problem, cap, "too long, or no text");
        goto out;
    }
    copy = malloc(len + 1);
    line = malloc(len + 1);
    scenario->text = self.room = malloc(3 * len + 16); /* words with their ends, and one more for each line */
    scenario->acts = calloc(SCENARIO_ACTS_MAX, sizeof *scenario->acts);
    scenario->steps = calloc(SCENARIO_STEPS_MAX, sizeof *scenario->steps);
    if (!copy || !line || !scenario->text || !scenario->acts || !scenario->steps)
        goto out;
    memcpy(copy, text, len);
    copy[len] = 0;
    scenario->rds = scenario->legacy = true;
    good = parse(&self, copy, line);
out:
    free(copy);
    free(line);
    if (good)
        *out = scenario;
    else
        scenario_destroy(scenario);
    return good;
}

bool scenario_read(const char *path, struct scenario **out, char *problem, size_t cap)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(SCENARIO_FILE_MAX + 1);
    size_t len = 0;
    bool good = false;

    *out = NULL;
    if (!file || !text) {
        snprintf(problem, cap, "it cannot be read");
    } else {
        len = fread(text, 1, SCENARIO_FILE_MAX + 1, file);
        good = scenario_parse(text, len, out, problem, cap);
    }
    if (file)
        fclose(file);
    free(text);
    return good;
}

void scenario_destroy(struct scenario *self)
{
    if (!self)
        return;
    free(self->text);
    free(self->acts);
    free(self->steps);
    free(self);
}
