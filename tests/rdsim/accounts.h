/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts of the simulated machine: names, passwords and SIDs from the command line. Read-only once
 * filled. */
#ifndef RDSIM_ACCOUNTS_H
#define RDSIM_ACCOUNTS_H

#include <stdbool.h>

#include "abi/wtsdefs.h"

#define ACCOUNTS_MAX 32
#define ACCOUNT_NAME_MAX 256 /* bytes with NUL */

struct account {
    char name[ACCOUNT_NAME_MAX];
    char password[ACCOUNT_NAME_MAX];
    char sid[ACCOUNT_NAME_MAX];
};

struct accounts {
    struct account entries[ACCOUNTS_MAX];
    unsigned count;
    bool anybody; /* "*": every name is let in, also none */
};

/* "NAME:PASSWORD[:SID]" or "*". False with a reason. A password cannot hold a colon. */
bool accounts_add(struct accounts *self, const char *text, const char **problem);

/* The same, a line each, from a file: a command line can be read by everybody on the machine. Empty lines and
 * those that begin with # are skipped. */
bool accounts_read(struct accounts *self, const char *path, const char **problem);

/* Who it is, or NULL. DOMAIN\name and name@domain are taken as the name; any domain will do. With `anybody`,
 * `guest` is filled and returned for names that are not listed. */
const struct account *accounts_logon(const struct accounts *self, const WTS_USER_CREDENTIAL *credential,
                                     struct account *guest);

void accounts_wipe(struct accounts *self);

#endif
