# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Recipe: OpenSSL for the Windows flavour, static. (Linux uses the system's.)
# Sourced by scripts/deps; the options are part of the cache key.

openssl_package=openssl
openssl_upstream='3.5.*'

# no-module keeps the providers inside libcrypto. What RDP never negotiates is
# left out: less to build, less to attack.
openssl_options=(
	mingw64
	--cross-compile-prefix=x86_64-w64-mingw32-
	--libdir=lib
	# A place that only administrators can write to, should it ever be read.
	'--openssldir=C:/Program Files/Common Files/SSL'
	no-shared no-tests no-apps no-docs no-module no-async
	no-aria no-bf no-camellia no-cast no-cmp no-ct no-gost no-idea no-quic
	no-rc2 no-rc5 no-rfc3779 no-seed no-slh-dsa no-sm2 no-sm3 no-sm4 no-srp
	no-ssl-trace no-ts no-whirlpool
)
