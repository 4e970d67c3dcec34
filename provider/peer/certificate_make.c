/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/certificate.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <winpr/sysinfo.h>

#include "os/os.h"
#include "peer/file.h"

#define RSA_BITS 2048
/* Clients pin a self-signed certificate by its fingerprint; one that runs out after a year would stop the
 * listener and move the fingerprint, and gain nothing. */
#define VALID_DAYS 3650
#define NAME_MAX_BYTES 64 /* X.520 commonName */

static void own_name(const struct link_config *config, char *name, size_t cap)
{
    DWORD size = (DWORD)cap;

    snprintf(name, cap, "%.*s", (int)cap - 1, config->server_name);
    if (!name[0] && !GetComputerNameExA(ComputerNameDnsHostname, name, &size))
        name[0] = 0;
    if (!name[0])
        snprintf(name, cap, "rdsprov");
    /* the name also becomes part of an extension in OpenSSL's configuration syntax */
    for (char *p = name; *p; p++) {
        bool good = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                    *p == '-' || *p == '.' || *p == '_';

        if (!good)
            *p = '-';
    }
}

static bool add_extension(X509 *x509, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool good;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    good = extension && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static X509 *self_signed(EVP_PKEY *key, const char *name)
{
    char alternative[NAME_MAX_BYTES + 8];
    unsigned char serial[16];
    X509 *x509 = X509_new();
    BIGNUM *number = NULL;
    X509_NAME *subject;

    if (!x509 || os_random(serial, sizeof serial) != OS_OK)
        goto fail;
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and always 16 bytes */
    number = BN_bin2bn(serial, sizeof serial, NULL);
    snprintf(alternative, sizeof alternative, "DNS:%s", name);
    if (!number || !BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) ||
        X509_set_version(x509, 2) != 1 || !X509_gmtime_adj(X509_getm_notBefore(x509), -24 * 3600) ||
        !X509_time_adj_ex(X509_getm_notAfter(x509), VALID_DAYS, 0, NULL) || X509_set_pubkey(x509, key) != 1)
        goto fail;
    subject = X509_get_subject_name(x509);
    if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) !=
            1 ||
        X509_set_issuer_name(x509, subject) != 1 ||
        !add_extension(x509, NID_key_usage, "critical,digitalSignature,keyEncipherment") ||
        !add_extension(x509, NID_ext_key_usage, "serverAuth") ||
        !add_extension(x509, NID_subject_alt_name, alternative) || X509_sign(x509, key, EVP_sha256()) == 0)
        goto fail;
    BN_free(number);
    return x509;

fail:
    BN_free(number);
    X509_free(x509);
    return NULL;
}

bool certificate_make(const struct link_config *config, char *problem, size_t cap)
{
    BIO *key_bio = NULL, *certificate_bio = NULL;
    enum os_status status = OS_NO_MEMORY;
    char name[NAME_MAX_BYTES + 1];
    EVP_PKEY *key = NULL;
    X509 *x509 = NULL;
    char *key_pem = NULL, *certificate_pem;
    long key_len = 0, certificate_len;
    bool good = false;

    own_name(config, name, sizeof name);
    ERR_clear_error();
    key = config->key_type == LINK_KEY_ECDSA ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                                             : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
    x509 = key ? self_signed(key, name) : NULL;
    key_bio = BIO_new(BIO_s_mem());
    certificate_bio = BIO_new(BIO_s_mem());
    if (!x509 || !key_bio || !certificate_bio ||
        PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(certificate_bio, x509) != 1) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());

        snprintf(problem, cap, "certificate file %s: cannot make one (%s)", config->certificate,
                 reason ? reason : "out of memory");
        goto out;
    }
    key_len = BIO_get_mem_data(key_bio, &key_pem);
    certificate_len = BIO_get_mem_data(certificate_bio, &certificate_pem);

    status = file_write_new(config->key, key_pem, (size_t)key_len, true);
    if (status != OS_OK) {
        snprintf(problem, cap, "key file %s: cannot write: %s", config->key, file_problem(status));
        goto out;
    }
    status = file_write_new(config->certificate, certificate_pem, (size_t)certificate_len, false);
    if (status != OS_OK) {
        snprintf(problem, cap, "certificate file %s: cannot write: %s", config->certificate,
                 file_problem(status));
        file_remove(config->key);
        goto out;
    }
    good = true;

out:
    if (key_pem)
        os_wipe(key_pem, (size_t)key_len);
    ERR_clear_error();
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    X509_free(x509);
    EVP_PKEY_free(key);
    return good;
}
