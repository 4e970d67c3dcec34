/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this a machine on which the provider can be expected to work? Only what the registry says; the scripts
 * add what it does not (role, free port, rights). Each finding is one line: "ok", "note" or "BLOCKED" and
 * why.
 */
#ifndef RDSPROV_REGISTER_PREFLIGHT_H
#define RDSPROV_REGISTER_PREFLIGHT_H

#include <stdio.h>

#include "register/registry.h"

#define PREFLIGHT_VERSION_KEY "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define PREFLIGHT_POLICY_KEY "SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services"
#define PREFLIGHT_SERVICE_KEY "SYSTEM\\CurrentControlSet\\Services\\TermService\\Parameters"
#define PREFLIGHT_SERVICING_KEY                                                                              \
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending"
#define PREFLIGHT_UPDATE_KEY                                                                                 \
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired"
#define PREFLIGHT_SESSION_MANAGER_KEY "SYSTEM\\CurrentControlSet\\Control\\Session Manager"

#define PREFLIGHT_BUILD_MIN                                                                                  \
    20348 /* Server 2022: remote display drivers came after Server 2019 (field.md 3.6) */

/* Prints its findings; returns how many are BLOCKED. */
unsigned preflight_run(struct registry *registry, FILE *out);

#endif
