/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/fault.h"

#include <stdlib.h>
#include <string.h>

#ifdef IDD_FAULTS
bool fault(const char *name)
{
    const char *wanted = getenv("RDSPROV_IDD_FAULT");

    return wanted && strcmp(wanted, name) == 0;
}
#endif
