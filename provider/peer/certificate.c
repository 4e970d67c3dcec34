/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/certificate.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "os/os.h"
#include "peer/file.h"
#include "peer/text.h"

#define RSA_BITS_MIN 2048

static const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason ? reason : "not in PEM form";
}

/* Never asks anybody: an encrypted key is an error. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf, (void)size, (void)writing, (void)arg;
    return -1;
}

static bool read_file(const char *what, const char *path, char **data, size_t *len, char *problem, size_t cap)
{
    enum os_status status;

    if (!path[0]) {
        snprintf(problem, cap, "no %s file is configured", what);
        return false;
    }
    status = file_read(path, data, len);
    if (status != OS_OK)
        snprintf(problem, cap, "%s file %s: %s", what, path, file_problem(status));
    return status == OS_OK;
}

static void describe(struct certificate *self, X509 *x509, const EVP_PKEY *key)
{
    char subject[160] = "";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct tm end;
    int at = 0;

    memset(&end, 0, sizeof end);
    X509_NAME_oneline(X509_get_subject_name(x509), subject, sizeof subject);
    ASN1_TIME_to_tm(X509_get0_notAfter(x509), &end);
    snprintf(self->info, sizeof self->info, "%s, %s %d bits, until %04d-%02d-%02d", subject,
             EVP_PKEY_get0_type_name(key) ? EVP_PKEY_get0_type_name(key) : "key", EVP_PKEY_get_bits(key),
             end.tm_year + 1900, end.tm_mon + 1, end.tm_mday);
    text_clean(self->info, sizeof self->info, self->info);

    X509_digest(x509, EVP_sha256(), digest, &len);
    for (unsigned i = 0; i < len && at + 3 < (int)sizeof self->fingerprint; i++)
        at += snprintf(self->fingerprint + at, sizeof self->fingerprint - (size_t)at, "%s%02x", i ? ":" : "",
                       digest[i]);
}

static bool check(const struct link_config *config, X509 *x509, EVP_PKEY *key, char *problem, size_t cap)
{
    struct tm end;

    if (X509_check_private_key(x509, key) != 1) {
        snprintf(problem, cap, "key file %s: is not the key of certificate file %s", config->key,
                 config->certificate);
        return false;
    }
    if (X509_cmp_current_time(X509_get0_notAfter(x509)) <= 0) {
        memset(&end, 0, sizeof end);
        ASN1_TIME_to_tm(X509_get0_notAfter(x509), &end);
        snprintf(problem, cap, "certificate file %s: expired on %04d-%02d-%02d", config->certificate,
                 end.tm_year + 1900, end.tm_mon + 1, end.tm_mday);
        return false;
    }
    if (X509_cmp_current_time(X509_get0_notBefore(x509)) > 0) {
        snprintf(problem, cap, "certificate file %s: is not valid yet", config->certificate);
        return false;
    }
    if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < RSA_BITS_MIN) {
        snprintf(problem, cap, "key file %s: %d bit RSA is too short, at least %d are needed", config->key,
                 EVP_PKEY_get_bits(key), RSA_BITS_MIN);
        return false;
    }
    return true;
}

bool certificate_load(struct certificate *self, const struct link_config *config, char *problem, size_t cap)
{
    BIO *certificate_bio = NULL, *key_bio = NULL;
    EVP_PKEY *key = NULL;
    X509 *x509 = NULL;
    bool good = false;

    memset(self, 0, sizeof *self);
    ERR_clear_error();
    if (!read_file("certificate", config->certificate, &self->pem, &self->pem_len, problem, cap) ||
        !read_file("key", config->key, &self->key_pem, &self->key_len, problem, cap))
        goto out;

    certificate_bio = BIO_new_mem_buf(self->pem, (int)self->pem_len);
    key_bio = BIO_new_mem_buf(self->key_pem, (int)self->key_len);
    if (!certificate_bio || !key_bio) {
        snprintf(problem, cap, "certificate file %s: out of memory", config->certificate);
        goto out;
    }
    x509 = PEM_read_bio_X509(certificate_bio, NULL, no_passphrase, NULL);
    if (!x509) {
        snprintf(problem, cap, "certificate file %s: not a certificate (%s)", config->certificate,
                 openssl_reason());
        goto out;
    }
    ERR_clear_error();
    key = PEM_read_bio_PrivateKey(key_bio, NULL, no_passphrase, NULL);
    if (!key) {
        snprintf(problem, cap, "key file %s: not a private key (%s)", config->key, openssl_reason());
        goto out;
    }
    if (!check(config, x509, key, problem, cap))
        goto out;
    describe(self, x509, key);
    good = true;

out:
    ERR_clear_error();
    EVP_PKEY_free(key);
    X509_free(x509);
    BIO_free(key_bio);
    BIO_free(certificate_bio);
    if (!good)
        certificate_finish(self);
    return good;
}

void certificate_finish(struct certificate *self)
{
    file_free(self->key_pem, self->key_len);
    file_free(self->pem, self->pem_len);
    memset(self, 0, sizeof *self);
}

bool certificate_missing(const struct link_config *config, bool *missing, char *problem, size_t cap)
{
    enum os_status certificate = file_exists(config->certificate), key = file_exists(config->key);

    *missing = false;
    if (!config->certificate[0] || !config->key[0]) {
        snprintf(problem, cap, "no %s file is configured", config->certificate[0] ? "key" : "certificate");
        return false;
    }
    if (certificate == OS_OK && key == OS_OK)
        return true;
    if (certificate == OS_NOT_FOUND && key == OS_NOT_FOUND) {
        *missing = true;
        return true;
    }
    if (key == OS_OK || (certificate != OS_OK && certificate != OS_NOT_FOUND))
        snprintf(problem, cap, "certificate file %s: %s", config->certificate, file_problem(certificate));
    else
        snprintf(problem, cap, "key file %s: %s", config->key, file_problem(key));
    return false;
}
