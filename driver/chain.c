/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/chain.h"

#include <stdlib.h>
#include <string.h>

#include "driver/abi/d3d.h"
#include "driver/cursor.h"
#include "driver/render.h"

#define RETRY_MS 100        /* the surface event may be lost (iddcx.md 3.4); a new frame sets it */
#define DIRTY_RECTS_MAX 256 /* more than this many: all of it */

struct chain {
    atomic_uint refs;
    struct monitor *monitor; /* outlives the thread */
    IDDCX_SWAPCHAIN object;
    LUID adapter;
    HANDLE available; /* the system's: not closed by us */
    HANDLE stop;
    atomic_bool ended;

    /* the thread's */
    struct render *render;
    bool system_memory, first;
    UINT last_number;
    unsigned commits;
    struct cursor cursor;
    RECT rects[DIRTY_RECTS_MAX];

    struct os_mutex lock; /* of what follows */
    struct os_cond joined_cond;
    struct os_thread *thread; /* NULL: somebody joins it */
    bool joined;
    struct surface surface;
    struct damage damage;
};

void chain_ref(struct chain *self)
{
    atomic_fetch_add(&self->refs, 1);
}

void chain_unref(struct chain *self)
{
    if (!self || atomic_fetch_sub(&self->refs, 1) != 1)
        return;
    event_close(self->stop);
    os_cond_finish(&self->joined_cond);
    os_mutex_finish(&self->lock);
    free(self);
}

void chain_lock(struct chain *self, struct surface *surface, struct damage **damage)
{
    os_mutex_lock(&self->lock);
    *surface = self->surface;
    *damage = &self->damage;
}

void chain_unlock(struct chain *self)
{
    os_mutex_unlock(&self->lock);
}

/* Adds what differs from the frame before. With the lock held, before FinishedProcessingFrame. */
static void gather(struct chain *self, const IDDCX_METADATA *meta, const struct surface *surface)
{
    IDARG_IN_GETDIRTYRECTS in = {.DirtyRectInCount = meta->DirtyRectCount, .pDirtyRects = self->rects};
    IDARG_OUT_GETDIRTYRECTS out = {0};
    bool all = self->first || self->damage.width != surface->width || self->damage.height != surface->height;

    if (all)
        damage_init(&self->damage, surface->width, surface->height);
    /* an unchanged frame: no rectangles and the number of the one before, or one empty rectangle */
    if (!all && meta->DirtyRectCount == 0 && meta->PresentationFrameNumber == self->last_number)
        return;
    if (!all && (meta->DirtyRectCount == 0 || meta->DirtyRectCount > DIRTY_RECTS_MAX ||
                 FAILED(IddCxSwapChainGetDirtyRects(self->object, &in, &out))))
        all = true;
    if (all) {
        damage_add_all(&self->damage);
        return;
    }
    for (UINT i = 0; i < out.DirtyRectOutCount && i < DIRTY_RECTS_MAX; i++)
        damage_add(&self->damage, self->rects[i].left, self->rects[i].top, self->rects[i].right,
                   self->rects[i].bottom);
}

/* Takes in the frame of a system buffer. */
static bool take_system(struct chain *self, const IDDCX_METADATA *meta, const IDDCX_SYSTEM_BUFFER_INFO *info)
{
    struct surface surface = {info->pBuffer, info->Pitch, info->Width, info->Height};

    if (!info->pBuffer || !render_format_fits(info->Format) || info->Width > SLOT_SIDE_MAX ||
        info->Height > SLOT_SIDE_MAX || info->Pitch / 4 < info->Width)
        return false;
    gather(self, meta, &surface);
    self->surface = surface;
    return true;
}

/* One frame. S_OK: there was one; E_PENDING: none; anything else: the chain is lost. */
static HRESULT acquire_system(struct chain *self)
{
    IDDCX_METADATA meta = {.Size = iddcx_size(55, sizeof(meta))};
    IDDCX_SYSTEM_BUFFER_INFO info = {.Size = iddcx_size(74, sizeof(info))};
    IDARG_OUT_RELEASEANDACQUIRESYSTEMBUFFER out = {&meta, &info};
    struct device *device = self->monitor->device;
    HRESULT result;

    /* A success takes the old pixels away: the feed must not be reading them. The call does not call back. */
    os_mutex_lock(&self->lock);
    result = IddCxSwapChainReleaseAndAcquireSystemBuffer(self->object, &out);
    if (SUCCEEDED(result)) {
        self->surface.pixels = NULL;
        if (!take_system(self, &meta, &info))
            atomic_fetch_add(&device->skipped, 1);
        self->first = self->surface.pixels == NULL;
        self->last_number = meta.PresentationFrameNumber;
        if (!fault("finish-missing"))
            result = IddCxSwapChainFinishedProcessingFrame(self->object);
    }
    os_mutex_unlock(&self->lock);
    return result;
}

static HRESULT acquire_surface(struct chain *self)
{
    IDARG_OUT_RELEASEANDACQUIREBUFFER out = {.MetaData = {.Size = iddcx_size(55, sizeof(out.MetaData))}};
    struct device *device = self->monitor->device;
    struct surface surface = {0};
    HRESULT result = IddCxSwapChainReleaseAndAcquireBuffer(self->object, &out);
    bool copied;

    if (FAILED(result))
        return result;
    if (fault("copy-unlocked") && out.MetaData.pSurface)
        render_copy(self->render, out.MetaData.pSurface);
    /* A frame of another size takes away the textures that the feed may be reading from. */
    os_mutex_lock(&self->lock);
    self->surface.pixels = NULL;
    copied = out.MetaData.pSurface && render_copy(self->render, out.MetaData.pSurface);
    if (copied) {
        const struct surface size = render_copied_size(self->render);

        gather(self, &out.MetaData, &size); /* the rectangles are gone after Finished */
    }
    if (!fault("surface-leak") && out.MetaData.pSurface)
        ((struct com_object *)out.MetaData.pSurface)->vtbl->Release(out.MetaData.pSurface);
    result = IddCxSwapChainFinishedProcessingFrame(self->object);
    if (copied && render_map(self->render, &surface))
        self->surface = surface;
    else
        atomic_fetch_add(&device->skipped, 1);
    self->first = self->surface.pixels == NULL;
    self->last_number = out.MetaData.PresentationFrameNumber;
    os_mutex_unlock(&self->lock);
    /* A lost device stays lost, and the system gives frames all the same: the next chain gets another one. */
    if (self->first && SUCCEEDED(result) && !fault("device-kept") &&
        FAILED(result = render_state(self->render)))
        device_render_failed(device);
    return result;
}

/* Everything until the chain is lost or stopped. */
static HRESULT process(struct chain *self)
{
    struct device *device = self->monitor->device;
    HANDLE events[3] = {self->stop, self->available, self->monitor->pointer_event};
    unsigned commits;

    for (;;) {
        HRESULT result;
        int which;

        commits = atomic_load(&self->monitor->commits);
        if (commits != self->commits && cursor_setup(self->monitor))
            self->commits = commits;
        result = self->system_memory && !fault("mix-acquire") ? acquire_system(self) : acquire_surface(self);
        if (SUCCEEDED(result)) {
            atomic_fetch_add(&device->frames, 1);
            event_set(device->feed_event);
            if (event_wait(events, 1, 0) == 0)
                return S_OK;
            continue;
        }
        if (result != E_PENDING_)
            return result;
        which = event_wait(events, 3, RETRY_MS);
        if (which == 0)
            return S_OK;
        if (which == 2)
            cursor_query(&self->cursor, self->monitor);
        if (which == -2)
            return E_HANDLE;
    }
}

static void chain_run(void *arg)
{
    struct chain *self = arg;
    struct device *device = self->monitor->device;
    IDARG_IN_SWAPCHAINSETDEVICE set;
    HRESULT result;

    self->render = render_create(self->adapter, &result);
    if (!self->render) {
        journal("chain %u: no Direct3D on adapter %x:%x: 0x%08x", self->monitor->connector,
                (unsigned)self->adapter.HighPart, (unsigned)self->adapter.LowPart, (unsigned)result);
        device_render_failed(device);
        goto out;
    }
    set.pDevice = render_device(self->render);
    if (!fault("no-setdevice") && FAILED(result = IddCxSwapChainSetDevice(self->object, &set)))
        goto out; /* gone already */
    if (iddcx_has(26) && iddcx_has(27)) {
        BOOL in_memory = FALSE;

        self->system_memory = SUCCEEDED(IddCxSwapChainInSystemMemory(self->object, &in_memory)) && in_memory;
    }
    journal("chain %u: frames in %s memory", self->monitor->connector,
            self->system_memory ? "system" : "the adapter's");
    result = process(self);
out:
    atomic_store(&self->ended, true);
    os_mutex_lock(&self->lock);
    self->surface.pixels = NULL;
    os_mutex_unlock(&self->lock);
    render_destroy(self->render);
    self->render = NULL;
    journal("chain %u ends: 0x%08x", self->monitor->connector, (unsigned)result);
    /* also when the system has unassigned it: this is what makes it give a new one (iddcx.md 3) */
    if (!fault("chain-left"))
        WdfObjectDelete(self->object);
    if (fault("chain-late"))
        IddCxSwapChainFinishedProcessingFrame(self->object);
    if (fault("chain-twice"))
        WdfObjectDelete(self->object);
}

struct chain *chain_start(struct monitor *monitor, const IDARG_IN_SETSWAPCHAIN *in)
{
    struct chain *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    atomic_init(&self->refs, 1);
    os_mutex_init(&self->lock);
    os_cond_init(&self->joined_cond);
    self->monitor = monitor;
    self->object = in->hSwapChain;
    self->adapter = in->RenderAdapterLuid;
    self->available = in->hNextSurfaceAvailable;
    self->first = true;
    self->commits = atomic_load(&monitor->commits) - 1; /* so that the pointer is set up at once */
    cursor_init(&self->cursor);
    self->stop = event_create(true);
    if (!self->stop || os_thread_create("idd-chain", chain_run, self, &self->thread) != OS_OK) {
        chain_unref(self);
        return NULL;
    }
    return self;
}

void chain_stop(struct chain *self)
{
    struct os_thread *thread;

    if (!self)
        return;
    event_set(self->stop);
    os_mutex_lock(&self->lock);
    thread = self->thread;
    self->thread = NULL;
    while (!thread && !self->joined)
        os_cond_wait(&self->joined_cond, &self->lock);
    os_mutex_unlock(&self->lock);
    if (!thread)
        return;
    os_thread_join(thread);
    os_mutex_lock(&self->lock);
    self->joined = true;
    os_cond_broadcast(&self->joined_cond);
    os_mutex_unlock(&self->lock);
}

bool chain_alive(const struct chain *self)
{
    return !atomic_load(&self->ended);
}
