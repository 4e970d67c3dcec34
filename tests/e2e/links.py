# SPDX-License-Identifier: Apache-2.0
"""The adapter runs inside the system's session manager: neither FreeRDP nor WinPR nor OpenSSL may be in it."""
import re
import subprocess
import unittest

import harness

FORBIDDEN = re.compile(r"freerdp|winpr|libssl|libcrypto|openssl", re.IGNORECASE)
SYMBOLS = re.compile(r"\b(freerdp_|winpr_|WLog_|SSL_|EVP_|BIO_|X509_|OPENSSL_|CRYPTO_)\w+")


def output(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True, timeout=60).stdout


class Links(unittest.TestCase):
    def test_library(self):
        path = harness.program("librdsprov.so")
        self.assertNotRegex(output("ldd", path), FORBIDDEN)
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", path))
        self.assertTrue(needed, "readelf names no library at all")
        for name in needed:
            self.assertRegex(name, r"^(libc|libasan|libubsan|libpthread|libdl|libm|ld-linux.*|libclang_rt.*|libgcc_s)\.so")
        self.assertNotRegex(output("nm", "-D", path), SYMBOLS)
        self.assertNotRegex(output("nm", path), SYMBOLS)

    def test_exports(self):
        names = {line.split()[-1] for line in output("nm", "-D", "--defined-only", harness.program("librdsprov.so"))
                 .splitlines()}
        self.assertLessEqual({"DllGetClassObject", "DllCanUnloadNow"}, names)
        ours = {name for name in names if not name.startswith(("_", "__"))}
        self.assertLess(len(ours), 12, f"too much is exported: {sorted(ours)}")

    def test_peer_has_it(self):
        """The check sees such a link where there is one."""
        self.assertRegex(output("ldd", harness.program("rdsprov-peer")), FORBIDDEN)


if __name__ == "__main__":
    harness.main()
