/* SPDX-License-Identifier: Apache-2.0 */
#define COBJMACROS
#include "dxgi_fake.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_machine fake;

/* Counted, and judged by the test: a check that is not true breaks a rule of the system's. */
static void expect(bool good, const char *what, int line)
{
    if (!good)
        fprintf(stderr, "dxgi_fake.c:%d: not kept: %s\n", line, what);
    fake.wrong += !good;
}

#define EXPECT(cond) expect((cond), #cond, __LINE__)

/* Every object is one of these: a table of functions first, as COM wants it. */
struct object {
    const void *table;
    LONG references;
    struct fake_output *output;
    unsigned adapter;
    uint32_t *pixels; /* of a staging texture */
};

static void *make(const void *table, struct fake_output *output, unsigned adapter)
{
    struct object *self = calloc(1, sizeof *self);

    self->table = table;
    self->references = 1;
    self->output = output;
    self->adapter = adapter;
    fake.objects++;
    return self;
}

static ULONG add_ref(void *iface)
{
    return (ULONG)++((struct object *)iface)->references;
}

static ULONG release(void *iface)
{
    struct object *self = iface;
    LONG left = --self->references;

    EXPECT(left >= 0);
    if (left == 0) {
        fake.objects--;
        free(self->pixels);
        free(self);
    }
    return (ULONG)left;
}

static int width_of(const struct fake_output *self)
{
    return self->desc.DesktopCoordinates.right - self->desc.DesktopCoordinates.left;
}

static int height_of(const struct fake_output *self)
{
    return self->desc.DesktopCoordinates.bottom - self->desc.DesktopCoordinates.top;
}

/* The desktop's picture, and the staging texture: told apart by whether they have memory of their own. */

static ULONG STDMETHODCALLTYPE texture_release(ID3D11Texture2D *iface)
{
    return release(iface);
}

static const ID3D11Texture2DVtbl texture_table = {.Release = texture_release};

static HRESULT STDMETHODCALLTYPE resource_query(IDXGIResource *iface, REFIID iid, void **out)
{
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_ID3D11Texture2D))
        return E_NOINTERFACE;
    *out = make(&texture_table, ((struct object *)iface)->output, 0);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE resource_release(IDXGIResource *iface)
{
    return release(iface);
}

static const IDXGIResourceVtbl resource_table = {.QueryInterface = resource_query,
                                                 .Release = resource_release};

/* Device and context. */

static HRESULT STDMETHODCALLTYPE device_create_texture(ID3D11Device *iface, const D3D11_TEXTURE2D_DESC *desc,
                                                       const D3D11_SUBRESOURCE_DATA *data,
                                                       ID3D11Texture2D **out)
{
    struct object *texture;

    (void)iface;
    EXPECT(desc->Usage == D3D11_USAGE_STAGING && desc->CPUAccessFlags == D3D11_CPU_ACCESS_READ && !data);
    texture = make(&texture_table, NULL, desc->Width);
    texture->pixels = calloc((size_t)desc->Width * desc->Height, 4);
    *out = (ID3D11Texture2D *)texture;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE device_release(ID3D11Device *iface)
{
    return release(iface);
}

static const ID3D11DeviceVtbl device_table = {.Release = device_release,
                                              .CreateTexture2D = device_create_texture};

static void STDMETHODCALLTYPE context_copy(ID3D11DeviceContext *iface, ID3D11Resource *to, UINT to_index,
                                           UINT x, UINT y, UINT z, ID3D11Resource *from, UINT from_index,
                                           const D3D11_BOX *box)
{
    struct object *target = (struct object *)to, *source = (struct object *)from;
    const struct fake_output *output = source->output;

    (void)iface;
    EXPECT(to_index == 0 && from_index == 0 && z == 0 && output && output->held && target->pixels);
    EXPECT(box->right <= (UINT)width_of(output) && box->bottom <= (UINT)height_of(output) && box->back == 1);
    for (UINT row = box->top; row < box->bottom; row++)
        memcpy(target->pixels + (size_t)(y + row - box->top) * target->adapter + x,
               output->pixels + (size_t)row * (UINT)width_of(output) + box->left,
               (size_t)(box->right - box->left) * 4);
    fake.copies++;
    fake.copied_pixels += (box->right - box->left) * (box->bottom - box->top);
}

static HRESULT STDMETHODCALLTYPE context_map(ID3D11DeviceContext *iface, ID3D11Resource *resource, UINT index,
                                             D3D11_MAP kind, UINT flags, D3D11_MAPPED_SUBRESOURCE *out)
{
    struct object *texture = (struct object *)resource;

    (void)iface;
    EXPECT(index == 0 && kind == D3D11_MAP_READ && flags == 0 && texture->pixels);
    if (FAILED(fake.map_error))
        return fake.map_error;
    fake.mapped++;
    out->pData = texture->pixels;
    out->RowPitch = texture->adapter * 4; /* its width */
    out->DepthPitch = 0;
    return S_OK;
}

static void STDMETHODCALLTYPE context_unmap(ID3D11DeviceContext *iface, ID3D11Resource *resource, UINT index)
{
    (void)iface;
    (void)resource;
    EXPECT(index == 0 && fake.mapped > 0);
    fake.mapped--;
}

static ULONG STDMETHODCALLTYPE context_release(ID3D11DeviceContext *iface)
{
    return release(iface);
}

static const ID3D11DeviceContextVtbl context_table = {.Release = context_release,
                                                      .Map = context_map,
                                                      .Unmap = context_unmap,
                                                      .CopySubresourceRegion = context_copy};

/* The duplication of an output. */

static void STDMETHODCALLTYPE duplication_desc(IDXGIOutputDuplication *iface, DXGI_OUTDUPL_DESC *desc)
{
    const struct fake_output *output = ((struct object *)iface)->output;

    memset(desc, 0, sizeof *desc);
    desc->ModeDesc.Width = (UINT)width_of(output);
    desc->ModeDesc.Height = (UINT)height_of(output);
    desc->ModeDesc.Format = output->format;
    desc->Rotation = output->rotation;
}

static HRESULT STDMETHODCALLTYPE duplication_acquire(IDXGIOutputDuplication *iface, UINT timeout,
                                                     DXGI_OUTDUPL_FRAME_INFO *info, IDXGIResource **resource)
{
    struct fake_output *output = ((struct object *)iface)->output;

    *resource = NULL;
    memset(info, 0, sizeof *info);
    EXPECT(timeout == 0); /* never waits */
    EXPECT(!output->held);
    if (FAILED(output->acquire_error))
        return output->acquire_error;
    if (!output->news)
        return DXGI_ERROR_WAIT_TIMEOUT;
    output->held = true;
    if (!output->pointer_only) {
        info->LastPresentTime.QuadPart = 1;
        info->AccumulatedFrames = 1;
        info->TotalMetadataBufferSize = (UINT)(output->move_count * sizeof output->moves[0] +
                                               output->dirty_count * sizeof output->dirty[0]);
    }
    *resource = make(&resource_table, output, 0);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE duplication_moves(IDXGIOutputDuplication *iface, UINT room,
                                                   DXGI_OUTDUPL_MOVE_RECT *rects, UINT *size)
{
    struct fake_output *output = ((struct object *)iface)->output;

    *size = (UINT)(output->move_count * sizeof *rects);
    EXPECT(output->held && room >= *size);
    memcpy(rects, output->moves, *size);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE duplication_dirty(IDXGIOutputDuplication *iface, UINT room, RECT *rects,
                                                   UINT *size)
{
    struct fake_output *output = ((struct object *)iface)->output;

    *size = (UINT)(output->dirty_count * sizeof *rects);
    EXPECT(output->held && room >= *size);
    memcpy(rects, output->dirty, *size);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE duplication_done(IDXGIOutputDuplication *iface)
{
    struct fake_output *output = ((struct object *)iface)->output;

    EXPECT(output->held);
    output->held = output->news = output->pointer_only = false;
    output->move_count = output->dirty_count = 0;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE duplication_release(IDXGIOutputDuplication *iface)
{
    return release(iface);
}

static const IDXGIOutputDuplicationVtbl duplication_table = {.Release = duplication_release,
                                                             .GetDesc = duplication_desc,
                                                             .AcquireNextFrame = duplication_acquire,
                                                             .GetFrameMoveRects = duplication_moves,
                                                             .GetFrameDirtyRects = duplication_dirty,
                                                             .ReleaseFrame = duplication_done};

/* Outputs, adapters, the factory. One object serves as IDXGIOutput and as IDXGIOutput1, which begins like it.
 */

static ULONG STDMETHODCALLTYPE output_add_ref(IDXGIOutput1 *iface)
{
    return add_ref(iface);
}

static ULONG STDMETHODCALLTYPE output_release(IDXGIOutput1 *iface)
{
    return release(iface);
}

static HRESULT STDMETHODCALLTYPE output_query(IDXGIOutput1 *iface, REFIID iid, void **out)
{
    EXPECT(IsEqualGUID(iid, &IID_IDXGIOutput1));
    output_add_ref(iface);
    *out = iface;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE output_desc(IDXGIOutput1 *iface, DXGI_OUTPUT_DESC *desc)
{
    *desc = ((struct object *)iface)->output->desc;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE output_duplicate(IDXGIOutput1 *iface, IUnknown *device,
                                                  IDXGIOutputDuplication **out)
{
    struct object *self = (struct object *)iface;

    *out = NULL;
    EXPECT(device &&
           ((struct object *)device)->adapter == self->output->adapter); /* the adapter's own device */
    if (FAILED(fake.duplicate_error))
        return fake.duplicate_error;
    self->output->news = true; /* the first frame is the whole picture */
    *out = make(&duplication_table, self->output, 0);
    return S_OK;
}

static const IDXGIOutput1Vtbl output_table = {.QueryInterface = output_query,
                                              .AddRef = output_add_ref,
                                              .Release = output_release,
                                              .GetDesc = output_desc,
                                              .DuplicateOutput = output_duplicate};

static HRESULT STDMETHODCALLTYPE adapter_outputs(IDXGIAdapter1 *iface, UINT index, IDXGIOutput **out)
{
    for (unsigned i = 0; i < FAKE_OUTPUTS; i++) {
        if (!fake.outputs[i].present || fake.outputs[i].adapter != ((struct object *)iface)->adapter ||
            index-- > 0)
            continue;
        *out = make(&output_table, &fake.outputs[i], 0);
        return S_OK;
    }
    return DXGI_ERROR_NOT_FOUND;
}

static ULONG STDMETHODCALLTYPE adapter_release(IDXGIAdapter1 *iface)
{
    return release(iface);
}

static const IDXGIAdapter1Vtbl adapter_table = {.Release = adapter_release, .EnumOutputs = adapter_outputs};

static HRESULT STDMETHODCALLTYPE factory_adapters(IDXGIFactory1 *iface, UINT index, IDXGIAdapter1 **out)
{
    (void)iface;
    if (index >= fake.adapters)
        return DXGI_ERROR_NOT_FOUND;
    *out = make(&adapter_table, NULL, index);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE factory_release(IDXGIFactory1 *iface)
{
    return release(iface);
}

static const IDXGIFactory1Vtbl factory_table = {.Release = factory_release,
                                                .EnumAdapters1 = factory_adapters};

static HRESULT WINAPI create_factory(REFIID iid, void **out)
{
    EXPECT(IsEqualGUID(iid, &IID_IDXGIFactory1));
    *out = make(&factory_table, NULL, 0);
    return S_OK;
}

static HRESULT create_device(IDXGIAdapter *adapter, ID3D11Device **device, ID3D11DeviceContext **context)
{
    unsigned number = ((struct object *)adapter)->adapter;

    if (FAILED(fake.device_error))
        return fake.device_error;
    *device = make(&device_table, NULL, number);
    *context = make(&context_table, NULL, number);
    return S_OK;
}

const struct dxgi_system fake_system = {create_factory, create_device};

void fake_begin(void)
{
    memset(&fake, 0, sizeof fake);
    fake.adapters = 1;
}

struct fake_output *fake_plug(unsigned number, unsigned adapter, int left, int top, int width, int height,
                              uint32_t color)
{
    struct fake_output *self = &fake.outputs[number];

    self->present = true;
    self->adapter = adapter;
    self->desc.AttachedToDesktop = TRUE;
    self->desc.DesktopCoordinates = (RECT){left, top, left + width, top + height};
    self->rotation = DXGI_MODE_ROTATION_IDENTITY;
    self->format = DXGI_FORMAT_B8G8R8A8_UNORM;
    self->pixels = calloc((size_t)width * (size_t)height, 4);
    for (int i = 0; i < width * height; i++)
        self->pixels[i] = color;
    return self;
}

void fake_draw(struct fake_output *self, RECT rect, uint32_t color)
{
    for (LONG y = rect.top; y < rect.bottom; y++)
        for (LONG x = rect.left; x < rect.right; x++)
            self->pixels[y * width_of(self) + x] = color;
    self->dirty[self->dirty_count++] = rect;
    self->news = true;
}

void fake_move(struct fake_output *self, POINT from, RECT to)
{
    size_t size = (size_t)width_of(self) * (size_t)height_of(self) * 4;
    uint32_t *before = malloc(size);

    memcpy(before, self->pixels, size);
    for (LONG y = to.top; y < to.bottom; y++)
        for (LONG x = to.left; x < to.right; x++)
            self->pixels[y * width_of(self) + x] =
                before[(y - to.top + from.y) * width_of(self) + x - to.left + from.x];
    free(before);
    self->moves[self->move_count++] = (DXGI_OUTDUPL_MOVE_RECT){from, to};
    self->news = true;
}

unsigned fake_end(void)
{
    EXPECT(fake.objects == 0);
    EXPECT(fake.mapped == 0);
    for (unsigned i = 0; i < FAKE_OUTPUTS; i++)
        free(fake.outputs[i].pixels);
    return fake.wrong;
}
