/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Windows pipe's own files share: the frame that every message travels in, and the hand-over. A
 * message is struct pipe_header, then `npass` times struct pipe_pass, then the payload in one write, so the
 * kernel keeps it whole. Both ends are builds of the same tree on the same machine: no byte order, no
 * negotiation; the magic carries the version.
 */
#ifndef RDSPROV_OS_PIPE_WIN32_H
#define RDSPROV_OS_PIPE_WIN32_H

#include "os/pipe.h"
#include "os/win32.h"

/* What a client opens a pipe with: to read, to write, to choose message mode, to ask who owns it. */
#define PIPE_CLIENT_ACCESS (FILE_GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES)

#define PIPE_MAGIC 0x31505352u /* "RSP1" */

/* What the values in pipe_pass mean. The receiver decides by its own role what it accepts, never by this word
 * alone. */
enum pipe_form {
    PIPE_FORM_NONE,     /* nothing handed over */
    PIPE_FORM_WEAK,     /* handles of the sender's process: the strong receiver fetches them */
    PIPE_FORM_STRONG,   /* already the receiver's own, put there by the strong sender */
    PIPE_FORM_TOGETHER, /* both ends live in one process */
};

struct pipe_header {
    uint32_t magic;
    uint32_t len;
    uint32_t npass;
    uint32_t form;
};

struct pipe_pass {
    uint32_t kind;
    uint32_t reserved;
    union {
        uint64_t value;
        WSAPROTOCOL_INFOW socket; /* OS_PASS_SOCKET from a strong end */
    } as;
};

#define PIPE_FRAME_MAX                                                                                       \
    (sizeof(struct pipe_header) + OS_PASS_MAX * sizeof(struct pipe_pass) + OS_PIPE_MESSAGE_MAX)

/* The two ends of os_pipe_pair while both are in this process; freed with the last. */
struct pipe_bond {
    LONG refs;
    LONG together;
};

/* Who this end is towards the other one. */
struct pipe_role {
    HANDLE remote; /* the other process, when this is the strong end; not owned */
    DWORD remote_id;
    struct pipe_bond *bond; /* may be NULL */
    bool refuses;           /* os_pipe_refuse_passes */
};

enum pipe_form pipe_role_form(const struct pipe_role *self);

/* Fills `out` for the frame. On failure nothing is left in the other process, and `pass` is as before. */
enum os_status pipe_pass_export(const struct pipe_role *self, const struct os_pass *pass, unsigned npass,
                                struct pipe_pass *out);
/* The message was sent: closes what now belongs to the receiver. */
void pipe_pass_sent(const struct pipe_role *self, const struct os_pass *pass, unsigned npass);
/* The message was not sent: takes the copies back out of the other process. */
void pipe_pass_unsent(const struct pipe_role *self, const struct pipe_pass *out, unsigned npass);

/* Makes the caller's handles of what arrived. On failure everything that came is closed. */
enum os_status pipe_pass_import(const struct pipe_role *self, uint32_t form, const struct pipe_pass *in,
                                unsigned npass, struct os_pass *pass);

/* The pipe's other end was made by the system, or by this user. OS_DENIED: `why` has one line. */
enum os_status pipe_check_owner(HANDLE pipe, char *why, size_t cap);
bool pipe_owner_is_trusted(PSID sid);

#endif
