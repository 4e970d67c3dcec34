/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places and values that a side-by-side listener is made of. A listener's key is a copy of RDP-Tcp's
 * values in which this table's rules replace some: no kernel transport may be named (it would take the port
 * before us), no program, no credentials of another listener, and nothing is enabled unless that was asked
 * for. RDP-Tcp is only read. Facts: sequences.md A, field.md 6, servers.md 0.2, peer-ironrdp.md 3.
 */
#ifndef RDSPROV_REGISTER_TABLE_H
#define RDSPROV_REGISTER_TABLE_H

#include "register/registry.h"

#define TABLE_SERVER_KEY "SYSTEM\\CurrentControlSet\\Control\\Terminal Server"
#define TABLE_STATIONS_KEY TABLE_SERVER_KEY "\\WinStations"
#define TABLE_SOURCE_NAME "RDP-Tcp"
#define TABLE_SOURCE_KEY TABLE_STATIONS_KEY "\\" TABLE_SOURCE_NAME
#define TABLE_INBOX_CLASS "{5828227c-20cf-4408-b73f-73ab70b8849f}" /* the inbox RDP manager */
#define TABLE_CLASS_VALUE "LoadableProtocol_Object"
#define TABLE_MARKER "installed-by"
#define TABLE_MARKER_TEXT "rdsprov-setup"

#define TABLE_LISTENER_MAX 25 /* bytes with NUL: session names are NAME#number in 32 characters */

enum table_rule_kind {
    RULE_MARKER, /* whose key this is */
    RULE_SWITCH, /* number `off`, or `on` once everything else is there and enabling was asked for */
    RULE_EMPTY,  /* emptied where the source has it */
    RULE_TEXT,   /* this text */
    RULE_PORT,
    RULE_LOG_FILE,
    RULE_CLASS, /* the manager's class id: what makes it our listener */
};

struct table_rule {
    const char *name;
    enum table_rule_kind kind;
    uint32_t off, on; /* RULE_SWITCH */
    const char *text; /* RULE_TEXT */
    const char *why;
};

/* In the order in which they are written: the marker and the switches before anything else, the class last.
 */
extern const struct table_rule table_rules[];
extern const size_t table_rule_count;
const struct table_rule *table_rule_of(const char *value_name); /* NULL: copied as it is */

/* Everything that is read or written, for people, scripts and the test of the scripts. `<listener>` stands
 * for its name. */
struct table_place {
    const char *path;
    bool written;
    const char *what;
};
extern const struct table_place table_places[];
extern const size_t table_place_count;

/* A name that can be a listener's and is not one of the system's. `why` gets the reason otherwise. */
bool table_check_listener(const char *name, char *why, size_t cap);
/* The path of a listener's key; the name has been checked. */
void table_listener_key(const char *name, char out[REGISTRY_PATH_MAX]);
/* The one fence: this listener's key, our class's key, and what lies below them. Everything that is written
 * passes it. */
bool table_is_ours(const char *listener, const char *path);

#endif
