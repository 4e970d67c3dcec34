# SPDX-License-Identifier: Apache-2.0
"""Who gets in, by TLS and by NLA, and what the others are told."""
import harness


class Security(harness.Case):
    def refused(self, service, **options):
        """A connection that fails; how."""
        client = service.client(**options).begin()
        client.ask(f"wait-active timeout={10000 * harness.SCALE}")
        ended = client.wait_end()
        self.assertEqual(ended["by"], "server")
        client.good("quit")
        self.assertIn(client.process.wait(10), (2, 3))
        return ended

    def accepted(self, service, **options):
        client = service.client(**options).connect()
        client.wait_pattern()
        ended = client.disconnect()
        self.assertEqual((ended["was-active"], ended["error-info-name"]), ("yes", "none"))

    def test_tls(self):
        service = self.service(security="tls")
        self.accepted(service, security="tls")
        self.accepted(service, security="any")
        ended = self.refused(service, security="nla")
        self.assertEqual(ended["was-active"], "no")
        self.assertIn(ended["last-error-name"], ("ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED",
                                                 "ERRCONNECT_HYBRID_REQUIRED_BY_SERVER"))  # newer clients say why

    def test_nla(self):
        service = self.service(security="nla", sam=True)
        self.accepted(service, security="nla")
        self.accepted(service, security="any")
        ended = self.refused(service, security="tls")
        self.assertEqual(ended["was-active"], "no")
        self.assertIn(ended["last-error-name"], ("ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED",
                                                 "ERRCONNECT_HYBRID_REQUIRED_BY_SERVER"))  # newer clients say why

    def test_any(self):
        service = self.service(security="any", sam=True)
        self.accepted(service, security="nla")
        self.assert_log(service, "authenticated by NLA")
        self.accepted(service, security="tls")
        self.assert_log(service, "TLS with credentials")

    def test_wrong_password_tls(self):
        service = self.service(security="tls")
        ended = self.refused(service, security="tls", password="wrong-secret")
        self.assertEqual(ended["error-info-name"], "ERRINFO_SERVER_DENIED_CONNECTION")
        ended = self.refused(service, security="tls", user="nobody", password="wrong-secret")
        self.assertEqual(ended["error-info-name"], "ERRINFO_SERVER_DENIED_CONNECTION")
        ended = self.refused(service, security="tls", user="", password="")
        self.assertEqual(ended["error-info-name"], "ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED")
        self.accepted(service, security="tls")
        self.assert_log(service, "wrong-secret", 0)

    def test_wrong_password_nla(self):
        service = self.service(security="nla", sam=True)
        ended = self.refused(service, security="nla", password="wrong-secret")
        self.assertEqual((ended["was-active"], ended["last-error-name"]), ("no", "ERRCONNECT_LOGON_FAILURE"))
        ended = self.refused(service, security="nla", user="nobody", password="wrong-secret")
        self.assertEqual((ended["was-active"], ended["last-error-name"]), ("no", "ERRCONNECT_LOGON_FAILURE"))
        self.accepted(service, security="nla")
        self.assert_log(service, "wrong-secret", 0)
        self.assert_log(service, "OnConnected", 1)  # the service heard only of the one who got in

    def test_other_certificate_is_refused_by_the_client(self):
        service = self.service(security="tls")
        ended = self.refused_by_client(service, fingerprint="00:" * 31 + "00")
        self.assertEqual(ended["certificate-refused"], "yes")

    def refused_by_client(self, service, fingerprint):
        client = service.client(fingerprint=fingerprint).begin()
        client.ask("wait-active")
        return client.wait_end()

    def test_ecdsa(self):
        service = self.service(key_type="ecdsa")
        self.accepted(service)
        self.assert_log(service, "CN=rdsprov, EC")

    def test_old_tls_versions_are_refused(self):
        service = self.service(security="tls")
        for version in ("TLSv1", "TLSv1.1"):
            result = harness.tls_handshake(service.port, version)
            self.assertFalse(result, f"{version} was accepted")
        self.assertTrue(harness.tls_handshake(service.port, "TLSv1.2"))
        self.assertTrue(harness.tls_handshake(service.port, "TLSv1.3"))


if __name__ == "__main__":
    harness.main()
