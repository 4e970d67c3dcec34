/* SPDX-License-Identifier: Apache-2.0 */
#include "os/pipe.h"
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
