/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "rdsim: simulated Remote Desktop Services. Loads a protocol provider, plays the service and checks the "
    "contract.\n"
    "\n"
    "The provider\n"
    "  --clsid {...}            class of the manager (default: rdsprov's); loaded through COM on Windows\n"
    "  --library PATH           load this file instead of asking COM (the only way on Linux)\n"
    "  --listener NAME          listener to create; can be repeated (default: RDSPROV)\n"
    "  --family iwrds|iwts      the interfaces of Windows Server 2012 and later (default), or of 2008 R2\n"
    "  --require-listen         end with 1 when a listener cannot listen\n"
    "  --redirector after|late|inside|never   when GetLogonErrorRedirector is called, seen from OnConnected\n"
    "  --connected-delay MS     OnConnected takes that long\n"
    "  --connected-fails HRESULT   ... and fails: 0x80070005\n"
    "A scenario instead of the plain run (README.md)\n"
    "  --scenario FILE          play it\n"
    "  --client tcp|tcp:PORT|program:PATH|self   who its clients are (default: tcp, to the first listener)\n"
    "  --time-scale PERCENT     of its long waits (default: 2)\n"
    "The machine\n"
    "  --user NAME:PASSWORD[:SID]   an account; can be repeated. * lets everybody in\n"
    "  --user-file PATH         accounts, one a line\n"
    "  --desktop pattern|display:N|command:PATH|gdi   what sessions show (default: pattern)\n"
    "  --launcher NAME          be the launcher on this pipe\n"
    "  --session-program PATH   what the launcher starts (default: rdsprov-session beside rdsim)\n"
    "  --session-arg X          an argument more for it; can be repeated\n"
    "The run\n"
    "  --run-seconds N          end a round after N seconds\n"
    "  --run-connections N      end a round after N connections have ended\n"
    "  --rounds N               load and unload the provider N times\n"
    "  --unload-wait MS         how long DllCanUnloadNow may take (default: 3000)\n"
    "  --control NAME           take commands on this pipe\n"
    "  --send \"COMMAND\"         send one to the --control pipe of a running rdsim, print the answer\n"
    "  --expect-broken RULE     exit 0 only if exactly these rules are broken; can be repeated\n"
    "  --rules                  print the verdict of every rule, not only of the broken ones\n"
    "  --list-rules             print the rules\n"
    "  --verbose, --help\n"
    "Control commands: list, status, counts, disconnect CONNECTION [REASON], close CONNECTION, message "
    "CONNECTION TEXT,\n"
    "  logoff SESSION, kill-session SESSION, drain on|off, stop\n"
    "Exit: 0 fine, 1 could not run, 2 wrong arguments, 3 a rule is broken\n";

static int wrong(const char *option, const char *value, const char *why)
{
    fprintf(stderr, "rdsim: %s%s%s %s\n", option, value ? " " : "", value ? value : "", why);
    return 3;
}

static bool parse_number(const char *text, unsigned max, unsigned *out)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value > max)
        return false;
    *out = (unsigned)value;
    return true;
}

/* 0x80004005 */
static bool parse_failure(const char *text, HRESULT *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 16);

    *out = (HRESULT)(uint32_t)value;
    return strncmp(text, "0x", 2) == 0 && strlen(text) == 10 && !*end && FAILED(*out);
}

static bool parse_clsid(const char *text, CLSID *out)
{
    unsigned d1, d2, d3, b[8];
    int end = 0;

    if (sscanf(text, "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}%n", &d1, &d2, &d3, &b[0], &b[1], &b[2], &b[3],
               &b[4], &b[5], &b[6], &b[7], &end) != 11 ||
        strlen(text) != 38 || end != 38)
        return false;
    out->Data1 = d1;
    out->Data2 = (USHORT)d2;
    out->Data3 = (USHORT)d3;
    for (unsigned i = 0; i < 8; i++)
        out->Data4[i] = (UCHAR)b[i];
    return true;
}

static bool parse_client(struct options *self, const char *text)
{
    if (strcmp(text, "self") == 0) {
        self->client = CLIENT_SELF;
        return true;
    }
    if (strncmp(text, "program:", 8) == 0 && text[8]) {
        self->client = CLIENT_PROGRAM;
        self->client_program = text + 8;
        return true;
    }
    self->client = CLIENT_TCP;
    return strcmp(text, "tcp") == 0 ||
           (strncmp(text, "tcp:", 4) == 0 && parse_number(text + 4, 65535, &self->client_port));
}

static bool parse_desktop(struct options *self, const char *text)
{
    if (strcmp(text, "pattern") == 0) {
        self->desktop = DESKTOP_PATTERN;
        return true;
    }
#ifdef _WIN32
    if (strcmp(text, "gdi") == 0) {
        self->desktop = DESKTOP_GDI;
        return true;
    }
#else
    if (strncmp(text, "display:", 8) == 0 && text[8]) {
        /* both display:1 and display::1 */
        self->desktop = DESKTOP_DISPLAY;
        self->desktop_value = text + 8;
        return true;
    }
    if (strncmp(text, "command:", 8) == 0 && text[8]) {
        self->desktop = DESKTOP_COMMAND;
        self->desktop_value = text + 8;
        return true;
    }
#endif
    return false;
}

static int take(struct options *self, const char *option, const char *value)
{
    const char *problem = "is not known";
    bool good = true;

    if (strcmp(option, "--clsid") == 0) {
        problem = "is not a class id like {01234567-89ab-cdef-0123-456789abcdef}";
        good = self->clsid_given = parse_clsid(value, &self->clsid);
    } else if (strcmp(option, "--library") == 0) {
        self->library = value;
    } else if (strcmp(option, "--listener") == 0) {
        problem = "is one listener too many";
        good = self->listener_count < OPTIONS_LISTENERS_MAX;
        if (good)
            self->listeners[self->listener_count++] = value;
    } else if (strcmp(option, "--user") == 0) {
        if (!accounts_add(&self->accounts, value, &problem))
            return wrong(option, NULL, problem); /* not the value: it holds a password */
    } else if (strcmp(option, "--user-file") == 0) {
        good = accounts_read(&self->accounts, value, &problem);
    } else if (strcmp(option, "--desktop") == 0) {
        problem = "is not a kind of desktop that this platform has";
        good = parse_desktop(self, value);
    } else if (strcmp(option, "--redirector") == 0) {
        problem = "must be after, late, inside or never";
        if (strcmp(value, "after") == 0)
            self->redirector = REDIRECTOR_AFTER;
        else if (strcmp(value, "late") == 0)
            self->redirector = REDIRECTOR_LATE;
        else if (strcmp(value, "inside") == 0)
            self->redirector = REDIRECTOR_INSIDE;
        else if (strcmp(value, "never") == 0)
            self->redirector = REDIRECTOR_NEVER;
        else
            good = false;
    } else if (strcmp(option, "--connected-delay") == 0) {
        problem = "is not a number of milliseconds";
        good = parse_number(value, 600000, &self->connected_delay_ms);
    } else if (strcmp(option, "--connected-fails") == 0) {
        problem = "is not a failure like 0x80070005";
        good = parse_failure(value, &self->connected_result);
    } else if (strcmp(option, "--family") == 0) {
        problem = "is neither iwrds nor iwts";
        self->legacy = strcmp(value, "iwts") == 0;
        good = self->legacy || strcmp(value, "iwrds") == 0;
    } else if (strcmp(option, "--scenario") == 0) {
        self->scenario = value;
    } else if (strcmp(option, "--client") == 0) {
        problem = "is none of tcp, tcp:PORT, program:PATH, self";
        good = parse_client(self, value);
    } else if (strcmp(option, "--time-scale") == 0) {
        problem = "is not a percentage";
        good = parse_number(value, 1000, &self->time_percent) && self->time_percent > 0;
    } else if (strcmp(option, "--launcher") == 0) {
        self->launcher = value;
    } else if (strcmp(option, "--session-program") == 0) {
        self->session_program = value;
    } else if (strcmp(option, "--session-arg") == 0) {
        problem = "is one argument too many";
        good = self->session_arg_count < OPTIONS_SESSION_ARGS_MAX;
        if (good)
            self->session_args[self->session_arg_count++] = value;
    } else if (strcmp(option, "--run-seconds") == 0) {
        problem = "is not a number of seconds";
        good = parse_number(value, 1000000, &self->run_seconds);
    } else if (strcmp(option, "--run-connections") == 0) {
        problem = "is not a number of connections";
        good = parse_number(value, 1000000, &self->run_connections);
    } else if (strcmp(option, "--rounds") == 0) {
        problem = "is not a number of rounds";
        good = parse_number(value, 10000, &self->rounds) && self->rounds > 0;
    } else if (strcmp(option, "--unload-wait") == 0) {
        problem = "is not a number of milliseconds";
        good = parse_number(value, 600000, &self->unload_wait_ms);
    } else if (strcmp(option, "--control") == 0) {
        self->control = value;
    } else if (strcmp(option, "--send") == 0) {
        self->send = value;
    } else if (strcmp(option, "--expect-broken") == 0) {
        enum rule rule = rule_find(value);

        problem = "is not a rule (see --list-rules)";
        good = rule != RULES && self->expect_count < RULES;
        if (good)
            self->expect_broken[self->expect_count++] = rule;
        self->expect = true;
    } else {
        return wrong(option, NULL, problem);
    }
    return good ? 0 : wrong(option, value, problem);
}

static bool is_flag(struct options *self, const char *text)
{
    if (strcmp(text, "--verbose") == 0)
        self->verbose = true;
    else if (strcmp(text, "--rules") == 0)
        self->rules_all = true;
    else if (strcmp(text, "--require-listen") == 0)
        self->require_listen = true;
    else
        return false;
    return true;
}

int options_parse(struct options *self, int argc, char **argv)
{
    memset(self, 0, sizeof *self);
    self->rounds = 1;
    self->time_percent = 2;
    self->unload_wait_ms = 3000;

    for (int i = 1; i < argc; i++) {
        int result;

        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 1;
        }
        if (strcmp(argv[i], "--list-rules") == 0) {
            rules_list(stdout);
            return 1;
        }
        if (is_flag(self, argv[i]))
            continue;
        if (strncmp(argv[i], "--", 2) != 0)
            return wrong(argv[i], NULL, "is not an option (see --help)");
        if (i + 1 == argc)
            return wrong(argv[i], NULL, "is not known, or its value is missing (see --help)");
        result = take(self, argv[i], argv[i + 1]);
        if (result)
            return result;
        i++;
    }
    if (!self->clsid_given)
        parse_clsid(self->legacy ? "{3e16dda9-ddab-455a-9c51-fa66e7e39be3}"
                                 : "{1f2e6f9a-67a6-433e-9ec8-17c1f3354de5}",
                    &self->clsid);
    if (self->listener_count == 0)
        self->listeners[self->listener_count++] = "RDSPROV";
    if (self->send && !self->control)
        return wrong("--send", NULL, "needs --control NAME");
#ifndef _WIN32
    if (!self->send && !self->library)
        return wrong("--library", NULL, "is missing: there is no COM on this platform to ask for a class");
#endif
    return 0;
}
