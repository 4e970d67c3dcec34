/* SPDX-License-Identifier: Apache-2.0 */
/* IWRdsProtocolSettings: what Initialize hands over. methods.md 12. */
#include <stdlib.h>
#include <string.h>

#include "service_objects.h"

struct settings_object {
    IWRdsProtocolSettings iface;
    struct counted counted;
};

static struct settings_object *impl_from_IWRdsProtocolSettings(IWRdsProtocolSettings *iface)
{
    return CONTAINING_RECORD(iface, struct settings_object, iface);
}

static HRESULT STDMETHODCALLTYPE settings_QueryInterface(IWRdsProtocolSettings *iface, REFIID riid,
                                                         void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWRdsProtocolSettings))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolSettings_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE settings_AddRef(IWRdsProtocolSettings *iface)
{
    return counted_addref(&impl_from_IWRdsProtocolSettings(iface)->counted);
}

static ULONG STDMETHODCALLTYPE settings_Release(IWRdsProtocolSettings *iface)
{
    return counted_release(&impl_from_IWRdsProtocolSettings(iface)->counted);
}

void settings_fill(WRDS_SETTINGS *out, WRDS_SETTING_TYPE type)
{
    WRDS_SETTINGS_1 *s = &out->WRdsSetting.WRdsSettings1;

    memset(out, 0, sizeof *out);
    out->WRdsSettingType = type;
    out->WRdsSettingLevel = WRDS_SETTING_LEVEL_1;
    s->WRdsDisableClipStatus = s->WRdsDisableLPTStatus = s->WRdsDisableCcmStatus = s->WRdsDisableCdmStatus =
        WRDS_SETTING_STATUS_NOTCONFIGURED;
    s->WRdsDisableCpmStatus = s->WRdsDisablePnpStatus = s->WRdsEncryptionLevelStatus =
        s->WRdsColorDepthStatus = WRDS_SETTING_STATUS_NOTCONFIGURED;
    s->WRdsDisableAutoReconnecetStatus = s->WRdsDisableEncryptionStatus = s->WRdsResetBrokenStatus =
        WRDS_SETTING_STATUS_NOTCONFIGURED;
    s->WRdsMaxIdleTimeStatus = s->WRdsMaxDisconnectTimeStatus = s->WRdsMaxConnectTimeStatus =
        s->WRdsKeepAliveStatus = WRDS_SETTING_STATUS_NOTCONFIGURED;
}

/* Reading settings may happen inside Initialize; the rule about calls inside methods is not asked here
 * (methods.md 12 calls it doubtful, no more). */
static HRESULT STDMETHODCALLTYPE settings_GetSettings(IWRdsProtocolSettings *iface, WRDS_SETTING_TYPE type,
                                                      WRDS_SETTING_LEVEL level, PWRDS_SETTINGS out)
{
    counted_called(&impl_from_IWRdsProtocolSettings(iface)->counted, "GetSettings", true);
    if (!out)
        return E_POINTER;
    if (type < WRDS_SETTING_TYPE_MACHINE || type > WRDS_SETTING_TYPE_SAM || level != WRDS_SETTING_LEVEL_1)
        return E_INVALIDARG;
    settings_fill(out, type);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE settings_MergeSettings(IWRdsProtocolSettings *iface, PWRDS_SETTINGS settings,
                                                        WRDS_CONNECTION_SETTING_LEVEL level,
                                                        PWRDS_CONNECTION_SETTINGS out)
{
    counted_called(&impl_from_IWRdsProtocolSettings(iface)->counted, "MergeSettings", true);
    if (!settings || !out)
        return E_POINTER;
    if (level != WRDS_CONNECTION_SETTING_LEVEL_1 || out->WRdsConnectionSettingLevel != level ||
        settings->WRdsSettingLevel != WRDS_SETTING_LEVEL_1)
        return E_INVALIDARG;
    if (settings->WRdsSetting.WRdsSettings1.WRdsDisableClipStatus == WRDS_SETTING_STATUS_ENABLED)
        out->WRdsConnectionSetting.WRdsConnectionSettings1.fDisableClip =
            settings->WRdsSetting.WRdsSettings1.WRdsDisableClipValue != 0;
    return S_OK;
}

static const IWRdsProtocolSettingsVtbl settings_vtbl = {
    settings_QueryInterface, settings_AddRef, settings_Release, settings_GetSettings, settings_MergeSettings,
};

static void destroy(struct counted *counted)
{
    free(CONTAINING_RECORD(counted, struct settings_object, counted));
}

IWRdsProtocolSettings *settings_object_create(void)
{
    struct settings_object *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->iface.lpVtbl = &settings_vtbl;
    counted_init(&self->counted, "ProtocolSettings", 0, 0, destroy);
    return &self->iface;
}

void settings_object_retire(IWRdsProtocolSettings *iface)
{
    struct settings_object *self = impl_from_IWRdsProtocolSettings(iface);

    counted_rest(&self->counted, RULE_SETTINGS_BALANCE, 500);
    counted_retire(&self->counted);
}
