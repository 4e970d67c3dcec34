/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Windows base types by their documented numbers. Built for Windows it holds the numbers below
 * against the system headers; built elsewhere it holds abi/wintypes.h against the numbers.
 */
#include "abi/wtsprotocol.h"
#include <stdio.h>
#include <string.h>

#define CHECK(cond) _Static_assert(cond, #cond)
#define CODE(name, value) CHECK((unsigned long long)(unsigned int)(name) == value##ull)

CHECK(sizeof(CHAR) == 1 && sizeof(UCHAR) == 1 && sizeof(BYTE) == 1 && sizeof(BOOLEAN) == 1);
CHECK(sizeof(SHORT) == 2 && sizeof(USHORT) == 2 && sizeof(WORD) == 2 && sizeof(WCHAR) == 2);
CHECK(sizeof(BOOL) == 4 && sizeof(INT) == 4 && sizeof(UINT) == 4 && sizeof(LONG) == 4);
CHECK(sizeof(ULONG) == 4 && sizeof(DWORD) == 4 && sizeof(HRESULT) == 4);
CHECK(sizeof(INT8) == 1 && sizeof(UINT8) == 1 && sizeof(INT16) == 2 && sizeof(UINT16) == 2);
CHECK(sizeof(INT32) == 4 && sizeof(UINT32) == 4 && sizeof(INT64) == 8 && sizeof(UINT64) == 8);
CHECK(sizeof(LONGLONG) == 8 && sizeof(ULONGLONG) == 8 && sizeof(ULONG64) == 8 && sizeof(LONG64) == 8);
CHECK(sizeof(HANDLE) == 8 && sizeof(HANDLE_PTR) == 8 && sizeof(ULONG_PTR) == 8 && sizeof(LONG_PTR) == 8);
CHECK(sizeof(SIZE_T) == 8 && sizeof(PVOID) == 8 && sizeof(LPCWSTR) == 8 && sizeof(PBYTE) == 8);
CHECK((SHORT)-1 < 0 && (LONG)-1 < 0 && (INT64)-1 < 0 && (HRESULT)-1 < 0 && (LONG_PTR)-1 < 0);
CHECK((USHORT)-1 > 0 && (ULONG)-1 > 0 && (UINT64)-1 > 0 && (BYTE)-1 > 0 && (WCHAR)-1 > 0 &&
      (HANDLE_PTR)-1 > 0);
CHECK(sizeof(GUID) == 16 && _Alignof(GUID) == 4);
CHECK(offsetof(GUID, Data2) == 4 && offsetof(GUID, Data3) == 6 && offsetof(GUID, Data4) == 8);
CHECK(sizeof(LARGE_INTEGER) == 8 && _Alignof(LARGE_INTEGER) == 8);
CHECK(offsetof(LARGE_INTEGER, u.LowPart) == 0 && offsetof(LARGE_INTEGER, u.HighPart) == 4);
CHECK(sizeof(u"x") == 2 * sizeof(WCHAR));

CHECK(sizeof(IUnknownVtbl) == 3 * sizeof(void *));
CHECK(offsetof(IUnknownVtbl, AddRef) == 8 && offsetof(IUnknownVtbl, Release) == 16);
CHECK(sizeof(IClassFactoryVtbl) == 5 * sizeof(void *));
CHECK(offsetof(IClassFactoryVtbl, CreateInstance) == 24 && offsetof(IClassFactoryVtbl, LockServer) == 32);

CODE(S_OK, 0x0);
CODE(S_FALSE, 0x1);
CODE(E_PENDING, 0x8000000A);
CODE(E_NOTIMPL, 0x80004001);
CODE(E_NOINTERFACE, 0x80004002);
CODE(E_POINTER, 0x80004003);
CODE(E_ABORT, 0x80004004);
CODE(E_FAIL, 0x80004005);
CODE(E_UNEXPECTED, 0x8000FFFF);
CODE(E_ACCESSDENIED, 0x80070005);
CODE(E_HANDLE, 0x80070006);
CODE(E_OUTOFMEMORY, 0x8007000E);
CODE(E_INVALIDARG, 0x80070057);
CODE(CLASS_E_NOAGGREGATION, 0x80040110);
CODE(CLASS_E_CLASSNOTAVAILABLE, 0x80040111);
CODE(REGDB_E_CLASSNOTREG, 0x80040154);
CODE(REGDB_E_IIDNOTREG, 0x80040155);
CODE(CO_E_NOTINITIALIZED, 0x800401F0);
CODE(CO_E_OBJNOTCONNECTED, 0x800401FD);
CODE(SELFREG_E_TYPELIB, 0x80040200);
CODE(SELFREG_E_CLASS, 0x80040201);
CODE(RPC_E_WRONG_THREAD, 0x8001010E);
CODE(RPC_E_DISCONNECTED, 0x80010108);
CODE(ERROR_SUCCESS, 0);
CODE(ERROR_FILE_NOT_FOUND, 2);
CODE(ERROR_PATH_NOT_FOUND, 3);
CODE(ERROR_ACCESS_DENIED, 5);
CODE(ERROR_INVALID_HANDLE, 6);
CODE(ERROR_NOT_ENOUGH_MEMORY, 8);
CODE(ERROR_INVALID_DATA, 13);
CODE(ERROR_OUTOFMEMORY, 14);
CODE(ERROR_NOT_READY, 21);
CODE(ERROR_NOT_SUPPORTED, 50);
CODE(ERROR_INVALID_PARAMETER, 87);
CODE(ERROR_BROKEN_PIPE, 109);
CODE(ERROR_INSUFFICIENT_BUFFER, 122);
CODE(ERROR_BUSY, 170);
CODE(ERROR_ALREADY_EXISTS, 183);
CODE(ERROR_MORE_DATA, 234);
CODE(ERROR_NO_MORE_ITEMS, 259);
CODE(ERROR_SERVICE_NOT_ACTIVE, 1062);
CODE(ERROR_NOT_FOUND, 1168);
CODE(ERROR_CANCELLED, 1223);
CODE(ERROR_CONNECTION_ABORTED, 1236);
CODE(ERROR_LOGON_FAILURE, 1326);
CODE(ERROR_TIMEOUT, 1460);
CHECK(TRUE == 1 && FALSE == 0);
CHECK(SUCCEEDED(S_OK) && SUCCEEDED(S_FALSE) && FAILED(E_FAIL) && !FAILED(S_OK));

static int failures;

static void expect(int ok, const char *what)
{
    if (ok)
        return;
    failures++;
    printf("wintypes: not so: %s\n", what);
}

#define EXPECT(cond) expect((cond) != 0, #cond)

int main(void)
{
    static const BYTE unknown[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
    static const BYTE agile[16] = {0x94, 0x2B, 0xEA, 0x94, 0xCC, 0xE9, 0xE0, 0x49,
                                   0xC0, 0xFF, 0xEE, 0x64, 0xCA, 0x8F, 0x5B, 0x90};
    static const BYTE factory[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
    static const BYTE null[16];
    struct outer {
        char before;
        IUnknown IUnknown_iface;
    } outer;
    IUnknown *iface = &outer.IUnknown_iface;

    EXPECT(memcmp(&IID_IUnknown, unknown, 16) == 0);
    EXPECT(memcmp(&IID_IClassFactory, factory, 16) == 0);
    EXPECT(memcmp(&IID_IAgileObject, agile, 16) == 0);
    EXPECT(memcmp(&GUID_NULL, null, 16) == 0);
    EXPECT(IsEqualGUID(&IID_IUnknown, &IID_IUnknown));
    EXPECT(!IsEqualGUID(&IID_IUnknown, &IID_IClassFactory));
    EXPECT(IsEqualIID(&IID_IWRdsProtocolManager, &IID_IWRdsProtocolManager));
    EXPECT(!IsEqualIID(&IID_IWRdsProtocolManager, &IID_IWTSProtocolManager));
    EXPECT(HRESULT_FROM_WIN32(ERROR_SUCCESS) == S_OK);
    EXPECT(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED) == E_ACCESSDENIED);
    EXPECT(HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER) == (HRESULT)0x8007007A);
    EXPECT(HRESULT_FROM_WIN32((ULONG)E_FAIL) == E_FAIL);
    EXPECT(CONTAINING_RECORD(iface, struct outer, IUnknown_iface) == &outer);
    if (failures)
        return 1;
    printf("wintypes: all as documented\n");
    return 0;
}
