/* SPDX-License-Identifier: Apache-2.0 */
/* A Direct3D of a few methods, which copies with memcpy and counts its objects. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define DEVICE_REMOVED ((HRESULT)0x887A0005)

static atomic_int alive;
static atomic_uint losses; /* of all devices that there are */

struct fake { /* any object; vtbl first */
    const void *vtbl;
    atomic_uint refs;
    struct fake *peer; /* device: its DXGI face shares its life in a real one; here an object of its own */
    uint8_t *pixels;
    bool owned, mapped;
    unsigned born; /* losses by then */
    struct d3d_texture_desc desc;
    UINT pitch;
};

static HRESULT STDMETHODCALLTYPE query_self(void *self, const GUID *iid, void **out);
static HRESULT STDMETHODCALLTYPE device_query(void *self, const GUID *iid, void **out);

static ULONG STDMETHODCALLTYPE add_ref(void *self)
{
    return atomic_fetch_add(&((struct fake *)self)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE release(void *self)
{
    struct fake *fake = self;
    unsigned left = atomic_fetch_sub(&fake->refs, 1) - 1;

    if (left)
        return left;
    if (fake->mapped)
        rule_broken(RULE_COM, "a texture is released while it is mapped");
    if (fake->owned)
        free(fake->pixels);
    free(fake);
    atomic_fetch_sub(&alive, 1);
    return 0;
}

static struct fake *make(const void *vtbl)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    if (!fake)
        abort();
    fake->vtbl = vtbl;
    fake->born = atomic_load(&losses);
    atomic_init(&fake->refs, 1);
    atomic_fetch_add(&alive, 1);
    return fake;
}

static HRESULT STDMETHODCALLTYPE query_self(void *self, const GUID *iid, void **out)
{
    static const GUID texture = IID_D3D_TEXTURE2D;

    *out = NULL;
    if (memcmp(iid, &texture, sizeof(texture)) != 0)
        return E_NOINTERFACE;
    add_ref(self);
    *out = self;
    return S_OK;
}

static void STDMETHODCALLTYPE texture_desc(void *self, struct d3d_texture_desc *desc)
{
    *desc = ((struct fake *)self)->desc;
}

static const struct d3d_texture_vtbl texture_vtbl = {.base = {query_self, add_ref, release},
                                                     .GetDesc = texture_desc};
static const struct com_vtbl dxgi_vtbl = {query_self, add_ref, release};

static HRESULT STDMETHODCALLTYPE device_texture(void *self, const struct d3d_texture_desc *desc,
                                                const void *data, void **out)
{
    struct fake *fake;

    *out = NULL;
    if (desc->Usage != D3D_USAGE_STAGING_ || desc->CPUAccessFlags != D3D_CPU_ACCESS_READ_ ||
        desc->BindFlags || desc->MiscFlags || desc->SampleCount != 1 || desc->ArraySize != 1 ||
        desc->MipLevels != 1)
        return E_INVALIDARG;
    fake = make(&texture_vtbl);
    fake->desc = *desc;
    fake->pitch = (desc->Width * 4 + 255) / 256 * 256;
    fake->pixels = malloc((size_t)fake->pitch * desc->Height);
    fake->owned = true;
    if (!fake->pixels)
        abort();
    *out = fake;
    return S_OK;
}

static bool lost(const void *self)
{
    return ((const struct fake *)self)->born != atomic_load(&losses);
}

static HRESULT STDMETHODCALLTYPE device_reason(void *self)
{
    return lost(self) ? DEVICE_REMOVED : S_OK;
}

static const struct d3d_device_vtbl device_vtbl = {.base = {device_query, add_ref, release},
                                                   .CreateTexture2D = device_texture,
                                                   .GetDeviceRemovedReason = device_reason};

static HRESULT STDMETHODCALLTYPE device_query(void *self, const GUID *iid, void **out)
{
    static const GUID dxgi = IID_DXGI_DEVICE;

    *out = NULL;
    if (memcmp(iid, &dxgi, sizeof(dxgi)) != 0)
        return E_NOINTERFACE;
    *out = make(&dxgi_vtbl);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE context_map(void *self, void *resource, UINT sub, int type, UINT flags,
                                             struct d3d_mapped *out)
{
    struct fake *texture = resource;

    if (type != D3D_MAP_READ_ || texture->mapped)
        return E_INVALIDARG;
    if (lost(self))
        return DEVICE_REMOVED;
    texture->mapped = true;
    out->pData = texture->pixels;
    out->RowPitch = texture->pitch;
    return S_OK;
}

static void STDMETHODCALLTYPE context_unmap(void *self, void *resource, UINT sub)
{
    struct fake *texture = resource;

    rule_check(RULE_COM, texture->mapped, "a texture that is not mapped is unmapped");
    texture->mapped = false;
    memset(texture->pixels, 0xDD, (size_t)texture->pitch * texture->desc.Height); /* late reads are seen */
}

static void STDMETHODCALLTYPE context_copy(void *self, void *to, void *from)
{
    struct fake *target = to, *source = from;

    if (!rule_check(RULE_COM,
                    !target->mapped && target->desc.Width == source->desc.Width &&
                        target->desc.Height == source->desc.Height,
                    "CopyResource into a mapped or different texture"))
        return;
    for (UINT y = 0; y < source->desc.Height; y++)
        memcpy(target->pixels + (size_t)y * target->pitch, source->pixels + (size_t)y * source->pitch,
               source->desc.Width * 4);
}

static const struct d3d_context_vtbl context_vtbl = {.base = {query_self, add_ref, release},
                                                     .Map = context_map,
                                                     .Unmap = context_unmap,
                                                     .CopyResource = context_copy};

static void STDMETHODCALLTYPE adapter_desc(void *self, struct dxgi_adapter_desc *desc)
{
    memset(desc, 0, sizeof(*desc));
    desc->AdapterLuid = (LUID){0xBA51C, 7};
}

static HRESULT STDMETHODCALLTYPE adapter_get_desc(void *self, struct dxgi_adapter_desc *desc)
{
    adapter_desc(self, desc);
    return S_OK;
}

static const struct dxgi_adapter_vtbl adapter_vtbl = {.base = {query_self, add_ref, release},
                                                      .GetDesc = adapter_get_desc};

static HRESULT STDMETHODCALLTYPE factory_by_luid(void *self, LUID luid, const GUID *iid, void **out)
{
    *out = NULL;
    if (luid.HighPart == 0xDEAD)
        return (HRESULT)0x887A0002; /* DXGI_ERROR_NOT_FOUND */
    *out = make(&adapter_vtbl);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE factory_warp(void *self, const GUID *iid, void **out)
{
    *out = make(&adapter_vtbl);
    return S_OK;
}

static const struct dxgi_factory_vtbl factory_vtbl = {.base = {query_self, add_ref, release},
                                                      .EnumAdapterByLuid = factory_by_luid,
                                                      .EnumWarpAdapter = factory_warp};

static HRESULT WINAPI create_factory(const GUID *iid, void **out)
{
    *out = make(&factory_vtbl);
    return S_OK;
}

static HRESULT WINAPI create_device(void *adapter, int driver_type, void *software, UINT flags,
                                    const int *levels, UINT nlevels, UINT sdk, void **device, int *level,
                                    void **context)
{
    if (!adapter || driver_type != D3D_DRIVER_TYPE_UNKNOWN_ || !(flags & D3D_CREATE_BGRA_SUPPORT) ||
        sdk != D3D_SDK_VERSION_)
        return E_INVALIDARG;
    *device = make(&device_vtbl);
    *context = make(&context_vtbl);
    return S_OK;
}

void *d3d_symbol(const char *name)
{
    union {
        dxgi_create_factory_fn factory;
        d3d_create_device_fn device;
        void *pointer;
    } symbol = {.pointer = NULL};

    if (strcmp(name, "CreateDXGIFactory1") == 0)
        symbol.factory = create_factory;
    else if (strcmp(name, "D3D11CreateDevice") == 0)
        symbol.device = create_device;
    return symbol.pointer;
}

void d3d_lose(void)
{
    atomic_fetch_add(&losses, 1);
}

void *d3d_texture_make(const uint8_t *pixels, uint32_t pitch, uint32_t width, uint32_t height)
{
    struct fake *fake = make(&texture_vtbl);

    fake->pixels = (uint8_t *)pixels;
    fake->pitch = pitch;
    fake->desc = (struct d3d_texture_desc){.Width = width,
                                           .Height = height,
                                           .MipLevels = 1,
                                           .ArraySize = 1,
                                           .Format = D3D_FORMAT_B8G8R8A8,
                                           .SampleCount = 1,
                                           .BindFlags = 8};
    return fake;
}

unsigned d3d_texture_refs(void *texture)
{
    return atomic_load(&((struct fake *)texture)->refs);
}

unsigned d3d_alive(void)
{
    return (unsigned)atomic_load(&alive);
}
