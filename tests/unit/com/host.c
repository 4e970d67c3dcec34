/* SPDX-License-Identifier: Apache-2.0 */
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#endif

#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/winalloc.h"
#include "os/process.h"
#include "os/thread.h"

#ifdef _WIN32
#include "os/config_win32.h"
#else
#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

typedef HRESULT(STDAPICALLTYPE *get_class_object_fn)(REFCLSID, REFIID, LPVOID *);
typedef HRESULT(STDAPICALLTYPE *can_unload_fn)(void);
typedef HRESULT(STDAPICALLTYPE *status_fn)(const WCHAR *, char *, unsigned, USHORT *);

const CLSID host_clsid_rds = {0x1f2e6f9a, 0x67a6, 0x433e, {0x9e, 0xc8, 0x17, 0xc1, 0xf3, 0x35, 0x4d, 0xe5}};
const CLSID host_clsid_legacy = {
    0x3e16dda9, 0xddab, 0x455a, {0x9c, 0x51, 0xfa, 0x66, 0xe7, 0xe3, 0x9b, 0xe3}};

static void *library;
static get_class_object_fn get_class_object;
static can_unload_fn can_unload;
static status_fn listener_status;
static char folder[1024], log_path[1100];

/* The library. */

static void *symbol(const char *name)
{
#ifdef _WIN32
    return (void *)GetProcAddress(library, name);
#else
    return dlsym(library, name);
#endif
}

bool host_open(void)
{
    char path[1200];

    if (os_module_directory(folder, sizeof folder) != OS_OK)
        return false;
#ifdef _WIN32
    snprintf(path, sizeof path, "%s\\rdsprov.dll", folder);
    library = LoadLibraryA(path);
#else
    snprintf(path, sizeof path, "%s/librdsprov.so", folder);
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
#endif
    if (!library) {
        fprintf(stderr, "%s cannot be loaded\n", path);
        return false;
    }
    get_class_object = (get_class_object_fn)symbol("DllGetClassObject");
    can_unload = (can_unload_fn)symbol("DllCanUnloadNow");
    listener_status = (status_fn)symbol("RdsprovListenerStatus");
    return get_class_object && can_unload && listener_status;
}

static bool library_is_gone(void)
{
#ifdef _WIN32
    return GetModuleHandleA("rdsprov.dll") == NULL;
#else
    char path[1200];
    void *still;

    snprintf(path, sizeof path, "%s/librdsprov.so", folder);
    still = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (still)
        dlclose(still);
    return still == NULL;
#endif
}

static bool wait_for(bool (*fn)(void))
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;

    while (!fn()) {
        if (os_now_ms() > until)
            return false;
        os_sleep_ms(2);
    }
    return true;
}

static bool may_unload(void)
{
    return can_unload() == S_OK;
}

bool host_close(void)
{
    if (!wait_for(may_unload)) {
        fprintf(stderr, "DllCanUnloadNow does not become S_OK\n");
        return false;
    }
#ifdef _WIN32
    FreeLibrary(library);
#else
    dlclose(library);
#endif
    if (wait_for(library_is_gone))
        return true;
    fprintf(stderr, "the library is still loaded\n");
    return false;
}

HRESULT host_class_object(REFCLSID clsid, REFIID iid, void **out)
{
    return get_class_object(clsid, iid, out);
}

HRESULT host_can_unload(void)
{
    return can_unload();
}

void *host_manager(REFCLSID clsid, REFIID iid)
{
    IClassFactory *factory = NULL;
    void *manager = NULL;

    if (FAILED(get_class_object(clsid, &IID_IClassFactory, (void **)&factory)))
        return NULL;
    if (FAILED(IClassFactory_CreateInstance(factory, NULL, iid, &manager)))
        manager = NULL;
    IClassFactory_Release(factory);
    return manager;
}

/* Configuration. */

#ifdef _WIN32
#define PORT_KEY "PortNumber"
#define FAKE_PEER "\\fake-peer.exe"

static bool set_value(HKEY key, const char *line, size_t len)
{
    char text[1200];
    WCHAR name[128], value[1100];
    char *equals;

    snprintf(text, sizeof text, "%.*s", (int)len, line);
    equals = strstr(text, " = ");
    if (!equals)
        return len == 0;
    *equals = 0;
    os_utf16_from_utf8((uint16_t *)name, 128, text);
    os_utf16_from_utf8((uint16_t *)value, 1100, equals + 3);
    return RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)value,
                          (DWORD)((lstrlenW(value) + 1) * sizeof(WCHAR))) == ERROR_SUCCESS;
}

static bool write_config(const char *text)
{
    wchar_t path[CONFIG_PATH_MAX];
    HKEY key;
    bool good = true;

    if (!config_key_path(HOST_LISTENER, path))
        return false;
    RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
    if (!text)
        return true;
    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL) != 0)
        return false;
    while (*text) {
        size_t len = strcspn(text, "\n");

        good = set_value(key, text, len) && good;
        text += len + (text[len] == '\n');
    }
    RegCloseKey(key);
    return good;
}

static void temporary(const char *name, char *out, size_t cap)
{
    char directory[900];

    GetTempPathA(sizeof directory, directory);
    snprintf(out, cap, "%srdsprov-com-%lu-%s", directory, (unsigned long)GetCurrentProcessId(), name);
}
#else
#define PORT_KEY "port"
#define FAKE_PEER "/fake-peer"

static void temporary(const char *name, char *out, size_t cap)
{
    const char *directory = getenv("TMPDIR");

    snprintf(out, cap, "%s/rdsprov-com-%ld-%s", directory ? directory : "/tmp", (long)getpid(), name);
}

static bool write_config(const char *text)
{
    char path[1100], fresh[1110];
    FILE *file;

    temporary("config.ini", path, sizeof path);
    setenv("RDSPROV_CONFIG", path, 1);
    if (!text) {
        remove(path);
        return true;
    }
    snprintf(fresh, sizeof fresh, "%s.new", path);
    file = fopen(fresh, "w");
    if (!file)
        return false;
    fprintf(file, "[%s]\n%s", HOST_LISTENER, text);
    return fclose(file) == 0 && rename(fresh, path) == 0; /* a watcher never sees half of it */
}
#endif

static void clean_up(void)
{
    char path[1100];

    write_config(NULL);
    temporary("log.txt", path, sizeof path);
    remove(path);
}

/* Unless `extra` has the key. */
static void add_line(char *text, size_t cap, const char *extra, const char *key, const char *value)
{
    size_t used = strlen(text);
    char start[64];

    snprintf(start, sizeof start, "%s =", key);
    if (!strstr(extra, start))
        snprintf(text + used, cap - used, "%s %s\n", start, value);
}

bool host_configure(const char *extra)
{
    static bool once;
    char fake_peer[1100];
    char text[8192] = "";

    if (!once)
        atexit(clean_up);
    once = true;
    temporary("log.txt", log_path, sizeof log_path);
    if (!extra)
        return write_config(NULL);
    snprintf(fake_peer, sizeof fake_peer, "%s" FAKE_PEER, folder);
    add_line(text, sizeof text, extra, "address", "127.0.0.1");
    add_line(text, sizeof text, extra, PORT_KEY, "0");
    add_line(text, sizeof text, extra, "peer-program", fake_peer);
    add_line(text, sizeof text, extra, "spare-peers", "0");
    add_line(text, sizeof text, extra, "log-level", "debug");
    add_line(text, sizeof text, extra, "log-file", log_path);
    strncat(text, extra, sizeof text - strlen(text) - 1);
    return write_config(text);
}

const char *host_status(char *text, unsigned cap)
{
    USHORT port = 0;
    HRESULT hr;

    text[0] = 0;
    hr = listener_status(wide(HOST_LISTENER), text, cap, &port);
    return hr == S_OK ? "listening" : hr == S_FALSE ? "starting" : "failed";
}

uint16_t host_wait_listening(void)
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;
    char text[1400] = "";
    USHORT port = 0;

    while (listener_status(wide(HOST_LISTENER), text, sizeof text, &port) != S_OK) {
        if (os_now_ms() > until) {
            fprintf(stderr, "not listening: %s\n", text);
            return 0;
        }
        os_sleep_ms(5);
    }
    return port;
}

static bool file_holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    char *all;
    long size;
    bool found = false;

    if (!file)
        return false;
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    all = calloc(1, (size_t)size + 1);
    if (all && fread(all, 1, (size_t)size, file) == (size_t)size)
        found = strstr(all, text) != NULL;
    free(all);
    fclose(file);
    return found;
}

bool host_logged(const char *text)
{
    for (int i = 0; i < 100; i++) {
        if (file_holds(log_path, text))
            return true;
        os_sleep_ms(10);
    }
    fprintf(stderr, "not in the log: %s\n", text);
    return false;
}

/* Allocators. */

#ifdef _WIN32
int host_blocks(void)
{
    return -1;
}

bool host_fail_allocation(unsigned n)
{
    (void)n;
    return false;
}

size_t host_free_block(void *block)
{
    size_t size = LocalSize(block);

    LocalFree(block);
    return size;
}
#else
static struct os_mutex blocks_lock = OS_MUTEX_INIT;
static struct block {
    void *at;
    size_t size;
} blocks[64];
static unsigned fail_in;

HANDLE LocalAlloc(UINT flags, SIZE_T size)
{
    void *at = NULL;

    (void)flags;
    os_mutex_lock(&blocks_lock);
    if (fail_in == 0 || --fail_in > 0) {
        at = calloc(1, size);
        for (size_t i = 0; i < 64 && at; i++) {
            if (!blocks[i].at) {
                blocks[i] = (struct block){at, size};
                break;
            }
        }
    }
    os_mutex_unlock(&blocks_lock);
    return at;
}

static size_t take_block(void *at)
{
    size_t size = 0;

    os_mutex_lock(&blocks_lock);
    for (size_t i = 0; i < 64; i++) {
        if (at && blocks[i].at == at) {
            size = blocks[i].size;
            blocks[i].at = NULL;
        }
    }
    os_mutex_unlock(&blocks_lock);
    return size;
}

HANDLE LocalFree(HANDLE block)
{
    if (block && take_block(block) == 0) {
        fprintf(stderr, "LocalFree of a block that is not from LocalAlloc\n");
        abort();
    }
    free(block);
    return NULL;
}

LPVOID CoTaskMemAlloc(SIZE_T size)
{
    return malloc(size);
}

void CoTaskMemFree(LPVOID block)
{
    free(block);
}

int host_blocks(void)
{
    int n = 0;

    os_mutex_lock(&blocks_lock);
    for (size_t i = 0; i < 64; i++)
        n += blocks[i].at != NULL;
    os_mutex_unlock(&blocks_lock);
    return n;
}

bool host_fail_allocation(unsigned n)
{
    os_mutex_lock(&blocks_lock);
    fail_in = n;
    os_mutex_unlock(&blocks_lock);
    return true;
}

size_t host_free_block(void *block)
{
    size_t size = take_block(block);

    if (size)
        free(block);
    return size;
}
#endif

/* The client. */

struct client {
    os_socket socket;
    bool ended;
    char text[65536]; /* lines, each with its end */
    size_t used;
};

static bool readable(os_socket socket, unsigned ms)
{
#ifdef _WIN32
    struct timeval wait = {.tv_sec = (long)(ms / 1000), .tv_usec = (long)(ms % 1000) * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET((SOCKET)socket, &set);
    return select(0, &set, NULL, NULL, &wait) > 0;
#else
    struct pollfd item = {.fd = socket, .events = POLLIN};

    return poll(&item, 1, (int)ms) > 0;
#endif
}

struct client *client_connect(uint16_t port)
{
    struct client *self = calloc(1, sizeof *self);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

#ifdef _WIN32
    WSADATA data;

    WSAStartup(MAKEWORD(2, 2), &data);
#endif
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!self)
        return NULL;
    self->socket = (os_socket)socket(AF_INET, SOCK_STREAM, 0);
    if (connect(self->socket, (struct sockaddr *)&to, sizeof to) == 0)
        return self;
    fprintf(stderr, "cannot connect to port %u\n", port);
    client_destroy(self);
    return NULL;
}

void client_destroy(struct client *self)
{
    if (!self)
        return;
#ifdef _WIN32
    closesocket(self->socket);
#else
    close(self->socket);
#endif
    free(self);
}

bool client_say(struct client *self, const char *line)
{
    char text[512];
    int len = snprintf(text, sizeof text, "%s\n", line);
    bool good;

#ifdef _WIN32
    good = send(self->socket, text, len, 0) == len;
#else
    good = send(self->socket, text, (size_t)len, MSG_NOSIGNAL) == len;
#endif
    os_wipe(text, sizeof text); /* it may be a password */
    return good;
}

static void read_more(struct client *self, unsigned ms)
{
    long n;

    if (self->ended || !readable(self->socket, ms))
        return;
    n = (long)recv(self->socket, self->text + self->used, sizeof self->text - 1 - self->used, 0);
    if (n <= 0)
        self->ended = true;
    else
        self->used += (size_t)n;
    self->text[self->used] = 0;
}

bool client_heard(struct client *self, const char *text)
{
    const char *at = self->text;
    size_t len = strlen(text);

    while (at && *at) {
        if (strncmp(at, text, len) == 0 && strchr(at, '\n'))
            return true;
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return false;
}

const char *client_last(struct client *self, const char *text, char *out, unsigned cap)
{
    size_t len = strlen(text);

    out[0] = 0;
    for (const char *at = self->text, *end; (end = strchr(at, '\n')); at = end + 1)
        if (strncmp(at, text, len) == 0)
            snprintf(out, cap, "%.*s", (int)(end - at - (long)len), at + len);
    return out;
}

bool client_hears(struct client *self, const char *text)
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;

    while (!client_heard(self, text)) {
        if (self->ended || os_now_ms() > until) {
            fprintf(stderr, "the peer did not report '%s'; it said:\n%s", text, self->text);
            return false;
        }
        read_more(self, 50);
    }
    return true;
}

bool client_sees_end(struct client *self)
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;

    while (!self->ended && os_now_ms() < until)
        read_more(self, 50);
    return self->ended;
}

/* Text. */

WCHAR *wide(const char *text)
{
    static WCHAR ring[8][512];
    static unsigned next;
    WCHAR *out = ring[next++ % 8];

    os_utf16_from_utf8((uint16_t *)out, 512, text);
    return out;
}

bool wide_is(const WCHAR *got, const char *want)
{
    char text[1600];

    os_utf8_from_utf16(text, sizeof text, (const uint16_t *)got);
    if (strcmp(text, want) == 0)
        return true;
    fprintf(stderr, "text is '%s', not '%s'\n", text, want);
    return false;
}
