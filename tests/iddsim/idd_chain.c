/* SPDX-License-Identifier: Apache-2.0 */
/* The class extension's calls about swap chains and the hardware pointer. */
#include "sim.h"

#include <string.h>

#define FRAME_LIMIT_MS 10000

struct sim_chain *chain_make(struct sim_monitor *monitor)
{
    struct sim_chain *chain = object_create(OBJECT_CHAIN, sizeof(*chain), NULL, &monitor->object);

    chain->monitor = monitor;
    chain->event = event_create(false);
    chain->in_memory = !the_sim->options.gpu;
    if (!chain->event || !picture_set_init(&chain->pictures, monitor->size.width, monitor->size.height))
        rule_broken(RULE_LEFT_HANDLES, "no handle or memory for another chain");
    return chain;
}

static void drop_surface(struct sim_chain *chain)
{
    if (!chain->surface)
        return;
    rule_check(RULE_CHAIN_SURFACE, d3d_texture_refs(chain->surface) == 1, "a surface was not released");
    com_release(chain->surface);
    chain->surface = NULL;
}

void chain_deleted(struct sim_chain *chain)
{
    struct sim_monitor *monitor = chain->monitor;

    if (chain->lost && chain->lost_ms)
        rule_check(RULE_CHAIN_ABANDON, os_now_ms() - chain->lost_ms < FRAME_LIMIT_MS,
                   "a lost chain was kept for 10 s");
    drop_surface(chain);
    if (chain->device)
        com_release(chain->device);
    chain->device = NULL;
    picture_set_finish(&chain->pictures);
    event_close(chain->event);
    chain->event = NULL;
    if (monitor->chain != chain)
        return;
    if (!the_sim->options.unassign_lost)
        monitor->chain = NULL;
    if (monitor->active && !monitor->departed && !monitor->device->exited)
        system_post(monitor->device, TASK_ASSIGN, monitor); /* the deletion makes Windows give a new one */
}

void chain_present(struct sim_monitor *monitor, const RECT *rect)
{
    struct sim_chain *chain = monitor->chain;

    if (!chain || chain->object.dead || chain->lost)
        return;
    if (chain->pictures.pending == PICTURE_NONE)
        chain->presented_ms = os_now_ms();
    picture_present(&chain->pictures, &monitor->screen, rect);
    event_set(chain->event);
}

/* With the lock held. */
static struct sim_chain *chain_get(IDDCX_SWAPCHAIN handle, const char *who)
{
    return object_get(handle, OBJECT_CHAIN, who);
}

static HRESULT set_device(PIDD_DRIVER_GLOBALS globals, IDDCX_SWAPCHAIN handle,
                          const IDARG_IN_SWAPCHAINSETDEVICE *in)
{
    struct sim_chain *chain;
    HRESULT result = E_INVALIDARG;

    os_mutex_lock(&the_sim->lock);
    chain = chain_get(handle, "IddCxSwapChainSetDevice");
    if (chain && rule_check(RULE_CHAIN_DEVICE, in->pDevice && chain->state == CHAIN_IDLE,
                            "SetDevice with NULL or late")) {
        if (chain->device)
            com_release(chain->device);
        chain->device = (struct com_object *)in->pDevice;
        chain->device->vtbl->AddRef(chain->device);
        result = chain->lost ? DXGI_ERROR_ACCESS_LOST_ : S_OK;
    }
    os_mutex_unlock(&the_sim->lock);
    return result;
}

static HRESULT in_memory(PIDD_DRIVER_GLOBALS globals, IDDCX_SWAPCHAIN handle, BOOL *out)
{
    struct sim_chain *chain;
    HRESULT result = E_INVALIDARG;

    os_mutex_lock(&the_sim->lock);
    chain = chain_get(handle, "IddCxSwapChainInSystemMemory");
    if (chain && rule_check(RULE_CHAIN_DEVICE, chain->device, "InSystemMemory before SetDevice")) {
        chain->asked_memory = true;
        *out = chain->in_memory;
        result = S_OK;
    }
    os_mutex_unlock(&the_sim->lock);
    return result;
}

/* What both acquires have in common. */
static HRESULT acquire(struct sim_chain *chain, enum chain_kind kind, IDDCX_METADATA *meta)
{
    struct picture_set *pictures = &chain->pictures;

    check_size(meta->Size, 55, sizeof(*meta), "IDDCX_METADATA");
    if (!rule_check(RULE_CHAIN_DEVICE, chain->device, "acquire before SetDevice"))
        return E_INVALIDARG;
    if (!rule_check(RULE_CHAIN_MIX, chain->kind == CHAIN_UNUSED || chain->kind == kind,
                    "both kinds of acquire on one chain") ||
        !rule_check(RULE_CHAIN_MIX,
                    kind == CHAIN_SURFACE ? !(chain->in_memory && chain->asked_memory)
                                          : chain->in_memory && chain->asked_memory,
                    "the kind of acquire that does not fit the chain's memory"))
        return E_INVALIDARG;
    chain->kind = kind;
    if (!rule_check(RULE_CHAIN_ALTERNATE, chain->state != CHAIN_ACQUIRED,
                    "acquire without FinishedProcessingFrame"))
        return E_INVALIDARG;
    if (chain->lost)
        return DXGI_ERROR_ACCESS_LOST_;
    if (chain->storm) {
        chain->storm--;
        event_set(chain->event);
        return E_PENDING_;
    }
    if (!picture_acquire(pictures))
        return E_PENDING_;
    drop_surface(chain);
    chain->state = CHAIN_ACQUIRED;
    meta->PresentationFrameNumber = pictures->held_number;
    meta->DirtyRectCount = pictures->held_nrects;
    meta->MoveRegionCount = 0;
    meta->HwProtectedSurface = FALSE;
    meta->pSurface = NULL;
    return S_OK;
}

static HRESULT acquire_system(PIDD_DRIVER_GLOBALS globals, IDDCX_SWAPCHAIN handle,
                              IDARG_OUT_RELEASEANDACQUIRESYSTEMBUFFER *out)
{
    struct sim_chain *chain;
    HRESULT result = E_INVALIDARG;

    os_mutex_lock(&the_sim->lock);
    chain = chain_get(handle, "IddCxSwapChainReleaseAndAcquireSystemBuffer");
    if (chain) {
        check_size(out->pBufferInfo->Size, 74, sizeof(*out->pBufferInfo), "IDDCX_SYSTEM_BUFFER_INFO");
        result = acquire(chain, CHAIN_SYSTEM, out->pMetaData);
        if (SUCCEEDED(result)) {
            const struct picture_set *p = &chain->pictures;

            out->pBufferInfo->Pitch = p->pitch;
            out->pBufferInfo->Width = p->width;
            out->pBufferInfo->Height = p->height;
            out->pBufferInfo->Format = D3D_FORMAT_B8G8R8A8;
            out->pBufferInfo->pBuffer = p->buffers[p->held];
        }
    }
    os_mutex_unlock(&the_sim->lock);
    return result;
}

static HRESULT acquire_surface(PIDD_DRIVER_GLOBALS globals, IDDCX_SWAPCHAIN handle,
                               IDARG_OUT_RELEASEANDACQUIREBUFFER *out)
{
    struct sim_chain *chain;
    HRESULT result = E_INVALIDARG;

    os_mutex_lock(&the_sim->lock);
    chain = chain_get(handle, "IddCxSwapChainReleaseAndAcquireBuffer");
    if (chain) {
        result = acquire(chain, CHAIN_SURFACE, &out->MetaData);
        if (SUCCEEDED(result)) {
            const struct picture_set *p = &chain->pictures;
            uint32_t less = the_sim->options.uneven && p->held_number % 2 ? 8 : 0;

            chain->surface =
                d3d_texture_make(p->buffers[p->held], p->pitch, p->width - less, p->height - less);
            ((struct com_object *)chain->surface)->vtbl->AddRef(chain->surface); /* the driver's */
            out->MetaData.pSurface = (struct IDXGIResource_ *)chain->surface;
        }
    }
    os_mutex_unlock(&the_sim->lock);
    return result;
}

static HRESULT dirty_rects(PIDD_DRIVER_GLOBALS globals, IDDCX_SWAPCHAIN handle,
                           const IDARG_IN_GETDIRTYRECTS *in, IDARG_OUT_GETDIRTYRECTS *out)
{
    struct sim_chain *chain;
    HRESULT result = E_INVALIDARG;

    os_mutex_lock(&the_sim->lock);
    chain = chain_get(handle, "IddCxSwapChainGetDirtyRects");
    if (chain &&
        rule_check(RULE_CHAIN_ALTERNATE, chain->state == CHAIN_ACQUIRED, "GetDirtyRects without a frame")) {
        UINT n = chain->pictures.held_nrects;

        if (in->DirtyRectInCount >= n) {
            memcpy(in->pDirtyRects, chain->pictures.held_rects, n * sizeof(RECT));
            out->DirtyRectOutCount = n;
            result = S_OK;
        }
    }
    os_mutex_unlock(&the_sim->lock);
    return result;
}

static HRESULT finished(PIDD_DRIVER_GLOBALS globals, IDDCX_SWAPCHAIN handle)
{
    struct sim_chain *chain;
    HRESULT result = E_INVALIDARG;

    os_mutex_lock(&the_sim->lock);
    chain = chain_get(handle, "IddCxSwapChainFinishedProcessingFrame");
    if (chain && rule_check(RULE_CHAIN_ALTERNATE, chain->state == CHAIN_ACQUIRED,
                            "FinishedProcessingFrame without a frame")) {
        chain->state = CHAIN_FINISHED;
        rule_check(RULE_TIME_FRAME, os_now_ms() - chain->presented_ms < FRAME_LIMIT_MS,
                   "10 s between the event and Finished");
        result = chain->lost ? DXGI_ERROR_ACCESS_LOST_ : S_OK;
    }
    os_mutex_unlock(&the_sim->lock);
    return result;
}

static NTSTATUS setup_pointer(PIDD_DRIVER_GLOBALS globals, IDDCX_MONITOR handle,
                              const IDARG_IN_SETUP_HWCURSOR *in)
{
    struct sim_monitor *monitor;
    NTSTATUS status = STATUS_INVALID_PARAMETER_;

    os_mutex_lock(&the_sim->lock);
    monitor = object_get(handle, OBJECT_MONITOR, "IddCxMonitorSetupHardwareCursor");
    if (!monitor)
        goto out;
    if (monitor->device->exited)
        rule_broken(RULE_ORDER_EXIT, "IddCxMonitorSetupHardwareCursor after D0Exit");
    check_size(in->CursorInfo.Size, 49, sizeof(in->CursorInfo), "IDDCX_CURSOR_CAPS");
    status = (NTSTATUS)0xC01E0100; /* not in the topology */
    if (!monitor->active)
        goto out;
    status = STATUS_INVALID_PARAMETER_;
    if (!rule_check(RULE_CURSOR_SETUP,
                    in->hNewCursorDataAvailable && in->CursorInfo.ColorXorCursorSupport &&
                        in->CursorInfo.MaxX && in->CursorInfo.MaxY,
                    "pointer caps"))
        goto out;
    monitor->pointer_event = in->hNewCursorDataAvailable;
    monitor->pointer_max = in->CursorInfo.MaxX;
    monitor->setups = monitor->commits;
    if (monitor->pointer.shape_id)
        event_set(monitor->pointer_event);
    status = STATUS_SUCCESS;
out:
    os_mutex_unlock(&the_sim->lock);
    return status;
}

static NTSTATUS query(IDDCX_MONITOR handle, const IDARG_IN_QUERY_HWCURSOR *in, IDARG_OUT_QUERY_HWCURSOR2 *out,
                      const char *who)
{
    struct sim_monitor *monitor;
    NTSTATUS status = STATUS_INVALID_PARAMETER_;

    os_mutex_lock(&the_sim->lock);
    monitor = object_get(handle, OBJECT_MONITOR, who);
    if (monitor && !monitor->active)
        status = (NTSTATUS)0xC01E0100;
    else if (monitor &&
             rule_check(RULE_CURSOR_BUFFER,
                        in->ShapeBufferSizeInBytes >= monitor->pointer_max * monitor->pointer_max * 4,
                        "the buffer is smaller than MaxX * MaxY * 4")) {
        const struct sim_pointer *p = &monitor->pointer;

        out->IsCursorVisible = p->visible;
        out->X = p->x;
        out->Y = p->y;
        out->PositionValid = p->visible;
        out->PositionId = p->position_id;
        out->IsCursorShapeUpdated = p->shape_id != in->LastShapeId;
        if (out->IsCursorShapeUpdated) {
            out->CursorShapeInfo.ShapeId = p->shape_id;
            out->CursorShapeInfo.CursorType = IDDCX_CURSOR_SHAPE_TYPE_ALPHA;
            out->CursorShapeInfo.Width = p->width;
            out->CursorShapeInfo.Height = p->height;
            out->CursorShapeInfo.Pitch = p->width * 4;
            out->CursorShapeInfo.XHot = p->hot_x;
            out->CursorShapeInfo.YHot = p->hot_y;
            for (unsigned i = 0; i < p->width * p->height * 4; i++)
                in->pShapeBuffer[i] = (BYTE)(p->shape_id * 31 + i);
        }
        status = STATUS_SUCCESS;
    }
    os_mutex_unlock(&the_sim->lock);
    return status;
}

static NTSTATUS query_pointer(PIDD_DRIVER_GLOBALS globals, IDDCX_MONITOR handle,
                              const IDARG_IN_QUERY_HWCURSOR *in, IDARG_OUT_QUERY_HWCURSOR *out)
{
    IDARG_OUT_QUERY_HWCURSOR2 full = {.CursorShapeInfo = out->CursorShapeInfo};
    NTSTATUS status = query(handle, in, &full, "IddCxMonitorQueryHardwareCursor");

    out->IsCursorVisible = full.IsCursorVisible;
    out->X = full.X;
    out->Y = full.Y;
    out->IsCursorShapeUpdated = full.IsCursorShapeUpdated;
    out->CursorShapeInfo = full.CursorShapeInfo;
    return status;
}

static NTSTATUS query_pointer2(PIDD_DRIVER_GLOBALS globals, IDDCX_MONITOR handle,
                               const IDARG_IN_QUERY_HWCURSOR *in, IDARG_OUT_QUERY_HWCURSOR2 *out)
{
    return query(handle, in, out, "IddCxMonitorQueryHardwareCursor2");
}

#define ENTRY(index_, name_, function_)                                                                      \
    do {                                                                                                     \
        name_##_fn *typed_ = function_;                                                                      \
        if ((index_) < count)                                                                                \
            table[index_] = (IDDFUNC)typed_;                                                                 \
    } while (0)

void idd_fill_chain(IDDFUNC *table, unsigned count)
{
    ENTRY(8, IddCxMonitorSetupHardwareCursor, setup_pointer);
    ENTRY(9, IddCxMonitorQueryHardwareCursor, query_pointer);
    ENTRY(10, IddCxSwapChainSetDevice, set_device);
    ENTRY(11, IddCxSwapChainReleaseAndAcquireBuffer, acquire_surface);
    ENTRY(12, IddCxSwapChainGetDirtyRects, dirty_rects);
    ENTRY(14, IddCxSwapChainFinishedProcessingFrame, finished);
    ENTRY(26, IddCxSwapChainInSystemMemory, in_memory);
    ENTRY(27, IddCxSwapChainReleaseAndAcquireSystemBuffer, acquire_system);
    ENTRY(29, IddCxMonitorQueryHardwareCursor2, query_pointer2);
}
