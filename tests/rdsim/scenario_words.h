/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a scenario as words: apart by blanks; "..." is one word; , : = ~ are words of their own; # begins
 * a comment. */
#ifndef RDSIM_SCENARIO_WORDS_H
#define RDSIM_SCENARIO_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS_MAX 200

struct words {
    const char *word[WORDS_MAX]; /* NULL behind the last */
    unsigned count, at;
};

/* Cuts the line (which ends at its NUL) in place: `room` has 2 bytes for each of its own. NULL, or what is
 * wrong. */
const char *words_cut(struct words *self, const char *line, char *room);
/* The word under the finger, or "" behind the last. */
const char *words_peek(const struct words *self);
/* The same, and goes on. */
const char *words_take(struct words *self);
/* Goes on when the word is that one. */
bool words_skip(struct words *self, const char *word);
/* A whole number up to max. */
bool words_number(struct words *self, uint32_t max, uint32_t *out);
/* 50ms, 3s, 2min */
bool words_time(struct words *self, uint32_t max, uint32_t *ms);

#endif
