/* SPDX-License-Identifier: Apache-2.0 */
/* The registry key of a listener, for the two files that open it. */
#ifndef RDSPROV_OS_CONFIG_WIN32_H
#define RDSPROV_OS_CONFIG_WIN32_H

#include "os/config.h"
#include "os/win32.h"

#define CONFIG_ROOT L"SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations"
#define CONFIG_PATH_MAX 192 /* code units with NUL */

/* Below HKEY_LOCAL_MACHINE. False when this cannot be a listener's name. */
bool config_key_path(const char *listener, wchar_t out[CONFIG_PATH_MAX]);

#endif
