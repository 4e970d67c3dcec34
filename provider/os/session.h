/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a session of the machine; on Windows os_session_look (session_win32.h) tells. */
#ifndef RDSPROV_OS_SESSION_H
#define RDSPROV_OS_SESSION_H

#include "os/os.h"

struct os_session {
    bool present;
    bool shown;    /* a client is connected to it */
    bool has_user; /* somebody is logged on */
};

#endif
