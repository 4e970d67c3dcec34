/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher as a Windows service, in the same program as the session program: `rdsprov-session /service`
 * is what the service manager starts, `/install` and `/uninstall` make and remove the service, `/status` says
 * what it is. Settings are values of the service's key "Parameters" (docs/windows.md).
 */
#ifndef RDSPROV_SERVICE_SERVICE_WIN32_H
#define RDSPROV_SERVICE_SERVICE_WIN32_H

#include <stdbool.h>

#define SERVICE_NAME L"rdsprov-launcher"
#define SERVICE_SHOWN_NAME L"rdsprov session launcher"
#define SERVICE_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE_NAME
#define SERVICE_PARAMETERS SERVICE_KEY L"\\Parameters"
#define SERVICE_EVENTS_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" SERVICE_NAME

enum service_exit { SERVICE_DONE, SERVICE_FAILED, SERVICE_USAGE };

/* Is the first argument one of the service's words? */
bool service_is_asked(int argc, char **argv);
/* The exit code, enum service_exit. */
int service_main(int argc, char **argv);

#endif
