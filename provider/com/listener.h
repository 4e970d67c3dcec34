/* SPDX-License-Identifier: Apache-2.0 */
/* The listener object: the service's handle on a port. */
#ifndef RDSPROV_COM_LISTENER_H
#define RDSPROV_COM_LISTENER_H

#include "com/com.h"
#include "core/provider.h"

/* name as the service gives it: the WinStations key (gaps.md 2). */
HRESULT listener_create(struct provider *provider, const WCHAR *name, IWRdsProtocolListener **out);

#endif
