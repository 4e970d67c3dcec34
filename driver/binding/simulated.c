/* SPDX-License-Identifier: Apache-2.0 */
/* System functions in the simulated framework: what its loader brings, else the system's. */
#include "driver/binding/binding.h"
#include "driver/binding/loader.h"

void *binding_symbol(const char *library, const char *name)
{
    void *found = entry_symbol(name);

    return found ? found : system_symbol(library, name);
}
