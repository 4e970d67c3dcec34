/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#include <sddl.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#ifdef _WIN32

/* Owner, SYSTEM, Administrators; protected from what the folder would hand down. */
static const wchar_t private_sddl[] = L"D:P(A;;FA;;;OW)(A;;FA;;;SY)(A;;FA;;;BA)";

#define PATH_UNITS 1024

static enum os_status last_status(void)
{
    switch (GetLastError()) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
        return OS_NOT_FOUND;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
        return OS_DENIED;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
        return OS_BUSY;
    default:
        return OS_FAILED;
    }
}

static bool wide(const char *path, wchar_t *out)
{
    return os_utf16_from_utf8((uint16_t *)out, PATH_UNITS, path);
}

enum os_status file_exists(const char *path)
{
    wchar_t name[PATH_UNITS];

    if (!wide(path, name))
        return OS_INVALID;
    return GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES ? last_status() : OS_OK;
}

enum os_status file_read(const char *path, char **data, size_t *len)
{
    wchar_t name[PATH_UNITS];
    enum os_status status;
    LARGE_INTEGER size;
    HANDLE file;
    DWORD got = 0;

    *data = NULL;
    *len = 0;
    if (!wide(path, name))
        return OS_INVALID;
    file = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD attributes;

        status = last_status();
        attributes = GetFileAttributesW(name);
        if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY))
            status = OS_INVALID;
        return status;
    }
    status = OS_FAILED;
    if (!GetFileSizeEx(file, &size))
        goto out;
    status = OS_TOO_BIG;
    if (size.QuadPart > FILE_SIZE_MAX)
        goto out;
    status = OS_NO_MEMORY;
    *data = calloc(1, (size_t)size.QuadPart + 1);
    if (!*data)
        goto out;
    status = OS_FAILED;
    if (!ReadFile(file, *data, (DWORD)size.QuadPart, &got, NULL)) {
        file_free(*data, (size_t)size.QuadPart);
        *data = NULL;
        goto out;
    }
    *len = got;
    status = OS_OK;
out:
    CloseHandle(file);
    return status;
}

enum os_status file_write_new(const char *path, const void *data, size_t len, bool private)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    enum os_status status = OS_OK;
    wchar_t name[PATH_UNITS];
    DWORD done = 0;
    HANDLE file;

    if (!wide(path, name))
        return OS_INVALID;
    if (private && !ConvertStringSecurityDescriptorToSecurityDescriptorW(
                       private_sddl, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
        return OS_FAILED;
    file = CreateFileW(name, GENERIC_WRITE, 0, private ? &attributes : NULL, CREATE_NEW,
                       FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        status = last_status();
    } else {
        if (!WriteFile(file, data, (DWORD)len, &done, NULL) || done != len)
            status = OS_FAILED;
        CloseHandle(file);
        if (status != OS_OK)
            DeleteFileW(name);
    }
    LocalFree(attributes.lpSecurityDescriptor);
    return status;
}

void file_remove(const char *path)
{
    wchar_t name[PATH_UNITS];

    if (wide(path, name))
        DeleteFileW(name);
}

#else

static enum os_status last_status(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return OS_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return OS_DENIED;
    case EEXIST:
        return OS_BUSY;
    case EISDIR:
        return OS_INVALID;
    default:
        return OS_FAILED;
    }
}

enum os_status file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? OS_OK : last_status();
}

enum os_status file_read(const char *path, char **data, size_t *len)
{
    enum os_status status = OS_FAILED;
    struct stat info;
    ssize_t got;
    int fd;

    *data = NULL;
    *len = 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return last_status();
    if (fstat(fd, &info) != 0)
        goto out;
    status = OS_INVALID;
    if (!S_ISREG(info.st_mode))
        goto out;
    status = OS_TOO_BIG;
    if (info.st_size > FILE_SIZE_MAX)
        goto out;
    status = OS_NO_MEMORY;
    *data = calloc(1, (size_t)info.st_size + 1);
    if (!*data)
        goto out;
    got = read(fd, *data, (size_t)info.st_size);
    if (got < 0) {
        status = last_status();
        free(*data);
        *data = NULL;
        goto out;
    }
    *len = (size_t)got;
    status = OS_OK;
out:
    close(fd);
    return status;
}

enum os_status file_write_new(const char *path, const void *data, size_t len, bool private)
{
    enum os_status status = OS_OK;
    size_t done = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, private ? 0600 : 0644);

    if (fd < 0)
        return last_status();
    while (done < len && status == OS_OK) {
        ssize_t n = write(fd, (const char *)data + done, len - done);

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            status = OS_FAILED;
    }
    if (fsync(fd) != 0 && errno == EIO)
        status = OS_FAILED;
    if (close(fd) != 0)
        status = OS_FAILED;
    if (status != OS_OK)
        unlink(path);
    return status;
}

void file_remove(const char *path)
{
    unlink(path);
}

#endif

void file_free(char *data, size_t len)
{
    if (data)
        os_wipe(data, len);
    free(data);
}

const char *file_problem(enum os_status status)
{
    switch (status) {
    case OS_NOT_FOUND:
        return "there is no such file or folder";
    case OS_DENIED:
        return "access denied";
    case OS_INVALID:
        return "not a regular file";
    case OS_TOO_BIG:
        return "larger than 1 MiB";
    case OS_BUSY:
        return "exists already";
    default:
        return os_status_text(status);
    }
}
