/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the adapter (in the service) and a peer process say to each other. The adapter sends `config` first,
 * then either `prepare` (check certificate, key, SAM file; make what may be made) or `take` with a client's
 * socket; the peer answers with `prepared`, or tells the life of its client: `phase`, `client`, `active`,
 * `grant`, `closed`. Only control: no picture, no input and, but for one packet (link_client), no byte of the
 * client's goes through here. Both ends are built together; a message of another version ends the link. The
 * end of the link is the end of the other process.
 */
#ifndef RDSPROV_LINK_LINK_H
#define RDSPROV_LINK_LINK_H

#include <stdatomic.h>
#include "wire/wire.h"

#define LINK_VERSION 3

#define LINK_PATH_MAX 1024
#define LINK_NAME_MAX 256 /* account names, with NUL: WTS fields hold 255 characters */
#define LINK_TEXT_MAX 900
#define LINK_MONITORS_MAX 16
#define LINK_DESKTOP_MIN 200
#define LINK_DESKTOP_MAX 8192
#define LINK_AREA_MAX (8192u * 4096u) /* pixels of one desktop */
#define LINK_ARC_SIZE 28              /* ARC_CS_PRIVATE_PACKET, [MS-RDPBCGR] 2.2.4.3 */
#define LINK_ARC_RANDOM_SIZE 16       /* ArcRandomBits, [MS-RDPBCGR] 2.2.4.2 */

enum link_id {
    /* adapter to peer */
    LINK_CONFIG = 1,
    LINK_PREPARE,
    LINK_TAKE,           /* passes the client's socket */
    LINK_CONNECT,        /* the session may be shown: send a `grant` */
    LINK_DISCONNECT,     /* back to the waiting picture, keep the client */
    LINK_SESSION,        /* NotifySessionId */
    LINK_GRANT_RESULT,   /* the launcher's answer to a `grant` */
    LINK_ERROR_INFO,     /* remembered: the reason that the client is told at `close` */
    LINK_CLOSE,          /* say goodbye (by state) and end */
    LINK_DISPLAY_DRIVER, /* loaded, device path known, or unloaded */
    LINK_LOGON,          /* LogonNotify */
    LINK_DRIVER_HANDLE,  /* as display-driver, loaded; passes the driver's handle */
    LINK_AUTO_RECONNECT, /* the cookie with which the client may come back */
    LINK_LOGON_ERROR,    /* what LogonUI says, as RDP can */
    /* peer to adapter */
    LINK_PREPARED = 64,
    LINK_PHASE,
    LINK_CLIENT,
    LINK_ACTIVE,
    LINK_GRANT, /* passes frame memory and the producer's end of a pipe */
    LINK_SUPPRESS,
    LINK_CLOSED,
    LINK_LOG
};

enum link_security { LINK_SECURITY_ANY, LINK_SECURITY_NLA, LINK_SECURITY_TLS };
enum link_key_type { LINK_KEY_RSA, LINK_KEY_ECDSA };

/* Where a client is. Also what a deadline and a log line name. */
enum link_phase {
    LINK_PHASE_CONNECTED,    /* TCP is there, no byte yet */
    LINK_PHASE_NEGOTIATION,  /* X.224 */
    LINK_PHASE_TLS,          /* X.224 request complete, TLS handshake */
    LINK_PHASE_CREDSSP,      /* TLS is up */
    LINK_PHASE_MCS,          /* authenticated or TLS only: MCS connect */
    LINK_PHASE_CLIENT_INFO,  /* MCS is done */
    LINK_PHASE_LICENSE,      /* credentials known */
    LINK_PHASE_CAPABILITIES, /* capability exchange, finalisation */
    LINK_PHASE_ACTIVE,
    LINK_PHASE_CLOSED,
    LINK_PHASES
};
const char *link_phase_name(enum link_phase phase);

/* Counters in memory that the adapter makes and the peer writes; each is read once and never trusted for more
 * than a number. Times are os_now_ms(), which all processes of a machine share. */
struct link_counters {
    _Atomic uint64_t bytes_in, bytes_out;
    _Atomic uint64_t packets_in, packets_out;     /* PDUs of the transport */
    _Atomic uint64_t frames;                      /* of the picture */
    _Atomic uint64_t errors;                      /* session programs lost, protocol errors */
    _Atomic uint64_t bytes_raw, bytes_compressed; /* picture bytes before and after encoding */
    _Atomic uint64_t last_input_ms;               /* 0: none yet */
    _Atomic uint32_t phase;                       /* enum link_phase */
    _Atomic uint32_t beats;                       /* turns of the peer's main thread */
};

struct link_config {
    uint32_t connection; /* for log lines; 0 while preparing */
    uint32_t security;   /* enum link_security */
    uint32_t key_type;   /* enum link_key_type */
    uint32_t log_level;
    uint32_t desktop_width, desktop_height; /* 0: what the client asks for */
    uint32_t step_timeout_ms;               /* X.224, each silent step before TLS is up */
    uint32_t auth_timeout_ms;               /* until authenticated and past Client Info */
    uint32_t native_sspi;            /* Windows: the system's SSPI instead of WinPR's with a SAM file */
    uint32_t suppress_encoding;      /* reserved, 0 */
    uint32_t h264;                   /* videos as H.264, where client and build have it */
    char certificate[LINK_PATH_MAX]; /* PEM; made when both files are missing */
    char key[LINK_PATH_MAX];
    char sam[LINK_PATH_MAX]; /* empty: no NLA with WinPR's NTLM */
    char server_name[LINK_NAME_MAX];
};

struct link_prepare {
    uint32_t make_certificate; /* 1: may write certificate and key files when both are missing */
};

struct link_prepared {
    uint32_t ok;
    char text[LINK_TEXT_MAX];   /* not ok: one line naming file and problem */
    char fingerprint[128];      /* SHA-256 of the certificate, "aa:bb:.." */
    char certificate_info[256]; /* subject, key kind, end of validity */
};

struct link_take {
    char address[64]; /* text without port */
    uint8_t family;   /* 4, 6 */
    uint16_t port;
};

struct link_monitor {
    int32_t left, top;
    uint32_t width, height, primary;
    uint32_t scale;               /* per cent; 0: not known */
    uint32_t width_mm, height_mm; /* 0: not known */
};

/* What the client said, and who it says it is. Names are UTF-16 as the COM structs want them. */
struct link_client {
    uint32_t width, height, color_depth; /* color_depth in bits per pixel: 8, 15, 16, 24, 32 */
    uint32_t build, keyboard_layout, keyboard_type, keyboard_subtype, keyboard_function_keys;
    uint32_t input_locale, performance_flags, product_id;
    uint32_t authenticated; /* 1: NLA proved the credentials */
    uint32_t have_password; /* 1: user/domain/password below are complete */
    uint32_t autologon;     /* INFO_AUTOLOGON */
    uint32_t smartcard_pin; /* the password is a PIN */
    uint32_t encryption;    /* bits of the TLS cipher */
    uint32_t client_version;
    uint32_t monitor_count;
    struct link_monitor monitors[LINK_MONITORS_MAX];
    uint16_t client_name[32];
    uint16_t client_address[64]; /* as the client reports itself */
    uint16_t client_directory[LINK_NAME_MAX];
    uint16_t product[64];
    uint16_t initial_program[LINK_NAME_MAX];
    uint16_t working_directory[LINK_NAME_MAX];
    uint16_t user[LINK_NAME_MAX];
    uint16_t domain[LINK_NAME_MAX];
    uint16_t password[LINK_NAME_MAX];
    /* The client's auto-reconnect packet, 0 or LINK_ARC_SIZE bytes: the one thing from the wire that the
     * adapter looks into, because only it knows the sessions' cookies. */
    uint32_t reconnect_size;
    uint8_t reconnect[LINK_ARC_SIZE];
    int32_t zone_bias, zone_standard_bias, zone_daylight_bias;
    uint16_t zone_standard_name[32], zone_daylight_name[32];
    uint16_t zone_standard_date[8], zone_daylight_date[8]; /* SYSTEMTIME, 8 x u16 */
    uint16_t zone_key_name[128];                           /* empty: the client did not say */
    uint32_t zone_daylight_off; /* 1: no daylight saving although the zone has it */
};

struct link_active {
    uint32_t width, height, color_depth;
    uint32_t graphics_pipeline; /* 1: RDPGFX, 0: bitmap updates */
};

/* Whom a grant is for: a peer may have one of each at a time. */
enum link_producer {
    LINK_PRODUCER_PROGRAM, /* the session program */
    LINK_PRODUCER_DRIVER,  /* the session's display driver */
    LINK_PRODUCERS
};

/* Producers are asked for by number, so that a late answer about an old one is known as such. A connection's
 * numbers lie in the low byte and start again; none is ever that of its other producer, however often one of
 * the two is asked for. */
static inline uint32_t link_request(uint32_t connection, unsigned count, enum link_producer producer)
{
    return connection << 8 | (count * LINK_PRODUCERS + producer) % 256;
}

struct link_grant {
    uint32_t request;  /* link_request */
    uint32_t producer; /* enum link_producer */
    uint32_t width, height, stride, slots;
    uint32_t memory_size;
    uint32_t monitor_count; /* the client's, for a driver; the desktop's top left corner is 0, 0 */
    struct link_monitor monitors[LINK_MONITORS_MAX];
};

struct link_grant_result {
    uint32_t request;
    uint32_t ok;
    char text[LINK_TEXT_MAX];
};

struct link_session {
    uint32_t session;
};

struct link_value { /* connect: session id; error_info: the code; suppress: 0 or 1; close, disconnect: reason
                     */
    uint32_t value;
};

struct link_display_driver {
    uint32_t load; /* 1 load, 0 unload */
    uint32_t session;
    uint16_t device_path[LINK_NAME_MAX]; /* empty with a handle, and when it is not known */
};

struct link_logon {
    uint32_t session;
    uint16_t user[LINK_NAME_MAX];
    uint16_t domain[LINK_NAME_MAX];
};

/* [MS-RDPBCGR] 2.2.4.2; the session id is the LogonId. */
struct link_auto_reconnect {
    uint32_t session;
    uint32_t random_size; /* LINK_ARC_RANDOM_SIZE */
    uint8_t random[LINK_ARC_RANDOM_SIZE];
};

/* [MS-RDPBCGR] 2.2.10.1.1.4.1.1: an NTSTATUS or LOGON_MSG_*, and LOGON_FAILED_* or a session id. */
struct link_logon_error {
    uint32_t type, data;
};

struct link_phase_change {
    uint32_t phase;
};

struct link_closed {
    uint32_t phase;      /* where it ended */
    uint32_t by_client;  /* 1 the client left or vanished, 0 we ended it */
    uint32_t error_info; /* what the client was told, 0 none */
    char text[LINK_TEXT_MAX];
};

struct link_log {
    uint32_t level;
    char area[16];
    char text[LINK_TEXT_MAX];
};

/* Of a link_monitor: for the launcher's messages, which carry them on. */
#define LINK_MONITOR_FIELDS 8
extern const struct wire_field link_monitor_fields[LINK_MONITOR_FIELDS];

/* The one table. */
extern const struct wire_table link_table;

/* Union of all structs above, for a receive buffer. */
union link_any {
    struct link_config config;
    struct link_prepare prepare;
    struct link_prepared prepared;
    struct link_take take;
    struct link_client client;
    struct link_active active;
    struct link_grant grant;
    struct link_grant_result grant_result;
    struct link_session session;
    struct link_value value;
    struct link_display_driver display_driver;
    struct link_logon logon;
    struct link_auto_reconnect auto_reconnect;
    struct link_logon_error logon_error;
    struct link_phase_change phase;
    struct link_closed closed;
    struct link_log log;
};

/* Name of an ERRINFO code ("ERRINFO_LOGOFF_BY_USER", [MS-RDPBCGR] 2.2.5.1.1), or "unknown". */
const char *link_error_info_name(uint32_t code);

#endif
