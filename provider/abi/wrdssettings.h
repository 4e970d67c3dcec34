/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings that pass between the service and the provider of the newer family. Each kind is a
 * level number and a union that the level selects; only level 1 exists, and a structure whose
 * level (or whose inner listener level) is not set is refused.
 */
#ifndef RDSPROV_ABI_WRDSSETTINGS_H
#define RDSPROV_ABI_WRDSSETTINGS_H

#include "abi/wrdsdefs.h"

/* Levels of WRDS_CONNECTION_SETTINGS. */
typedef enum _WRDS_CONNECTION_SETTING_LEVEL {
    WRDS_CONNECTION_SETTING_LEVEL_INVALID = 0,
    WRDS_CONNECTION_SETTING_LEVEL_1 = 1
} WRDS_CONNECTION_SETTING_LEVEL,
    *PWRDS_CONNECTION_SETTING_LEVEL;

/* Levels of WRDS_LISTENER_SETTINGS. */
typedef enum _WRDS_LISTENER_SETTING_LEVEL {
    WRDS_LISTENER_SETTING_LEVEL_INVALID = 0,
    WRDS_LISTENER_SETTING_LEVEL_1 = 1
} WRDS_LISTENER_SETTING_LEVEL,
    *PWRDS_LISTENER_SETTING_LEVEL;

/* Where policy comes from: machine or user group policy, or the account database. */
typedef enum _WRDS_SETTING_TYPE {
    WRDS_SETTING_TYPE_INVALID = 0,
    WRDS_SETTING_TYPE_MACHINE = 1,
    WRDS_SETTING_TYPE_USER = 2,
    WRDS_SETTING_TYPE_SAM = 3
} WRDS_SETTING_TYPE,
    *PWRDS_SETTING_TYPE;

/* State of one policy setting. */
typedef enum _WRDS_SETTING_STATUS {
    WRDS_SETTING_STATUS_NOTAPPLICABLE = -1,
    WRDS_SETTING_STATUS_DISABLED = 0,
    WRDS_SETTING_STATUS_ENABLED = 1,
    WRDS_SETTING_STATUS_NOTCONFIGURED = 2
} WRDS_SETTING_STATUS,
    *PWRDS_SETTING_STATUS;

/* Levels of WRDS_SETTINGS. */
typedef enum _WRDS_SETTING_LEVEL {
    WRDS_SETTING_LEVEL_INVALID = 0,
    WRDS_SETTING_LEVEL_1 = 1
} WRDS_SETTING_LEVEL,
    *PWRDS_SETTING_LEVEL;

#define WRDS_CONNECTION_SETTING_CURRENT_LEVEL WRDS_CONNECTION_SETTING_LEVEL_1
#define WRDS_LISTENER_SETTING_CURRENT_LEVEL WRDS_LISTENER_SETTING_LEVEL_1
#define WRDS_SETTING_CURRENT_LEVEL WRDS_SETTING_LEVEL_1

typedef struct _WRDS_LISTENER_SETTINGS_1 {
    ULONG MaxProtocolListenerConnectionCount;
    /* bytes, at most ABI_SECURITY_DESCRIPTOR_SIZE_MAX */
    ULONG SecurityDescriptorSize;
    PBYTE pSecurityDescriptor;
} WRDS_LISTENER_SETTINGS_1, *PWRDS_LISTENER_SETTINGS_1;

/* The misspelt pointer type is what the Windows header has. */
typedef union _WRDS_LISTENER_SETTING {
    WRDS_LISTENER_SETTINGS_1 WRdsListenerSettings1;
} WRDS_LISTENER_SETTING, *PWRDS_LISTENERN_SETTING;

typedef struct _WRDS_LISTENER_SETTINGS {
    WRDS_LISTENER_SETTING_LEVEL WRdsListenerSettingLevel;
    WRDS_LISTENER_SETTING WRdsListenerSetting;
} WRDS_LISTENER_SETTINGS, *PWRDS_LISTENER_SETTINGS;

/* Like WTS_CLIENT_DATA, but here fInherit* are one byte. methods.md 13. */
typedef struct _WRDS_CONNECTION_SETTINGS_1 {
    BOOLEAN fInheritInitialProgram;
    BOOLEAN fInheritColorDepth;
    BOOLEAN fHideTitleBar;
    BOOLEAN fInheritAutoLogon;
    BOOLEAN fMaximizeShell;
    BOOLEAN fDisablePNP;
    BOOLEAN fPasswordIsScPin;
    BOOLEAN fPromptForPassword;
    BOOLEAN fDisableCpm;
    BOOLEAN fDisableCdm;
    BOOLEAN fDisableCcm;
    BOOLEAN fDisableLPT;
    BOOLEAN fDisableClip;
    /* TRUE: a broken connection ends the session; FALSE: it stays disconnected */
    BOOLEAN fResetBroken;
    BOOLEAN fDisableEncryption;
    BOOLEAN fDisableAutoReconnect;
    BOOLEAN fDisableCtrlAltDel;
    BOOLEAN fDoubleClickDetect;
    BOOLEAN fEnableWindowsKey;
    BOOLEAN fUsingSavedCreds;
    BOOLEAN fMouse;
    BOOLEAN fNoAudioPlayback;
    BOOLEAN fRemoteConsoleAudio;
    BYTE EncryptionLevel;
    USHORT ColorDepth;
    USHORT ProtocolType;
    USHORT HRes;
    USHORT VRes;
    USHORT ClientProductId;
    USHORT OutBufCountHost;
    USHORT OutBufCountClient;
    USHORT OutBufLength;
    ULONG KeyboardLayout;
    /* minutes, by the documentation (gaps.md 52) */
    ULONG MaxConnectionTime;
    ULONG MaxDisconnectionTime;
    ULONG MaxIdleTime;
    ULONG PerformanceFlags;
    ULONG KeyboardType;
    ULONG KeyboardSubType;
    ULONG KeyboardFunctionKey;
    ULONG ActiveInputLocale;
    ULONG SerialNumber;
    ULONG ClientAddressFamily;
    ULONG ClientBuildNumber;
    ULONG ClientSessionId;
    WCHAR WorkDirectory[WRDS_DIRECTORY_LENGTH + 1];
    WCHAR InitialProgram[WRDS_INITIALPROGRAM_LENGTH + 1];
    WCHAR UserName[WRDS_USERNAME_LENGTH + 1];
    WCHAR Domain[WRDS_DOMAIN_LENGTH + 1];
    WCHAR Password[WRDS_PASSWORD_LENGTH + 1];
    WCHAR ProtocolName[WRDS_PROTOCOL_NAME_LENGTH + 1];
    WCHAR DisplayDriverName[WRDS_DRIVER_NAME_LENGTH + 1];
    WCHAR DisplayDeviceName[WRDS_DEVICE_NAME_LENGTH + 1];
    WCHAR imeFileName[WRDS_IMEFILENAME_LENGTH + 1];
    WCHAR AudioDriverName[WRDS_DRIVER_NAME_LENGTH + 1];
    WCHAR ClientName[WRDS_CLIENTNAME_LENGTH + 1];
    WCHAR ClientAddress[WRDS_CLIENTADDRESS_LENGTH + 1];
    WCHAR ClientDirectory[WRDS_DIRECTORY_LENGTH + 1];
    WCHAR ClientDigProductId[WRDS_CLIENT_PRODUCT_ID_LENGTH + 1];
    WRDS_SOCKADDR ClientSockAddress;
    WRDS_TIME_ZONE_INFORMATION ClientTimeZone;
    /* its level must be set too */
    WRDS_LISTENER_SETTINGS WRdsListenerSettings;
    GUID EventLogActivityId;
    /* bytes, at most ABI_CONTEXT_SIZE_MAX */
    ULONG ContextSize;
    PBYTE ContextData;
} WRDS_CONNECTION_SETTINGS_1, *PWRDS_CONNECTION_SETTINGS_1;

/*
 * Pairs: the value counts only when the status is ENABLED. Times are in minutes. The spelling
 * Reconnecet is that of Windows. methods.md 12.
 */
typedef struct _WRDS_SETTINGS_1 {
    WRDS_SETTING_STATUS WRdsDisableClipStatus;
    ULONG WRdsDisableClipValue;
    WRDS_SETTING_STATUS WRdsDisableLPTStatus;
    ULONG WRdsDisableLPTValue;
    WRDS_SETTING_STATUS WRdsDisableCcmStatus;
    ULONG WRdsDisableCcmValue;
    WRDS_SETTING_STATUS WRdsDisableCdmStatus;
    ULONG WRdsDisableCdmValue;
    WRDS_SETTING_STATUS WRdsDisableCpmStatus;
    ULONG WRdsDisableCpmValue;
    WRDS_SETTING_STATUS WRdsDisablePnpStatus;
    ULONG WRdsDisablePnpValue;
    WRDS_SETTING_STATUS WRdsEncryptionLevelStatus;
    ULONG WRdsEncryptionValue;
    WRDS_SETTING_STATUS WRdsColorDepthStatus;
    ULONG WRdsColorDepthValue;
    WRDS_SETTING_STATUS WRdsDisableAutoReconnecetStatus;
    ULONG WRdsDisableAutoReconnecetValue;
    WRDS_SETTING_STATUS WRdsDisableEncryptionStatus;
    ULONG WRdsDisableEncryptionValue;
    WRDS_SETTING_STATUS WRdsResetBrokenStatus;
    ULONG WRdsResetBrokenValue;
    WRDS_SETTING_STATUS WRdsMaxIdleTimeStatus;
    ULONG WRdsMaxIdleTimeValue;
    WRDS_SETTING_STATUS WRdsMaxDisconnectTimeStatus;
    ULONG WRdsMaxDisconnectTimeValue;
    WRDS_SETTING_STATUS WRdsMaxConnectTimeStatus;
    ULONG WRdsMaxConnectTimeValue;
    WRDS_SETTING_STATUS WRdsKeepAliveStatus;
    BOOLEAN WRdsKeepAliveStartValue;
    ULONG WRdsKeepAliveIntervalValue;
} WRDS_SETTINGS_1, *PWRDS_SETTINGS_1;

typedef union _WRDS_CONNECTION_SETTING {
    WRDS_CONNECTION_SETTINGS_1 WRdsConnectionSettings1;
} WRDS_CONNECTION_SETTING, *PWRDS_CONNECTION_SETTING;

typedef struct _WRDS_CONNECTION_SETTINGS {
    WRDS_CONNECTION_SETTING_LEVEL WRdsConnectionSettingLevel;
    WRDS_CONNECTION_SETTING WRdsConnectionSetting;
} WRDS_CONNECTION_SETTINGS, *PWRDS_CONNECTION_SETTINGS;

typedef union _WRDS_SETTING {
    WRDS_SETTINGS_1 WRdsSettings1;
} WRDS_SETTING, *PWRDS_SETTING;

typedef struct _WRDS_SETTINGS {
    WRDS_SETTING_TYPE WRdsSettingType;
    WRDS_SETTING_LEVEL WRdsSettingLevel;
    WRDS_SETTING WRdsSetting;
} WRDS_SETTINGS, *PWRDS_SETTINGS;

#endif
