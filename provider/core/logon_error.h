/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What LogonUI says, in the words that RDP has for it: the Logon Errors Info of a Save Session Info PDU
 * ([MS-RDPBCGR] 2.2.10.1.1.4.1.1).
 */
#ifndef RDSPROV_CORE_LOGON_ERROR_H
#define RDSPROV_CORE_LOGON_ERROR_H

#include "link/link.h"

/* A refused logon. `substatus` says more when it is an account's restriction. */
struct link_logon_error logon_error_refused(uint32_t status, uint32_t substatus);
/* The logon goes on in that session. */
struct link_logon_error logon_error_continues(uint32_t session);

/* For log lines; "an NTSTATUS" when it has no name here. */
const char *logon_error_name(uint32_t status);

#endif
