/* SPDX-License-Identifier: Apache-2.0 */
/* From DllGetClassObject to a manager, the same on all platforms, and the rules of a class factory. */
#ifndef RDSIM_LOADER_COMMON_H
#define RDSIM_LOADER_COMMON_H

#include "loader.h"

typedef HRESULT(STDAPICALLTYPE *get_class_object_fn)(REFCLSID clsid, REFIID iid, LPVOID *out);
typedef HRESULT(STDAPICALLTYPE *can_unload_fn)(void);
typedef HRESULT(STDAPICALLTYPE *listener_status_fn)(const WCHAR *listener, char *text, unsigned cap,
                                                    USHORT *port);

bool loader_create_manager(get_class_object_fn get_class_object, const CLSID *clsid, const IID *iid,
                           void **out, char *problem, size_t cap);

void loader_check_factory(IClassFactory *factory);

#endif
