/* SPDX-License-Identifier: Apache-2.0 */
/* The contract table against the headers: a row that names a slot that is not there does not compile. */
#include <stddef.h>

#include "abi/wtsprotocol.h"

#define SLOT_IS(interface_, slot_, method_)                                                                  \
    _Static_assert(offsetof(interface_##Vtbl, method_) == (slot_) * sizeof(void *),                          \
                   #interface_ "::" #method_ " is not in slot " #slot_);
#define CONTRACT(interface_, slot_, method_, answer_, why_, source_, test_)                                  \
    SLOT_IS(interface_, slot_, method_)
#define UNKNOWN(interface_, what_, test_)                                                                    \
    SLOT_IS(interface_, 0, QueryInterface)                                                                   \
    SLOT_IS(interface_, 1, AddRef)                                                                           \
    SLOT_IS(interface_, 2, Release)
#define PROPERTY(guid_, answer_, why_, source_, test_)                                                       \
    _Static_assert(sizeof(guid_) == sizeof(GUID), #guid_ " is no GUID");
#define CALL(interface_, method_, when_, source_, test_)                                                     \
    _Static_assert(offsetof(interface_##Vtbl, method_) >= 3 * sizeof(void *), "slots 0 to 2 are "            \
                                                                              "IUnknown's");

#include "contract.def"
