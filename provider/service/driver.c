/* SPDX-License-Identifier: Apache-2.0 */
#include "service/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/log.h"
#include "service/report.h"

#define AREA "driver"
#define CONTROL_MS 2000  /* for one answer of the driver's */
#define RETRY_MS 50      /* until a device that somebody else has is asked again */
#define REPORT_MS 50     /* between two reports, whatever the driver does */
#define DEVICES_MAX 1024 /* looked at where their names do not tell whose they are */
#define JOURNAL_READS 16 /* more than its whole ring */
#define ANY_SESSION 0xFFFFFFFFu

static bool stopped(const struct driver *self)
{
    return event_wait(&self->stop, 1, 0) != -1;
}

static uint32_t control(struct driver *self, uint32_t code, const void *in, size_t in_size, void *out,
                        size_t out_size)
{
    return self->system->control(self->system->arg, self->device, code, in, (uint32_t)in_size, out,
                                 (uint32_t)out_size, CONTROL_MS, self->stop);
}

static void close_device(struct driver *self)
{
    self->step = DRIVER_STEP_CLOSE;
    if (self->device)
        self->system->close(self->system->arg, self->device);
    self->device = NULL;
}

static enum os_status failed(struct driver *self, const char *what, uint32_t error, char *why, size_t cap)
{
    if (stopped(self))
        return OS_AGAIN;
    snprintf(why, cap, "%s (error %u)", what, (unsigned)error);
    return error == DRIVER_BUSY ? OS_BUSY : error == DRIVER_SILENT ? OS_TIMEOUT : OS_FAILED;
}

static void tell_lines(struct driver *self, enum log_level level, char text[CONTROL_LOG_MAX])
{
    text[CONTROL_LOG_MAX - 1] = 0;
    for (char *line = text, *end; *line; line = end) {
        size_t n = strcspn(line, "\n");

        log_write(level, AREA, self->start.session, "%.*s", (int)(n < 300 ? n : 300), line);
        end = line + n + (line[n] == '\n');
    }
}

/* What the driver wrote since we last asked: there is no other place where one would see it. */
static void tell_journal(struct driver *self, enum log_level level)
{
    struct control_log *log = calloc(1, sizeof(*log));

    for (int i = 0; log && i < JOURNAL_READS; i++) {
        struct control_log_query query = {self->journal};

        if (control(self, CONTROL_LOG, &query, sizeof(query), log, sizeof(*log)) != DRIVER_DONE ||
            log->next == self->journal)
            break;
        self->journal = log->next;
        tell_lines(self, level, log->text);
    }
    free(log);
}

const char *driver_layout(const struct launcher_start *start, struct layout *layout)
{
    int32_t left = 0, top = 0;

    memset(layout, 0, sizeof(*layout));
    if (start->monitor_count > LAYOUT_MONITORS_MAX)
        return "number of monitors is out of bounds";
    for (uint32_t i = 0; i < start->monitor_count; i++) {
        if (start->monitors[i].primary) {
            left = start->monitors[i].left;
            top = start->monitors[i].top;
            break;
        }
    }
    for (uint32_t i = 0; i < start->monitor_count; i++) {
        const struct link_monitor *from = &start->monitors[i];

        /* unsigned: a position of the adapter's that is out of bounds stays so, or becomes a wrong one */
        layout->monitors[i] = (struct layout_monitor){.x = (int32_t)((uint32_t)from->left - (uint32_t)left),
                                                      .y = (int32_t)((uint32_t)from->top - (uint32_t)top),
                                                      .width = from->width,
                                                      .height = from->height,
                                                      .scale = from->scale ? from->scale : LAYOUT_SCALE_MIN,
                                                      .width_mm = from->width_mm,
                                                      .height_mm = from->height_mm};
    }
    layout->count = start->monitor_count;
    if (layout->count == 0) {
        layout->count = 1;
        layout->monitors[0] = (struct layout_monitor){
            .width = start->width, .height = start->height, .scale = LAYOUT_SCALE_MIN};
    }
    return layout_problem(layout);
}

/* OS_NOT_FOUND: it is another session's. */
static enum os_status claim(struct driver *self, struct control_host *host, char *why, size_t cap)
{
    struct control_claim in = {.version = CONTROL_VERSION};
    uint32_t error;

    self->step = DRIVER_STEP_CLAIM;
    error = control(self, CONTROL_CLAIM, &in, sizeof(in), host, sizeof(*host));
    if (stopped(self))
        return OS_AGAIN; /* also when it came too late: who follows us is to have it */
    if (error != DRIVER_DONE)
        return failed(self, "it cannot be claimed", error, why, cap);
    if (host->version != CONTROL_VERSION) {
        snprintf(why, cap, "it speaks version %u, not %u", (unsigned)host->version, CONTROL_VERSION);
        return OS_INVALID;
    }
    return host->session == self->start.session || host->session == ANY_SESSION ? OS_OK : OS_NOT_FOUND;
}

/* One round through all devices. OS_BUSY: the one of the session may be among those that somebody has. */
static enum os_status find(struct driver *self, struct control_host *host, char *why, size_t cap)
{
    enum os_status result = OS_NOT_FOUND, status;

    snprintf(why, cap, "there is none");
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        self->step = DRIVER_STEP_OPEN;
        if (stopped(self))
            return OS_AGAIN;
        status = self->system->open(self->system->arg, self->start.session, i, &self->device, why, cap);
        if (status == OS_OK) {
            status = claim(self, host, why, cap);
            if (status == OS_OK)
                return OS_OK;
            close_device(self); /* it lets go of the claim, too */
            if (status == OS_AGAIN)
                return OS_AGAIN;
        } else if (status == OS_NOT_FOUND) {
            break;
        }
        if (status != OS_NOT_FOUND && result != OS_BUSY)
            result = status;
    }
    return result;
}

/* The answers to ATTACH after which memory and pipe are still ours (driver/control.h). After any other the
 * driver may have closed them, and others may have their values by now. */
static bool is_untaken(uint32_t error)
{
    return error == DRIVER_DENIED || error == DRIVER_TOO_FEW || error == DRIVER_STOPPED ||
           error == DRIVER_SILENT;
}

static enum os_status hand_over(struct driver *self, const struct control_host *host, char *why, size_t cap)
{
    const struct driver_system *system = self->system;
    const struct launcher_start *start = &self->start;
    struct control_layout layout = {.version = CONTROL_VERSION, .layout = self->layout};
    struct control_attach attach = {.version = CONTROL_VERSION,
                                    .width = start->width,
                                    .height = start->height,
                                    .stride = start->stride,
                                    .slots = start->slots,
                                    .memory_size = start->memory_size};
    uint64_t values[2];
    enum os_status status;
    void *process = NULL;
    uint32_t error;

    self->step = DRIVER_STEP_LAYOUT;
    error = control(self, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0);
    if (error != DRIVER_DONE)
        return failed(self, "it refused the monitors", error, why, cap);
    self->step = DRIVER_STEP_ATTACH;
    status = system->give(system->arg, host->process, self->handles, values, &process, why, cap);
    if (status != OS_OK)
        return status;
    if (stopped(self)) {
        system->give_end(system->arg, process, values);
        return OS_AGAIN;
    }
    attach.memory = values[0];
    attach.pipe = values[1];
    error = control(self, CONTROL_ATTACH, &attach, sizeof(attach), NULL, 0);
    system->give_end(system->arg, process, is_untaken(error) ? values : NULL);
    if (error != DRIVER_DONE)
        return failed(self, "it refused memory and pipe", error, why, cap);
    return stopped(self) ? OS_AGAIN : OS_OK;
}

enum os_status driver_attach(struct driver *self, char *why, size_t cap)
{
    struct control_host host;
    enum os_status status;

    self->device = NULL;
    self->journal = 0;
    while ((status = find(self, &host, why, cap)) == OS_BUSY)
        if (event_wait(&self->stop, 1, RETRY_MS) != -1)
            return OS_AGAIN;
    if (status != OS_OK)
        return status;
    status = hand_over(self, &host, why, cap);
    if (status == OS_OK) {
        self->step = DRIVER_STEP_WATCH;
        return OS_OK;
    }
    if (status != OS_AGAIN)
        tell_journal(self, LOG_INFO);
    close_device(self);
    return status;
}

bool driver_watch(struct driver *self, char *why, size_t cap)
{
    struct control_report report = {0}, before = {0};
    bool first = true, end;
    char text[300];
    uint32_t error;

    do {
        error = self->system->control(self->system->arg, self->device, CONTROL_WAIT, NULL, 0, &report,
                                      sizeof(report), EVENT_NEVER, self->stop);
        if (stopped(self))
            return false;
        if (error != DRIVER_DONE) {
            snprintf(why, cap, "the device is gone (error %u)", (unsigned)error);
            break;
        }
        report_text(&report, text, sizeof(text));
        if (first || report_differs(&report, &before))
            log_info(AREA, self->start.session, "report: %s", text);
        else
            log_debug(AREA, self->start.session, "report: %s", text);
        first = false;
        before = report;
        end = report_is_end(&report, why, cap);
        if (!end && log_enabled(LOG_DEBUG))
            tell_journal(self, LOG_DEBUG);
    } while (!end && event_wait(&self->stop, 1, REPORT_MS) == -1);
    if (stopped(self))
        return false;
    tell_journal(self, LOG_INFO);
    return true;
}

void driver_detach(struct driver *self)
{
    self->step = DRIVER_STEP_CLOSE;
    /* without a look at `stop`, which is set: it is what was asked for */
    self->system->control(self->system->arg, self->device, CONTROL_DETACH, NULL, 0, NULL, 0, CONTROL_MS,
                          NULL);
    close_device(self);
}

const char *driver_step_text(enum driver_step step)
{
    static const char *const texts[] = {"opening its device", "claiming it", "telling it the monitors",
                                        "handing over",       "watching it", "closing its device"};

    return texts[step];
}
