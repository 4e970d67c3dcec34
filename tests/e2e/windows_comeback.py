# SPDX-License-Identifier: Apache-2.0
"""The Windows binaries: a client comes back by cookie."""
import comeback
import harness
import wine


class WindowsComeback(comeback.Cookies, wine.Case):
    def setUp(self):
        super().setUp()
        self.register()

    def test_cut_wire(self):
        service, wire = self.wired()
        client = self.client(service, wire, auto_reconnect="on").connect()
        client.wait_pattern()
        cookie = self.cookie(client)
        wire.cut()
        harness.wait_until("the client is back", 20, lambda: client.stats()["reconnects"] == "1")
        service.wait_log("which the provider names")
        service.wait_log("session program attached", count=2)
        client.wait_pattern()
        harness.wait_until("another cookie", 5, lambda: self.cookie(client) != cookie)
        self.assertEqual(len(service.sessions()), 1)
        client.good("type after the cut")
        client.wait_pattern("after the cut")
        client.disconnect()


if __name__ == "__main__":
    harness.main()
