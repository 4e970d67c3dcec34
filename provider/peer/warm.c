/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/warm.h"

#include <stdlib.h>

#include <freerdp/freerdp.h>
#include <freerdp/peer.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <winpr/winsock.h>

#define ROUNDS_MAX 16

/* As for a client, over a socket that leads nowhere. */
static void warm_freerdp(void)
{
    SOCKET nowhere = _socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    freerdp_peer *peer = nowhere == INVALID_SOCKET ? NULL : freerdp_peer_new((int)nowhere);

    if (!peer) {
        if (nowhere != INVALID_SOCKET)
            closesocket(nowhere);
        return;
    }
    peer->ContextSize = sizeof(rdpContext);
    if (freerdp_peer_context_new(peer))
        freerdp_peer_context_free(peer);
    freerdp_peer_free(peer); /* with the socket, one way or the other */
}

static X509 *throwaway_certificate(EVP_PKEY *key)
{
    X509 *x509 = X509_new();
    X509_NAME *name = x509 ? X509_get_subject_name(x509) : NULL;

    if (name && ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 && X509_set_version(x509, 2) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(x509), -3600) &&
        X509_gmtime_adj(X509_getm_notAfter(x509), 3600) && X509_set_issuer_name(x509, name) == 1 &&
        X509_set_pubkey(x509, key) == 1 && X509_sign(x509, key, EVP_sha256()) > 0)
        return x509;
    X509_free(x509);
    return NULL;
}

static SSL *endpoint(SSL_CTX *context, BIO *bio)
{
    SSL *ssl = context ? SSL_new(context) : NULL;

    if (ssl)
        SSL_set_bio(ssl, bio, bio);
    else
        BIO_free(bio);
    return ssl;
}

/* A handshake with ourselves, in memory. */
static void warm_tls(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *x509 = key ? throwaway_certificate(key) : NULL;
    SSL_CTX *server = SSL_CTX_new(TLS_server_method()), *client = SSL_CTX_new(TLS_client_method());
    BIO *here = NULL, *there = NULL;
    SSL *us = NULL, *them = NULL;

    if (!x509 || !server || !client || SSL_CTX_use_certificate(server, x509) != 1 ||
        SSL_CTX_use_PrivateKey(server, key) != 1 || BIO_new_bio_pair(&here, 0, &there, 0) != 1)
        goto out;
    us = endpoint(server, here);
    them = endpoint(client, there);
    for (unsigned i = 0; us && them && i < ROUNDS_MAX; i++)
        if (SSL_connect(them) == 1 && SSL_accept(us) == 1)
            break;
        else
            SSL_accept(us);
out:
    SSL_free(them);
    SSL_free(us);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    X509_free(x509);
    EVP_PKEY_free(key);
    ERR_clear_error();
}

void warm_libraries(void)
{
#ifndef _WIN32
    /* Without TZ, glibc looks at the file for every conversion, and FreeRDP makes tens of thousands of them.
     */
    setenv("TZ", ":/etc/localtime", 0);
#endif
    warm_freerdp();
    warm_tls();
}
