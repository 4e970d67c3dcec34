/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliberate mistakes for the checker's own tests (tests/iddsim): only the library rdsprov_idd_faulty has
 * them, and only the one that RDSPROV_IDD_FAULT names. In every other build fault() is false at compile time.
 */
#ifndef RDSPROV_DRIVER_FAULT_H
#define RDSPROV_DRIVER_FAULT_H

#include <stdbool.h>

#ifdef IDD_FAULTS
bool fault(const char *name);
#else
#define fault(name_) false
#endif

#endif
