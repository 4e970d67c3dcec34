/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logon_error.h"

#include <stddef.h>

#define MSG_SESSION_CONTINUE 0xfffffffeu
#define CODE_ACCESS_DENIED 0xffffffffu
#define STATUS_ACCOUNT_RESTRICTION 0xc000006eu
#define STATUS_ACCESS_DENIED 0xc0000022u

enum failed { BAD_PASSWORD, UPDATE_PASSWORD, OTHER };

/* [MS-ERREF] 2.3.1; what a client may do about it. */
static const struct {
    uint32_t status;
    enum failed failed;
    const char *name;
} statuses[] = {
    {STATUS_ACCESS_DENIED, OTHER, "STATUS_ACCESS_DENIED"},
    {0xc000005e, OTHER, "STATUS_NO_LOGON_SERVERS"},
    {0xc0000064, BAD_PASSWORD, "STATUS_NO_SUCH_USER"},
    {0xc000006a, BAD_PASSWORD, "STATUS_WRONG_PASSWORD"},
    {0xc000006d, BAD_PASSWORD, "STATUS_LOGON_FAILURE"},
    {STATUS_ACCOUNT_RESTRICTION, OTHER, "STATUS_ACCOUNT_RESTRICTION"},
    {0xc000006f, OTHER, "STATUS_INVALID_LOGON_HOURS"},
    {0xc0000070, OTHER, "STATUS_INVALID_WORKSTATION"},
    {0xc0000071, UPDATE_PASSWORD, "STATUS_PASSWORD_EXPIRED"},
    {0xc0000072, OTHER, "STATUS_ACCOUNT_DISABLED"},
    {0xc000015b, OTHER, "STATUS_LOGON_TYPE_NOT_GRANTED"},
    {0xc0000193, OTHER, "STATUS_ACCOUNT_EXPIRED"},
    {0xc0000224, UPDATE_PASSWORD, "STATUS_PASSWORD_MUST_CHANGE"},
    {0xc0000234, OTHER, "STATUS_ACCOUNT_LOCKED_OUT"},
};

struct link_logon_error logon_error_refused(uint32_t status, uint32_t substatus)
{
    struct link_logon_error error = {.type = status, .data = OTHER};

    if (status == STATUS_ACCOUNT_RESTRICTION && substatus)
        error.type = substatus;
    for (size_t i = 0; i < WIRE_COUNT(statuses); i++) {
        if (statuses[i].status == error.type)
            error.data = statuses[i].failed;
    }
    if (error.type == STATUS_ACCESS_DENIED) {
        error.type = CODE_ACCESS_DENIED;
        error.data = 0;
    }
    return error;
}

struct link_logon_error logon_error_continues(uint32_t session)
{
    return (struct link_logon_error){.type = MSG_SESSION_CONTINUE, .data = session};
}

const char *logon_error_name(uint32_t status)
{
    for (size_t i = 0; i < WIRE_COUNT(statuses); i++) {
        if (statuses[i].status == status)
            return statuses[i].name;
    }
    return "an NTSTATUS";
}
