/* SPDX-License-Identifier: Apache-2.0 */
#define COBJMACROS
#include "channels/display/dxgi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/session_win32.h"

#define RECTS_MAX 4096 /* of one frame; more are one: all of the output */

struct output {
    IDXGIOutputDuplication *duplication;
    ID3D11Device *device;
    ID3D11DeviceContext *context;
    ID3D11Texture2D *staging;
    RECT place; /* in the picture */
    bool filled;
};

struct dxgi {
    struct output outputs[DXGI_OUTPUTS_MAX];
    unsigned count;
    uint32_t width, height;
};

static HRESULT create_device(IDXGIAdapter *adapter, ID3D11Device **device, ID3D11DeviceContext **context)
{
    union {
        FARPROC proc;
        PFN_D3D11_CREATE_DEVICE create;
    } found = {GetProcAddress(GetModuleHandleW(L"d3d11.dll"), "D3D11CreateDevice")};

    /* an adapter that is named goes with no driver type; the context must be safe on this thread only */
    return found.create(adapter, D3D_DRIVER_TYPE_UNKNOWN, NULL, D3D11_CREATE_DEVICE_SINGLETHREADED, NULL, 0,
                        D3D11_SDK_VERSION, device, NULL, context);
}

const struct dxgi_system *dxgi_system_load(void)
{
    static struct dxgi_system system;
    HMODULE dxgi, d3d11;
    union {
        FARPROC proc;
        HRESULT(WINAPI *create)(REFIID, void **);
    } found;

    if (system.create_factory || !os_sessions_are_real())
        return system.create_factory ? &system : NULL;
    dxgi = LoadLibraryExW(L"dxgi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    d3d11 = LoadLibraryExW(L"d3d11.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    found.proc = dxgi ? GetProcAddress(dxgi, "CreateDXGIFactory1") : NULL;
    if (!found.proc || !d3d11 || !GetProcAddress(d3d11, "D3D11CreateDevice"))
        return NULL;
    system.create_device = create_device;
    system.create_factory = found.create;
    return &system;
}

static void output_finish(struct output *self)
{
    if (self->staging)
        ID3D11Texture2D_Release(self->staging);
    if (self->duplication)
        IDXGIOutputDuplication_Release(self->duplication);
    if (self->context)
        ID3D11DeviceContext_Release(self->context);
    if (self->device)
        ID3D11Device_Release(self->device);
    memset(self, 0, sizeof(*self));
}

void dxgi_close(struct dxgi *self)
{
    if (!self)
        return;
    for (unsigned i = 0; i < self->count; i++)
        output_finish(&self->outputs[i]);
    free(self);
}

static uint32_t side(LONG from, LONG to)
{
    return (uint32_t)(to - from);
}

/* A texture of the output's size that the processor can read. */
static HRESULT make_staging(struct output *self)
{
    const D3D11_TEXTURE2D_DESC desc = {.Width = side(self->place.left, self->place.right),
                                       .Height = side(self->place.top, self->place.bottom),
                                       .MipLevels = 1,
                                       .ArraySize = 1,
                                       .Format = DXGI_FORMAT_B8G8R8A8_UNORM,
                                       .SampleDesc = {1, 0},
                                       .Usage = D3D11_USAGE_STAGING,
                                       .CPUAccessFlags = D3D11_CPU_ACCESS_READ};

    return ID3D11Device_CreateTexture2D(self->device, &desc, NULL, &self->staging);
}

/* S_FALSE: nothing to duplicate there. */
static HRESULT output_open(struct output *self, const struct dxgi_system *system, IDXGIAdapter1 *adapter,
                           IDXGIOutput *output, int32_t left, int32_t top)
{
    IDXGIOutput1 *output1 = NULL;
    DXGI_OUTDUPL_DESC picture;
    DXGI_OUTPUT_DESC desc;
    HRESULT hr;

    memset(self, 0, sizeof(*self));
    if (FAILED(hr = IDXGIOutput_GetDesc(output, &desc)) || !desc.AttachedToDesktop)
        return FAILED(hr) ? hr : S_FALSE;
    self->place = desc.DesktopCoordinates;
    OffsetRect(&self->place, -left, -top);
    hr = IDXGIOutput_QueryInterface(output, &IID_IDXGIOutput1, (void **)&output1);
    if (SUCCEEDED(hr))
        hr = system->create_device((IDXGIAdapter *)adapter, &self->device, &self->context);
    if (SUCCEEDED(hr))
        hr = IDXGIOutput1_DuplicateOutput(output1, (IUnknown *)self->device, &self->duplication);
    if (SUCCEEDED(hr)) {
        IDXGIOutputDuplication_GetDesc(self->duplication, &picture);
        if ((picture.Rotation != DXGI_MODE_ROTATION_IDENTITY &&
             picture.Rotation != DXGI_MODE_ROTATION_UNSPECIFIED) ||
            picture.ModeDesc.Format != DXGI_FORMAT_B8G8R8A8_UNORM ||
            picture.ModeDesc.Width != side(self->place.left, self->place.right) ||
            picture.ModeDesc.Height != side(self->place.top, self->place.bottom))
            hr = DXGI_ERROR_UNSUPPORTED;
    }
    if (SUCCEEDED(hr))
        hr = make_staging(self);
    if (output1)
        IDXGIOutput1_Release(output1);
    if (FAILED(hr))
        output_finish(self);
    return hr;
}

static HRESULT adapter_open(struct dxgi *self, const struct dxgi_system *system, IDXGIAdapter1 *adapter,
                            int32_t left, int32_t top)
{
    IDXGIOutput *output;
    HRESULT hr = S_OK;

    for (UINT i = 0; SUCCEEDED(hr) && self->count < DXGI_OUTPUTS_MAX &&
                     IDXGIAdapter1_EnumOutputs(adapter, i, &output) == S_OK;
         i++) {
        hr = output_open(&self->outputs[self->count], system, adapter, output, left, top);
        if (hr == S_OK)
            self->count++;
        IDXGIOutput_Release(output);
    }
    return hr;
}

/* Outputs do not overlap, so their areas tell; what would be missing is a hole in the picture. */
static bool fills(const struct dxgi *self)
{
    uint64_t area = 0;

    for (unsigned i = 0; i < self->count; i++) {
        const RECT *place = &self->outputs[i].place;

        if (place->left < 0 || place->top < 0 || (uint32_t)place->right > self->width ||
            (uint32_t)place->bottom > self->height)
            return false;
        area += (uint64_t)side(place->left, place->right) * side(place->top, place->bottom);
    }
    /* a desktop of two sizes has corners that no output shows: GDI gives black there, and so does an empty
     * slot */
    return self->count > 1 || area == (uint64_t)self->width * self->height;
}

struct dxgi *dxgi_open(const struct dxgi_system *system, int32_t left, int32_t top, uint32_t width,
                       uint32_t height, char *problem, size_t cap)
{
    struct dxgi *self = calloc(1, sizeof(*self));
    IDXGIFactory1 *factory = NULL;
    IDXGIAdapter1 *adapter;
    HRESULT hr;

    snprintf(problem, cap, "out of memory");
    if (!self)
        return NULL;
    self->width = width;
    self->height = height;
    hr = system->create_factory(&IID_IDXGIFactory1, (void **)&factory);
    for (UINT i = 0; SUCCEEDED(hr) && IDXGIFactory1_EnumAdapters1(factory, i, &adapter) == S_OK; i++) {
        hr = adapter_open(self, system, adapter, left, top);
        IDXGIAdapter1_Release(adapter);
    }
    if (factory)
        IDXGIFactory1_Release(factory);
    if (SUCCEEDED(hr) && self->count > 0 && fills(self))
        return self;
    if (FAILED(hr))
        snprintf(problem, cap, "error 0x%08lx", (unsigned long)hr);
    else
        snprintf(problem, cap, "%s", self->count ? "the outputs do not fill the desktop" : "no output");
    dxgi_close(self);
    return NULL;
}

/* One rectangle of an output: into its staging texture, and into the damage. */
static void take(struct output *self, ID3D11Texture2D *from, RECT rect, struct damage *changed)
{
    const RECT whole = {0, 0, self->place.right - self->place.left, self->place.bottom - self->place.top};
    D3D11_BOX box;

    if (!IntersectRect(&rect, &rect, &whole))
        return;
    box = (D3D11_BOX){(UINT)rect.left, (UINT)rect.top, 0, (UINT)rect.right, (UINT)rect.bottom, 1};
    ID3D11DeviceContext_CopySubresourceRegion(self->context, (ID3D11Resource *)self->staging, 0, box.left,
                                              box.top, 0, (ID3D11Resource *)from, 0, &box);
    OffsetRect(&rect, self->place.left, self->place.top);
    damage_add(changed, rect.left, rect.top, rect.right, rect.bottom);
}

/* False: there are too many, or they cannot be had; the whole output then. */
static bool take_rects(struct output *self, ID3D11Texture2D *from, const DXGI_OUTDUPL_FRAME_INFO *info,
                       struct damage *changed)
{
    UINT room = info->TotalMetadataBufferSize, size = 0;
    DXGI_OUTDUPL_MOVE_RECT *moves = NULL;
    RECT *rects = NULL;
    bool done = false;

    if (room == 0 || room > RECTS_MAX * sizeof(*moves) || !(moves = malloc(room)) || !(rects = malloc(room)))
        goto out;
    if (FAILED(IDXGIOutputDuplication_GetFrameMoveRects(self->duplication, room, moves, &size)) ||
        size > room)
        goto out;
    for (UINT i = 0; i < size / sizeof(*moves); i++)
        take(self, from, moves[i].DestinationRect, changed);
    if (FAILED(IDXGIOutputDuplication_GetFrameDirtyRects(self->duplication, room, rects, &size)) ||
        size > room)
        goto out;
    for (UINT i = 0; i < size / sizeof(*rects); i++)
        take(self, from, rects[i], changed);
    done = true;
out:
    free(moves);
    free(rects);
    return done;
}

static enum dxgi_result output_look(struct output *self, struct damage *changed)
{
    const RECT whole = {0, 0, self->place.right - self->place.left, self->place.bottom - self->place.top};
    DXGI_OUTDUPL_FRAME_INFO info;
    IDXGIResource *resource = NULL;
    ID3D11Texture2D *texture = NULL;
    enum dxgi_result result = DXGI_SAME;
    HRESULT hr = IDXGIOutputDuplication_AcquireNextFrame(self->duplication, 0, &info, &resource);

    if (hr == DXGI_ERROR_WAIT_TIMEOUT)
        return DXGI_SAME;
    if (FAILED(hr) || !resource)
        return DXGI_LOST;
    /* no present time: only the pointer moved */
    if (!self->filled || info.LastPresentTime.QuadPart != 0) {
        hr = IDXGIResource_QueryInterface(resource, &IID_ID3D11Texture2D, (void **)&texture);
        if (SUCCEEDED(hr)) {
            if (!self->filled || !take_rects(self, texture, &info, changed))
                take(self, texture, whole, changed);
            self->filled = true;
            ID3D11Texture2D_Release(texture);
            result = DXGI_DRAWN;
        }
    }
    IDXGIResource_Release(resource);
    if (FAILED(IDXGIOutputDuplication_ReleaseFrame(self->duplication)) || FAILED(hr))
        return DXGI_LOST;
    return result;
}

enum dxgi_result dxgi_look(struct dxgi *self, struct damage *changed)
{
    enum dxgi_result result = DXGI_SAME;

    for (unsigned i = 0; i < self->count; i++) {
        enum dxgi_result one = output_look(&self->outputs[i], changed);

        if (one == DXGI_LOST)
            return DXGI_LOST;
        if (one == DXGI_DRAWN)
            result = DXGI_DRAWN;
    }
    return result;
}

bool dxgi_ready(const struct dxgi *self)
{
    bool ready = self->count > 0;

    for (unsigned i = 0; i < self->count; i++)
        ready &= self->outputs[i].filled;
    return ready;
}

static bool output_copy(struct output *self, const struct damage *changed, uint8_t *pixels, uint32_t stride,
                        const RECT *bounds)
{
    D3D11_MAPPED_SUBRESOURCE mapped;
    bool ready = false;

    for (uint32_t i = 0; i < changed->count; i++) {
        const struct channel_rect *rect = &changed->rects[i];
        RECT part = {rect->left, rect->top, rect->right, rect->bottom};

        if (!IntersectRect(&part, &part, bounds) || !IntersectRect(&part, &part, &self->place))
            continue;
        /* waits for the copies of this look, and for no others */
        if (!ready && FAILED(ID3D11DeviceContext_Map(self->context, (ID3D11Resource *)self->staging, 0,
                                                     D3D11_MAP_READ, 0, &mapped)))
            return false;
        ready = true;
        for (LONG y = part.top; y < part.bottom; y++)
            memcpy(pixels + (size_t)y * stride + (size_t)part.left * 4,
                   (const uint8_t *)mapped.pData + (size_t)(y - self->place.top) * mapped.RowPitch +
                       (size_t)(part.left - self->place.left) * 4,
                   (size_t)(part.right - part.left) * 4);
    }
    if (ready)
        ID3D11DeviceContext_Unmap(self->context, (ID3D11Resource *)self->staging, 0);
    return true;
}

bool dxgi_copy(struct dxgi *self, const struct damage *changed, uint8_t *pixels, uint32_t stride,
               uint32_t width, uint32_t height)
{
    const RECT bounds = {0, 0, (LONG)width, (LONG)height};

    for (unsigned i = 0; i < self->count; i++) {
        if (!output_copy(&self->outputs[i], changed, pixels, stride, &bounds))
            return false;
    }
    return true;
}
