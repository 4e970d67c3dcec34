/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SAM file of WinPR's NTLM: lines of user:domain:LM hash:NT hash: in hex, `#` for comments. Hashes of
 * this kind are as good as the passwords: the file is for Linux and Wine, Windows asks its own accounts.
 */
#ifndef RDSPROV_PEER_SAM_H
#define RDSPROV_PEER_SAM_H

#include <stdbool.h>
#include <stddef.h>

/* False with one line naming file, line and problem: unreadable, malformed, or an entry without an NT hash
 * (WinPR would take sixteen zero bytes for one, which anybody can know). */
bool sam_check(const char *path, char *problem, size_t cap);

/* True when the file says that this is the user's password. NLA proves an account by NTLM and then hands over
 * credentials; only this shows that both are the same. UTF-8. */
bool sam_proves(const char *path, const char *user, const char *domain, const char *password);

#endif
