/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The note by which a child in another session finds its end of the link. Handles cannot be inherited across
 * sessions (CreateProcessAsUserW says so), but they can be duplicated into a child that has not run yet. It
 * reads their number in memory whose name is on its command line. The number is no secret, and of use to the
 * child alone; the memory goes with the parent's process object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "os/process_win32.h"

#define NOTE_MAGIC 0x31454f4eu /* "NOE1" */

struct note {
    uint32_t magic;
    uint32_t handle;
};

static struct note *note_map(HANDLE section, DWORD access)
{
    return MapViewOfFile(section, access, 0, 0, sizeof(struct note));
}

/* The child's user beside this one and SYSTEM. NULL token: this process's own. */
static enum os_status note_section(const wchar_t *name, HANDLE token, HANDLE *out)
{
    union {
        TOKEN_USER user;
        uint8_t room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } child;
    struct os_private_acl acl;
    enum os_status status;
    DWORD size;

    if (token && !GetTokenInformation(token, TokenUser, &child, sizeof(child), &size))
        return os_status_from_win32(GetLastError());
    status = os_private_acl_init_with(&acl, SECTION_MAP_READ | SECTION_MAP_WRITE | READ_CONTROL,
                                      token ? child.user.User.Sid : NULL, SECTION_MAP_READ);
    if (status != OS_OK)
        return status;
    SetLastError(ERROR_SUCCESS);
    *out = CreateFileMappingW(INVALID_HANDLE_VALUE, &acl.attributes, PAGE_READWRITE, 0, sizeof(struct note),
                              name);
    if (!*out || GetLastError() == ERROR_ALREADY_EXISTS) {
        status = *out ? OS_BUSY : os_status_from_win32(GetLastError());
        os_handle_close(*out);
        *out = NULL;
    }
    os_private_acl_finish(&acl);
    return status;
}

enum os_status spawn_note_create(struct spawn_note *self, HANDLE token)
{
    uint8_t random[16];

    self->section = NULL;
    if (os_random(random, sizeof(random)) != OS_OK)
        return OS_FAILED;
    swprintf(self->name, SPAWN_NOTE_NAME_MAX, L"Global\\rdsprov-");
    for (size_t i = 0; i < sizeof(random); i++)
        swprintf(self->name + wcslen(self->name), 3, L"%02x", random[i]);
    return note_section(self->name, token, &self->section);
}

enum os_status spawn_note_write(const struct spawn_note *self, HANDLE handle)
{
    struct note *note = note_map(self->section, FILE_MAP_WRITE);

    if (!note)
        return os_status_from_win32(GetLastError());
    *note = (struct note){NOTE_MAGIC, (uint32_t)(uintptr_t)handle};
    UnmapViewOfFile(note);
    return OS_OK;
}

enum os_status spawn_note_read(const char *name, uint64_t *handle)
{
    wchar_t *wide = os_wide_from_utf8(name);
    enum os_status status = OS_INVALID;
    const struct note *note = NULL;
    HANDLE section = NULL;

    *handle = 0;
    if (!wide)
        return OS_INVALID;
    section = OpenFileMappingW(FILE_MAP_READ, FALSE, wide);
    if (!section || !(note = note_map(section, FILE_MAP_READ))) {
        status = os_status_from_win32(GetLastError());
    } else if (note->magic == NOTE_MAGIC) {
        *handle = note->handle;
        status = OS_OK;
    }
    if (note)
        UnmapViewOfFile(note);
    os_handle_close(section);
    free(wide);
    return status;
}
