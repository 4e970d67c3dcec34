/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the parser: scenario.c (files, blocks), scenario_lines.c (what a line says). */
#ifndef RDSIM_SCENARIO_PRIVATE_H
#define RDSIM_SCENARIO_PRIVATE_H

#include "scenario.h"
#include "scenario_words.h"

struct parser {
    struct scenario *scenario;
    struct words words;
    unsigned line;
    char *room; /* where the next line's words go */
    unsigned open[SCENARIO_DEPTH_MAX], depth;
    unsigned thread; /* of the line */
    char *problem;
    size_t cap;
};

/* Says what is wrong with the line; false. */
bool parser_wrong(struct parser *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The next act, or NULL when there are too many. */
struct act *parser_add(struct parser *self, enum act_kind kind);

/* The rest of a line after its first word. */
bool line_service(struct parser *self, unsigned service);
bool line_client(struct parser *self);
bool line_on(struct parser *self);
bool line_pause(struct parser *self);
bool line_families(struct parser *self);
/* A line that begins with something else: a client's name. */
bool line_connection(struct parser *self);

#endif
