/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <freerdp/crypto/certificate.h>
#include <freerdp/crypto/privatekey.h>
#include <freerdp/settings.h>
#include <openssl/ssl.h>
#include <winpr/environment.h>

#include "os/os.h"
#include "peer/sam.h"

#ifdef _WIN32
#include <windows.h>
#endif

#define TLS_1_2 0x0303
#define TLS_SECURITY_LEVEL 2 /* OpenSSL: at least 112 bits, no SHA-1 signatures, no RSA below 2048 */

/* For TLS 1.2; all suites of TLS 1.3 are fine. CBC and RSA key exchange stay for Windows 7. */
static const char tls_ciphers[] = "HIGH:!aNULL:!eNULL:!PSK:!SRP:!3DES:!CAMELLIA:!ARIA:!AESCCM";

static bool nla_possible(const struct link_config *config)
{
#ifdef _WIN32
    if (config->native_sspi)
        return true;
#endif
    return config->sam[0] != 0;
}

void security_choose_sspi(const struct link_config *config)
{
    SetEnvironmentVariableA("WINPR_NATIVE_SSPI", config->native_sspi ? "1" : "0");
}

/* FreeRDP makes its SSL_CTX itself and shows it to nobody; OpenSSL calls this for every new one. */
static void wipe_records(void *context, void *data, CRYPTO_EX_DATA *all, int index, long number, void *arg)
{
    (void)data, (void)all, (void)index, (void)number, (void)arg;
    SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
}

bool security_wipe_records(void)
{
    return SSL_CTX_get_ex_new_index(0, NULL, wipe_records, NULL, NULL) >= 0;
}

bool security_check(const struct link_config *config, char *problem, size_t cap)
{
    if (config->security == LINK_SECURITY_TLS)
        return true;
    if (!nla_possible(config)) {
        if (config->security != LINK_SECURITY_NLA)
            return true;
        snprintf(problem, cap, "security = nla, but sam-file is not set: nothing to check accounts against");
        return false;
    }
#ifdef _WIN32
    if (config->native_sspi)
        return true;
#endif
    return sam_check(config->sam, problem, cap);
}

static bool apply_certificate(rdpSettings *settings, const struct certificate *certificate)
{
    rdpCertificate *server = freerdp_certificate_new_from_pem(certificate->pem);
    rdpPrivateKey *key = freerdp_key_new_from_pem(certificate->key_pem);

    if (!server || !key)
        goto fail;
    /* the settings own them from here, one by one */
    if (!freerdp_settings_set_pointer_len(settings, FreeRDP_RdpServerCertificate, server, 1))
        goto fail;
    server = NULL;
    if (!freerdp_settings_set_pointer_len(settings, FreeRDP_RdpServerRsaKey, key, 1))
        goto fail;
    return true;

fail:
    freerdp_certificate_free(server);
    freerdp_key_free(key);
    return false;
}

bool security_apply(rdpSettings *settings, const struct link_config *config,
                    const struct certificate *certificate)
{
    bool nla = config->security != LINK_SECURITY_TLS && nla_possible(config);
    bool tls = config->security != LINK_SECURITY_NLA;

    if (!nla && !tls)
        return false;
    if (nla && config->sam[0] && !freerdp_settings_set_string(settings, FreeRDP_NtlmSamFile, config->sam))
        return false;
    return apply_certificate(settings, certificate) &&
           freerdp_settings_set_bool(settings, FreeRDP_RdpSecurity, FALSE) &&
           freerdp_settings_set_bool(settings, FreeRDP_UseRdpSecurityLayer, FALSE) &&
           freerdp_settings_set_bool(settings, FreeRDP_RdstlsSecurity, FALSE) &&
           freerdp_settings_set_bool(settings, FreeRDP_TlsSecurity, tls) &&
           freerdp_settings_set_bool(settings, FreeRDP_NlaSecurity, nla) &&
           freerdp_settings_set_uint16(settings, FreeRDP_TLSMinVersion, TLS_1_2) &&
           freerdp_settings_set_uint32(settings, FreeRDP_TlsSecLevel, TLS_SECURITY_LEVEL) &&
           freerdp_settings_set_string(settings, FreeRDP_AllowedTlsCiphers, tls_ciphers) &&
           freerdp_settings_set_uint32(settings, FreeRDP_EncryptionLevel, ENCRYPTION_LEVEL_CLIENT_COMPATIBLE);
}

#ifdef _WIN32
/* To verify on Windows: the token that CredSSP made names the account, whatever form of name the client
 * typed. */
static bool native_account(freerdp_peer *peer, char *problem, size_t cap)
{
    WCHAR user[LINK_NAME_MAX], domain[LINK_NAME_MAX];
    DWORD user_len = LINK_NAME_MAX, domain_len = LINK_NAME_MAX, size = 0;
    char user8[LINK_NAME_MAX * 3], domain8[LINK_NAME_MAX * 3];
    rdpSettings *settings = peer->context->settings;
    uint8_t buf[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    SID_NAME_USE use;
    HANDLE token = NULL;
    bool good = false;
    BOOL opened;

    if (!freerdp_nla_impersonate(peer->context)) {
        snprintf(problem, cap, "NLA: cannot take the client's token");
        return false;
    }
    opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);
    if (!freerdp_nla_revert_to_self(peer->context)) {
        snprintf(problem, cap, "NLA: cannot give the client's token back");
        goto out;
    }
    if (!opened || !GetTokenInformation(token, TokenUser, buf, sizeof buf, &size) ||
        !LookupAccountSidW(NULL, ((TOKEN_USER *)buf)->User.Sid, user, &user_len, domain, &domain_len, &use)) {
        snprintf(problem, cap, "NLA: the client's token has no account name (error %lu)", GetLastError());
        goto out;
    }
    os_utf8_from_utf16(user8, sizeof user8, (const uint16_t *)user);
    os_utf8_from_utf16(domain8, sizeof domain8, (const uint16_t *)domain);
    good = freerdp_settings_set_string(settings, FreeRDP_Username, user8) &&
           freerdp_settings_set_string(settings, FreeRDP_Domain, domain8);
out:
    if (token)
        CloseHandle(token);
    return good;
}
#endif

bool security_verify_nla(freerdp_peer *peer, const struct link_config *config, char *problem, size_t cap)
{
    const rdpSettings *settings = peer->context->settings;
    const char *user = freerdp_settings_get_string(settings, FreeRDP_Username);
    const char *domain = freerdp_settings_get_string(settings, FreeRDP_Domain);
    const char *password = freerdp_settings_get_string(settings, FreeRDP_Password);

#ifdef _WIN32
    if (config->native_sspi)
        return native_account(peer, problem, cap);
#endif
    if (user && password && sam_proves(config->sam, user, domain ? domain : "", password))
        return true;
    snprintf(problem, cap, "NLA: the credentials handed over are not those of an account in the SAM file");
    return false;
}
