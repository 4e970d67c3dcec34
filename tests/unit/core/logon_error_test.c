/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "core/logon_error.h"

static void refused(uint32_t status, uint32_t substatus, uint32_t type, uint32_t data)
{
    struct link_logon_error error = logon_error_refused(status, substatus);

    CHECK_INT(error.type, type);
    CHECK_INT(error.data, data);
}

/* [MS-RDPBCGR] 2.2.10.1.1.4.1.1 */
TEST(refusals)
{
    refused(0xc000006d, 0, 0xc000006d, 0);
    refused(0xc000006a, 0, 0xc000006a, 0);
    refused(0xc0000071, 0, 0xc0000071, 1);
    refused(0xc0000224, 0, 0xc0000224, 1);
    refused(0xc0000234, 0, 0xc0000234, 2);
    refused(0xc0001234, 0, 0xc0001234, 2);
    refused(0xc0000022, 0, 0xffffffff, 0);
    /* only a restriction has more to say */
    refused(0xc000006e, 0xc0000071, 0xc0000071, 1);
    refused(0xc000006e, 0xc000006f, 0xc000006f, 2);
    refused(0xc000006e, 0, 0xc000006e, 2);
    refused(0xc000006d, 0xc000006a, 0xc000006d, 0);
}

TEST(progress)
{
    struct link_logon_error error = logon_error_continues(7);

    CHECK_INT(error.type, 0xfffffffe);
    CHECK_INT(error.data, 7);
}

TEST(names)
{
    CHECK_STR(logon_error_name(0xc000006d), "STATUS_LOGON_FAILURE");
    CHECK_STR(logon_error_name(0), "an NTSTATUS");
}
