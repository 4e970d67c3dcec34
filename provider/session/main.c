/* SPDX-License-Identifier: Apache-2.0 */
/* rdsprov-session: the program inside a session. */
#include "os/log.h"
#include "os/process.h"
#include "session/options.h"
#include "session/session.h"
#include "session/user.h"
#include "session/wait.h"
#ifdef _WIN32
#include "service/service_win32.h"
#endif

#define AREA "session"

int main(int argc, char **argv)
{
    struct options options;
    struct os_pipe *link = NULL;
    struct desktop *desktop;
    char problem[512];
    enum os_status status;
    int code;

#ifdef _WIN32
    if (service_is_asked(argc, argv))
        return service_main(argc, argv);
#endif
    wait_init();
    status = os_inherited_pipe(&argc, argv, &link);
    if (!options_parse(&options, argc, argv, &code))
        goto out;
    code = 1;
    log_set_level(options.verbose ? LOG_DEBUG : LOG_INFO);
    if (options.log_file && log_set_file(options.log_file) != OS_OK)
        log_error(AREA, 0, "--log-file %s cannot be opened", options.log_file);
    if (status != OS_OK) {
        log_error(AREA, 0, "no pipe to a launcher: this program is started by one");
        goto out;
    }
    if (options.user) {
        code = user_run(link);
        goto out;
    }
    desktop = options.impl->create(&options.desktop, problem, sizeof(problem));
    if (!desktop) {
        log_error(AREA, 0, "desktop %s: %s", options.impl->name, problem);
        goto out;
    }
    code = session_run(link, desktop);
    desktop->impl->destroy(desktop);
out:
    os_pipe_destroy(link);
    return code;
}
