/* SPDX-License-Identifier: Apache-2.0 */
/* rdsim: a simulated Remote Desktop Services that loads a protocol provider and checks the contract. */
#include <stdio.h>

#include "control.h"
#include "os/log.h"
#include "service.h"

int main(int argc, char **argv)
{
    static struct options options; /* large */
    int code;

    platform_prepare_output();
    code = options_parse(&options, argc, argv);
    if (code)
        return code - 1;
    if (options.send)
        return control_send(options.control, options.send);
    log_set_level(options.verbose ? LOG_DEBUG : LOG_INFO);
    platform_catch_signals();
    platform_thread_begin();
    code = service_run(&options);
    accounts_wipe(&options.accounts);
    platform_thread_end();
    return code;
}
