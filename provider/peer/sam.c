/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/sam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/ntlm.h>
#include <winpr/sam.h>
#include <winpr/wtypes.h>

#include "os/os.h"
#include "peer/file.h"

#define HASH_BYTES 16
#define FIELDS 5 /* user, domain, LM, NT, rest */
#define PASSWORD_UNITS 512

static bool hex_field(const char *field, size_t len)
{
    if (len != 2 * HASH_BYTES)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!strchr("0123456789abcdefABCDEF", field[i]))
            return false;
    return true;
}

/* What is wrong with one line, or NULL. */
static const char *line_problem(const char *line, size_t len)
{
    const char *field[FIELDS];
    size_t size[FIELDS];
    const char *at = line, *end = line + len;

    for (int i = 0; i < FIELDS; i++) {
        const char *colon = memchr(at, ':', (size_t)(end - at));

        field[i] = at;
        size[i] = (size_t)((colon ? colon : end) - at);
        if (!colon && i < FIELDS - 1)
            return "not of the form user:domain:LM hash:NT hash:";
        at = colon ? colon + 1 : end;
    }
    if (size[0] == 0)
        return "no user name";
    if (size[2] != 0 && !hex_field(field[2], size[2]))
        return "the LM hash is neither empty nor 32 hex digits";
    if (!hex_field(field[3], size[3]))
        return "the NT hash is not 32 hex digits";
    return NULL;
}

bool sam_check(const char *path, char *problem, size_t cap)
{
    unsigned number = 0, entries = 0;
    enum os_status status;
    char *data = NULL;
    bool good = false;
    size_t len = 0;

    status = file_read(path, &data, &len);
    if (status != OS_OK) {
        snprintf(problem, cap, "SAM file %s: %s", path, file_problem(status));
        goto out;
    }
    for (const char *at = data, *end = data + len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((newline ? newline : end) - at);
        const char *wrong;

        number++;
        /* WinPR skips comments and lines of one character, and knows no carriage return but at the very end
         */
        if (size > 1 && at[0] != '#') {
            wrong = memchr(at, 0, size) ? "has a zero byte" : line_problem(at, size);
            if (wrong) {
                snprintf(problem, cap, "SAM file %s, line %u: %s", path, number, wrong);
                goto out;
            }
            entries++;
        }
        at += size + 1;
    }
    if (entries == 0) {
        snprintf(problem, cap, "SAM file %s: has no account", path);
        goto out;
    }
    good = true;
out:
    file_free(data, len);
    return good;
}

/* As WinPR's NTLM looks an account up: with the domain, then as a local one. */
static WINPR_SAM_ENTRY *lookup(WINPR_SAM *sam, const char *user, const char *domain)
{
    WINPR_SAM_ENTRY *entry = NULL;
    UINT32 user_len = (UINT32)strlen(user), domain_len = (UINT32)strlen(domain);

    if (domain_len > 0)
        entry = SamLookupUserA(sam, user, user_len, domain, domain_len);
    return entry ? entry : SamLookupUserA(sam, user, user_len, NULL, 0);
}

bool sam_proves(const char *path, const char *user, const char *domain, const char *password)
{
    BYTE hash[HASH_BYTES] = {0}, none[HASH_BYTES] = {0};
    WINPR_SAM_ENTRY *entry = NULL;
    uint16_t wide[PASSWORD_UNITS];
    WINPR_SAM *sam = NULL;
    bool proved = false;
    size_t units = 0;

    if (!os_utf16_from_utf8(wide, PASSWORD_UNITS, password))
        goto out;
    while (wide[units])
        units++;
    sam = SamOpen(path, TRUE);
    if (!sam)
        goto out;
    entry = lookup(sam, user, domain);
    if (!entry || !NTOWFv1W((LPWSTR)wide, (UINT32)(units * sizeof wide[0]), hash))
        goto out;
    proved = !os_equal_secret(entry->NtHash, none, sizeof none) &&
             os_equal_secret(entry->NtHash, hash, sizeof hash);

out:
    if (entry) {
        SamResetEntry(entry);
        SamFreeEntry(sam, entry);
    }
    SamClose(sam);
    os_wipe(hash, sizeof hash);
    os_wipe(wide, sizeof wide);
    return proved;
}
