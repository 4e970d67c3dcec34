/* SPDX-License-Identifier: Apache-2.0 */
#ifdef _WIN32
/* gcc honours the attribute only on the first declaration, so these come before the system's. */
#include <guiddef.h>
extern const GUID DECLSPEC_SELECTANY GUID_NULL;
extern const GUID DECLSPEC_SELECTANY IID_IUnknown;
extern const GUID DECLSPEC_SELECTANY IID_IClassFactory;
extern const GUID DECLSPEC_SELECTANY IID_IAgileObject;
#endif

#define ABI_DEFINE_GUIDS
#include "abi/tsvirtualchannels.h"
#include "abi/wtsprotocol.h"
