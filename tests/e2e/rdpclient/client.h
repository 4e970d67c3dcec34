/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One headless RDP client: a FreeRDP connection with its picture in memory. Each has a thread of its own, and
 * everything that touches FreeRDP runs on it: the other threads hand it jobs, or wait for what it publishes
 * under a lock. Many of them can live in one process.
 */
#ifndef RDPCLIENT_CLIENT_H
#define RDPCLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <freerdp/freerdp.h>

#define CLIENT_TEXT_MAX 256
#define CLIENT_CODECS 16 /* RDPGFX_CODECID_* is below */
#define CLIENT_NEVER_STOP (-1)
#define CLIENT_MONITORS 20 /* more than a server may take */

enum client_security { CLIENT_SECURITY_ANY, CLIENT_SECURITY_NLA, CLIENT_SECURITY_TLS };

/* Auto-reconnect: [MS-RDPBCGR] 2.2.4.2. */
struct client_cookie {
    uint32_t session;
    uint8_t random[16];
};

/* The first one is the primary. */
struct client_layout {
    unsigned count;
    struct client_monitor {
        int32_t left, top;
        uint32_t width, height;
    } monitors[CLIENT_MONITORS];
};

struct client_options {
    char address[CLIENT_TEXT_MAX];
    uint16_t port;
    char user[CLIENT_TEXT_MAX], domain[CLIENT_TEXT_MAX], password[CLIENT_TEXT_MAX];
    char fingerprint[CLIENT_TEXT_MAX]; /* SHA-256 of the certificate, "aa:bb:.."; empty: any certificate */
    enum client_security security;
    uint32_t width, height, bpp;
    struct client_layout layout; /* of several monitors; empty: one of width and height */
    bool gfx;
    uint32_t caps_filter; /* capability versions not to offer: bit n is the n-th from version 8 on */
    bool small_cache, thin_client, progressive, h264, avc444;
    bool auto_detect;             /* offer network auto-detection, and with it the message channel */
    bool auto_reconnect;          /* when the wire is cut */
    char record[CLIENT_TEXT_MAX]; /* what the server sends, decrypted: u32 length, bytes; empty: not */
    bool have_cookie;             /* the one to come back with, as if it had been given earlier */
    struct client_cookie cookie;
    int stop_at; /* CONNECTION_STATE_*: go silent there; or CLIENT_NEVER_STOP */
    /* Called on the client's thread after each change of the picture, with its time in stats.last_us; NULL:
     * not. */
    void (*painted)(rdpContext *context, void *arg);
    void *painted_arg;
};

void client_options_init(struct client_options *self);

enum client_phase {
    CLIENT_CONNECTING,
    CLIENT_STOPPED, /* silent at options.stop_at until it is ended */
    CLIENT_ACTIVE,
    CLIENT_ENDED
};

/* Why a connection is over. */
struct client_ending {
    bool was_active;
    bool by_us;
    uint32_t last_error; /* FREERDP_ERROR_*, 0 none */
    uint32_t error_info; /* Set Error Info, 0 none */
    bool logon_error;    /* Logon Error Info came */
    uint32_t logon_type, logon_data;
    bool certificate_refused;
};

struct client_stats {
    uint32_t width, height;
    bool gfx;
    uint32_t caps_version;    /* confirmed RDPGFX_CAPVERSION_*, 0 none */
    uint64_t updates, frames; /* changes of the picture; frames of the graphics pipeline */
    uint64_t pixels;          /* sum of the changed areas */
    uint64_t bitmaps;         /* bitmap updates and surface commands outside the graphics pipeline */
    uint64_t codecs[CLIENT_CODECS];
    uint64_t fills, copies, cache_stores, cache_copies;
    uint64_t pointers, pointer_positions; /* shapes (set, hidden, default), positions */
    uint32_t pointer_width, pointer_height, pointer_x, pointer_y, pointer_opaque;
    uint64_t resizes, reconnects;
    uint32_t monitors; /* in the last Reset Graphics */
    uint64_t bytes_in, bytes_out;
    uint64_t start_us, active_us, first_us, last_us; /* monotonic; 0: not yet */
    uint64_t active_cpu_us, first_cpu_us;            /* what its thread had computed by then */
    uint32_t indicators;
};

struct client;

/* Connects on its own thread. NULL and a line in `problem` when nothing was started. */
struct client *client_create(const struct client_options *options, char *problem, size_t cap);
/* Ends the connection and waits for the thread; NULL is fine. */
void client_destroy(struct client *self);
/* Begins the end; client_wait_ended tells when it is over. */
void client_end(struct client *self);

/* Until it is no longer connecting, or `ms` are over; the phase then. */
enum client_phase client_wait_connected(struct client *self, unsigned ms);
/* Goes on where it stopped. */
void client_resume(struct client *self);
/* False: not in time. */
bool client_wait_ended(struct client *self, unsigned ms, struct client_ending *out);
/* Until the picture has not changed for `quiet_ms` (and did once). False: not in time, or ended. */
bool client_wait_quiet(struct client *self, unsigned quiet_ms, unsigned ms);
/* Until more than `updates` changes have come. False: not in time, or ended. */
bool client_wait_update(struct client *self, uint64_t updates, unsigned ms);

void client_get_stats(struct client *self, struct client_stats *out);

/* Runs `job` on the client's thread and waits for it; false when it is not active or the job says so. */
typedef bool (*client_job)(rdpContext *context, void *arg);
bool client_run(struct client *self, client_job job, void *arg);

/* Asks for another layout; false: the server has no Display Control, or it was not sent. */
bool client_ask_layout(struct client *self, const struct client_layout *layout);

uint64_t client_now_us(void);
/* What this thread has computed so far. */
uint64_t client_cpu_us(void);

#endif
