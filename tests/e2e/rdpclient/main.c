/* SPDX-License-Identifier: Apache-2.0 */
/* rdpclient: a headless RDP client that is driven by lines on standard input. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <winpr/ssl.h>
#include <winpr/wlog.h>

#include "commands.h"

#define LAST_WAIT_MS 5000

/* The exit code tells how the last connection went. */
static int outcome(const struct session *session)
{
    if (session->mistake)
        return 1;
    if (!session->ended)
        return 0;
    if (!session->ending.was_active && !session->ending.by_us)
        return 2;
    return session->ending.by_us ? 0 : 3;
}

static int usage(FILE *out, int code)
{
    fprintf(out,
            "rdpclient: a headless RDP client, driven by lines on standard input; --verbose: FreeRDP's log\n"
            "Exit: 0 fine, 1 wrong command, 2 the last connection failed, 3 the server ended it\n\n");
    commands_help(out);
    return code;
}

int main(int argc, char **argv)
{
    struct session session = {.out = stdout};
    char line[COMMANDS_LINE_MAX];
    bool verbose = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return usage(stdout, 0);
        if (strcmp(argv[i], "--verbose") != 0) {
            fprintf(stderr, "rdpclient: unknown argument %s\n", argv[i]);
            return 1;
        }
        verbose = true;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT);
    WLog_SetLogLevel(WLog_GetRoot(), verbose ? WLOG_INFO : WLOG_OFF);

    while (!session.quit && fgets(line, sizeof(line), stdin)) {
        size_t len = strlen(line);

        if (len == sizeof(line) - 1 && line[len - 1] != '\n') {
            fprintf(stdout, "error the line is too long\n");
            session.mistake = true;
            break;
        }
        commands_run(&session, line);
    }
    if (session.client) {
        client_end(session.client);
        session.ended = client_wait_ended(session.client, LAST_WAIT_MS, &session.ending);
        client_destroy(session.client);
    }
    memset(line, 0, sizeof(line));
    return outcome(&session);
}
