# SPDX-License-Identifier: Apache-2.0
"""What the service asks and hears of a connection that runs: GetProtocolStatus, GetLastInputTime, StopScreenUpdates,
RedrawWindow."""
import os
import re
import signal
import time

import harness

STATUS = re.compile(r"GetProtocolStatus\(in (\d+) out (\d+) frames (\d+) compressed (\d+) errors (\d+)\)")
IDLE = re.compile(r"GetLastInputTime\((\d+) ms\)")


class Status(harness.Case):
    def status(self, service):
        """in, out, frames, compressed, errors: what the service was told last."""
        found = STATUS.findall(service.log())
        return [int(word) for word in found[-1]] if found else None

    def idle(self, service):
        found = IDLE.findall(service.log())
        return int(found[-1]) if found else None

    def count(self, service, what):
        return service.log().count(f"-> {what}(")

    def test_counters_grow(self):
        service = self.service()
        client = service.client(size="800x600").connect()
        client.wait_pattern()
        before = harness.wait_until("a status", 5, lambda: (
            lambda now: now and all(now[:4]) and now)(self.status(service)))
        self.assertEqual(before[4], 0)
        self.assertLess(before[3], 800 * 600 * 4 * before[2], "compressed pictures are smaller than plain ones")
        for round_number in range(3):
            client.good(f"type round {round_number}")
            client.wait_pattern(f"round {round_number}")
            now = harness.wait_until("all four have grown", 5, lambda: (
                lambda found: all(a > b for a, b in zip(found[:4], before[:4])) and found)(self.status(service)))
            self.assertEqual(now[4], 0)
            before = now
        # the client's own view of the bytes, of the same connection
        stats = client.stats()
        harness.wait_until(lambda: f"as many bytes as the client has seen, {stats}; {self.status(service)}", 5, lambda: (
            self.status(service)[0] >= int(stats["bytes-out"]) * 0.9 and
            self.status(service)[1] >= int(stats["bytes-in"]) * 0.9))
        (pid,) = service.processes("rdsprov-session")
        os.kill(pid, signal.SIGKILL)
        service.wait_log("session program attached", count=2)
        harness.wait_until("an error is counted", 5, lambda: self.status(service)[4] == 1)
        client.disconnect()

    def test_last_input(self):
        service = self.service()
        client = service.client(size="640x480").connect()
        client.wait_pattern()
        harness.wait_until("it is idle", 10, lambda: (self.idle(service) or 0) > 1500)
        client.good("type a")
        harness.wait_until("it is not idle", 5, lambda: self.idle(service) < 1500)
        harness.wait_until("it is idle again", 10, lambda: self.idle(service) > 1500)
        client.good("move 10 10")
        harness.wait_until("it is not idle", 5, lambda: self.idle(service) < 1500)
        client.disconnect()

    def test_suppressed_output(self):
        """StopScreenUpdates takes an indirect display's swap chains away: only where it is asked for."""
        for allowed in ("no", "yes"):
            with self.subTest(stop_screen_updates=allowed):
                service = self.service(stop_screen_updates=allowed)
                client = service.client(size="640x480").connect()
                client.wait_pattern()
                self.assertEqual(self.count(service, "RedrawWindow"), 0)
                for round_number in (1, 2):
                    client.good("suppress on")
                    service.wait_log("client suppresses output", count=round_number)
                    harness.wait_until("the service hears of it", 5, lambda: (
                        allowed == "no" or self.count(service, "StopScreenUpdates") == round_number))
                    time.sleep(0.5)
                    client.good("suppress off")
                    harness.wait_until("the service hears of it", 5,
                                       lambda: self.count(service, "RedrawWindow") == round_number)
                    time.sleep(0.5)
                self.assertEqual(self.count(service, "StopScreenUpdates"), 2 if allowed == "yes" else 0)
                client.good("type still here")
                client.wait_pattern("still here")
                client.disconnect()

    def test_client_that_changes_its_mind(self):
        """The service is asked at most a few times a second, and last of all to repaint."""
        service = self.service(stop_screen_updates="yes")
        client = service.client(size="640x480").connect()
        client.wait_pattern()
        begin = time.monotonic()
        for _ in range(100):
            client.good("suppress on")
            client.good("suppress off")
        time.sleep(1)
        asked = self.count(service, "RedrawWindow") + self.count(service, "StopScreenUpdates")
        self.assertLess(asked, (time.monotonic() - begin) * 4 + 3)

        def last_of_all():
            calls = re.findall(r"-> (RedrawWindow|StopScreenUpdates)\(", service.log())
            return not calls or calls[-1] == "RedrawWindow"

        harness.wait_until("the service to be asked to repaint last", 10, last_of_all)
        client.good("type awake")
        client.wait_pattern("awake")
        client.disconnect()

    def test_repaint_after_a_session_change(self):
        service = self.service()
        for count in (0, 1, 2):
            client = service.client(size="640x480").connect()
            client.wait_pattern()
            harness.wait_until(f"{count} repaints", 5, lambda: self.count(service, "RedrawWindow") == count)
            client.disconnect()
            service.wait_connections(0)
        self.assert_log(service, "of the same user", 2)


if __name__ == "__main__":
    harness.main()
