# SPDX-License-Identifier: Apache-2.0
"""Somebody types while a video plays, on a line of 1 Mbit/s with 200 ms there and back: a letter does not wait for the
video. The line is the loopback of a network namespace with netem where the system allows that, else rdpbench's own."""
import json
import os
import shutil
import subprocess
import sys

import harness
from processes import program

RTT_MS = 200
# Beyond the round trip it is about 50 ms on a machine that has nothing else to do, and it was 1400 before frames were
# paced by the line's rate. A loaded machine adds its own.
LIMIT_MS = RTT_MS + 400
SHAPED = "RDSPROV_E2E_SHAPED"
SHAPE = ("ip link set lo mtu 1500 up && tc qdisc add dev lo root netem delay 100ms rate 1mbit")


class Line(harness.Case):
    def test_typing_beside_a_video(self):
        if not os.path.exists(program("rdpbench")):
            self.skipTest("rdpbench is not built")
        self.limit(240)
        screen = self.xvfb(size="1280x720")
        service = self.service(desktop=f"display:{screen.name}", log_level="info")
        command = [program("rdpbench"), "--server", f"127.0.0.1:{service.port}", "--user", "demo", "--password", "demo",
                   "--security", "tls", "--size", "1280x720", "--display", screen.name, "--workload", "video", "--probe",
                   "key", "--seconds", "12"]
        if not os.environ.get(SHAPED):
            command += ["--line", f"1000,{RTT_MS // 2}"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120 * harness.SCALE,
                                env=dict(self.environment(), ASAN_OPTIONS="detect_leaks=0"))  # of the measuring programs
        figures = json.loads(result.stdout) if result.returncode == 0 else self.fail(result.stderr)
        said = f"p50 {figures['echo_p50_ms']} ms, p99 {figures['echo_p99_ms']} ms, {figures['echo_count']} keys"
        print(said, "on", "netem" if os.environ.get(SHAPED) else "rdpbench's line")
        self.assertGreater(figures["echo_count"], 3)
        self.assertLess(figures["echo_p50_ms"], LIMIT_MS * harness.SCALE, said)


def into_shaped_namespace():
    """Goes on in a namespace with a slow loopback; comes back with the reason when that is not possible here."""
    if os.environ.get(SHAPED) or not shutil.which("unshare") or not shutil.which("tc"):
        return "unshare or tc is missing"
    tried = subprocess.run(["unshare", "-n", "sh", "-c", SHAPE], capture_output=True, text=True)
    if tried.returncode != 0:
        return (tried.stderr.strip() or "not permitted").splitlines()[-1]
    os.environ[SHAPED] = "1"
    os.execvp("unshare", ["unshare", "-n", "sh", "-c", SHAPE + ' && exec "$0" "$@"', sys.executable, "-B", __file__]
              + sys.argv[1:])


if __name__ == "__main__":
    if not os.environ.get(SHAPED):
        print("no shaped namespace here:", into_shaped_namespace())
    harness.main()
