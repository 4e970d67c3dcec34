/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of one listener: read as text (os/config.h), checked against one table that knows every key,
 * its kind, bounds and default. A wrong value is refused with one line that names place, key and value;
 * nothing starts half-way.
 */
#ifndef RDSPROV_CORE_SETTINGS_H
#define RDSPROV_CORE_SETTINGS_H

#include "link/link.h"
#include "os/os.h"

#define SETTINGS_ADDRESSES_MAX 8
#define SETTINGS_DRIVER_ID_MAX 200 /* with NUL: what Windows takes, and a service was seen to pass */

struct settings {
    uint32_t port;
    uint32_t security, key_type;
    uint32_t desktop_width, desktop_height;
    uint32_t step_timeout, auth_timeout; /* seconds */
    uint32_t peer_timeout;               /* seconds without a beat of an authenticated peer, 0: any number */
    uint32_t max_half_open, max_per_source, max_connections;
    uint32_t spare_peers;
    uint32_t log_level;
    uint32_t native_sspi;
    uint32_t make_certificate;
    uint32_t deny_initial_program;
    uint32_t auto_reconnect; /* seconds between two cookies, 0: none */
    uint32_t stop_screen_updates;
    uint32_t h264;
    char addresses[LINK_PATH_MAX]; /* as given, comma-separated */
    char certificate[LINK_PATH_MAX], key[LINK_PATH_MAX], sam[LINK_PATH_MAX];
    char launcher[LINK_PATH_MAX];
    char peer_program[LINK_PATH_MAX];
    char log_file[LINK_PATH_MAX];
    char server_name[LINK_NAME_MAX];
    char display_driver_id[SETTINGS_DRIVER_ID_MAX];
    char place[256]; /* where they were read, for messages */
};

/* OS_NOT_FOUND (no such place), OS_INVALID: `problem` has the line. */
enum os_status settings_read(struct settings *self, const char *listener, char *problem, size_t cap);

/* i-th address, trimmed; false past the end. */
bool settings_address(const struct settings *self, unsigned i, char *out, size_t cap);

/* What a peer is told. */
void settings_to_link(const struct settings *self, uint32_t connection, struct link_config *out);

#endif
