/* SPDX-License-Identifier: Apache-2.0 */
/* rdsprov-setup.exe: setup.c over the system's registry. */
#include "abi/wtsprotocol.h"
#include "os/process.h"
#include "os/process_win32.h"
#include "register/class_table.h"
#include "register/driver_win32.h"
#include "register/setup.h"

/* As the service does it (sequences.md B2): by class id, in this process. */
static enum os_status activate(char *why, size_t cap)
{
    wchar_t text[] = L"" CLASS_ID_TEXT;
    IUnknown *manager = NULL;
    CLSID clsid;
    HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);

    if (SUCCEEDED(hr)) {
        hr = CLSIDFromString(text, &clsid);
        if (SUCCEEDED(hr))
            hr = CoCreateInstance(&clsid, NULL, CLSCTX_INPROC_SERVER, &IID_IWRdsProtocolManager,
                                  (void **)&manager);
        if (manager)
            IUnknown_Release(manager);
        CoUninitialize();
    }
    snprintf(why, cap, "0x%08lx", (unsigned long)hr);
    return SUCCEEDED(hr) ? OS_OK : OS_FAILED;
}

int main(int argc, char **argv)
{
    struct setup_host host = {
        .out = stdout, .separator = '\\', .driver_verified = driver_verify, .activate = activate};
    char directory[1024];
    int code = SETUP_FAILED;

    arguments_to_utf8(argc, argv);
    if (os_module_directory(directory, sizeof(directory)) != OS_OK ||
        registry_win32_create("", &host.registry) != OS_OK) {
        fprintf(stderr, "rdsprov-setup: its own folder is not known, or out of memory\n");
        return code;
    }
    host.directory = directory;
    code = setup_run(&host, argc, argv);
    registry_destroy(host.registry);
    return code;
}
