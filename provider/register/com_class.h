/* SPDX-License-Identifier: Apache-2.0 */
/* COM registration of the manager's class: CLSID, InprocServer32, ThreadingModel Both. Nothing of Terminal
 * Server's is touched. */
#ifndef RDSPROV_REGISTER_COM_CLASS_H
#define RDSPROV_REGISTER_COM_CLASS_H

#include "com/com.h"

/* Registers or removes. Removing what is not there is S_OK. E_NOTIMPL where there is no registry. */
HRESULT register_server(bool on);

#endif
