/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/device.h"

const ULONG WdfMinimumVersionRequired = 25;
/* 1.4: the first with remote sessions; newer calls are asked for (iddcx_has) */
const ULONG IddMinimumVersionRequired = 4;

static void driver_unload(WDFDRIVER driver)
{
    journal("EvtDriverUnload");
}

static NTSTATUS driver_device_add(WDFDRIVER driver, PWDFDEVICE_INIT init)
{
    uint64_t start = os_now_us();
    NTSTATUS status = device_add(driver, init);

    journal("EvtDriverDeviceAdd = 0x%08x %uus", (unsigned)status, (unsigned)(os_now_us() - start));
    return status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT_UM driver, PUNICODE_STRING registry_path)
{
    WDF_DRIVER_CONFIG config = {
        .Size = sizeof(config), .EvtDriverDeviceAdd = driver_device_add, .EvtDriverUnload = driver_unload};
    NTSTATUS status = WdfDriverCreate(driver, registry_path, NULL, &config, NULL);

    journal("DriverEntry = 0x%08x, pid %u", (unsigned)status,
#ifdef _WIN32
            (unsigned)GetCurrentProcessId());
#else
            0u);
#endif
    return status;
}
