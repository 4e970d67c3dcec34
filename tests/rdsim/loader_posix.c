/* SPDX-License-Identifier: Apache-2.0 */
#include "loader_common.h"

#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

struct loader {
    void *module;
    char path[PATH_MAX];
    can_unload_fn can_unload;
    listener_status_fn listener_status;
};

static volatile sig_atomic_t stop_wanted;

bool loader_open(const char *library, const CLSID *clsid, const IID *iid, struct loader **out, void **manager,
                 char *problem, size_t cap)
{
    struct loader *self = calloc(1, sizeof *self);
    get_class_object_fn get_class_object;
    bool good = false;

    *out = NULL;
    *manager = NULL;
    snprintf(problem, cap, "out of memory");
    if (!self)
        return false;
    if (!realpath(library, self->path)) {
        snprintf(problem, cap, "%s: no such file", library);
        goto out;
    }
    self->module = dlopen(self->path, RTLD_NOW | RTLD_LOCAL);
    if (!self->module) {
        snprintf(problem, cap, "%s", dlerror());
        goto out;
    }
    get_class_object = (get_class_object_fn)dlsym(self->module, "DllGetClassObject");
    if (!get_class_object) {
        snprintf(problem, cap, "%s: it does not export DllGetClassObject", self->path);
        goto out;
    }
    self->can_unload = (can_unload_fn)dlsym(self->module, "DllCanUnloadNow");
    self->listener_status = (listener_status_fn)dlsym(self->module, "RdsprovListenerStatus");
    good = loader_create_manager(get_class_object, clsid, iid, manager, problem, cap);
out:
    if (!good && self->module)
        dlclose(self->module);
    if (!good)
        free(self);
    else
        *out = self;
    return good;
}

HRESULT loader_can_unload(struct loader *self)
{
    return self->can_unload ? self->can_unload() : S_OK;
}

bool loader_close(struct loader *self)
{
    uint64_t until = os_now_ms() + 1000;
    void *still;

    dlclose(self->module);
    /* a thread that has left the library's code gives its own reference back last of all */
    while ((still = dlopen(self->path, RTLD_NOW | RTLD_NOLOAD))) {
        dlclose(still);
        if (os_now_ms() >= until)
            break;
        os_sleep_ms(1);
    }
    free(self);
    return !still;
}

void loader_drop(struct loader *self)
{
    dlclose(self->module);
    free(self);
}

bool loader_listener_status(struct loader *self, const WCHAR *listener, char *text, unsigned cap, HRESULT *hr,
                            uint16_t *port)
{
    *port = 0;
    text[0] = 0;
    if (!self->listener_status)
        return false;
    *hr = self->listener_status(listener, text, cap, port);
    text[cap - 1] = 0;
    return true;
}

void platform_thread_begin(void)
{
}

void platform_thread_end(void)
{
}

HANDLE_PTR platform_token(void)
{
    return 0x7001; /* no such thing here: a number that is not NULL */
}

/* Children that are neither waited for nor anybody else's: everything in /proc that names us as its parent.
 */
unsigned platform_children(void)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    unsigned n = 0;

    while (dir && (entry = readdir(dir))) {
        char path[300], line[512];
        const char *end;
        FILE *file;
        int parent = 0;

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        file = fopen(path, "r");
        if (!file)
            continue;
        if (fgets(line, sizeof line, file) && (end = strrchr(line, ')')) &&
            sscanf(end + 1, " %*c %d", &parent) == 1)
            n += parent == getpid();
        fclose(file);
    }
    if (dir)
        closedir(dir);
    return n;
}

static void on_signal(int number)
{
    stop_wanted = number;
}

bool platform_keeps_handles(void)
{
    return false;
}

void platform_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool platform_stop_wanted(void)
{
    return stop_wanted != 0;
}

void platform_prepare_output(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}
