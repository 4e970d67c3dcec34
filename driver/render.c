/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/render.h"

#include <stdlib.h>
#include <string.h>

#include "driver/abi/d3d.h"
#include "driver/binding/binding.h"

#define STAGING 2

struct render {
    struct d3d_device *device;
    struct d3d_context *context;
    struct IDXGIDevice_ *dxgi;
    struct d3d_texture *staging[STAGING];
    struct d3d_texture_desc desc; /* of the staging textures */
    unsigned next;                /* the one for the next copy */
    unsigned copied, mapped;      /* STAGING: none */
};

static struct dxgi_factory *make_factory(HRESULT *result)
{
    static const GUID iid = IID_DXGI_FACTORY4;
    union {
        void *pointer;
        dxgi_create_factory_fn create;
    } symbol = {.pointer = binding_symbol("dxgi.dll", "CreateDXGIFactory1")};
    void *factory = NULL;

    *result = symbol.pointer ? symbol.create(&iid, &factory) : E_NOINTERFACE;
    return SUCCEEDED(*result) ? factory : NULL;
}

struct render *render_create(LUID luid, HRESULT *result)
{
    static const GUID adapter_iid = IID_DXGI_ADAPTER, device_iid = IID_DXGI_DEVICE;
    union {
        void *pointer;
        d3d_create_device_fn create;
    } symbol = {.pointer = binding_symbol("d3d11.dll", "D3D11CreateDevice")};
    struct dxgi_factory *factory = NULL;
    struct render *self = calloc(1, sizeof(*self)), *made = NULL;
    void *adapter = NULL;

    *result = E_OUTOFMEMORY;
    if (!self)
        return NULL;
    self->copied = self->mapped = STAGING;
    if (!(factory = make_factory(result)))
        goto out;
    *result = factory->vtbl->EnumAdapterByLuid(factory, luid, &adapter_iid, &adapter);
    if (FAILED(*result))
        goto out;
    *result = E_NOINTERFACE;
    if (!symbol.pointer)
        goto out;
    *result = symbol.create(adapter, D3D_DRIVER_TYPE_UNKNOWN_, NULL, D3D_CREATE_BGRA_SUPPORT, NULL, 0,
                            D3D_SDK_VERSION_, (void **)&self->device, NULL, (void **)&self->context);
    if (FAILED(*result))
        goto out;
    *result = self->device->vtbl->base.QueryInterface(self->device, &device_iid, (void **)&self->dxgi);
    if (FAILED(*result))
        goto out;
    made = self;
    self = NULL;
out:
    com_release(adapter);
    com_release(factory);
    render_destroy(self);
    return made;
}

static void unmap(struct render *self)
{
    if (self->mapped < STAGING)
        self->context->vtbl->Unmap(self->context, self->staging[self->mapped], 0);
    self->mapped = STAGING;
}

static void drop_staging(struct render *self)
{
    unmap(self);
    self->copied = STAGING;
    for (unsigned i = 0; i < STAGING; i++) {
        com_release(self->staging[i]);
        self->staging[i] = NULL;
    }
}

void render_destroy(struct render *self)
{
    if (!self)
        return;
    drop_staging(self);
    com_release(self->dxgi);
    com_release(self->context);
    com_release(self->device);
    free(self);
}

struct IDXGIDevice_ *render_device(struct render *self)
{
    return self->dxgi;
}

static bool fit_staging(struct render *self, const struct d3d_texture_desc *frame)
{
    if (self->staging[0] && self->desc.Width == frame->Width && self->desc.Height == frame->Height &&
        self->desc.Format == frame->Format)
        return true;
    drop_staging(self);
    self->desc = *frame;
    self->desc.MipLevels = self->desc.ArraySize = 1;
    self->desc.SampleCount = 1;
    self->desc.SampleQuality = 0;
    self->desc.Usage = D3D_USAGE_STAGING_;
    self->desc.BindFlags = 0;
    self->desc.CPUAccessFlags = D3D_CPU_ACCESS_READ_;
    self->desc.MiscFlags = 0;
    for (unsigned i = 0; i < STAGING; i++) {
        if (FAILED(self->device->vtbl->CreateTexture2D(self->device, &self->desc, NULL,
                                                       (void **)&self->staging[i]))) {
            self->staging[i] = NULL;
            drop_staging(self);
            return false;
        }
    }
    return true;
}

bool render_copy(struct render *self, struct IDXGIResource_ *frame)
{
    static const GUID iid = IID_D3D_TEXTURE2D;
    struct com_object *object = (struct com_object *)frame;
    struct d3d_texture_desc desc;
    struct d3d_texture *texture = NULL;
    bool done = false;

    if (FAILED(object->vtbl->QueryInterface(object, &iid, (void **)&texture)))
        return false;
    texture->vtbl->GetDesc(texture, &desc);
    if (!render_format_fits(desc.Format) || desc.Width > SLOT_SIDE_MAX || desc.Height > SLOT_SIDE_MAX ||
        !fit_staging(self, &desc))
        goto out;
    if (self->next == self->mapped) /* the other one holds what is being read */
        self->next = (self->next + 1) % STAGING;
    self->context->vtbl->CopyResource(self->context, self->staging[self->next], texture);
    self->copied = self->next;
    done = true;
out:
    com_release(texture);
    return done;
}

struct surface render_copied_size(const struct render *self)
{
    return (struct surface){.width = self->desc.Width, .height = self->desc.Height};
}

bool render_map(struct render *self, struct surface *surface)
{
    struct d3d_mapped mapped = {0};

    unmap(self);
    if (self->copied == STAGING || FAILED(self->context->vtbl->Map(self->context, self->staging[self->copied],
                                                                   0, D3D_MAP_READ_, 0, &mapped)))
        return false;
    self->mapped = self->copied;
    self->copied = STAGING;
    surface->pixels = mapped.pData;
    surface->pitch = mapped.RowPitch;
    surface->width = self->desc.Width;
    surface->height = self->desc.Height;
    return true;
}

HRESULT render_state(struct render *self)
{
    return self->device->vtbl->GetDeviceRemovedReason(self->device);
}

bool render_software_luid(LUID *luid)
{
    static const GUID iid = IID_DXGI_ADAPTER;
    struct dxgi_adapter *adapter = NULL;
    struct dxgi_adapter_desc desc;
    struct dxgi_factory *factory;
    HRESULT result;

    memset(luid, 0, sizeof(*luid));
    memset(&desc, 0, sizeof(desc));
    if (!(factory = make_factory(&result)))
        return false;
    result = factory->vtbl->EnumWarpAdapter(factory, &iid, (void **)&adapter);
    if (SUCCEEDED(result)) {
        result = adapter->vtbl->GetDesc(adapter, &desc);
        com_release(adapter);
    }
    com_release(factory);
    *luid = desc.AdapterLuid;
    return SUCCEEDED(result);
}
