#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Typing in Notepad under Wine, seen by a FreeRDP client through the Windows binaries with GDI: how long a key takes to a changed
picture, and what the session program costs at rest. Figures for docs/windows.md; not a test: nothing is demanded of a busy machine.
Environment as of the tests: RDSPROV_BIN (a release build for Linux), RDSPROV_WINDOWS_BIN, RDSPROV_WINEPREFIX."""
import os
import statistics
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # noqa: E402
import windows_notepad  # noqa: E402

KEYS = 200
REST_SECONDS = 20


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench(windows_notepad.WindowsNotepad):
    test_typed_text_arrives_and_is_seen = None  # not here

    def key_ms(self, client, code):
        """From the key to the first change of the picture after it."""
        updates = int(client.stats()["updates"])
        begin = time.monotonic()
        client.good(f"key {code}")
        client.good(f"wait-update after={updates} timeout=2000")
        return (time.monotonic() - begin) * 1000

    def test_typing_and_rest(self):
        self.limit(200)
        service, client = self.start()
        harness.wait_until("Notepad's window", 15, lambda: self.wine_window(client), 0.3)
        client.good("move 500 400")
        client.good("button 1 press 500 400")
        self.shown(client)
        program = service.processes("rdsprov-session")[0]
        begin, cpu = time.monotonic(), cpu_seconds(program)
        time.sleep(REST_SECONDS)
        rest = (cpu_seconds(program) - cpu) / (time.monotonic() - begin)
        times = []
        for i in range(KEYS):
            times.append(self.key_ms(client, "1c" if i % 40 == 39 else f"{0x1e + i % 9:02x}"))
            time.sleep(0.05 + i % 7 * 0.01)
        times.sort()
        print(f"\nkey to picture: p50 {statistics.median(times):.1f} ms, p90 {times[KEYS * 9 // 10]:.1f} ms, most {times[-1]:.1f} ms; "
              f"session program at rest (Notepad's caret blinks): {rest:.2%} of a processor; load {os.getloadavg()[0]:.1f}", flush=True)
        client.disconnect()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
