/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>

struct desk {
    Display *display;
    char name[64];
    pid_t load;
    FILE *to, *from;
    struct echo_times *times;
    int times_fd;
};

struct desk *desk_create(const char *name)
{
    struct desk *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->times = MAP_FAILED;
    snprintf(self->name, sizeof(self->name), "%s", name);
    self->times_fd = memfd_create("rdpbench-times", MFD_CLOEXEC);
    self->display = XOpenDisplay(name);
    if (self->times_fd >= 0 && ftruncate(self->times_fd, sizeof(*self->times)) == 0)
        self->times = mmap(NULL, sizeof(*self->times), PROT_READ, MAP_SHARED, self->times_fd, 0);
    if (!self->display || self->times == MAP_FAILED ||
        DefaultDepth(self->display, DefaultScreen(self->display)) != 24) {
        fprintf(stderr, "rdpbench: display %s: cannot be opened, or is not of depth 24\n", name);
        desk_destroy(self);
        return NULL;
    }
    return self;
}

static void end_load(struct desk *self)
{
    if (self->to)
        fclose(self->to); /* its end of input: it ends */
    if (self->from)
        fclose(self->from);
    self->to = self->from = NULL;
    if (self->load > 0)
        waitpid(self->load, NULL, 0);
    self->load = 0;
}

void desk_destroy(struct desk *self)
{
    if (!self)
        return;
    end_load(self);
    if (self->display)
        XCloseDisplay(self->display);
    if (self->times != MAP_FAILED)
        munmap(self->times, sizeof(*self->times));
    if (self->times_fd >= 0)
        close(self->times_fd);
    free(self);
}

bool desk_grab(struct desk *self, struct picture *out)
{
    unsigned width, height, border, depth;
    Window root;
    XImage *image;
    bool good;
    int x, y;

    memset(out, 0, sizeof(*out));
    if (!XGetGeometry(self->display, DefaultRootWindow(self->display), &root, &x, &y, &width, &height,
                      &border, &depth))
        return false;
    image = XGetImage(self->display, root, 0, 0, width, height, AllPlanes, ZPixmap);
    if (!image)
        return false;
    good = image->bits_per_pixel == 32 && image->red_mask == 0xFF0000 && image->byte_order == LSBFirst &&
           picture_init(out, width, height, (const uint8_t *)image->data, (uint32_t)image->bytes_per_line);
    XDestroyImage(image);
    return good;
}

static bool answer(struct desk *self, const char *expected, char *line, size_t cap)
{
    return fgets(line, (int)cap, self->from) && strncmp(line, expected, strlen(expected)) == 0;
}

bool desk_load(struct desk *self, const char *program, const char *scene, bool echo, unsigned rate)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    char number[16], rate_text[16], line[128];
    const char *argv[16] = {program, scene, "--times", number};
    int count = 4;

    if (pipe(to) != 0 || pipe(from) != 0)
        return false;
    if (echo)
        argv[count++] = "--echo";
    if (rate) {
        snprintf(rate_text, sizeof(rate_text), "%u", rate);
        argv[count++] = "--rate";
        argv[count++] = rate_text;
    }
    self->load = fork();
    if (self->load == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[0]);
        close(to[1]);
        close(from[0]);
        close(from[1]);
        snprintf(number, sizeof(number), "%d", dup(self->times_fd)); /* without close-on-exec */
        setenv("DISPLAY", self->name, 1);
        execv(program, (char **)(uintptr_t)argv);
        fprintf(stderr, "rdpbench: %s: %s\n", program, strerror(errno));
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    self->to = fdopen(to[1], "w");
    self->from = fdopen(from[0], "r");
    return self->load > 0 && self->to && self->from && answer(self, "ready", line, sizeof(line));
}

bool desk_tell(struct desk *self, const char *command, uint32_t *frame, uint64_t *late)
{
    unsigned long long missed = 0;
    char line[128];
    unsigned at = 0;

    if (fprintf(self->to, "%s\n", command) < 0 || fflush(self->to) != 0 ||
        !answer(self, "ok", line, sizeof(line)))
        return false;
    sscanf(line, "ok frame=%u late=%llu", &at, &missed);
    *frame = at;
    *late = missed;
    return true;
}

struct echo_times *desk_times(struct desk *self)
{
    return self->times;
}
