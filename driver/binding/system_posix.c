/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/binding/binding.h"

#include <stddef.h>

void *system_symbol(const char *library, const char *name)
{
    return NULL;
}
