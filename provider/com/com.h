/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the COM side of the adapter shares: objects (factory, manager, listener, connection and its small
 * objects) that answer at once, and callers, short-lived threads that call into the service. Sockets,
 * processes and links are in core/, on one loop thread. No FreeRDP, OpenSSL or WinPR in either, and no byte
 * that a client sent.
 */
#ifndef RDSPROV_COM_COM_H
#define RDSPROV_COM_COM_H

#include <stdatomic.h>

#include "abi/wtsprotocol.h"
#include "os/os.h"
#include "os/log.h"
#include "os/thread.h"

/* CLSID of the IWRds manager: what LoadableProtocol_Object of a listener key names. */
extern const CLSID CLSID_RdsprovManager;
/* CLSID of the IWTS manager, for services before 2012. Known to DllGetClassObject, never registered
 * (register.c says why). */
extern const CLSID CLSID_RdsprovLegacyManager;

#define COM_EXPORT __attribute__((visibility("default")))

/* The module lives while an object or a server lock does (DllCanUnloadNow). */
void module_hold(void);
void module_drop(void);

HRESULT factory_query(REFCLSID clsid, REFIID iid, void **out);
/* One reference to the object's IUnknown. */
HRESULT manager_create(IUnknown **out);
HRESULT legacy_manager_create(IUnknown **out);

/* One log line per COM call. COM_BEGIN at the top, `return COM_END(hr, fmt, ...)` at the end. Calls that the
 * service polls are written at debug level. */
struct com_call {
    const char *name;
    uint32_t id; /* connection, or 0 */
    uint64_t begin_us;
    enum log_level level;
};

#define COM_BEGIN(name_, id_) const struct com_call com_call = {name_, id_, os_now_us(), LOG_INFO}
#define COM_BEGIN_POLLED(name_, id_) const struct com_call com_call = {name_, id_, os_now_us(), LOG_DEBUG}
#define COM_END(hr_, ...) com_end(&com_call, (hr_), __VA_ARGS__)
HRESULT com_end(const struct com_call *call, HRESULT hr, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies UTF-16 into a fixed field: always terminated, never half a surrogate pair; what is no text becomes
 * '?'. False when it had to be cut. */
bool wide_copy(WCHAR *dst, size_t cap, const uint16_t *src);

/* UTF-8 of a WCHAR string that may be NULL, for log lines; cut to 127 bytes. */
struct wide_text {
    char text[128];
};
struct wide_text wide_text(const WCHAR *text);

#endif
