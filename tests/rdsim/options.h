/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line says. */
#ifndef RDSIM_OPTIONS_H
#define RDSIM_OPTIONS_H

#include "accounts.h"
#include "rules.h"

#define OPTIONS_LISTENERS_MAX 8
#define OPTIONS_SESSION_ARGS_MAX 20

enum redirector_when { REDIRECTOR_AFTER, REDIRECTOR_LATE, REDIRECTOR_INSIDE, REDIRECTOR_NEVER };

/* A scenario's clients: connections of rdsim's own that talk to a fake peer, a program for each, or whatever
 * the provider brings. */
enum client_kind { CLIENT_TCP, CLIENT_PROGRAM, CLIENT_SELF };

enum desktop_kind { DESKTOP_PATTERN, DESKTOP_DISPLAY, DESKTOP_COMMAND, DESKTOP_GDI };

struct options {
    const char *library; /* NULL: by CLSID through COM */
    CLSID clsid;
    bool clsid_given;
    bool legacy; /* the IWTS family */
    const char *listeners[OPTIONS_LISTENERS_MAX];
    unsigned listener_count;
    struct accounts accounts;

    const char *launcher; /* pipe name; NULL: no launcher */
    const char *session_program;
    const char *session_args[OPTIONS_SESSION_ARGS_MAX];
    unsigned session_arg_count;
    enum desktop_kind desktop;
    const char *desktop_value; /* display or path */

    const char *control;
    const char *send;     /* client mode */
    unsigned run_seconds; /* 0: until stopped */
    unsigned run_connections;
    unsigned rounds; /* load ... unload this often */
    enum redirector_when redirector;
    unsigned connected_delay_ms; /* how long each OnConnected takes */
    HRESULT connected_result;    /* a failure: no connection is taken */
    const char *scenario;        /* a file; NULL: the plain run */
    enum client_kind client;
    unsigned client_port;       /* 0: where the first listener says that it listens */
    const char *client_program; /* CLIENT_PROGRAM */
    unsigned time_percent;      /* of waits that a scenario marks as scaled */
    unsigned unload_wait_ms;
    bool require_listen;
    bool verbose, rules_all;
    enum rule expect_broken[RULES];
    unsigned expect_count;
    bool expect;
};

/* 0: go on; otherwise the exit code plus one (--help gives 1, a wrong argument 3). Messages are printed. */
int options_parse(struct options *self, int argc, char **argv);

#endif
