/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and services of a Windows machine, as the launcher needs them: is there such a session, whose
 * process is this, how is a service's process known. Windows only. Wine has one session, one user and one
 * token; what is said differently there is said here and nowhere else.
 */
#ifndef RDSPROV_OS_SESSION_WIN32_H
#define RDSPROV_OS_SESSION_WIN32_H

#include "os/session.h"

struct os_process;

/* False under Wine: a child cannot be put into another session there, and none but the first exists. */
bool os_sessions_are_real(void);

/* The session manager could not be asked: OS_*, and nothing is true of the session. Under Wine all is. */
enum os_status os_session_look(uint32_t session, struct os_session *out);

/* OS_NOT_FOUND: no such service, or it does not run. */
enum os_status os_service_process_id(const char *service, uint64_t *id);

/* The SID by which objects can be opened to this service alone: its own, or (a service without one) that of
 * its account. `sid` takes SECURITY_MAX_SID_SIZE bytes. OS_NOT_FOUND: no such service. */
enum os_status os_service_sid(const char *service, void *sid, size_t cap);

/* Path of the program that the process runs. The handle must allow the query. */
enum os_status os_process_program(const struct os_process *self, char *buf, size_t cap);

enum os_attention { OS_ATTENTION_SENT, OS_ATTENTION_FORBIDDEN, OS_ATTENTION_MISSING };

/* Ctrl+Alt+Del for the session of this process, which must run as SYSTEM: keys that a program makes up are
 * not taken for it. FORBIDDEN: the policy SoftwareSASGeneration does not let services do it. MISSING: the
 * system has no such call (Wine). To verify on Windows: that it reaches the caller's session. */
enum os_attention os_session_attention(void);

#endif
