/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "commands_private.h"

#define SPACE " \t\r\n"

static void say(struct session *self, const char *verdict, const char *fmt, va_list args)
{
    fputs(verdict, self->out);
    if (fmt[0])
        fputc(' ', self->out);
    vfprintf(self->out, fmt, args);
    fputc('\n', self->out);
    fflush(self->out);
}

void answer(struct session *self, bool good, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(self, good ? "ok" : "error", fmt, args);
    va_end(args);
}

void mistake(struct session *self, const char *fmt, ...)
{
    va_list args;

    self->mistake = true;
    va_start(args, fmt);
    say(self, "error", fmt, args);
    va_end(args);
}

bool parse_number(const char *text, int base, uint32_t max, uint32_t *out)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, base);
    if (errno || end == text || *end || *text == '-' || *text == '+' || value > max)
        return false;
    *out = (uint32_t)value;
    return true;
}

char *take_value(char **words, int *count, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < *count; i++) {
        if (strncmp(words[i], name, len) == 0 && words[i][len] == '=') {
            char *value = words[i] + len + 1;

            for (int k = i; k + 1 < *count; k++)
                words[k] = words[k + 1];
            (*count)--;
            return value;
        }
    }
    return NULL;
}

bool take_number(struct session *self, char **words, int *count, const char *name, uint32_t fallback,
                 uint32_t max, uint32_t *out)
{
    const char *value = take_value(words, count, name);

    *out = fallback;
    if (!value || parse_number(value, 0, max, out))
        return true;
    mistake(self, "%s=%s: a number from 0 to %u", name, value, max);
    return false;
}

bool none_left(struct session *self, char **words, int count)
{
    if (count > 0)
        mistake(self, "not understood: %s", words[0]);
    return count == 0;
}

static const struct command *const tables[] = {connection_commands, picture_commands, input_commands};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static const struct command *find(const char *name)
{
    for (size_t t = 0; t < TABLES; t++)
        for (const struct command *command = tables[t]; command->name; command++)
            if (strcmp(command->name, name) == 0)
                return command;
    return NULL;
}

static int split(char *line, char **words)
{
    char *next = NULL;
    int count = 0;

    for (char *word = strtok_r(line, SPACE, &next); word && count < COMMANDS_WORDS_MAX;
         word = strtok_r(NULL, SPACE, &next))
        words[count++] = word;
    return count;
}

void commands_run(struct session *self, char *line)
{
    char *words[COMMANDS_WORDS_MAX], *name, *rest = NULL;
    const struct command *command;
    int count = 0;

    name = strtok_r(line, SPACE, &rest);
    if (!name || name[0] == '#')
        return;
    command = find(name);
    if (!command) {
        mistake(self, "no such command: %s", name);
        return;
    }
    if (command->max < 0) {
        rest[strcspn(rest, "\r\n")] = 0;
        if (rest[0])
            words[count++] = rest;
    } else {
        count = split(rest, words);
    }
    if (count < command->min || (command->max >= 0 && count > command->max)) {
        mistake(self, "usage: %s %s", name, command->usage);
        return;
    }
    if (command->active && !self->client) {
        answer(self, false, "no connection");
        return;
    }
    command->run(self, words, count);
}

void commands_help(FILE *out)
{
    for (size_t t = 0; t < TABLES; t++)
        for (const struct command *command = tables[t]; command->name; command++)
            fprintf(out, "  %s %s\n", command->name, command->usage);
}
