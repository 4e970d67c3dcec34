/* SPDX-License-Identifier: Apache-2.0 */
/* What the driver needs of its binding beyond the stub libraries' symbols (abi/wdf.h, abi/iddcx.h). */
#ifndef RDSPROV_DRIVER_BINDING_BINDING_H
#define RDSPROV_DRIVER_BINDING_BINDING_H

/* Address of an exported function of a system library ("d3d11.dll"), loaded when first asked for and kept;
 * NULL when there is none. Any thread. The simulated framework brings its own. */
void *binding_symbol(const char *library, const char *name);

/* The same from System32 only. NULL on other systems. */
void *system_symbol(const char *library, const char *name);

#endif
