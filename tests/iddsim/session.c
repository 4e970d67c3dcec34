/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iddsim-session: stands where rdsprov-session stands, with the display driver behind it. A launcher (rdsim)
 * starts it with a peer's frame memory and pipe; it is the launcher service's part of the hand-over and the
 * driver's host process in one: loads the driver, plays the frameworks, hands memory and pipe over by IOCTL,
 * draws, and writes down what a client must see. So one test goes the whole way: client, provider, peer,
 * driver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/launcher.h"
#include "os/process.h"
#include "script.h"

struct serve {
    const char *driver, *picture, *verdict;
    unsigned draws, fps;
    bool split;
    struct os_pipe *link;
    struct stage stage;
    bool up, done;
    unsigned drawn;
    uint64_t next_us;
    uint8_t buffer[OS_PIPE_MESSAGE_MAX];
};

/* The client's desktop: one monitor, or two beside each other. */
static void make_layout(const struct serve *self, const struct launcher_start *start, struct layout *layout)
{
    uint32_t left = self->split ? start->width / 2 : start->width;

    memset(layout, 0, sizeof(*layout));
    layout->count = self->split ? 2 : 1;
    layout->monitors[0] = (struct layout_monitor){0, 0, left, start->height, 100, 0, 0};
    layout->monitors[1] =
        (struct layout_monitor){(int32_t)left, 0, start->width - left, start->height, 100, 0, 0};
}

static bool begin(struct serve *self, const struct launcher_start *start, struct os_pass *pass)
{
    struct sim_options options = {.version = IDDCX_VERSION_1_7};
    struct slot_layout slots;
    struct layout layout;
    NTSTATUS status;

    if (!slot_layout_init(&slots, start->width, start->height))
        return false;
    if (!self->up && !(self->up = stage_open(&self->stage, self->driver, &options)))
        return false;
    make_layout(self, start, &layout);
    if (!NT_SUCCESS(stage_layout(&self->stage, &layout)) || !stage_shown(&self->stage) ||
        !sim_settle(self->stage.device))
        return false;
    status = peer_hand_over(self->stage.file, &slots, pass[0].handle, pass[1].handle);
    fprintf(stderr, "iddsim-session: attached %ux%u: 0x%08x\n", (unsigned)start->width,
            (unsigned)start->height, (unsigned)status);
    self->drawn = 0;
    self->next_us = os_now_us();
    return NT_SUCCESS(status);
}

/* As the monitors stand, in a PPM. */
static bool write_picture(struct serve *self)
{
    struct sim_device *device = self->stage.device;
    char part[1024];
    uint32_t width, height;
    int32_t x, y;
    uint8_t *rgb;
    FILE *file;
    bool good = false;

    layout_bounds(&self->stage.layout, &x, &y, &width, &height);
    rgb = calloc((size_t)width * height, 3);
    snprintf(part, sizeof(part), "%s.part", self->picture);
    file = rgb ? fopen(part, "wb") : NULL;
    if (!file)
        goto out;
    os_mutex_lock(&the_sim->lock);
    for (unsigned i = 0; i < self->stage.layout.count; i++) {
        const struct sim_monitor *m = device->monitors[i];

        for (uint32_t row = 0; m && row < m->screen.height; row++) {
            for (uint32_t column = 0; column < m->screen.width; column++) {
                uint32_t pixel = m->screen.pixels[(size_t)row * m->screen.width + column];
                uint8_t *to =
                    rgb +
                    ((size_t)(row + (uint32_t)(m->at.y - y)) * width + column + (uint32_t)(m->at.x - x)) * 3;

                to[0] = (uint8_t)(pixel >> 16);
                to[1] = (uint8_t)(pixel >> 8);
                to[2] = (uint8_t)pixel;
            }
        }
    }
    os_mutex_unlock(&the_sim->lock);
    fprintf(file, "P6\n%u %u\n255\n", (unsigned)width, (unsigned)height);
    good = fwrite(rgb, 3, (size_t)width * height, file) == (size_t)width * height;
    good = fclose(file) == 0 && good && rename(part, self->picture) == 0;
out:
    free(rgb);
    return good;
}

/* What typing looks like: cells of a line, one after the other, and a line now and then. */
static void draw(struct serve *self)
{
    unsigned i = self->drawn++, monitor = self->split ? i % 2 : 0, cell = self->split ? i / 2 : i;
    struct sim_monitor *m = self->stage.device->monitors[monitor];
    RECT r;

    os_mutex_lock(&the_sim->lock);
    if (m && m->screen.pixels) {
        int columns = (int)m->screen.width / 10, rows = (int)m->screen.height / 20;
        int x = (int)cell % columns * 10, y = (int)(cell / (unsigned)columns) % rows * 20;

        r = i % 64 == 63 ? screen_plain(&m->screen, i * 7919u, 0, y, (int)m->screen.width, 20)
                         : screen_plain(&m->screen, i * 104729u, x, y, 8, 16);
        chain_present(m, &r);
    }
    os_mutex_unlock(&the_sim->lock);
    if (self->drawn == self->draws && !write_picture(self))
        fprintf(stderr, "iddsim-session: cannot write %s\n", self->picture);
}

static void read_link(struct serve *self)
{
    union launcher_any message;
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    const struct wire_message *kind;
    const char *problem = NULL;
    size_t len;
    enum os_status status =
        os_pipe_receive(self->link, self->buffer, sizeof(self->buffer), &len, pass, &npass);

    if (status == OS_AGAIN)
        return;
    self->done = true;
    if (status != OS_OK)
        return;
    kind = wire_decode(&launcher_table, self->buffer, len, &message, sizeof(message), &problem);
    if (kind && kind->id == LAUNCHER_START && npass == 2)
        self->done = !begin(self, &message.start, pass);
}

static bool parse(struct serve *self, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) { /* what a launcher says to every session program goes by */
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--split") == 0)
            self->split = true;
        else if (!value)
            continue;
        else if (strcmp(argv[i], "--driver") == 0)
            self->driver = argv[++i];
        else if (strcmp(argv[i], "--picture") == 0)
            self->picture = argv[++i];
        else if (strcmp(argv[i], "--verdict") == 0)
            self->verdict = argv[++i];
        else if (strcmp(argv[i], "--draws") == 0)
            self->draws = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--fps") == 0)
            self->fps = (unsigned)strtoul(argv[++i], NULL, 10);
    }
    return self->driver && self->picture && self->fps > 0;
}

int main(int argc, char **argv)
{
    static struct serve self = {.draws = 100, .fps = 60};
    enum os_status status = os_inherited_pipe(&argc, argv, &self.link);

    if (!parse(&self, argc, argv) || status != OS_OK) {
        fprintf(stderr, "iddsim-session: started by a launcher, with --driver and --picture\n");
        return 2;
    }
    while (!self.done) {
        uint64_t now = os_now_us();
        bool drawing = self.up && self.drawn < self.draws;

        os_pipe_wait(self.link, !drawing             ? 1000
                                : self.next_us > now ? (uint32_t)((self.next_us - now) / 1000)
                                                     : 0);
        read_link(&self);
        if (!self.done && self.up && self.drawn < self.draws && os_now_us() >= self.next_us) {
            draw(&self);
            self.next_us += 1000000 / self.fps;
        }
    }
    if (self.up)
        stage_down(&self.stage);
    os_pipe_destroy(self.link);
    if (self.verdict && freopen(self.verdict, "a", stdout)) {
        rules_print(false);
        printf("end: %u rules are broken\n", rules_broken());
        fclose(stdout);
    }
    return rules_broken() ? 1 : 0;
}
