# SPDX-License-Identifier: Apache-2.0
"""Nothing grows: 100 connections and 100 killed peers leave the service as it was; a service stop takes no longer than 3 s,
whatever the clients do."""
import os
import signal
import time

import harness

WARM_UP = 20
ROUNDS = 100 if not harness.SANITIZED else 25
RESIDENT_KIB = 1024
STOP_SECONDS = 3.0


class Rounds(harness.Case):
    def setUp(self):
        super().setUp()
        self.limit(110)
        self.svc = self.service(log_level="warn")
        self.client = self.svc.client(size="400x300")

    def rest(self):
        """Counts once the service is at rest; a last client makes it notice a spare peer that was killed."""
        self.client.connect()
        self.client.disconnect()
        self.svc.wait_connections(0)
        harness.wait_until("the programs are gone", 5, lambda: not self.svc.processes("rdsprov-session"))
        harness.wait_until("one spare peer", 5, lambda: len(self.svc.processes("rdsprov-peer")) == 1)
        return self.svc.counts()

    def check(self, one_round):
        for _ in range(WARM_UP):
            one_round()
        before = self.rest()
        for _ in range(ROUNDS):
            one_round()
        after = self.rest()
        print(f"before {before}, after {after}")
        for name in ("handles", "threads", "children"):
            self.assertEqual(after[name], before[name], name)
        if not harness.SANITIZED:
            self.assertLessEqual(after["resident_kib"], before["resident_kib"] + RESIDENT_KIB)

    def test_connections(self):
        def one_round():
            self.client.connect()
            self.client.good("wait-picture quiet=0")
            self.client.disconnect()

        self.check(one_round)

    def test_killed_peers(self):
        def one_round():
            self.client.connect()
            self.client.good("wait-picture quiet=0")
            for pid in self.svc.processes("rdsprov-peer"):
                os.kill(pid, signal.SIGKILL)  # the spare one, too
            self.client.wait_end()
            self.svc.wait_connections(0)

        self.check(one_round)


class Stop(harness.Case):
    def check(self, service):
        seconds = service.stop()
        self.assertLess(seconds, STOP_SECONDS * harness.SCALE)
        service.close()

    def test_without_clients(self):
        self.check(self.service())

    def test_with_clients_at_every_stage(self):
        service = self.service(users=[f"user{i}:pw" for i in range(3)])
        clients = [service.client(user=f"user{i}", password="pw", size="640x480").connect() for i in range(3)]
        clients[0].wait_pattern()
        for stop in ("nego", "mcs", "client-info", "confirm-active"):
            service.client(user="user0", password="pw", stop_at=stop).begin().ask("wait-active")
        frozen = service.client(user="user1", password="pw", size="640x480").connect()
        os.kill(frozen.process.pid, signal.SIGSTOP)
        try:
            self.check(service)
        finally:
            os.kill(frozen.process.pid, signal.SIGCONT)
        ended = clients[0].wait_end()
        self.assertEqual(ended["by"], "server")

    def test_with_frozen_helpers(self):
        """Peers and session programs that do not answer are ended all the same."""
        service = self.service()
        client = service.client(size="640x480").connect()
        client.wait_pattern()
        for name in ("rdsprov-peer", "rdsprov-session"):
            for pid in service.processes(name):
                os.kill(pid, signal.SIGSTOP)
        self.check(service)

    def test_killed_service_leaves_nothing(self):
        """What `processes were left behind` checks: peers and session programs end with their service."""
        service = self.service(expect_code=-signal.SIGKILL)
        client = service.client(size="640x480").connect()
        client.wait_pattern()
        helpers = service.processes("rdsprov-peer") + service.processes("rdsprov-session")
        self.assertEqual(len(helpers), 3)
        service.process.kill()
        service.code = service.process.wait(5)
        harness.wait_until("the helpers have ended", 3,
                           lambda: not any(harness.process_name(pid).startswith("rdsprov-") for pid in helpers))
        self.assertEqual(client.wait_end()["by"], "server")


if __name__ == "__main__":
    harness.main()
