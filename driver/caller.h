/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sends a request. The device's security lets in more than the launcher service: TermService needs the
 * device, and runs, as peers do, as NETWORK SERVICE. So the one request that everything else hangs on is
 * judged by its sender's token. Not by its process id: WUDFHost, as LOCAL SERVICE, may not open a process of
 * SYSTEM, and a number may belong to another one by the time that it is looked at.
 */
#ifndef RDSPROV_DRIVER_CALLER_H
#define RDSPROV_DRIVER_CALLER_H

#include "driver/abi/wdf.h"

/* Success: the sender is LocalSystem. Access denied: somebody else, or nobody can say who. Both sides must
 * have agreed to it: the INF with UmdfImpersonationLevel, and the sender when it opened the device, with
 * SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION. With no lock held. */
NTSTATUS caller_check_system(WDFREQUEST request);

#endif
