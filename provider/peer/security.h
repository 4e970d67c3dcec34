/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client must get through before it may say anything else: TLS 1.2 or newer, with or without NLA.
 * Legacy RDP security is never on.
 */
#ifndef RDSPROV_PEER_SECURITY_H
#define RDSPROV_PEER_SECURITY_H

#include <freerdp/freerdp.h>
#include <freerdp/peer.h>

#include "link/link.h"
#include "peer/certificate.h"

/* Bits of the weakest cipher that the list below lets through: FreeRDP does not tell which one was taken. */
#define SECURITY_CIPHER_BITS 128

/* Once in a process, before FreeRDP is used: which SSPI WinPR takes. */
void security_choose_sspi(const struct link_config *config);

/* Once in a process, before FreeRDP is used: OpenSSL wipes what a client sent as soon as it has been read.
 * Left alone it keeps the record with the password until one that is longer comes. False: out of memory. */
bool security_wipe_records(void);

/* False with one line: NLA is demanded and there is nothing to check an account against, or the SAM file is
 * broken. */
bool security_check(const struct link_config *config, char *problem, size_t cap);

bool security_apply(rdpSettings *settings, const struct link_config *config,
                    const struct certificate *certificate);

/* In Logon() after NLA: are the handed-over credentials those of the account that was proved? On Windows with
 * native SSPI it also writes the account's SAM name and domain into user and domain (to verify on Windows).
 * `problem` has 256 bytes. */
bool security_verify_nla(freerdp_peer *peer, const struct link_config *config, char *problem, size_t cap);

#endif
