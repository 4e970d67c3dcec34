/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants, enumerations and data that both families of provider interfaces use, under their
 * WTS_ names. Everything has natural alignment; sizes and offsets are those of 64-bit Windows
 * and are asserted by tests/unit/abi.
 */
#ifndef RDSPROV_ABI_WTSDEFS_H
#define RDSPROV_ABI_WTSDEFS_H

#include "abi/wintypes.h"

/* Longest texts, in characters without the terminating NUL. */
#define WTS_DOMAIN_LENGTH 255
#define WTS_USERNAME_LENGTH 255
#define WTS_PASSWORD_LENGTH 255
#define WTS_DIRECTORY_LENGTH 256
#define WTS_INITIALPROGRAM_LENGTH 256
#define WTS_PROTOCOL_NAME_LENGTH 8
#define WTS_DRIVER_NAME_LENGTH 8
#define WTS_DEVICE_NAME_LENGTH 19
#define WTS_IMEFILENAME_LENGTH 32
#define WTS_CLIENTNAME_LENGTH 20
#define WTS_CLIENTADDRESS_LENGTH 30
#define WTS_CLIENT_PRODUCT_ID_LENGTH 32

/* Array sizes, in elements. */
#define WTS_MAX_PROTOCOL_CACHE 4
#define WTS_MAX_CACHE_RESERVED 20
#define WTS_MAX_RESERVED 100
#define WTS_MAX_COUNTERS 100
#define WTS_MAX_DISPLAY_IOCTL_DATA 256

/* Bits of PerformanceFlags: what the client asked the session to leave out or to switch on. */
#define WTS_PERF_DISABLE_NOTHING 0
#define WTS_PERF_DISABLE_WALLPAPER 1
#define WTS_PERF_DISABLE_FULLWINDOWDRAG 2
#define WTS_PERF_DISABLE_MENUANIMATIONS 4
#define WTS_PERF_DISABLE_THEMING 8
#define WTS_PERF_ENABLE_ENHANCED_GRAPHICS 0x10
#define WTS_PERF_DISABLE_CURSOR_SHADOW 0x20
#define WTS_PERF_DISABLE_CURSORSETTINGS 0x40
#define WTS_PERF_ENABLE_FONT_SMOOTHING 0x80
#define WTS_PERF_ENABLE_DESKTOP_COMPOSITION 0x100

/* Which member of the union in WTS_PROPERTY_VALUE is valid. */
#define WTS_VALUE_TYPE_ULONG 1
#define WTS_VALUE_TYPE_STRING 2
#define WTS_VALUE_TYPE_BINARY 3
#define WTS_VALUE_TYPE_GUID 4

/* Licensing. The client name is counted in bytes with its NUL. */
#define WTS_KEY_EXCHANGE_ALG_RSA 1
#define WTS_KEY_EXCHANGE_ALG_DH 2
#define WTS_LICENSE_PROTOCOL_VERSION 0x10000
#define WTS_LICENSE_PREAMBLE_VERSION 3
#define WTS_LICENSE_CURRENT_PROTOCOL_VERSION (WTS_LICENSE_PROTOCOL_VERSION | WTS_LICENSE_PREAMBLE_VERSION)
#define WTS_LICENSE_CLIENT_NAME_BYTE_LENGTH ((WTS_CLIENTNAME_LENGTH + 1) * sizeof(WCHAR))

/*
 * Limits and selectors that the interface definition states in its marshalling attributes and the
 * Windows header has no names for. The families are those of Windows: AF_INET6 is another number
 * on Linux.
 */
#define ABI_PROPERTY_SIZE_MAX 0x8000
#define ABI_SECURITY_DESCRIPTOR_SIZE_MAX 16384
#define ABI_CONTEXT_SIZE_MAX 16384
#define ABI_AF_INET 2
#define ABI_AF_INET6 23
#define ABI_CACHE_PROTOCOL 1
#define ABI_CACHE_TSHARE 2
#define ABI_CACHE_RESERVED 3

/* What the service does. methods.md 1.5. */
typedef enum { WTS_SERVICE_NONE = 0, WTS_SERVICE_START = 1, WTS_SERVICE_STOP = 2 } WTS_RCM_SERVICE_STATE;

/* In drain the service takes no new sessions, but reconnects. methods.md 1.5. */
typedef enum {
    WTS_DRAIN_STATE_NONE = 0,
    WTS_DRAIN_IN_DRAIN = 1,
    WTS_DRAIN_NOT_IN_DRAIN = 2
} WTS_RCM_DRAIN_STATE;

/*
 * What became of a redirected message. INVALID is a start value, never an answer; START_OVER is for
 * RedirectLogonError only. methods.md 8.
 */
typedef enum _WTS_LOGON_ERROR_REDIRECTOR_RESPONSE {
    WTS_LOGON_ERR_INVALID = 0,
    WTS_LOGON_ERR_NOT_HANDLED = 1,
    WTS_LOGON_ERR_HANDLED_SHOW = 2,
    WTS_LOGON_ERR_HANDLED_DONT_SHOW = 3,
    WTS_LOGON_ERR_HANDLED_DONT_SHOW_START_OVER = 4
} WTS_LOGON_ERROR_REDIRECTOR_RESPONSE;

/* The spelling is that of Windows. */
typedef enum {
    WTS_CERT_TYPE_INVALID = 0,
    WTS_CERT_TYPE_PROPRIETORY = 1,
    WTS_CERT_TYPE_X509 = 2
} WTS_CERT_TYPE;

/*
 * An address as the service stores it. Not laid out like sockaddr_in or sockaddr_in6; families are
 * ABI_AF_*. methods.md 4.5.
 */
typedef struct _WTS_SOCKADDR {
    USHORT sin_family;
    union {
        struct {
            USHORT sin_port;
            ULONG in_addr;
            UCHAR sin_zero[8];
        } ipv4;
        struct {
            USHORT sin6_port;
            ULONG sin6_flowinfo;
            USHORT sin6_addr[8];
            ULONG sin6_scope_id;
        } ipv6;
    } u;
} _WTS_SOCKADDR, WTS_SOCKADDR, *PWTS_SOCKADDR;

/* A rectangle of the screen, in pixels. */
typedef struct _WTS_SMALL_RECT {
    SHORT Left;
    SHORT Top;
    SHORT Right;
    SHORT Bottom;
} _WTS_SMALL_RECT, WTS_SMALL_RECT, *PWTS_SMALL_RECT;

/* What NotifyServiceStateChange tells. */
typedef struct _WTS_SERVICE_STATE {
    WTS_RCM_SERVICE_STATE RcmServiceState;
    WTS_RCM_DRAIN_STATE RcmDrainState;
} _WTS_SERVICE_STATE, WTS_SERVICE_STATE, *PWTS_SERVICE_STATE;

/* A session by number; the GUID identifies the connection of the client. methods.md 4.10. */
typedef struct _WTS_SESSION_ID {
    GUID SessionUniqueGuid;
    ULONG SessionId;
} _WTS_SESSION_ID, WTS_SESSION_ID, *PWTS_SESSION_ID;

/* Clear text: copies are wiped. methods.md 4.7. */
typedef struct _WTS_USER_CREDENTIAL {
    WCHAR UserName[WTS_USERNAME_LENGTH + 1];
    WCHAR Password[WTS_PASSWORD_LENGTH + 1];
    WCHAR Domain[WTS_DOMAIN_LENGTH + 1];
} _WTS_USER_CREDENTIAL, WTS_USER_CREDENTIAL, *PWTS_USER_CREDENTIAL;

typedef struct _WTS_SYSTEMTIME {
    USHORT wYear;
    USHORT wMonth;
    USHORT wDayOfWeek;
    USHORT wDay;
    USHORT wHour;
    USHORT wMinute;
    USHORT wSecond;
    USHORT wMilliseconds;
} _WTS_SYSTEMTIME, WTS_SYSTEMTIME, *PWTS_SYSTEMTIME;

/* Biases are in minutes. */
typedef struct _WTS_TIME_ZONE_INFORMATION {
    LONG Bias;
    WCHAR StandardName[32];
    WTS_SYSTEMTIME StandardDate;
    LONG StandardBias;
    WCHAR DaylightName[32];
    WTS_SYSTEMTIME DaylightDate;
    LONG DaylightBias;
} _WTS_TIME_ZONE_INFORMATION, WTS_TIME_ZONE_INFORMATION, *PWTS_TIME_ZONE_INFORMATION;

/*
 * What the client is and wants. fInherit* overrule the listener's registry values of the same name.
 * methods.md 4.5.
 */
typedef struct _WTS_CLIENT_DATA {
    BOOLEAN fDisableCtrlAltDel;
    BOOLEAN fDoubleClickDetect;
    BOOLEAN fEnableWindowsKey;
    BOOLEAN fHideTitleBar;
    BOOL fInheritAutoLogon;
    BOOLEAN fPromptForPassword;
    BOOLEAN fUsingSavedCreds;
    /* credentials, used only with fInheritAutoLogon */
    WCHAR Domain[WTS_DOMAIN_LENGTH + 1];
    WCHAR UserName[WTS_USERNAME_LENGTH + 1];
    WCHAR Password[WTS_PASSWORD_LENGTH + 1];
    BOOLEAN fPasswordIsScPin;
    BOOL fInheritInitialProgram;
    /* used only with fInheritInitialProgram */
    WCHAR WorkDirectory[WTS_DIRECTORY_LENGTH + 1];
    WCHAR InitialProgram[WTS_INITIALPROGRAM_LENGTH + 1];
    BOOLEAN fMaximizeShell;
    BYTE EncryptionLevel;
    ULONG PerformanceFlags;
    /* name of the protocol in lists of sessions; mandatory */
    WCHAR ProtocolName[WTS_PROTOCOL_NAME_LENGTH + 1];
    USHORT ProtocolType;
    BOOL fInheritColorDepth;
    USHORT HRes;
    USHORT VRes;
    /* 1, 2, 4, 8, 16, 24, 32: 4, 8, 16, 24 (packed), 15, 24, 32 bits per pixel */
    USHORT ColorDepth;
    WCHAR DisplayDriverName[WTS_DRIVER_NAME_LENGTH + 1];
    /* base name of the device without its number */
    WCHAR DisplayDeviceName[WTS_DEVICE_NAME_LENGTH + 1];
    BOOLEAN fMouse;
    ULONG KeyboardLayout;
    ULONG KeyboardType;
    ULONG KeyboardSubType;
    ULONG KeyboardFunctionKey;
    WCHAR imeFileName[WTS_IMEFILENAME_LENGTH + 1];
    /* HKL */
    ULONG ActiveInputLocale;
    BOOLEAN fNoAudioPlayback;
    BOOLEAN fRemoteConsoleAudio;
    WCHAR AudioDriverName[WTS_DRIVER_NAME_LENGTH + 1];
    WTS_TIME_ZONE_INFORMATION ClientTimeZone;
    WCHAR ClientName[WTS_CLIENTNAME_LENGTH + 1];
    ULONG SerialNumber;
    /* ABI_AF_INET or ABI_AF_INET6 */
    ULONG ClientAddressFamily;
    WCHAR ClientAddress[WTS_CLIENTADDRESS_LENGTH + 1];
    WTS_SOCKADDR ClientSockAddress;
    WCHAR ClientDirectory[WTS_DIRECTORY_LENGTH + 1];
    ULONG ClientBuildNumber;
    USHORT ClientProductId;
    USHORT OutBufCountHost;
    USHORT OutBufCountClient;
    USHORT OutBufLength;
    ULONG ClientSessionId;
    WCHAR ClientDigProductId[WTS_CLIENT_PRODUCT_ID_LENGTH + 1];
    /* filled from policy by the service before the call; a change overrules policy */
    BOOLEAN fDisableCpm;
    BOOLEAN fDisableCdm;
    BOOLEAN fDisableCcm;
    BOOLEAN fDisableLPT;
    BOOLEAN fDisableClip;
    BOOLEAN fDisablePNP;
} _WTS_CLIENT_DATA, WTS_CLIENT_DATA, *PWTS_CLIENT_DATA;

typedef struct _WTS_PROTOCOL_CACHE {
    ULONG CacheReads;
    ULONG CacheHits;
} _WTS_PROTOCOL_CACHE, WTS_PROTOCOL_CACHE, *PWTS_PROTOCOL_CACHE;

typedef union _WTS_CACHE_STATS_UN {
    WTS_PROTOCOL_CACHE ProtocolCache[WTS_MAX_PROTOCOL_CACHE];
    ULONG TShareCacheStats;
    ULONG Reserved[WTS_MAX_CACHE_RESERVED];
} _WTS_CACHE_STATS_UN, WTS_CACHE_STATS_UN, *PWTS_CACHE_STATS_UN;

/* Specific (ABI_CACHE_*) says which member of Data counts. */
typedef struct _WTS_CACHE_STATS {
    DWORD Specific;
    WTS_CACHE_STATS_UN Data;
    USHORT ProtocolType;
    USHORT Length;
} _WTS_CACHE_STATS, WTS_CACHE_STATS, *PWTS_CACHE_STATS;

/* Counters of one direction. */
typedef struct _WTS_PROTOCOL_COUNTERS {
    ULONG WdBytes;
    ULONG WdFrames;
    ULONG WaitForOutBuf;
    ULONG Frames;
    ULONG Bytes;
    ULONG CompressedBytes;
    ULONG CompressFlushes;
    ULONG Errors;
    ULONG Timeouts;
    ULONG AsyncFramingError;
    ULONG AsyncOverrunError;
    ULONG AsyncOverflowError;
    ULONG AsyncParityError;
    ULONG TdErrors;
    USHORT ProtocolType;
    USHORT Length;
    USHORT Specific;
    ULONG Reserved[WTS_MAX_RESERVED];
} _WTS_PROTOCOL_COUNTERS, WTS_PROTOCOL_COUNTERS, *PWTS_PROTOCOL_COUNTERS;

/* All zero is a valid answer. methods.md 4.20. */
typedef struct _WTS_PROTOCOL_STATUS {
    WTS_PROTOCOL_COUNTERS Output;
    WTS_PROTOCOL_COUNTERS Input;
    WTS_CACHE_STATS Cache;
    ULONG AsyncSignal;
    ULONG AsyncSignalMask;
    LARGE_INTEGER Counters[WTS_MAX_COUNTERS];
} _WTS_PROTOCOL_STATUS, WTS_PROTOCOL_STATUS, *PWTS_PROTOCOL_STATUS;

/* A message for the display driver. */
typedef struct _WTS_DISPLAY_IOCTL {
    BYTE pDisplayIOCtlData[WTS_MAX_DISPLAY_IOCTL_DATA];
    ULONG cbDisplayIOCtlData;
} _WTS_DISPLAY_IOCTL, WTS_DISPLAY_IOCTL, *PWTS_DISPLAY_IOCTL;

/*
 * One entry of a property. A string's size counts characters with the NUL (gaps.md 30), a binary's
 * bytes; neither goes past ABI_PROPERTY_SIZE_MAX.
 */
typedef struct __WTS_PROPERTY_VALUE {
    unsigned short Type;
    union {
        ULONG ulVal;
        struct {
            ULONG size;
            WCHAR *pstrVal;
        } strVal;
        struct {
            ULONG size;
            char *pbVal;
        } bVal;
        GUID guidVal;
    } u;
} __WTS_PROPERTY_VALUE, WTS_PROPERTY_VALUE, *PWTS_PROPERTY_VALUE;

/* ProtocolVer must be WTS_LICENSE_CURRENT_PROTOCOL_VERSION. methods.md 7.3. */
typedef struct _WTS_LICENSE_CAPABILITIES {
    DWORD KeyExchangeAlg;
    DWORD ProtocolVer;
    BOOL fAuthenticateServer;
    WTS_CERT_TYPE CertType;
    /* bytes of rgbClientName in use, with the NUL */
    DWORD cbClientName;
    BYTE rgbClientName[WTS_LICENSE_CLIENT_NAME_BYTE_LENGTH];
} _WTS_LICENSE_CAPABILITIES, WTS_LICENSE_CAPABILITIES, *PWTS_LICENSE_CAPABILITIES;

/*
 * A credential for IWRdsProtocolConnection2; length in bytes. System headers newer than mingw-w64
 * 10 define it in wtsapi32.h: build with ABI_SYSTEM_HAS_SERIALIZED_CREDENTIAL there.
 */
#ifdef ABI_SYSTEM_HAS_SERIALIZED_CREDENTIAL
#include <wtsapi32.h>
#else
typedef struct _WTS_SERIALIZED_USER_CREDENTIAL {
    ULONG SerializationLength;
    BYTE *Serialization;
} WTS_SERIALIZED_USER_CREDENTIAL, *PWTS_SERIALIZED_USER_CREDENTIAL;
#endif

#endif
