/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers from neighbouring system headers that provider and service exchange as plain integers.
 */
#ifndef RDSPROV_ABI_WTSRELATED_H
#define RDSPROV_ABI_WTSRELATED_H

#include "abi/wintypes.h"

#ifdef _WIN32
#include <wtsapi32.h>
#endif

/* EventId of NotifySessionStateChange (methods.md 1, slot 8). */
#ifndef WTS_CONSOLE_CONNECT
#define WTS_CONSOLE_CONNECT 0x1
#endif
#ifndef WTS_CONSOLE_DISCONNECT
#define WTS_CONSOLE_DISCONNECT 0x2
#endif
#ifndef WTS_REMOTE_CONNECT
#define WTS_REMOTE_CONNECT 0x3
#endif
#ifndef WTS_REMOTE_DISCONNECT
#define WTS_REMOTE_DISCONNECT 0x4
#endif
#ifndef WTS_SESSION_LOGON
#define WTS_SESSION_LOGON 0x5
#endif
#ifndef WTS_SESSION_LOGOFF
#define WTS_SESSION_LOGOFF 0x6
#endif
#ifndef WTS_SESSION_LOCK
#define WTS_SESSION_LOCK 0x7
#endif
#ifndef WTS_SESSION_UNLOCK
#define WTS_SESSION_UNLOCK 0x8
#endif
#ifndef WTS_SESSION_REMOTE_CONTROL
#define WTS_SESSION_REMOTE_CONTROL 0x9
#endif
#ifndef WTS_SESSION_CREATE
#define WTS_SESSION_CREATE 0xa
#endif
#ifndef WTS_SESSION_TERMINATE
#define WTS_SESSION_TERMINATE 0xb
#endif

/* ProtocolType of WTS_CLIENT_DATA. */
#ifndef WTS_PROTOCOL_TYPE_CONSOLE
#define WTS_PROTOCOL_TYPE_CONSOLE 0
#endif
#ifndef WTS_PROTOCOL_TYPE_ICA
#define WTS_PROTOCOL_TYPE_ICA 1
#endif
#ifndef WTS_PROTOCOL_TYPE_RDP
#define WTS_PROTOCOL_TYPE_RDP 2
#endif

/*
 * Kind of memory that WTSFreeMemoryEx is told to free. Enumerators in the system header; a macro of
 * the same name and value is harmless after it.
 */
#define WTSTypeProcessInfoLevel0 0
#define WTSTypeProcessInfoLevel1 1
#define WTSTypeSessionInfoLevel1 2
#define WTSTypeCloudAuthServerNonce 3
#define WTSTypeSerializedUserCredential 4

#endif
