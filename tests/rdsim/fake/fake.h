/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider without a network: each listener makes a few connections out of nothing, tells the service about
 * them, and breaks them after a while. It keeps the contract, except for the one fault that it was told to
 * commit. RDSIM_FAKE_CLIENTS: connections to make (1), RDSIM_FAKE_STAY_MS: how long each stays (300),
 * RDSIM_FAKE_USER, ..._PASSWORD. One class makes managers of both families.
 */
#ifndef RDSIM_FAKE_FAKE_H
#define RDSIM_FAKE_FAKE_H

#include <stdatomic.h>

#include "abi/wtsprotocol.h"
#include "faults.h"
#include "os/thread.h"

extern const CLSID CLSID_Fake;
extern _Atomic unsigned fake_objects;

unsigned fake_number(const char *name, unsigned otherwise);
void fake_text(WCHAR *dst, size_t cap, const char *name);

HRESULT fake_manager_create(REFIID iid, void **out);
IWRdsProtocolListener *fake_listener_create(void);
/* The manager of the IWTS family, asked for by its IID. legacy_manager.c */
HRESULT fake_legacy_manager_create(void **out);
/* One client on a thread of its own. */
void fake_client_start(IWRdsProtocolListenerCallback *callback, bool legacy);
/* Clients that have not ended: none starts a call to the service once asked to end. */
void fake_clients_end(void);
HRESULT fake_license_create(IWRdsProtocolLicenseConnection **out);
HRESULT fake_redirector_create(IWRdsProtocolLogonErrorRedirector **out);

/* fake_answers.c: the methods of a connection that only answer. */
HRESULT fake_get_client_data(WTS_CLIENT_DATA *data);
HRESULT fake_get_credentials(WTS_USER_CREDENTIAL *credential);
HRESULT fake_get_status(WTS_PROTOCOL_STATUS *status);
HRESULT fake_query_property(GUID type, ULONG in_count, ULONG out_count, WTS_PROPERTY_VALUE *out);
HRESULT fake_get_hardware_id(WCHAR *buffer, DWORD count);

#endif
