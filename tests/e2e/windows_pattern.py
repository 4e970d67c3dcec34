# SPDX-License-Identifier: Apache-2.0
"""The Windows binaries: registered with COM, activated by class id, serving the pattern desktop to a native client."""
import os
import signal

import harness
import wine


class WindowsPattern(wine.Case):
    def setUp(self):
        super().setUp()
        self.register()

    def test_tls_picture_and_input(self):
        service = self.service(security="tls")
        client = service.client(security="tls", size="1024x768").connect()
        client.wait_pattern("RDSPROV PATTERN 1024X768")
        client.good("type Hello, Windows")
        client.wait_pattern("TEXT  Hello, Windows ")
        client.good("key e01c")
        client.wait_pattern("E01C+ E01C- ")
        client.good("button 1 down 300 200")
        client.wait_pattern("MOUSE 0300,0200  BUTTONS 1----")
        client.good("button 1 up 300 200")
        self.assertEqual(client.stats()["gfx"], "on")
        client.disconnect()
        # the session's program of before is gone, the service is not
        client.connect(gfx="off", bpp=24, size="800x600")
        client.wait_pattern("RDSPROV PATTERN 800X600")
        client.disconnect()
        client.connect(gfx="off", bpp=16, size="800x600")
        client.wait_pattern("RDSPROV PATTERN 800X600", tolerance=8)
        client.disconnect()
        seconds, _ = service.stop()
        self.assertLess(seconds, 3 * harness.SCALE)

    def test_resize(self):
        """Another size through Display Control; without the pipeline by reactivation."""
        service = self.service(security="tls")
        client = service.client(security="tls", size="800x600").connect()
        client.wait_pattern("RDSPROV PATTERN 800X600")
        client.good("layout 1024x768")
        client.wait_pattern("RDSPROV PATTERN 1024X768", seconds=20)
        client.good("layout 640x480+0+0,640x480+640+0")
        client.wait_pattern("RDSPROV PATTERN 1280X480", seconds=20)
        client.disconnect()
        client.connect(gfx="off", bpp=32, size="800x600")
        client.wait_pattern("RDSPROV PATTERN 800X600", seconds=20)
        client.good("layout 1024x768")
        client.wait_pattern("RDSPROV PATTERN 1024X768", seconds=20)
        client.disconnect()

    def test_nla(self):
        service = self.service(security="nla", sam=True)
        client = service.client(security="nla").connect()
        client.wait_pattern()
        client.disconnect()
        client.begin(password="wrong-secret")
        self.assertIn("ERRCONNECT_LOGON_FAILURE", client.ask("wait-active timeout=15000"))
        self.assert_log(service, "wrong-secret", 0)

    def test_two_clients_and_reasons(self):
        service = self.service(users=("anna:one", "bert:two"))
        anna = service.client(user="anna", password="one", size="800x600").connect()
        bert = service.client(user="bert", password="two", size="640x480").connect()
        anna.wait_pattern()
        bert.wait_pattern()
        anna.good("type I am Anna")
        bert.good("type I am Bert")
        anna.wait_pattern("I am Anna")
        bert.wait_pattern("I am Bert")
        number = [n for n, line in service.connections().items() if " user anna " in line][0]
        service.control(f"disconnect {number} 3")
        self.assertEqual(anna.wait_end()["error-info-name"], "ERRINFO_IDLE_TIMEOUT")
        refused = service.client(user="bert", password="wrong").begin()
        refused.ask("wait-active")
        self.assertEqual(refused.wait_end()["error-info-name"], "ERRINFO_SERVER_DENIED_CONNECTION")
        bert.good("type  still")
        bert.wait_pattern("I am Bert still")
        bert.disconnect()

    def test_killed_programs(self):
        service = self.service(users=("anna:one", "bert:two"), spare_peers=0)
        anna = service.client(user="anna", password="one", size="640x480").connect()
        anna.wait_pattern()
        first = service.processes("rdsprov-peer")
        self.assertEqual(len(first), 1)
        bert = service.client(user="bert", password="two", size="640x480").connect()
        bert.wait_pattern()
        (victim,) = set(service.processes("rdsprov-peer")) - set(first)
        os.kill(victim, signal.SIGKILL)
        self.assertEqual(bert.wait_end()["by"], "server")
        service.wait_log("-> BrokenConnection")
        anna.good("type go on")
        anna.wait_pattern("go on")
        for pid in service.processes("rdsprov-session"):
            os.kill(pid, signal.SIGKILL)
        service.wait_log("session program attached", count=3)
        anna.wait_pattern("TEXT      ")
        self.assert_log(service, "-> BrokenConnection", 1)
        anna.disconnect()

    def test_wrong_value(self):
        service = self.service(wait_ready=False, arguments=("--require-listen",), expect_code=1, security="strong")
        self.assertEqual(service.process.wait(30 * harness.SCALE), 1)
        service.close()
        told = [line for line in service.log().splitlines() if "not listening" in line]
        self.assertEqual(len(told), 1, told)
        for word in (r"Terminal Server\WinStations\RDSPROV", "security-layer", "strong"):
            self.assertIn(word, told[0])

    def test_rounds_leave_nothing(self):
        service = self.service(log_level="warn")
        client = service.client(size="400x300")

        def rounds(count):
            for _ in range(count):
                client.connect()
                client.good("wait-picture quiet=0")
                client.disconnect()
            service.wait_connections(0)
            harness.wait_until("the session programs are gone", 5, lambda: not service.processes("rdsprov-session"))
            harness.wait_until("one spare peer", 5, lambda: len(service.processes("rdsprov-peer")) == 1)
            return service.counts()

        before = rounds(8)
        service.wait_counts(before, names=("handles", "threads"))
        rounds(20)
        service.wait_counts(before, names=("handles", "threads"))


class WindowsRegistration(wine.Case):
    def test_register_and_unregister(self):
        self.register()
        values = self.wine("reg", "query", wine.CLASS_KEY + r"\InprocServer32")
        self.assertIn("rdsprov.dll", values)
        self.assertIn("Both", values)
        self.register()
        self.unregister()
        self.assertFalse(self.has_key(wine.CLASS_KEY))
        self.unregister()  # of nothing: fine, too
        self.wine("reg", "delete", wine.LISTENER_KEY, "/f", check=False)
        self.wineserver("-w")
        with open(os.path.join(wine.PREFIX, "system.reg"), errors="replace") as file:
            text = file.read().lower()
        self.assertNotIn("rdsprov", text)
        self.assertNotIn(wine.CLASS.lower(), text)

    def test_class_that_is_not_registered(self):
        self.unregister()
        service = self.service(wait_ready=False, expect_code=1)
        self.assertEqual(service.process.wait(30 * harness.SCALE), 1)
        service.close()
        self.assertFalse(any(line.startswith("ready:") for line in service.output))


if __name__ == "__main__":
    harness.main()
