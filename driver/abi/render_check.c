/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled on Windows only: abi/d3d.h against the system's Direct3D headers. */
#include "driver/abi/d3d.h"

#define WIDL_EXPLICIT_AGGREGATE_RETURNS
#include <d3d11.h>
#include <dxgi1_4.h>

#define SAME(ours_, our_slot_, theirs_, their_slot_)                                                         \
    _Static_assert(offsetof(struct ours_, our_slot_) == offsetof(theirs_, their_slot_), #their_slot_)

SAME(dxgi_factory_vtbl, EnumAdapterByLuid, IDXGIFactory4Vtbl, EnumAdapterByLuid);
SAME(dxgi_factory_vtbl, EnumWarpAdapter, IDXGIFactory4Vtbl, EnumWarpAdapter);
SAME(dxgi_adapter_vtbl, GetDesc, IDXGIAdapterVtbl, GetDesc);
SAME(d3d_device_vtbl, CreateTexture2D, ID3D11DeviceVtbl, CreateTexture2D);
SAME(d3d_device_vtbl, GetDeviceRemovedReason, ID3D11DeviceVtbl, GetDeviceRemovedReason);
SAME(d3d_context_vtbl, Map, ID3D11DeviceContextVtbl, Map);
SAME(d3d_context_vtbl, Unmap, ID3D11DeviceContextVtbl, Unmap);
SAME(d3d_context_vtbl, CopyResource, ID3D11DeviceContextVtbl, CopyResource);
SAME(d3d_texture_vtbl, GetDesc, ID3D11Texture2DVtbl, GetDesc);
SAME(dxgi_adapter_desc, AdapterLuid, DXGI_ADAPTER_DESC, AdapterLuid);
SAME(d3d_texture_desc, Format, D3D11_TEXTURE2D_DESC, Format);
SAME(d3d_texture_desc, CPUAccessFlags, D3D11_TEXTURE2D_DESC, CPUAccessFlags);
SAME(d3d_mapped, RowPitch, D3D11_MAPPED_SUBRESOURCE, RowPitch);
_Static_assert(sizeof(struct d3d_texture_desc) == sizeof(D3D11_TEXTURE2D_DESC), "texture description");
_Static_assert(sizeof(struct dxgi_adapter_desc) == sizeof(DXGI_ADAPTER_DESC), "adapter description");
_Static_assert(D3D_FORMAT_B8G8R8A8 == DXGI_FORMAT_B8G8R8A8_UNORM, "format");
_Static_assert(D3D_FORMAT_B8G8R8X8 == DXGI_FORMAT_B8G8R8X8_UNORM, "format");
_Static_assert(D3D_USAGE_STAGING_ == D3D11_USAGE_STAGING, "usage");
_Static_assert(D3D_CPU_ACCESS_READ_ == D3D11_CPU_ACCESS_READ, "access");
_Static_assert(D3D_CREATE_BGRA_SUPPORT == D3D11_CREATE_DEVICE_BGRA_SUPPORT, "flag");
_Static_assert(D3D_SDK_VERSION_ == D3D11_SDK_VERSION, "version");
_Static_assert(D3D_MAP_READ_ == D3D11_MAP_READ, "map");
_Static_assert(D3D_DRIVER_TYPE_UNKNOWN_ == D3D_DRIVER_TYPE_UNKNOWN, "driver type");
