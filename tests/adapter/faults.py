# SPDX-License-Identifier: Apache-2.0
"""Memory and threads fail inside the provider's library: it refuses what it cannot do, hangs nowhere and leaves nothing.
Without sanitizers only: they have an allocator of their own."""

import random
import re
import time

from harness import BIN, Case, main, wait_until

WORDS = ["", "phase:1", "client active", "client active grant", "client active wait:10 die", "client active closed",
         "client wait:5 drop-link", "client active nonsense:bytes", "client active grant wait:20"]


class Faults(Case):
    def life(self, faults, clients=14, wait_ready=True):
        """A service with faults: clients come and go, then it stops. What it logs of them is not judged, only what is left."""
        server = self.service(env={"RDSPROV_FAULTS": faults, "LD_PRELOAD": f"{BIN}/adapter-faults.so"},
                              users=[f"u{i}:pw" for i in range(clients)], wait_ready=False, expect_code=None)
        dice = random.Random(faults)
        until = time.monotonic() + 4
        while time.monotonic() < until and "ready: " not in server.output() and server.process.poll() is None:
            time.sleep(0.01)
        ready = "ready: " in server.output()
        for i in range(clients if ready else 0):
            try:
                client = server.client()
                words = dice.choice(WORDS)
                if words:
                    client.say(words.replace("client", f"client:u{i}:pw"))
                time.sleep(dice.choice((0, 0.005, 0.02)))
                if dice.random() < 0.5:
                    client.close()
            except OSError:
                pass
        if server.process.poll() is None and ready:
            time.sleep(0.3)
            for number in server.ids():
                server.ask(f"close {number}")
        for client in self.clients:
            client.close()
        self.clients.clear()
        server.stop(12)
        return server

    def judge(self, server, faults):
        text = server.log()
        self.assertIn(server.code, (0, 1, 3), f"{faults}: ended with {server.code}\n{text[-2000:]}")
        self.assertRegex(text, r"faults: \d+ of \d+ calls failed")
        for rule in ("unload-rest", "unloaded", "threads", "handles", "children", "no-call-after-close", "over-release",
                     "callback-balance", "connection-release", "listener-release", "manager-release", "broken-once",
                     "out-object", "method-time"):
            broken = re.search(rf"rule {rule} .* [1-9][0-9]* broken.*", server.output())
            self.assertIsNone(broken, f"{faults}: {broken and broken.group(0)}\n" +
                              "\n".join(line for line in text.splitlines() if " rule " in line)[-1500:])

    def sweep(self, what, numbers):
        for every in numbers:
            faults = f"{what}:{every}"
            with self.subTest(faults=faults):
                self.judge(self.life(faults), faults)

    def test_memory_often(self):
        self.sweep("memory", ("2:60", "3:60", "5:60"))

    def test_memory(self):
        self.sweep("memory", ("7:60", "10:60", "13:60"))

    def test_memory_seldom(self):
        self.sweep("memory", (17, 29, 41))

    def test_thread(self):
        self.sweep("thread", ("2:3", "3", "4"))

    def test_memory_once(self):
        """The first allocations, one by one: loading, starting, the first client."""
        for call in range(1, 70, 7):
            faults = f"memory:{call}:{call}:{call}"
            with self.subTest(faults=faults):
                self.judge(self.life(faults, 2), faults)

    def test_broken_is_told_later(self):
        """No thread at the moment when the peer dies: the service hears of it a second later."""
        server = self.service(env={"RDSPROV_FAULTS": "thread:1:9:10", "LD_PRELOAD": f"{BIN}/adapter-faults.so"}, spare_peers=0,
                              expect_code=None)
        for _ in range(12):
            client = server.client().say("client active")
            time.sleep(0.1)
            try:
                client.say("die")
                client.wait_end()
            except OSError:
                pass
        wait_until("nobody is left", 6, lambda: server.connections() == 0)
        self.assertTrue(server.said("no thread to call the service from"))
        server.stop()
        self.judge(server, "thread:1:9:10")


if __name__ == "__main__":
    main()
