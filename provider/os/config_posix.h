/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RDSPROV_OS_CONFIG_POSIX_H
#define RDSPROV_OS_CONFIG_POSIX_H

/* $RDSPROV_CONFIG (not in a set-uid program) or /etc/rdsprov.ini. */
const char *config_file(void);

#endif
