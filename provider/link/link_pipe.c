/* SPDX-License-Identifier: Apache-2.0 */
#include "link/link_pipe.h"

#include <string.h>

#include "os/log.h"
#include "os/socket.h"

#define LINK_BUFFER 16384 /* larger than any encoded link message; checked by a unit test */

enum os_status link_send(struct os_pipe *pipe, uint16_t id, const void *message, const struct os_pass *pass,
                         unsigned npass)
{
    const struct wire_message *description = wire_find(&link_table, id);
    uint8_t buf[LINK_BUFFER];
    const char *problem;
    enum os_status status;
    size_t len;

    if (!description || npass > LINK_PASSES_MAX || npass != description->passes)
        return OS_INVALID;
    len = wire_encode(&link_table, id, message, buf, sizeof(buf), &problem);
    if (len == 0) {
        log_error("link", 0, "cannot encode %s: %s", description->name, problem);
        status = OS_INVALID;
    } else {
        status = os_pipe_send(pipe, buf, len, pass, npass);
    }
    os_wipe(buf, len);
    return status;
}

enum os_status link_receive(struct os_pipe *pipe, struct link_message *out)
{
    uint8_t buf[LINK_BUFFER];
    const char *problem = NULL;
    enum os_status status;
    size_t len = 0;

    out->description = NULL;
    out->npass = LINK_PASSES_MAX;
    status = os_pipe_receive(pipe, buf, sizeof(buf), &len, out->pass, &out->npass);
    if (status != OS_OK) {
        out->npass = 0;
        return status == OS_TOO_BIG ? OS_INVALID : status;
    }
    out->description = wire_decode(&link_table, buf, len, &out->any, sizeof(out->any), &problem);
    os_wipe(buf, len);
    if (out->description && out->npass != out->description->passes)
        problem = "not what should be handed over with it";
    if (problem) {
        log_warn("link", 0, "bad message %s: %s", out->description ? out->description->name : "?", problem);
        link_message_finish(out);
        out->description = NULL;
        return OS_INVALID;
    }
    return OS_OK;
}

void link_message_finish(struct link_message *self)
{
    for (unsigned i = 0; i < self->npass; i++) {
        if (self->pass[i].kind == OS_PASS_SOCKET)
            os_socket_close(self->pass[i].socket, true);
        else
            os_handle_close(self->pass[i].handle);
    }
    self->npass = 0;
    if (self->description)
        wire_wipe(self->description, &self->any);
}
