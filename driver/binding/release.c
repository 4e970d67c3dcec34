/* SPDX-License-Identifier: Apache-2.0 */
/* The binding for Windows: WdfDriverStubUm.lib and IddCxStub.lib bring FxDriverEntryUm and the tables. */
#include "driver/binding/binding.h"

void *binding_symbol(const char *library, const char *name)
{
    return system_symbol(library, name);
}
