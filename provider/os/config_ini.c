/* SPDX-License-Identifier: Apache-2.0 */
/* Strict on purpose: a line that is not understood is a problem to report, not one to skip, and so is a key
 * or section that comes twice. A value is everything after '=' without the blanks around it; nothing is
 * quoted or escaped, and a
 * '#' inside a value is part of it. */
#include "os/config_values.h"
#include "os/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS_MAX 64
#define NAME_MAX_LEN 64
#define LINE_MAX_LEN (CONFIG_KEY_MAX + OS_CONFIG_VALUE_MAX + 64)

struct parser {
    const char *file;
    const char *listener;
    unsigned line;
    char (*sections)[NAME_MAX_LEN];
    unsigned section_count;
    bool found;             /* [listener] was seen */
    struct os_config *into; /* its values */
    struct os_config
        *current; /* values of the section that we are in: `into` or `other`; NULL before the first */
    struct os_config *other;
    char *problem;
    size_t cap;
};

__attribute__((format(printf, 3, 4))) static enum os_status
complain(struct parser *self, enum os_status status, const char *fmt, ...)
{
    char what[160];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    if (self->line)
        snprintf(self->problem, self->cap, "%s, line %u: %s", self->file, self->line, what);
    else
        snprintf(self->problem, self->cap, "%s: %s", self->file, what);
    return status;
}

static char *trim(char *text)
{
    size_t len;

    while (*text == ' ' || *text == '\t')
        text++;
    len = strlen(text);
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        text[--len] = 0;
    return text;
}

static enum os_status parse_section(struct parser *self, char *line)
{
    size_t len = strlen(line);
    char *name;

    if (line[len - 1] != ']')
        return complain(self, OS_INVALID, "a section must end with ']'");
    line[len - 1] = 0;
    name = trim(line + 1);
    len = strlen(name);
    if (len == 0 || len >= NAME_MAX_LEN)
        return complain(self, OS_INVALID, "a section's name must have 1 to %d bytes", NAME_MAX_LEN - 1);
    if (strpbrk(name, "[]"))
        return complain(self, OS_INVALID, "a section's name must not contain brackets");
    for (unsigned i = 0; i < self->section_count; i++)
        if (config_same_name(self->sections[i], name))
            return complain(self, OS_INVALID, "section [%s] comes twice", name);
    if (self->section_count == SECTIONS_MAX)
        return complain(self, OS_INVALID, "more than %d sections", SECTIONS_MAX);
    memcpy(self->sections[self->section_count++], name, len + 1);

    if (config_same_name(name, self->listener)) {
        self->found = true;
        self->current = self->into;
        return OS_OK;
    }
    os_config_destroy(self->other);
    self->other = config_values_create(self->file);
    self->current = self->other;
    return self->other ? OS_OK : complain(self, OS_NO_MEMORY, "out of memory");
}

static enum os_status parse_value(struct parser *self, char *line)
{
    char *equals = strchr(line, '='), *key, *value;

    if (!equals)
        return complain(self, OS_INVALID, "neither [section], key = value nor # comment");
    *equals = 0;
    key = trim(line);
    value = trim(equals + 1);
    if (!*key)
        return complain(self, OS_INVALID, "no key before '='");
    if (!self->current)
        return complain(self, OS_INVALID, "key \"%.*s\" comes before the first [section]", CONFIG_KEY_MAX,
                        key);

    switch (config_values_add(self->current, key, value)) {
    case OS_OK:
        return OS_OK;
    case OS_BUSY:
        return complain(self, OS_INVALID, "key \"%s\" comes twice in [%s]", key,
                        self->sections[self->section_count - 1]);
    case OS_TOO_BIG:
        if (strlen(key) >= CONFIG_KEY_MAX)
            return complain(self, OS_INVALID, "a key must have at most %d bytes", CONFIG_KEY_MAX - 1);
        if (strlen(value) >= OS_CONFIG_VALUE_MAX)
            return complain(self, OS_INVALID, "the value of \"%s\" has more than %d bytes", key,
                            OS_CONFIG_VALUE_MAX - 1);
        return complain(self, OS_INVALID, "more than %d keys in one section", CONFIG_VALUES_MAX);
    case OS_INVALID:
        return complain(self, OS_INVALID, "key \"%.*s\" has a character that is not allowed", CONFIG_KEY_MAX,
                        key);
    default:
        return complain(self, OS_NO_MEMORY, "out of memory");
    }
}

static const char *unclean(const char *line, size_t len)
{
    const char *end = line + len;

    while (line < end) {
        uint32_t c = utf8_next(&line, end);

        if (c == UTF_BAD)
            return "not UTF-8";
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return "control character";
    }
    return NULL;
}

static enum os_status parse_line(struct parser *self, const char *text, size_t len)
{
    char line[LINE_MAX_LEN], *start;
    const char *bad;

    if (len && text[len - 1] == '\r')
        len--;
    bad = unclean(text, len);
    if (bad)
        return complain(self, OS_INVALID, "%s", bad);
    if (len >= sizeof line) {
        return complain(self, OS_INVALID, "line is longer than %d bytes", LINE_MAX_LEN - 1);
    }
    memcpy(line, text, len);
    line[len] = 0;
    start = trim(line);
    if (!*start || *start == '#')
        return OS_OK;
    return *start == '[' ? parse_section(self, start) : parse_value(self, start);
}

enum os_status config_ini_parse(const char *file, const char *text, size_t len, const char *listener,
                                struct os_config *into, char *problem, size_t cap)
{
    struct parser self = {.file = file, .listener = listener, .into = into, .problem = problem, .cap = cap};
    const char *end = text + len;
    enum os_status status = OS_OK;

    if (cap)
        problem[0] = 0;
    if (len > OS_CONFIG_FILE_MAX)
        return complain(&self, OS_TOO_BIG, "larger than %d bytes", OS_CONFIG_FILE_MAX);
    self.sections = calloc(SECTIONS_MAX, sizeof *self.sections);
    if (!self.sections)
        return complain(&self, OS_NO_MEMORY, "out of memory");

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* editors on Windows like to put one */
        text += 3;
    while (text < end && status == OS_OK) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));

        if (!stop)
            stop = end;
        self.line++;
        status = parse_line(&self, text, (size_t)(stop - text));
        text = stop < end ? stop + 1 : end;
    }
    if (status == OS_OK && !self.found) {
        self.line = 0;
        status = complain(&self, OS_NOT_FOUND, "no section [%s]", listener);
    }
    os_config_destroy(self.other);
    free(self.sections);
    return status;
}
