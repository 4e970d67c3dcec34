/* SPDX-License-Identifier: Apache-2.0 */
/* What the command files share. A handler prints exactly one answer, through answer() or mistake(). */
#ifndef RDPCLIENT_COMMANDS_PRIVATE_H
#define RDPCLIENT_COMMANDS_PRIVATE_H

#include "commands.h"

struct command {
    const char *name, *usage;
    int min, max; /* words behind the name; max -1: the rest of the line is one word */
    bool active;  /* needs a connection */
    void (*run)(struct session *self, char **words, int count);
};

extern const struct command connection_commands[], picture_commands[], input_commands[];

/* "ok ..." or, when a thing that was waited for or compared is not so, "error ..." */
void answer(struct session *self, bool good, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The command itself is wrong. */
void mistake(struct session *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool parse_number(const char *text, int base, uint32_t max, uint32_t *out);
/* The value of `name` in words like name=value; NULL: not there. It is taken out of the words. */
char *take_value(char **words, int *count, const char *name);
/* As a number; `fallback` when not there. False: a mistake, already answered. */
bool take_number(struct session *self, char **words, int *count, const char *name, uint32_t fallback,
                 uint32_t max, uint32_t *out);
/* WxH, or several of WxH+LEFT+TOP with commas between (a place may be negative: WxH+-800+0). */
bool parse_layout(const char *text, struct client_layout *out);
/* False, and a mistake answered, when words are left. */
bool none_left(struct session *self, char **words, int count);

#endif
