/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MS 30000

bool stage_open(struct stage *self, const char *library, const struct sim_options *options)
{
    struct control_claim claim = {CONTROL_VERSION, 0};
    struct control_host host;
    size_t got;

    memset(self, 0, sizeof(*self));
    self->sim = sim_load(library, options);
    if (!self->sim) {
        rule_broken(RULE_BIND, "the driver does not load");
        return false;
    }
    self->device = sim_add_device(self->sim, 7);
    if (!self->device)
        goto out;
    self->file = sim_open(self->device);
    if (!self->file ||
        !NT_SUCCESS(sim_ioctl(self->file, CONTROL_CLAIM, &claim, sizeof(claim), &host, sizeof(host), &got)) ||
        !rule_check(RULE_OWNER, got == sizeof(host) && host.session == 7 && host.iddcx == options->version,
                    "claim: what the driver says of itself"))
        goto out;
    return true;
out:
    rule_broken(RULE_FRAME_ARRIVES, "the device does not come up");
    stage_down(self);
    return false;
}

void stage_down(struct stage *self)
{
    if (self->sim)
        sim_unload(self->sim);
    peer_finish(&self->peer);
    self->sim = NULL;
}

NTSTATUS stage_layout(struct stage *self, const struct layout *layout)
{
    struct control_layout in = {.version = CONTROL_VERSION, .layout = *layout};

    self->layout = *layout;
    return sim_ioctl(self->file, CONTROL_LAYOUT, &in, sizeof(in), NULL, 0, NULL);
}

bool stage_report(struct stage *self, struct control_report *report, uint32_t ms)
{
    struct sim_request *request = sim_ioctl_begin(self->file, CONTROL_WAIT, NULL, 0, sizeof(*report));
    uint64_t until = os_now_ms() + ms;
    NTSTATUS status;
    size_t got;

    do { /* the picture goes on meanwhile */
        if (self->peer.pipe && !self->peer.closed)
            peer_pump(&self->peer, 0);
        status = sim_ioctl_finish(request, 10, report, &got);
        if (status != 0x102)
            return NT_SUCCESS(status) && got == sizeof(*report);
    } while (os_now_ms() < until);
    return false; /* the request stays; the file's end takes it */
}

bool stage_shown(struct stage *self)
{
    uint64_t until = os_now_ms() + patience(SHOWN_MS);
    struct control_report report = {0};

    while (os_now_ms() < until) {
        if (!stage_report(self, &report, patience(SHOWN_MS)))
            break;
        if (report.layout == CONTROL_LAYOUT_SHOWN)
            return true;
        if (report.layout == CONTROL_LAYOUT_FAILED || report.adapter == CONTROL_ADAPTER_FAILED)
            break;
    }
    rule_broken(RULE_FRAME_ARRIVES,
                "the layout is not shown: adapter %u, layout %u, status 0x%x, %u monitors, %u chains",
                (unsigned)report.adapter, (unsigned)report.layout, (unsigned)report.layout_status,
                (unsigned)report.monitors, (unsigned)report.chains);
    return false;
}

bool stage_attach(struct stage *self)
{
    uint32_t width, height;
    int32_t x, y;

    peer_finish(&self->peer);
    layout_bounds(&self->layout, &x, &y, &width, &height);
    return rule_check(RULE_FRAME_ARRIVES, NT_SUCCESS(peer_attach(&self->peer, self->file, width, height)),
                      "attach refused");
}

bool stage_up(struct stage *self, const char *library, const struct sim_options *options,
              const struct layout *layout)
{
    if (!stage_open(self, library, options))
        return false;
    if (NT_SUCCESS(stage_layout(self, layout)) && stage_attach(self) && stage_shown(self) &&
        sim_settle(self->device) && peer_expect(&self->peer, self->device, "the first picture"))
        return true;
    stage_down(self);
    return false;
}

void stage_draw(struct stage *self, unsigned connector, uint32_t seed, int x, int y, int width, int height)
{
    struct sim_monitor *monitor;
    RECT r;

    os_mutex_lock(&the_sim->lock);
    monitor = self->device->monitors[connector];
    if (monitor && monitor->screen.pixels) {
        r = screen_draw(&monitor->screen, seed, x, y, width, height);
        if (r.left < r.right && r.top < r.bottom)
            chain_present(monitor, &r);
    }
    os_mutex_unlock(&the_sim->lock);
}
