/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked through IWRdsProtocolConnection::QueryProperty: the GUID that names each
 * property, and the one binary answer with a fixed layout. Anything not known must be answered
 * with E_NOTIMPL (methods.md 6). The answers to WTS_QUERY_MF_FORMAT_SUPPORT are variable-length
 * records of unknown alignment, so no type describes them here.
 */
#ifndef RDSPROV_ABI_WRDSPROPERTY_H
#define RDSPROV_ABI_WRDSPROPERTY_H

#include "abi/wrdsdefs.h"

/*
 * In: application, parameters, a reserved ULONG. Out: command line, parameters, ULONG 0 to deny.
 * Needed for an initial program to run.
 */
ABI_GUID(WTS_QUERY_ALLOWED_INITIAL_APP, 0xC77D1B30, 0x5BE1, 0x4C6B, 0xA0, 0xE1, 0xBD, 0x6D, 0x2E, 0x5C, 0x9F,
         0xCC);
#define WRDS_QUERY_ALLOWED_INITIAL_APP WTS_QUERY_ALLOWED_INITIAL_APP

/* Out: ULONG of unknown unit; E_NOTIMPL means the default (gaps.md 32). */
ABI_GUID(WTS_QUERY_LOGON_SCREEN_SIZE, 0x8B8E0FE7, 0x0804, 0x4A0E, 0xB2, 0x79, 0x86, 0x60, 0xB1, 0xDF, 0x00,
         0x49);
#define WRDS_QUERY_LOGON_SCREEN_SIZE WTS_QUERY_LOGON_SCREEN_SIZE

/* Out: name of a signed DLL that lists the audio endpoints of a session, from LocalAlloc. */
ABI_GUID(WTS_QUERY_AUDIOENUM_DLL, 0x9BF4FA97, 0xC883, 0x4C2A, 0x80, 0xAB, 0x5A, 0x39, 0xC9, 0xAF, 0x00, 0xDB);
#define WRDS_QUERY_AUDIOENUM_DLL WTS_QUERY_AUDIOENUM_DLL

/* In and out: one binary; media formats that can be redirected. */
ABI_GUID(WTS_QUERY_MF_FORMAT_SUPPORT, 0x41869AD0, 0x6332, 0x4DC8, 0x95, 0xD5, 0xDB, 0x74, 0x9E, 0x2F, 0x1D,
         0x94);
#define WRDS_QUERY_MF_FORMAT_SUPPORT WTS_QUERY_MF_FORMAT_SUPPORT

/* Not a property: a service id of an interface that no public header declares (gaps.md 35). */
ABI_GUID(WRDS_SERVICE_ID_GRAPHICS_GUID, 0xD2993F4D, 0x02CF, 0x4280, 0x8C, 0x48, 0x16, 0x24, 0xB4, 0x4F, 0x87,
         0x06);

/* Out: one binary, WRDS_DYNAMIC_TIME_ZONE_INFORMATION. */
ABI_GUID(PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION, 0x0CDFD28E, 0xD0B9, 0x4C1F, 0xA5, 0xEB, 0x6D, 0x1F, 0x6C,
         0x65, 0x35, 0xB9);

/* Out: ULONG 0 none, 1 basic, 2 enhanced. */
ABI_GUID(PROPERTY_TYPE_GET_FAST_RECONNECT, 0x6212D757, 0x0043, 0x4862, 0x99, 0xC3, 0x9F, 0x30, 0x59, 0xAC,
         0x2A, 0x3B);

/* Out: SID of the user as a string from LocalAlloc; asked after answer 2 only. */
ABI_GUID(PROPERTY_TYPE_GET_FAST_RECONNECT_USER_SID, 0x197C427A, 0x0135, 0x4B6D, 0x9C, 0x5E, 0xE6, 0x57, 0x9A,
         0x0A, 0xB6, 0x25);

/* Out: ULONG 0 or 1. Server 2019 and later. */
ABI_GUID(PROPERTY_TYPE_ENABLE_UNIVERSAL_APPS_FOR_CUSTOM_SHELL, 0xED2C3FDA, 0x338D, 0x4D3F, 0x81, 0xA3, 0xE7,
         0x67, 0x31, 0x0D, 0x90, 0x8E);

/*
 * ULONG. The header gives it to IWRdsProtocolConnectionSettings, the documentation to QueryProperty
 * (gaps.md 33).
 */
ABI_GUID(CONNECTION_PROPERTY_IDLE_TIME_WARNING, 0x693F7FF5, 0x0C4E, 0x4D17, 0xB8, 0xE0, 0x1F, 0x70, 0x32,
         0x5E, 0x5D, 0x58);

/* ULONG 0 or 1. The same remark. */
ABI_GUID(CONNECTION_PROPERTY_CURSOR_BLINK_DISABLED, 0x4B150580, 0xFEA4, 0x4D3C, 0x9D, 0xE4, 0x74, 0x33, 0xA6,
         0x66, 0x18, 0xF7);

/*
 * Asked by current servers, documented nowhere; the names are those of a third party. E_NOTIMPL is
 * accepted, invented answers made sessions collapse. methods.md 6.
 */
ABI_GUID(PROPERTY_TYPE_CONNECTION_GUID, 0x9EAA04F6, 0x5B9D, 0x4BA5, 0xBE, 0x9D, 0x37, 0x48, 0xAD, 0x6D, 0x8A,
         0xF7);
ABI_GUID(PROPERTY_TYPE_SUPPRESS_LOGON_UI, 0x846B20BB, 0x6254, 0x430E, 0x95, 0x2F, 0xB0, 0xC7, 0xCA, 0x08,
         0x19, 0x15);
ABI_GUID(PROPERTY_TYPE_CAPTURE_PROTECTED_CONTENT, 0x2918DB60, 0x6CAE, 0x42A8, 0x99, 0x45, 0x81, 0x28, 0xD7,
         0xDD, 0x8E, 0x71);
ABI_GUID(PROPERTY_TYPE_LICENSE_GUID, 0x4DAA5AB8, 0x8B6A, 0x49CF, 0x9C, 0x85, 0x8A, 0xDD, 0x50, 0x4C, 0xD1,
         0xF7);

/* The binary answer to PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION. */
typedef struct _WRDS_DYNAMIC_TIME_ZONE_INFORMATION {
    LONG Bias;
    WCHAR StandardName[32];
    WTS_SYSTEMTIME StandardDate;
    LONG StandardBias;
    WCHAR DaylightName[32];
    WTS_SYSTEMTIME DaylightDate;
    LONG DaylightBias;
    WCHAR TimeZoneKeyName[128];
    USHORT DynamicDaylightTimeDisabled;
} WRDS_DYNAMIC_TIME_ZONE_INFORMATION, *PWRDS_DYNAMIC_TIME_ZONE_INFORMATION;

#endif
