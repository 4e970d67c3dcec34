/* SPDX-License-Identifier: Apache-2.0 */
/* Files, requests and queues: the framework's calls, and a program that opens the device. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define PENDING_ ((NTSTATUS)0x00000103)
#define TIMEOUT_ ((NTSTATUS)0x00000102)

static struct sim_request *request_get(WDFREQUEST handle, const char *who)
{
    struct sim_request *request = object_get(handle, OBJECT_REQUEST, who);

    if (request && (request->completed || request->queue)) {
        rule_broken(RULE_REQUEST_ONCE, "%s on a request that is %s", who,
                    request->completed ? "completed" : "in a queue");
        return NULL;
    }
    return request;
}

/* With the lock held. */
static void finish(struct sim_request *request, NTSTATUS status, size_t information)
{
    request->completed = true;
    request->status = status;
    if (rule_check(RULE_REQUEST_LENGTH, information <= request->out_size,
                   "more output than the buffer holds"))
        request->information = information;
    event_set(request->done);
}

static void complete(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, NTSTATUS status, ULONG_PTR information)
{
    struct sim_request *request;

    os_mutex_lock(&the_sim->lock);
    request = request_get(handle, "WdfRequestComplete");
    if (request) {
        rule_checked(RULE_REQUEST_ONCE);
        finish(request, status, information);
    }
    os_mutex_unlock(&the_sim->lock);
}

static void complete_plain(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, NTSTATUS status)
{
    complete(globals, handle, status, 0);
}

static NTSTATUS retrieve(WDFREQUEST handle, size_t least, void **buffer, size_t *length, bool input)
{
    struct sim_request *request;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST_;
    size_t size;

    *buffer = NULL;
    os_mutex_lock(&the_sim->lock);
    request = request_get(handle, input ? "WdfRequestRetrieveInputBuffer" : "WdfRequestRetrieveOutputBuffer");
    if (request) {
        size = input ? request->in_size : request->out_size;
        status = size == 0 || size < least ? STATUS_BUFFER_TOO_SMALL_ : STATUS_SUCCESS;
        if (NT_SUCCESS(status)) {
            *buffer = request->buffer;
            if (length)
                *length = size;
        }
    }
    os_mutex_unlock(&the_sim->lock);
    return status;
}

static NTSTATUS retrieve_input(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, size_t least, void **buffer,
                               size_t *length)
{
    return retrieve(handle, least, buffer, length, true);
}

static NTSTATUS retrieve_output(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, size_t least, void **buffer,
                                size_t *length)
{
    return retrieve(handle, least, buffer, length, false);
}

static WDFFILEOBJECT request_file(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle)
{
    struct sim_request *request;

    os_mutex_lock(&the_sim->lock);
    request = request_get(handle, "WdfRequestGetFileObject");
    os_mutex_unlock(&the_sim->lock);
    return request ? (WDFFILEOBJECT)request->file : NULL;
}

static ULONG request_process(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle)
{
    return 4711;
}

static WDFDEVICE file_device(PWDF_DRIVER_GLOBALS globals, WDFFILEOBJECT handle)
{
    struct sim_file *file;

    os_mutex_lock(&the_sim->lock);
    file = object_get(handle, OBJECT_FILE, "WdfFileObjectGetDevice");
    os_mutex_unlock(&the_sim->lock);
    return file ? (WDFDEVICE)file->device : NULL;
}

static NTSTATUS queue_create(PWDF_DRIVER_GLOBALS globals, WDFDEVICE handle, PWDF_IO_QUEUE_CONFIG config,
                             PWDF_OBJECT_ATTRIBUTES attributes, WDFQUEUE *out)
{
    struct sim_queue *queue;

    *out = NULL;
    rule_check(RULE_SIZES,
               config->Size == sizeof(*config) && config->DispatchType == WdfIoQueueDispatchManual &&
                   !config->DefaultQueue,
               "WDF_IO_QUEUE_CONFIG (the default queue is IddCx's)");
    os_mutex_lock(&the_sim->lock);
    queue = object_create(OBJECT_QUEUE, sizeof(*queue), attributes, (struct object *)handle);
    queue->device = (struct sim_device *)handle;
    os_mutex_unlock(&the_sim->lock);
    *out = (WDFQUEUE)queue;
    return STATUS_SUCCESS;
}

static NTSTATUS queue_forward(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, WDFQUEUE to)
{
    struct sim_request *request;
    struct sim_queue *queue;

    os_mutex_lock(&the_sim->lock);
    request = request_get(handle, "WdfRequestForwardToIoQueue");
    queue = object_get(to, OBJECT_QUEUE, "WdfRequestForwardToIoQueue");
    if (request && queue)
        request->queue = queue;
    os_mutex_unlock(&the_sim->lock);
    return request && queue ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST_;
}

static NTSTATUS queue_next(PWDF_DRIVER_GLOBALS globals, WDFQUEUE handle, WDFREQUEST *out)
{
    struct sim_queue *queue;
    NTSTATUS status = STATUS_NO_MORE_ENTRIES_;

    *out = NULL;
    os_mutex_lock(&the_sim->lock);
    queue = object_get(handle, OBJECT_QUEUE, "WdfIoQueueRetrieveNextRequest");
    for (struct object *o = queue ? the_sim->objects : NULL; o; o = o->next) {
        struct sim_request *request = (struct sim_request *)o;

        if (o->kind == OBJECT_REQUEST && !o->dead && request->queue == queue) {
            request->queue = NULL;
            *out = (WDFREQUEST)request;
            status = STATUS_SUCCESS;
            break;
        }
    }
    os_mutex_unlock(&the_sim->lock);
    return status;
}

#define ENTRY(index_, name_, function_)                                                                      \
    do {                                                                                                     \
        name_##_fn *typed_ = function_;                                                                      \
        table[index_] = (WDFFUNC)typed_;                                                                     \
    } while (0)

void wdf_fill_requests(WDFFUNC *table)
{
    ENTRY(69, WdfFileObjectGetDevice, file_device);
    ENTRY(85, WdfIoQueueCreate, queue_create);
    ENTRY(91, WdfIoQueueRetrieveNextRequest, queue_next);
    ENTRY(163, WdfRequestComplete, complete_plain);
    ENTRY(164, WdfRequestCompleteWithInformation, complete);
    ENTRY(168, WdfRequestRetrieveInputBuffer, retrieve_input);
    ENTRY(169, WdfRequestRetrieveOutputBuffer, retrieve_output);
    ENTRY(172, WdfRequestGetFileObject, request_file);
    ENTRY(174, WdfRequestForwardToIoQueue, queue_forward);
    ENTRY(179, WdfRequestGetRequestorProcessId, request_process);
}

static struct sim_request *request_make(struct sim_file *file, ULONG code, const void *in, size_t in_size,
                                        size_t out_size)
{
    struct sim_request *request;
    size_t size = in_size > out_size ? in_size : out_size;

    os_mutex_lock(&the_sim->lock);
    request = object_create(OBJECT_REQUEST, sizeof(*request), NULL, &file->object);
    request->file = file;
    request->dispatched = true; /* it will be, at once */
    request->code = code;
    request->in_size = in_size;
    request->out_size = out_size;
    request->buffer = calloc(1, size + 1);
    request->done = event_create(true);
    if (!request->buffer || !request->done)
        abort();
    if (in_size)
        memcpy(request->buffer, in, in_size);
    os_mutex_unlock(&the_sim->lock);
    return request;
}

void request_drop(struct sim_request *request)
{
    os_mutex_lock(&the_sim->lock);
    request->object.dead = true;
    free(request->buffer);
    request->buffer = NULL;
    event_close(request->done);
    request->done = NULL;
    os_mutex_unlock(&the_sim->lock);
}

struct sim_file *sim_open(struct sim_device *device)
{
    return sim_open_as(device, CALLER_SYSTEM);
}

struct sim_file *sim_open_as(struct sim_device *device, enum sim_caller caller)
{
    struct sim_file *file;
    struct sim_request *request;
    NTSTATUS status = STATUS_SUCCESS;

    os_mutex_lock(&the_sim->lock);
    file = object_create(OBJECT_FILE, sizeof(*file), NULL, &device->object);
    file->device = device;
    file->caller = caller;
    os_mutex_unlock(&the_sim->lock);
    if (device->file_config.EvtDeviceFileCreate) {
        uint64_t begin = callback_begin();

        request = request_make(file, 0, NULL, 0, 0);
        request->create = true;
        device->file_config.EvtDeviceFileCreate((WDFDEVICE)device, (WDFREQUEST)request, (WDFFILEOBJECT)file);
        callback_end(begin, "EvtDeviceFileCreate");
        request->dispatched = false;
        status = sim_ioctl_finish(request, 10000, NULL, NULL);
    }
    if (NT_SUCCESS(status))
        return file;
    file->object.dead = true;
    return NULL;
}

void sim_close(struct sim_file *file)
{
    struct sim_device *device = file->device;

    if (device->file_config.EvtFileCleanup) {
        uint64_t begin = callback_begin();

        device->file_config.EvtFileCleanup((WDFFILEOBJECT)file);
        callback_end(begin, "EvtFileCleanup");
    }
    check_no_requests(device, file, "file cleanup");
    os_mutex_lock(&the_sim->lock);
    rule_check(RULE_OBJECTS, file->object.refs == 1, "a reference to a file is left after its cleanup");
    file->object.dead = true;
    os_mutex_unlock(&the_sim->lock);
}

/* With the lock held. */
static void left_pending(struct sim_request *request, const char *when)
{
    rule_broken(RULE_REQUEST_LEFT, "code 0x%x is still pending after %s", (unsigned)request->code, when);
    request->queue = NULL;
    finish(request, STATUS_CANCELLED_, 0);
}

void check_no_requests(struct sim_device *device, struct sim_file *file, const char *when)
{
    rule_checked(RULE_REQUEST_LEFT);
    os_mutex_lock(&the_sim->lock);
    for (struct object *o = the_sim->objects; o; o = o->next) {
        struct sim_request *request = (struct sim_request *)o;

        /* one that the driver is looking at is judged when it has looked */
        if (o->kind != OBJECT_REQUEST || o->dead || request->completed || request->dispatched ||
            request->file->device != device || (file && request->file != file))
            continue;
        left_pending(request, when);
    }
    if (file)
        file->closed = true;
    os_mutex_unlock(&the_sim->lock);
}

struct sim_request *sim_ioctl_begin(struct sim_file *file, ULONG code, const void *in, size_t in_size,
                                    size_t out_size)
{
    struct sim_request *request = request_make(file, code, in, in_size, out_size);
    struct sim_device *device = file->device;
    uint64_t begin = callback_begin();

    device->idd.EvtIddCxDeviceIoControl((WDFDEVICE)device, (WDFREQUEST)request, out_size, in_size, code);
    callback_end(begin, "EvtIddCxDeviceIoControl");
    os_mutex_lock(&the_sim->lock);
    request->dispatched = false;
    if (!request->completed && (file->closed || device->exited))
        left_pending(request, file->closed ? "the end of its file" : "D0Exit");
    os_mutex_unlock(&the_sim->lock);
    return request;
}

NTSTATUS sim_ioctl_finish(struct sim_request *request, uint32_t ms, void *out, size_t *got)
{
    NTSTATUS status;

    if (got)
        *got = 0;
    if (event_wait(&request->done, 1, ms) != 0)
        return TIMEOUT_;
    os_mutex_lock(&the_sim->lock);
    status = request->status;
    if (out && request->information)
        memcpy(out, request->buffer, request->information);
    if (got)
        *got = request->information;
    os_mutex_unlock(&the_sim->lock);
    request_drop(request);
    return status;
}

void sim_ioctl_cancel(struct sim_request *request)
{
    os_mutex_lock(&the_sim->lock);
    if (!request->completed && request->queue) {
        request->queue = NULL;
        finish(request, STATUS_CANCELLED_, 0);
    }
    os_mutex_unlock(&the_sim->lock);
}

NTSTATUS sim_ioctl(struct sim_file *file, ULONG code, const void *in, size_t in_size, void *out,
                   size_t out_size, size_t *got)
{
    struct sim_request *request = sim_ioctl_begin(file, code, in, in_size, out_size);
    NTSTATUS status = sim_ioctl_finish(request, 10000, out, got);

    if (status == TIMEOUT_)
        rule_broken(RULE_REQUEST_ONCE, "code 0x%x was never completed", (unsigned)code);
    return status;
}
