# SPDX-License-Identifier: Apache-2.0
"""Connections in random orders with random faults, from both sides, for a while; RDSPROV_SOAK_SECONDS and RDSPROV_SOAK_SEED say
for how long and which. At the end everything is back where it was, and rdsim has nothing to say."""

import os
import random
import sys
import threading
import time

from harness import SANITIZED, Case, main, resident_kib, wait_until

WORKERS = 6
SECONDS = float(os.environ.get("RDSPROV_SOAK_SECONDS", "60"))
LEAST = 2000 / 600  # connections a second, on the slowest machine
SEED = int(os.environ.get("RDSPROV_SOAK_SEED", "0")) or random.randrange(1, 1 << 30)

BEGIN = ["", "phase:1", "phase:2 phase:3", "client", "client", "client active", "client active", "client active",
         "client active", "active client", "client client", "client active client", "grant client active"]
MIDDLE = ["", "", "grant", "grant grant grant", "wait:30", "wait:5 grant wait:5", "phase:8", "active active", "silence",
          "flood:phase:200", "flood:suppress:50", "flood:log:50", "flood:grant:10"]
END = ["", "", "die", "die:15", "exit:1", "drop-link", "drop-client", "drop-client drop-link", "hang", "stop", "closed",
       "closed closed", "nonsense:bytes", "nonsense:empty", "nonsense:ours", "nonsense:version", "nonsense:long",
       "nonsense:unpassed", "nonsense:passed", "nonsense:garbled"]


class Soak(Case):
    def setUp(self):
        super().setUp()
        print(f"seed {SEED}, {SECONDS} s", file=sys.stderr, flush=True)
        redirector = random.Random(SEED).choice(["after", "late", "inside", "never"])
        self.server = self.service(["--redirector", redirector], users=[f"u{i}:pw" for i in range(WORKERS)], spare_peers=2,
                                   max_per_source=40, step_timeout=1, auth_timeout=1, log_level="info")
        self.until = time.monotonic() + SECONDS
        self.count = 0
        self.failures = []

    def client_once(self, dice, worker):
        client = self.server.client(f"127.0.0.{dice.randrange(2, 12)}")
        words = " ".join(word for word in (dice.choice(BEGIN), dice.choice(MIDDLE)) if word)
        words = words.replace("client", f"client:u{worker}:{dice.choice(('pw', 'pw', 'pw', 'wrong'))}")
        try:
            if words:
                client.say(words)
            time.sleep(dice.choice((0, 0, 0.001, 0.005, 0.02, 0.1)))
            end = dice.choice(END)
            if end:
                client.say(end)
            if dice.random() < 0.3:
                time.sleep(dice.random() * 0.05)
        except OSError:
            pass  # ended by the other side already
        client.close(dice.random() < 0.3)

    def work(self, worker):
        dice = random.Random(SEED * 100 + worker)
        while time.monotonic() < self.until and not self.failures:
            try:
                self.client_once(dice, worker)
            except AssertionError as problem:
                self.failures.append(problem)
            self.clients.clear()
            self.count += 1
            if self.count % 8192 == 0:
                self.server.client_ports.clear()

    def disturb(self):
        dice = random.Random(SEED * 100 + 99)
        while time.monotonic() < self.until and not self.failures:
            time.sleep(dice.random() * 0.05)
            try:
                ids, sessions = self.server.ids(), self.server.sessions()
            except OSError:
                continue
            what = dice.randrange(10)
            if what < 4 and ids:
                self.server.ask(f"close {dice.choice(ids)}")
            elif what < 6 and ids:
                self.server.ask(f"disconnect {dice.choice(ids)} {dice.choice((1, 5, 12))}")
            elif what < 8 and sessions:
                self.server.ask(f"logoff {dice.choice(sessions)}")
            elif sessions:
                self.server.ask(f"kill-session {dice.choice(sessions)}")

    def run_for(self, seconds):
        self.until = time.monotonic() + seconds
        threads = [threading.Thread(target=self.work, args=(worker,)) for worker in range(WORKERS)]
        threads.append(threading.Thread(target=self.disturb))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]
        # those whose peer hangs end only when the service wants it, and the last clients may still be on their way
        def none_left():
            for number in self.server.ids():
                self.server.ask(f"close {number}")
            self.server.logoff_all()
            return self.server.quiet(self.before)

        wait_until(lambda: f"back to {self.before}; {self.server.describe()}", 20, none_left, 0.2)

    def test_soak(self):
        self.before = self.server.warm_up("u0:pw")
        self.run_for(SECONDS / 3)
        half = resident_kib(self.server.process.pid)
        self.run_for(SECONDS * 2 / 3)
        self.server.rest(self.before, 2)
        grown = resident_kib(self.server.process.pid) - half
        print(f"{self.count} connections, memory {half} KiB and {grown} more", file=sys.stderr)
        self.assertGreater(self.count, SECONDS * LEAST)
        if not SANITIZED:
            self.assertLess(grown, 1024)
        # and it still works
        self.server.client().connect("client:u0:pw active").close()


if __name__ == "__main__":
    main()
