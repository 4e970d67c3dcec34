/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "os/os.h"

static bool take(char dst[ACCOUNT_NAME_MAX], const char *src, size_t len)
{
    if (len >= ACCOUNT_NAME_MAX)
        return false;
    memcpy(dst, src, len);
    dst[len] = 0;
    return true;
}

bool accounts_add(struct accounts *self, const char *text, const char **problem)
{
    const char *password, *sid;
    struct account *entry;

    if (strcmp(text, "*") == 0) {
        self->anybody = true;
        return true;
    }
    *problem = "must be NAME:PASSWORD[:SID] or *";
    password = strchr(text, ':');
    if (!password || password == text)
        return false;
    if (self->count == ACCOUNTS_MAX) {
        *problem = "is one account too many";
        return false;
    }
    entry = &self->entries[self->count];
    memset(entry, 0, sizeof *entry);
    sid = strchr(password + 1, ':');
    *problem = "has a part of more than 255 bytes";
    if (!take(entry->name, text, (size_t)(password - text)) ||
        !take(entry->password, password + 1, sid ? (size_t)(sid - password - 1) : strlen(password + 1)))
        return false;
    if (sid && !take(entry->sid, sid + 1, strlen(sid + 1)))
        return false;
    if (!sid)
        snprintf(entry->sid, sizeof entry->sid, "S-1-5-21-1-2-3-%u", 1001 + self->count);
    self->count++;
    return true;
}

bool accounts_read(struct accounts *self, const char *path, const char **problem)
{
    FILE *file = fopen(path, "r");
    char line[ACCOUNT_NAME_MAX * 3];
    bool good = true;

    *problem = "cannot be read";
    if (!file)
        return false;
    while (good && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if (line[0] && line[0] != '#')
            good = accounts_add(self, line, problem);
    }
    fclose(file);
    os_wipe(line, sizeof line);
    return good;
}

const struct account *accounts_logon(const struct accounts *self, const WTS_USER_CREDENTIAL *credential,
                                     struct account *guest)
{
    char name[ACCOUNT_NAME_MAX * 3], password[ACCOUNT_NAME_MAX * 3];
    const struct account *found = NULL;
    char *bare = name, *at;

    os_utf8_from_utf16(name, sizeof name, (const uint16_t *)credential->UserName);
    os_utf8_from_utf16(password, sizeof password, (const uint16_t *)credential->Password);
    if ((at = strchr(name, '\\')))
        bare = at + 1;
    else if ((at = strchr(name, '@')))
        *at = 0;
    for (unsigned i = 0; i < self->count && !found; i++) {
        const struct account *entry = &self->entries[i];
        size_t len = strlen(entry->password);

        if (strcasecmp(entry->name, bare) == 0 && strlen(password) == len &&
            os_equal_secret(entry->password, password, len))
            found = entry;
    }
    if (!found && self->anybody) {
        memset(guest, 0, sizeof *guest);
        if (!*bare || !take(guest->name, bare, strlen(bare)))
            snprintf(guest->name, sizeof guest->name, "guest");
        snprintf(guest->sid, sizeof guest->sid, "S-1-5-32-546");
        found = guest;
    }
    os_wipe(password, sizeof password);
    return found;
}

void accounts_wipe(struct accounts *self)
{
    os_wipe(self, sizeof *self);
}
