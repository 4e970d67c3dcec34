/* SPDX-License-Identifier: Apache-2.0 */
#include "session/user.h"

#include "link/launcher.h"
#include "os/log.h"
#include "session/wait.h"

#define AREA "user"

/* False: the program ends with *code. */
static bool read_link(struct os_pipe *link, int *code)
{
    const struct wire_message *kind;
    union launcher_any message;
    const char *problem = NULL;
    uint8_t buf[2048];
    unsigned npass = 0;
    size_t len;
    enum os_status status = os_pipe_receive(link, buf, sizeof(buf), &len, NULL, &npass);

    if (status == OS_AGAIN)
        return true;
    *code = status == OS_CLOSED ? 0 : 1;
    if (status != OS_OK) {
        log_debug(AREA, 0, "the launcher is gone: %s", os_status_text(status));
        return false;
    }
    kind = wire_decode(&launcher_table, buf, len, &message, sizeof(message), &problem);
    if (!kind || kind->id != LAUNCHER_USER) {
        log_error(AREA, 0, "bad message from the launcher: %s", kind ? "not expected here" : problem);
        return false;
    }
    if (launcher_send_result(link, LAUNCHER_STARTED, message.stop.request, message.stop.session, "",
                             &problem) != OS_OK) {
        log_error(AREA, 0, "the launcher does not hear us: %s", problem);
        return false;
    }
    log_info(AREA, 0, "here for the user of session %u", message.stop.session);
    return true;
}

int user_run(struct os_pipe *link)
{
    const os_waitable waitable = os_pipe_waitable(link);
    int code = 1;

    if (!wait_for_session())
        log_warn(AREA, 0, "the end of the session cannot be watched");
    while (read_link(link, &code)) {
        if (!wait_any(&waitable, 1, UINT32_MAX)) {
            log_error(AREA, 0, "cannot wait any more");
            return 1;
        }
        if (wait_ended()) {
            log_info(AREA, 0, "the session ends");
            return 0;
        }
    }
    return code;
}
