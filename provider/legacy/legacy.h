/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IWTS family (Windows Server 2008 R2) over the objects of com/: another set of vtables on the same
 * listener and connection, so that callbacks, OnReady, Close and the end are one code. Its types are those of
 * the IWRds family under other names; where a method means the same it goes through that family's method. Its
 * interfaces answer QueryInterface for this family only.
 */
#ifndef RDSPROV_LEGACY_LEGACY_H
#define RDSPROV_LEGACY_LEGACY_H

#include "com/connection_private.h"
#include "com/listener.h"

extern CONST_VTBL IWTSProtocolListenerVtbl legacy_listener_vtbl;
extern CONST_VTBL IWTSProtocolConnectionVtbl legacy_connection_vtbl;

/* Take the inner object's reference over, also on failure. */
HRESULT legacy_license_create(IWRdsProtocolLicenseConnection *inner, IWTSProtocolLicenseConnection **out);
HRESULT legacy_redirector_create(IWRdsProtocolLogonErrorRedirector *inner,
                                 IWTSProtocolLogonErrorRedirector **out);

#endif
