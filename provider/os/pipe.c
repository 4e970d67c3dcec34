/* SPDX-License-Identifier: Apache-2.0 */
/* What pipes have in common on all systems. */
#include <stdio.h>

#include "os/pipe_connect.h"
#include "os/socket.h"

void os_pass_close(struct os_pass *pass, unsigned npass)
{
    for (unsigned i = 0; i < npass; i++) {
        if (pass[i].kind == OS_PASS_HANDLE)
            os_handle_close(pass[i].handle);
        else if (pass[i].socket != OS_NO_SOCKET)
            os_socket_close(pass[i].socket, true);
    }
}

enum os_status os_pipe_connect(const char *name, struct os_pipe **out)
{
    return pipe_connect(name, false, out, NULL, 0);
}

enum os_status os_pipe_connect_trusted(const char *name, struct os_pipe **out, char *why, size_t cap)
{
    enum os_status status;

    why[0] = 0;
    status = pipe_connect(name, true, out, why, cap);
    if (status != OS_OK && !why[0])
        snprintf(why, cap, "%s", os_status_text(status));
    return status;
}
