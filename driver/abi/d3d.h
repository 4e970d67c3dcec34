/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few methods of DXGI and Direct3D 11 that the driver calls, as vtables with only those slots named. The
 * same on Windows and on Linux, where the simulated framework brings a Direct3D of its own. On Windows
 * render_check.c compares the slots and structures with the system's headers.
 */
#ifndef RDSPROV_DRIVER_ABI_D3D_H
#define RDSPROV_DRIVER_ABI_D3D_H

#include "driver/abi/wintypes_um.h"

#define D3D_FORMAT_B8G8R8A8 87
#define D3D_FORMAT_B8G8R8X8 88
#define D3D_DRIVER_TYPE_UNKNOWN_ 0
#define D3D_CREATE_BGRA_SUPPORT 0x20
#define D3D_SDK_VERSION_ 7
#define D3D_USAGE_STAGING_ 3
#define D3D_CPU_ACCESS_READ_ 0x20000
#define D3D_MAP_READ_ 1

struct com_object { /* any interface, seen as IUnknown */
    const struct com_vtbl *vtbl;
};
struct com_vtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(void *self, const GUID *iid, void **out);
    ULONG(STDMETHODCALLTYPE *AddRef)(void *self);
    ULONG(STDMETHODCALLTYPE *Release)(void *self);
};

struct dxgi_adapter_desc { /* DXGI_ADAPTER_DESC */
    WCHAR Description[128];
    UINT VendorId, DeviceId, SubSysId, Revision;
    SIZE_T DedicatedVideoMemory, DedicatedSystemMemory, SharedSystemMemory;
    LUID AdapterLuid;
};

struct dxgi_factory {
    const struct dxgi_factory_vtbl {
        struct com_vtbl base;
        void *slots_3[26 - 3];
        HRESULT(STDMETHODCALLTYPE *EnumAdapterByLuid)(void *self, LUID luid, const GUID *iid, void **out);
        HRESULT(STDMETHODCALLTYPE *EnumWarpAdapter)(void *self, const GUID *iid, void **out);
    } * vtbl;
};

struct dxgi_adapter {
    const struct dxgi_adapter_vtbl {
        struct com_vtbl base;
        void *slots_3[8 - 3];
        HRESULT(STDMETHODCALLTYPE *GetDesc)(void *self, struct dxgi_adapter_desc *desc);
    } * vtbl;
};

struct d3d_texture_desc { /* D3D11_TEXTURE2D_DESC */
    UINT Width, Height, MipLevels, ArraySize;
    int Format;
    UINT SampleCount, SampleQuality;
    int Usage;
    UINT BindFlags, CPUAccessFlags, MiscFlags;
};

struct d3d_mapped { /* D3D11_MAPPED_SUBRESOURCE */
    void *pData;
    UINT RowPitch, DepthPitch;
};

struct d3d_device {
    const struct d3d_device_vtbl {
        struct com_vtbl base;
        void *slots_3[5 - 3];
        HRESULT(STDMETHODCALLTYPE *CreateTexture2D)
        (void *self, const struct d3d_texture_desc *desc, const void *data, void **out);
        void *slots_6[39 - 6];
        HRESULT(STDMETHODCALLTYPE *GetDeviceRemovedReason)(void *self);
    } * vtbl;
};

struct d3d_context {
    const struct d3d_context_vtbl {
        struct com_vtbl base;
        void *slots_3[14 - 3];
        HRESULT(STDMETHODCALLTYPE *Map)
        (void *self, void *resource, UINT sub, int type, UINT flags, struct d3d_mapped *out);
        void(STDMETHODCALLTYPE *Unmap)(void *self, void *resource, UINT sub);
        void *slots_16[47 - 16];
        void(STDMETHODCALLTYPE *CopyResource)(void *self, void *to, void *from);
    } * vtbl;
};

struct d3d_texture {
    const struct d3d_texture_vtbl {
        struct com_vtbl base;
        void *slots_3[10 - 3];
        void(STDMETHODCALLTYPE *GetDesc)(void *self, struct d3d_texture_desc *desc);
    } * vtbl;
};

/* What the two libraries export. */
typedef HRESULT(WINAPI *dxgi_create_factory_fn)(const GUID *iid, void **out); /* CreateDXGIFactory1 */
typedef HRESULT(WINAPI *d3d_create_device_fn)(void *adapter, int driver_type, void *software, UINT flags,
                                              const int *levels, UINT nlevels, UINT sdk, void **device,
                                              int *level, void **context); /* D3D11CreateDevice */

#define D3D_GUID(a_, b_, c_, ...)                                                                            \
    {                                                                                                        \
        0x##a_, 0x##b_, 0x##c_,                                                                              \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }
#define IID_DXGI_FACTORY4 D3D_GUID(1bc6ea02, ef36, 464f, 0xbf, 0x0c, 0x21, 0xca, 0x39, 0xe5, 0x16, 0x8a)
#define IID_DXGI_ADAPTER D3D_GUID(2411e7e1, 12ac, 4ccf, 0xbd, 0x14, 0x97, 0x98, 0xe8, 0x53, 0x4d, 0xc0)
#define IID_DXGI_DEVICE D3D_GUID(54ec77fa, 1377, 44e6, 0x8c, 0x32, 0x88, 0xfd, 0x5f, 0x44, 0xc8, 0x4c)
#define IID_D3D_TEXTURE2D D3D_GUID(6f15aaf2, d208, 4e89, 0x9a, 0xb4, 0x48, 0x95, 0x35, 0xd3, 0x4f, 0x9c)

static inline void com_release(void *object)
{
    if (object)
        ((struct com_object *)object)->vtbl->Release(object);
}

#endif
