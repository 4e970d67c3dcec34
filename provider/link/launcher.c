/* SPDX-License-Identifier: Apache-2.0 */
#include "link/launcher.h"

#include <stdio.h>

#include "os/os.h"

#define LAUNCHER_BUFFER                                                                                      \
    2048 /* larger than any encoded message: its text is the longest part, 16 monitors are 512 bytes */

static const struct wire_field start_fields[] = {
    WIRE_INT(WIRE_U32, struct launcher_start, request, 0, UINT32_MAX),
    WIRE_INT(WIRE_U32, struct launcher_start, session, 0, UINT32_MAX),
    WIRE_INT(WIRE_U32, struct launcher_start, width, 1, LINK_DESKTOP_MAX),
    WIRE_INT(WIRE_U32, struct launcher_start, height, 1, LINK_DESKTOP_MAX),
    WIRE_INT(WIRE_U32, struct launcher_start, stride, 4, LINK_DESKTOP_MAX * 4 + 64),
    WIRE_INT(WIRE_U32, struct launcher_start, slots, 1, 8),
    WIRE_INT(WIRE_U32, struct launcher_start, memory_size, 4096, 1 << 30),
    WIRE_ARRAY(WIRE_LIST, struct launcher_start, monitors, monitor_count, 0, link_monitor_fields,
               LINK_MONITOR_FIELDS),
};

static const struct wire_field stop_fields[] = {
    WIRE_INT(WIRE_U32, struct launcher_stop, request, 0, UINT32_MAX),
    WIRE_INT(WIRE_U32, struct launcher_stop, session, 0, UINT32_MAX),
};

static const struct wire_field result_fields[] = {
    WIRE_INT(WIRE_U32, struct launcher_result, request, 0, UINT32_MAX),
    WIRE_INT(WIRE_U32, struct launcher_result, session, 0, UINT32_MAX),
    WIRE_STRING(WIRE_TEXT, struct launcher_result, text, 0),
};

#define MESSAGE(id_, name_, struct_, fields_, passes_)                                                       \
    {                                                                                                        \
        .id = (id_), .name = (name_), .size = sizeof(struct struct_), .fields = (fields_),                   \
        .nfields = WIRE_COUNT(fields_), .passes = (passes_)                                                  \
    }

static const struct wire_message messages[] = {
    MESSAGE(LAUNCHER_START, "start", launcher_start, start_fields, 2),
    MESSAGE(LAUNCHER_STOP, "stop", launcher_stop, stop_fields, 0),
    MESSAGE(LAUNCHER_ATTACH, "attach", launcher_start, start_fields, 2),
    MESSAGE(LAUNCHER_DETACH, "detach", launcher_stop, stop_fields, 0),
    MESSAGE(LAUNCHER_USER, "user", launcher_stop, stop_fields, 0),
    MESSAGE(LAUNCHER_STARTED, "started", launcher_result, result_fields, 0),
    MESSAGE(LAUNCHER_FAILED, "failed", launcher_result, result_fields, 0),
    MESSAGE(LAUNCHER_ENDED, "ended", launcher_result, result_fields, 0),
};

const struct wire_table launcher_table = {"launcher", LAUNCHER_VERSION, messages, WIRE_COUNT(messages)};

enum os_status launcher_send(struct os_pipe *pipe, uint16_t id, const void *message,
                             const struct os_pass *pass, unsigned npass, const char **problem)
{
    uint8_t buf[LAUNCHER_BUFFER];
    size_t len = wire_encode(&launcher_table, id, message, buf, sizeof(buf), problem);
    enum os_status status;

    if (len == 0)
        return OS_INVALID;
    status = os_pipe_send(pipe, buf, len, pass, npass);
    *problem = os_status_text(status);
    return status;
}

enum os_status launcher_send_result(struct os_pipe *pipe, uint16_t id, uint32_t request, uint32_t session,
                                    const char *text, const char **problem)
{
    struct launcher_result result = {request, session, ""};

    snprintf(result.text, sizeof(result.text), "%s", text);
    return launcher_send(pipe, id, &result, NULL, 0, problem);
}
