/* SPDX-License-Identifier: Apache-2.0 */
/* The language of rdpclient: one command a line, one answer a line ("ok ..." or "error ..."). */
#ifndef RDPCLIENT_COMMANDS_H
#define RDPCLIENT_COMMANDS_H

#include <stdbool.h>
#include <stdio.h>

#include "client.h"

#define COMMANDS_LINE_MAX 4096
#define COMMANDS_WORDS_MAX 64

struct session {
    struct client *client; /* NULL: none */
    struct client_ending ending;
    bool ended;   /* `ending` is the last connection's */
    bool mistake; /* a command was wrong */
    bool quit;
    FILE *out;
};

/* `line` is changed. */
void commands_run(struct session *self, char *line);
void commands_help(FILE *out);

#endif
