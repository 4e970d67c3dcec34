# SPDX-License-Identifier: Apache-2.0
"""A peer that is killed, at each phase: the service hears of it once, when it knew the client at all; the others go on."""
import os
import signal
import time

import harness

# where the client stops, and what the peer's phase is by then; the service knows the client from `license` on
STOPS = (("nla", "credssp", False), ("mcs", "mcs", False), ("erect-domain", "mcs", False), ("attach-user", "mcs", False),
         ("client-info", "client-info", False), ("license", "capabilities", True), ("confirm-active", "capabilities", True), ("finalization", "capabilities", True),
         ("font-list", "capabilities", True))


class Peers(harness.Case):
    def setUp(self):
        super().setUp()
        self.svc = self.service(users=("demo:demo", "anna:one", "bert:two"), spare_peers=0, sam=True)
        self.other = self.svc.client(user="bert", password="two", size="640x480").connect()
        self.other.wait_pattern()
        self.others_peers = self.svc.processes("rdsprov-peer")
        self.assertEqual(len(self.others_peers), 1)
        self.counts = self.svc.counts()

    def victim(self):
        """The peer that is not the other client's."""
        return harness.wait_until("a second peer", 5, lambda: [
            pid for pid in self.svc.processes("rdsprov-peer") if pid not in self.others_peers])[0]

    def go_on(self, text):
        self.other.good(f"type {text}")
        self.other.wait_pattern(text)

    def check(self, stop, known, text, end):
        broken = self.svc.log().count("-> BrokenConnection")
        client = self.svc.client(security="nla" if stop == "nla" else "any", stop_at=stop, size="640x480").begin()
        self.assertEqual(client.ask("wait-active"), "error stopped")
        if known:
            self.svc.wait_log("-> OnConnected", count=broken + 2)
        pid = self.victim()
        before = len(self.svc.log().splitlines())
        end(client, pid)
        harness.wait_until("the peer is gone", 10, lambda: pid not in self.svc.processes("rdsprov-peer"))
        self.svc.wait_connections(1)
        self.svc.wait_counts(self.counts)
        new = self.svc.log().splitlines()[before:]
        told = [line for line in new if " port " in line and ", phase " in line]
        self.assertEqual(len(told), 1, f"one line with address and phase; there are {told}")
        harness.wait_until("BrokenConnection once" if known else "no BrokenConnection", 3,
                           lambda: self.svc.log().count("-> BrokenConnection") == broken + known)
        self.go_on(text)
        client.close()
        return told[0]

    def test_killed_peer_at_each_phase(self):
        for number, (stop, _phase, known) in enumerate(STOPS):
            with self.subTest(stop=stop):
                self.check(stop, known, f"p{number} ", lambda client, pid: os.kill(pid, signal.SIGKILL))

    def test_vanished_client_at_each_phase(self):
        for number, (stop, phase, known) in enumerate(STOPS):
            with self.subTest(stop=stop):
                line = self.check(stop, known, f"c{number} ", lambda client, pid: client.process.kill())
                self.assertIn("127.0.0.1", line)
                self.assertIn("phase " + phase, line)

    def test_killed_peer_of_an_active_client(self):
        client = self.svc.client(size="640x480").connect()
        client.wait_pattern()
        os.kill(self.victim(), signal.SIGKILL)
        ended = client.wait_end()
        self.assertEqual((ended["was-active"], ended["by"]), ("yes", "server"))
        self.svc.wait_connections(1)
        self.svc.wait_log("-> BrokenConnection")
        self.assert_log(self.svc, "-> BrokenConnection", 1)
        self.svc.wait_counts(self.counts)
        self.go_on("fine")
        client.connect()
        client.wait_pattern()
        client.disconnect()


class Hung(harness.Case):
    def test_hung_peer(self):
        """One that is stopped is ended by itself; those that only have nothing to do stay, at whatever phase they wait."""
        svc = self.service(users=("demo:demo", "anna:one"), spare_peers=0, override={"peer-timeout": "4"})
        waiting = [svc.client(security="any", stop_at=stop, size="640x480").begin() for stop in ("license", "finalization")]
        for client in waiting:
            self.assertEqual(client.ask("wait-active"), "error stopped")
        svc.wait_log("-> OnConnected", count=2)
        others = svc.processes("rdsprov-peer")
        client = svc.client(user="anna", password="one", size="640x480").connect()
        client.wait_pattern()
        pid = harness.wait_until("its peer", 5, lambda: [one for one in svc.processes("rdsprov-peer") if one not in others])[0]
        time.sleep(10)
        self.assertEqual(sorted(svc.processes("rdsprov-peer")), sorted([*others, pid]))
        client.good("type alive ")
        client.wait_pattern("alive ")
        os.kill(pid, signal.SIGSTOP)
        client.wait_end()
        svc.wait_log("does not move any more, killed")
        svc.wait_log("-> BrokenConnection")
        harness.wait_until("it is gone", 10, lambda: sorted(svc.processes("rdsprov-peer")) == sorted(others))
        self.assert_log(svc, "-> BrokenConnection", 1)


if __name__ == "__main__":
    harness.main()
