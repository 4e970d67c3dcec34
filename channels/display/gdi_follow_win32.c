/* SPDX-License-Identifier: Apache-2.0 */
/* To verify on Windows: Wine 8 has one desktop with the input, whatever is switched. */
#include <windows.h>

#include "channels/display/gdi_follow.h"

static void *open_input(void)
{
    return OpenInputDesktop(0, FALSE, GENERIC_ALL);
}

static bool name_of(void *desktop, wchar_t *out, size_t cap)
{
    DWORD size;

    return GetUserObjectInformationW(desktop, UOI_NAME, out, (DWORD)(cap * sizeof(*out)), &size);
}

static bool enter(void *desktop)
{
    return SetThreadDesktop(desktop);
}

static void close_desktop(void *desktop)
{
    CloseDesktop(desktop);
}

const struct gdi_follow_calls gdi_follow_system = {open_input, name_of, enter, close_desktop};
