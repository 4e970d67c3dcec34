/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/binding/binding.h"

#include <windows.h>

void *system_symbol(const char *library, const char *name)
{
    HMODULE module = LoadLibraryExA(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    union {
        FARPROC proc;
        void *pointer;
    } found = {.proc = module ? GetProcAddress(module, name) : NULL};

    /* The reference stays: Direct3D does not like to be unloaded while its threads end. */
    return found.pointer;
}
