#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Frames a second through driver, slots, encoder and a FreeRDP client, with what typing looks like; figures for docs/driver.md.
RDSPROV_BIN: the programs of a release build. Not a test: nothing is demanded of a busy machine."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import driver  # noqa: E402
import harness  # noqa: E402

SECONDS = 15


def ticks(pid, thread=""):
    """Processor time so far in hundredths of a second, of threads whose name begins so."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat") as file:
            name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        if name.startswith(thread):
            total += sum(int(field) for field in rest.split()[11:13])
    return total


class Bench(driver.Base, harness.Case):
    serve = driver.Driver.serve

    def measure(self, size, fps):
        launcher, service = self.serve()
        client = service.client(size=size).connect()
        session = self.drawn_by_driver(launcher, service, client)
        peer, host = service.processes("rdsprov-peer")[0], launcher.process.pid
        launcher.process.stdin.write(f"draw {session} {fps * (SECONDS + 2)} {fps}\n")
        launcher.process.stdin.flush()
        time.sleep(1)

        def look():
            stats = client.stats()
            return (time.monotonic(), int(stats["frames"]), int(stats["bytes-in"]), ticks(peer), ticks(host, "idd-"), ticks(host))

        before = look()
        time.sleep(SECONDS)
        seconds, frames, received, encoder, ours, whole = (b - a for a, b in zip(before, look()))
        print(f"{size}, {fps} presents a second: {frames / seconds:.1f} frames a second at the client, "
              f"{received / seconds / 1000:.0f} kB/s; processor: driver's threads {ours / seconds:.1f} %, simulated framework "
              f"{(whole - ours) / seconds:.1f} %, peer {encoder / seconds:.1f} %", flush=True)
        launcher.answer()
        client.disconnect()
        launcher.verdict()

    def test_1080p(self):
        self.measure("1920x1080", 60)

    def test_1080p_faster(self):
        self.measure("1920x1080", 120)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
