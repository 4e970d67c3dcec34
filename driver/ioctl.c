/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/device.h"

#include <string.h>

#include "driver/caller.h"
#include "driver/feed.h"

static const char *code_name(ULONG code)
{
    static const char *const names[] = {"claim", "attach", "detach", "layout", "wait", "log"};
    ULONG index = (code - CONTROL_CLAIM) >> 2;

    return (code - CONTROL_CLAIM) % 4 == 0 && index < sizeof(names) / sizeof(names[0]) ? names[index] : "?";
}

static ULONG own_process(void)
{
#ifdef _WIN32
    return GetCurrentProcessId();
#else
    return 0;
#endif
}

/* May the file do what only the owner may? Asked under the lock under which it is done: the file may end, and
 * the device stop, while a request of it is on its way. */
static NTSTATUS owner_status(const struct device *self, WDFFILEOBJECT file)
{
    if (fault("owner-once"))
        return STATUS_SUCCESS;
    if (!file || self->owner != file)
        return STATUS_ACCESS_DENIED_;
    return self->powered && !self->owner_leaves ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY_;
}

static NTSTATUS claim(struct device *self, WDFREQUEST request, WDFFILEOBJECT file,
                      const struct control_claim *in, struct control_host *out)
{
    NTSTATUS status = caller_check_system(request);

    if (!NT_SUCCESS(status))
        return status;
    if (in->version != CONTROL_VERSION)
        return STATUS_REVISION_MISMATCH_;
    os_mutex_lock(&self->lock);
    if (!file || (self->owner && self->owner != file))
        status = STATUS_DEVICE_BUSY_;
    else if (self->owner != file) {
        /* so that no other file may ever look like it, should its end not be told */
        WdfObjectReferenceActual(file, NULL, __LINE__, NULL);
        self->owner = file;
        self->serial++; /* its first WAIT is answered at once: it has seen no report */
    }
    os_mutex_unlock(&self->lock);
    *out = (struct control_host){CONTROL_VERSION, own_process(), self->session, self->version};
    return status;
}

/* Ends what the file attached. False: it is not the owner. */
static bool detach(struct device *self, WDFFILEOBJECT file)
{
    struct feed *feed = NULL;
    bool owner;

    os_mutex_lock(&self->lock);
    owner = file && self->owner == file;
    if (owner) {
        feed = self->feed;
        self->feed = NULL;
    }
    os_mutex_unlock(&self->lock);
    feed_destroy(feed);
    return owner;
}

static NTSTATUS attach(struct device *self, WDFFILEOBJECT file, const struct control_attach *in)
{
    const char *problem = NULL;
    struct feed *feed;
    NTSTATUS status;

    if (!detach(self, file))
        return STATUS_ACCESS_DENIED_; /* what a stranger names may be anybody's: it is not touched */
    if (in->version != CONTROL_VERSION) {
        if (!fault("attach-left"))
            feed_refuse(in);
        device_changed(self);
        return STATUS_REVISION_MISMATCH_;
    }
    if (!(feed = feed_create(self, in, &problem))) {
        journal("attach refused: %s", problem);
        device_changed(self);
        return STATUS_INVALID_PARAMETER_;
    }
    if (fault("owner-once"))
        os_sleep_ms(20);
    os_mutex_lock(&self->lock);
    /* not access denied: the handles have been taken */
    status = NT_SUCCESS(owner_status(self, file)) && !self->feed ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY_;
    if (NT_SUCCESS(status))
        self->feed = feed;
    os_mutex_unlock(&self->lock);
    if (NT_SUCCESS(status))
        event_set(self->feed_event);
    else
        feed_destroy(feed);
    device_changed(self);
    return status;
}

static NTSTATUS set_layout(struct device *self, WDFFILEOBJECT file, const struct control_layout *in)
{
    const char *problem;
    NTSTATUS status;

    if (in->version != CONTROL_VERSION)
        return STATUS_REVISION_MISMATCH_;
    if ((problem = layout_problem(&in->layout))) {
        journal("layout refused: %s", problem);
        return STATUS_INVALID_PARAMETER_;
    }
    os_mutex_lock(&self->lock);
    status = owner_status(self, file);
    /* the same one again is nothing new, but a new try where the last has failed */
    if (NT_SUCCESS(status) && (self->wanted_serial == 0 || self->layout_outcome == CONTROL_LAYOUT_FAILED ||
                               !layout_equal(&self->wanted, &in->layout))) {
        self->wanted = in->layout;
        self->wanted_serial++;
        self->layout_outcome = CONTROL_LAYOUT_PENDING;
    }
    os_mutex_unlock(&self->lock);
    event_set(self->publish_event);
    return status;
}

/* Answers at once or keeps the request: true when it is kept. */
static bool wait_report(struct device *self, WDFREQUEST request, WDFFILEOBJECT file,
                        struct control_report *out, NTSTATUS *status)
{
    WDFREQUEST other = NULL;

    if (fault("owner-once"))
        os_sleep_ms(20);
    os_mutex_lock(&self->lock);
    *status = owner_status(self, file);
    if (!NT_SUCCESS(*status)) {
        os_mutex_unlock(&self->lock);
        return false;
    }
    if (self->reported != self->serial || self->serial == 0) {
        self->serial += self->serial == 0;
        device_report(self, out);
        self->reported = self->serial;
        os_mutex_unlock(&self->lock);
        return false;
    }
    /* one at a time: the older one goes */
    if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(self->waiting, &other)))
        other = NULL;
    *status = WdfRequestForwardToIoQueue(request, self->waiting);
    os_mutex_unlock(&self->lock);
    if (other)
        WdfRequestComplete(other, STATUS_CANCELLED_);
    return NT_SUCCESS(*status);
}

void ioctl_control(WDFDEVICE object, WDFREQUEST request, size_t out_size, size_t in_size, ULONG code)
{
    static const struct {
        size_t in, out;
    } forms[] = {
        {sizeof(struct control_claim), sizeof(struct control_host)},
        {sizeof(struct control_attach), 0},
        {0, 0},
        {sizeof(struct control_layout), 0},
        {0, sizeof(struct control_report)},
        {sizeof(struct control_log_query), sizeof(struct control_log)},
    };
    struct device *self = device_of(object);
    WDFFILEOBJECT file = WdfRequestGetFileObject(request);
    ULONG index = (code - CONTROL_CLAIM) >> 2;
    uint64_t start = os_now_us();
    NTSTATUS status = STATUS_SUCCESS;
    void *in = NULL, *out = NULL;
    size_t written = 0;
    union { /* input and output share a buffer in a buffered request: the input is copied before the output is
               written */
        struct control_claim claim;
        struct control_attach attach;
        struct control_layout layout;
        struct control_log_query log;
    } args;

    if ((code - CONTROL_CLAIM) % 4 != 0 || index >= sizeof(forms) / sizeof(forms[0])) {
        status = STATUS_INVALID_DEVICE_REQUEST_;
        goto out;
    }
    if (forms[index].in && !NT_SUCCESS(WdfRequestRetrieveInputBuffer(request, forms[index].in, &in, NULL))) {
        status = STATUS_BUFFER_TOO_SMALL_; /* whatever the reason: an attach that says so was not taken */
        goto out;
    }
    if (forms[index].out &&
        !NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, forms[index].out, &out, NULL)))
        goto out;
    if (in)
        memcpy(&args, in, forms[index].in);

    switch (code) {
    case CONTROL_CLAIM:
        status = claim(self, request, file, &args.claim, out);
        break;
    case CONTROL_ATTACH:
        status = attach(self, file, &args.attach);
        break;
    case CONTROL_DETACH:
        if (detach(self, file))
            device_changed(self);
        else
            status = STATUS_ACCESS_DENIED_;
        break;
    case CONTROL_LAYOUT:
        status = set_layout(self, file, &args.layout);
        break;
    case CONTROL_WAIT:
        if (wait_report(self, request, file, out, &status)) {
            journal("EvtIddCxDeviceIoControl(wait) kept");
            return; /* not ours any more */
        }
        break;
    default: {
        struct control_log *log = out;
        uint64_t next;

        memset(log, 0, sizeof(*log)); /* whoever asks gets no memory of ours */
        journal_read(args.log.after, log->text, sizeof(log->text), &next);
        log->next = next;
        break;
    }
    }
    if (NT_SUCCESS(status))
        written = forms[index].out;
out:
    if (code != CONTROL_LOG)
        journal("EvtIddCxDeviceIoControl(%s 0x%x, in %u, out %u) = 0x%08x %uus", code_name(code),
                (unsigned)code, (unsigned)in_size, (unsigned)out_size, (unsigned)status,
                (unsigned)(os_now_us() - start));
    WdfRequestCompleteWithInformation(request, status, fault("information") ? written + 4096 : written);
    if (fault("complete-twice"))
        WdfRequestComplete(request, status);
}

void ioctl_file_create(WDFDEVICE object, WDFREQUEST request, WDFFILEOBJECT file)
{
    journal("EvtDeviceFileCreate by process %u = 0", (unsigned)WdfRequestGetRequestorProcessId(request));
    WdfRequestComplete(request, STATUS_SUCCESS);
}

void ioctl_drain(struct device *self, NTSTATUS status)
{
    for (;;) {
        WDFREQUEST request = NULL;

        os_mutex_lock(&self->lock);
        if (!self->waiting || !NT_SUCCESS(WdfIoQueueRetrieveNextRequest(self->waiting, &request)))
            request = NULL;
        os_mutex_unlock(&self->lock);
        if (!request)
            return;
        WdfRequestComplete(request, status);
    }
}

void ioctl_file_cleanup(WDFFILEOBJECT file)
{
    struct device *self = device_of(WdfFileObjectGetDevice(file));
    bool owner;

    os_mutex_lock(&self->lock);
    owner = self->owner == file;
    self->owner_leaves = self->owner_leaves || owner;
    os_mutex_unlock(&self->lock);
    if (owner && !fault("file-left")) {
        ioctl_drain(self, STATUS_CANCELLED_); /* only the owner has any */
        detach(self, file);
    }
    /* Only now may somebody else claim: what was ended here must not be the next owner's. */
    os_mutex_lock(&self->lock);
    if (owner) {
        self->owner = NULL;
        self->owner_leaves = false;
    }
    os_mutex_unlock(&self->lock);
    if (owner && !fault("reference-left"))
        WdfObjectDereferenceActual(file, NULL, __LINE__, NULL);
    journal("EvtFileCleanup: %s", owner ? "the owner is gone" : "a reader");
}
