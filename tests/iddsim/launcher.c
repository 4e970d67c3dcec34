/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iddsim-launcher: the launcher as the service runs it, session programs and all, over display devices of the
 * simulated framework. So one test goes the whole way: client, provider, peer, and, past this program, the
 * driver. Commands come as lines on standard input (see the table at the end), each is answered by one line;
 * the end of the input is the end, with the verdict of the framework's rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "os/log.h"
#include "service/launcher.h"

#define LINE_MAX_BYTES 1024
#define ARGS_MAX 16
#define DRAW_FPS 60 /* unless the command says otherwise */

struct stage {
    struct devices devices;
    struct launcher *launcher;
    struct launcher_config config;
    const char *driver;
    const char *args[ARGS_MAX + 1];
    unsigned nargs, drawn;
};

/* Of struct launcher_host. */
static bool any_may_come(void *arg, const struct os_process *client, char *why, size_t cap)
{
    return true;
}

/* All are there and shown; nobody is logged on. */
static struct os_session look(void *arg, uint32_t session)
{
    return (struct os_session){.present = true, .shown = true};
}

static void on_event(void *arg, enum launcher_event event, const char *text)
{
    log_info("event", 0, "%d: %s", (int)event, text);
}

/* Commands: false when it did not work. */
static bool load(struct stage *self, uint32_t session, const char *rest)
{
    return devices_load(&self->devices, session);
}

static bool unload(struct stage *self, uint32_t session, const char *rest)
{
    return devices_unload(&self->devices, session);
}

/* What typing looks like: cells of a line, one after the other, on each monitor in turn, and a line now and
 * then. */
static void draw_one(struct stage *self, struct sim_device *device)
{
    unsigned i = self->drawn++, n = 0;
    struct sim_monitor *shown[LAYOUT_MONITORS_MAX];

    os_mutex_lock(&the_sim->lock);
    for (unsigned k = 0; k < LAYOUT_MONITORS_MAX; k++)
        if (device->monitors[k] && device->monitors[k]->screen.pixels)
            shown[n++] = device->monitors[k];
    if (n > 0) {
        struct sim_monitor *monitor = shown[i % n];
        struct screen *screen = &monitor->screen;
        unsigned cell = i / n, columns = screen->width / 10, rows = screen->height / 20;
        int x = (int)(cell % columns * 10), y = (int)(cell / columns % rows * 20);
        RECT r = i % 64 == 63 ? screen_plain(screen, i * 7919u, 0, y, (int)screen->width, 20)
                              : screen_plain(screen, i * 104729u, x, y, 8, 16);

        chain_present(monitor, &r);
    }
    os_mutex_unlock(&the_sim->lock);
}

static bool draw(struct stage *self, uint32_t session, const char *rest)
{
    struct sim_device *device = devices_find(&self->devices, session);
    unsigned long count = 0, fps = DRAW_FPS;
    uint64_t next = os_now_us();

    sscanf(rest, "%lu %lu", &count, &fps);
    if (!device || fps == 0 || !sim_settle(device))
        return false;
    for (unsigned long i = 0; i < count; i++) {
        uint64_t now = os_now_us();

        if (now < next)
            os_sleep_ms((unsigned)((next - now + 999) / 1000));
        draw_one(self, device);
        next += 1000000 / fps;
    }
    return true;
}

/* The monitors as the driver placed them, with the lock held: bounds of those that are shown. */
static bool desktop_bounds(const struct sim_device *device, RECT *bounds)
{
    bool any = false;

    *bounds = (RECT){INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        const struct sim_monitor *m = device->monitors[i];
        LONG right, bottom;

        if (!m || !m->active || !m->screen.pixels)
            continue;
        any = true;
        right = m->at.x + (LONG)m->screen.width;
        bottom = m->at.y + (LONG)m->screen.height;
        bounds->left = m->at.x < bounds->left ? m->at.x : bounds->left;
        bounds->top = m->at.y < bounds->top ? m->at.y : bounds->top;
        bounds->right = right > bounds->right ? right : bounds->right;
        bounds->bottom = bottom > bounds->bottom ? bottom : bounds->bottom;
    }
    return any;
}

static void copy_monitor(const struct sim_monitor *m, const RECT *bounds, uint8_t *rgb)
{
    size_t width = (size_t)(bounds->right - bounds->left);

    for (uint32_t row = 0; row < m->screen.height; row++) {
        size_t at = (row + (size_t)(m->at.y - bounds->top)) * width + (size_t)(m->at.x - bounds->left);
        const uint32_t *from = m->screen.pixels + (size_t)row * m->screen.width;

        for (uint32_t column = 0; column < m->screen.width; column++) {
            uint8_t *to = rgb + (at + column) * 3;

            to[0] = (uint8_t)(from[column] >> 16);
            to[1] = (uint8_t)(from[column] >> 8);
            to[2] = (uint8_t)from[column];
        }
    }
}

/* What a client must see, as a PPM. */
static bool picture(struct stage *self, uint32_t session, const char *path)
{
    struct sim_device *device = devices_find(&self->devices, session);
    uint8_t *rgb = NULL;
    bool good = false;
    size_t width = 0, height = 0;
    FILE *file;
    RECT bounds;

    if (!device)
        return false;
    os_mutex_lock(&the_sim->lock);
    if (desktop_bounds(device, &bounds)) {
        width = (size_t)(bounds.right - bounds.left);
        height = (size_t)(bounds.bottom - bounds.top);
        rgb = calloc(width * height, 3);
    }
    for (unsigned i = 0; rgb && i < LAYOUT_MONITORS_MAX; i++)
        if (device->monitors[i] && device->monitors[i]->active && device->monitors[i]->screen.pixels)
            copy_monitor(device->monitors[i], &bounds, rgb);
    os_mutex_unlock(&the_sim->lock);
    file = rgb ? fopen(path, "wb") : NULL;
    if (file) {
        fprintf(file, "P6\n%zu %zu\n255\n", width, height);
        good = fwrite(rgb, 3, width * height, file) == width * height;
        good = fclose(file) == 0 && good;
    }
    free(rgb);
    return good;
}

/* "ok 1024x768+0+0@150 ..." of those that are shown */
static bool monitors(struct stage *self, uint32_t session, const char *rest)
{
    struct sim_device *device = devices_find(&self->devices, session);

    if (!device || !sim_settle(device))
        return false;
    printf("ok");
    os_mutex_lock(&the_sim->lock);
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        const struct sim_monitor *m = device->monitors[i];

        if (m && m->active)
            printf(" %ux%u%+d%+d@%u", (unsigned)m->size.width, (unsigned)m->size.height, (int)m->at.x,
                   (int)m->at.y, (unsigned)m->scale);
    }
    os_mutex_unlock(&the_sim->lock);
    printf("\n");
    return true;
}

/* Every swap chain is lost, as when the graphics adapter goes away for a moment. */
static bool lose(struct stage *self, uint32_t session, const char *rest)
{
    struct sim_device *device = devices_find(&self->devices, session);

    if (!device)
        return false;
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++)
        if (device->monitors[i] && device->monitors[i]->chain)
            system_lose_chain(device->monitors[i]);
    return sim_settle(device);
}

/* StopScreenUpdates and StartScreenUpdates as the driver sees them. */
static bool updates(struct stage *self, uint32_t session, const char *rest)
{
    struct sim_device *device = devices_find(&self->devices, session);

    if (!device)
        return false;
    os_mutex_lock(&the_sim->lock);
    system_post(device, strcmp(rest, "off") == 0 ? TASK_UPDATES_OFF : TASK_UPDATES_ON, NULL);
    os_mutex_unlock(&the_sim->lock);
    return sim_settle(device);
}

static const struct {
    const char *name;
    bool (*run)(struct stage *self, uint32_t session, const char *rest);
    bool answers; /* by itself, when it is true */
} commands[] = {
    {"load", load, false},        /* load SESSION */
    {"unload", unload, false},    /* unload SESSION */
    {"draw", draw, false},        /* draw SESSION COUNT [FPS] */
    {"picture", picture, false},  /* picture SESSION FILE */
    {"monitors", monitors, true}, /* monitors SESSION */
    {"lose", lose, false},        /* lose SESSION */
    {"updates", updates, false},  /* updates SESSION off|on */
};

static void obey(struct stage *self, char *line)
{
    char name[32] = "";
    unsigned session = 0;
    int used = 0;

    line[strcspn(line, "\r\n")] = 0;
    if (sscanf(line, "%31s %u %n", name, &session, &used) == 2) {
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
            if (strcmp(name, commands[i].name) != 0)
                continue;
            if (!commands[i].run(self, session, line + used))
                printf("error: %s: it did not work\n", line);
            else if (!commands[i].answers)
                printf("ok\n");
            return;
        }
    }
    printf("error: not a command: %s\n", line);
}

static bool parse(struct stage *self, struct sim_options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--gpu") == 0)
            options->gpu = true;
        else if (!value)
            return false;
        else if (strcmp(argv[i], "--pipe") == 0)
            self->config.pipe = argv[++i];
        else if (strcmp(argv[i], "--driver") == 0)
            self->driver = argv[++i];
        else if (strcmp(argv[i], "--program") == 0)
            self->config.program = argv[++i];
        else if (strcmp(argv[i], "--arg") == 0 && self->nargs < ARGS_MAX)
            self->args[self->nargs++] = argv[++i];
        else
            return false;
    }
    self->config.args = self->args;
    return self->config.pipe && self->driver && self->config.program;
}

int main(int argc, char **argv)
{
    static struct stage self;
    struct sim_options options = {.version = IDDCX_VERSION_1_7};
    struct launcher_host host = {
        .may_come = any_may_come, .session = look, .event = on_event, .drivers = &self.devices.system};
    char line[LINE_MAX_BYTES], problem[512];

    if (!parse(&self, &options, argc, argv)) {
        fprintf(stderr,
                "iddsim-launcher --pipe NAME --driver LIBRARY --program PROGRAM [--arg WORD]... [--gpu]\n");
        return 2;
    }
    log_set_level(LOG_DEBUG);
    if (!devices_init(&self.devices, self.driver, &options))
        return 1;
    self.launcher = launcher_create(&self.config, &host, problem, sizeof(problem));
    if (!self.launcher)
        fprintf(stderr, "iddsim-launcher: %s\n", problem);
    setvbuf(stdout, NULL, _IOLBF, LINE_MAX_BYTES);
    printf(self.launcher ? "ready\n" : "error\n");
    fflush(stdout);
    while (self.launcher && fgets(line, sizeof(line), stdin)) {
        obey(&self, line);
        fflush(stdout);
    }
    launcher_destroy(self.launcher);
    devices_finish(&self.devices);
    rules_print(false);
    printf("end: %u rules are broken\n", rules_broken());
    return rules_broken() || !self.launcher ? 1 : 0;
}
