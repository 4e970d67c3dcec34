/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocators by which service and provider pass memory to each other. Windows has them. Elsewhere the
 * program that loads a provider exports them, and a provider sees them weak: check that they are there before
 * calling, or be loaded by rdsim only. Blocks cross the ABI, so malloc will not do.
 */
#ifndef RDSPROV_ABI_WINALLOC_H
#define RDSPROV_ABI_WINALLOC_H

#include "abi/wintypes.h"

#ifndef _WIN32

#define LMEM_FIXED 0
#define LMEM_ZEROINIT 0x40
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)

#define ABI_HOST __attribute__((weak, visibility("default")))

EXTERN_C ABI_HOST HANDLE LocalAlloc(UINT uFlags, SIZE_T uBytes);
EXTERN_C ABI_HOST HANDLE LocalFree(HANDLE hMem); /* NULL */
EXTERN_C ABI_HOST LPVOID CoTaskMemAlloc(SIZE_T cb);
EXTERN_C ABI_HOST void CoTaskMemFree(LPVOID pv);

#endif

#endif
