# SPDX-License-Identifier: Apache-2.0
"""scripts/demo as a user runs it: wrong arguments, a port in use, a desktop, the end."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import harness

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
DEMO = os.path.join(ROOT, "scripts", "demo")


def run(*arguments):
    return subprocess.run([DEMO, *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


class Arguments(unittest.TestCase):
    def wrong(self, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 2, result)
        self.assertEqual(result.stdout, "")
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(arguments[0], lines[0])

    def test_wrong_arguments_are_named(self):
        self.wrong("--colour")
        self.wrong("--port")
        self.wrong("--port", "0")
        self.wrong("--port", "65536")
        self.wrong("--port", "33x")
        self.wrong("--size", "1024")
        self.wrong("--size", "10x10")
        self.wrong("--desktop", "kde")
        self.wrong("--display", "10")
        self.wrong("--security", "none")
        self.wrong("--user", "a:b")
        self.wrong("--password", "")

    def test_help(self):
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        for option in ("--port", "--size", "--desktop", "--display", "--windows", "--user", "--password", "--security",
                       "--verbose"):
            self.assertIn(option, result.stdout)

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            result = run("--port", port)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.strip().splitlines(), [f"demo: port {port} is in use"])


class Serving(harness.Case):
    def setUp(self):
        super().setUp()
        self.limit(120)  # it may have to build

    def demo(self, *arguments):
        """A running demo; its files go to a folder of the test, so that what it leaves is seen."""
        port = harness.free_port()
        place = tempfile.mkdtemp(prefix="demo-", dir=self.folder)
        process = subprocess.Popen([DEMO, "--port", str(port), *arguments], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   env=dict(os.environ, TMPDIR=place), start_new_session=True)
        self.addCleanup(self.end_rudely, process)
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("(log:"):
                break
        self.assertIn(f"ready: 127.0.0.1:{port}\n", text)
        fingerprint = re.search(r"/cert:fingerprint:sha256:([0-9a-f:]{95})", text)
        self.assertTrue(fingerprint, text)
        return process, port, fingerprint.group(1), place

    def end_rudely(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()

    def end(self, process, place, number):
        begin = time.monotonic()
        process.send_signal(number)
        process.wait(timeout=10)
        took = time.monotonic() - begin
        self.assertEqual(process.returncode, 0)
        self.assertLess(took, 3 * harness.SCALE)
        self.assertEqual(os.listdir(place), [])
        left = subprocess.run(["pgrep", "-f", place], capture_output=True, text=True).stdout.split()
        self.assertEqual(left, [])

    def test_pattern(self):
        process, port, fingerprint, place = self.demo("--desktop", "pattern", "--user", "ann", "--password", "pw1",
                                                      "--size", "800x600")
        client = harness.Client(self, port, fingerprint, user="ann", password="pw1", security="nla").connect()
        self.assertTrue(client.good(f"dump {self.folder}/client.ppm"))
        with open(f"{self.folder}/client.ppm", "rb") as file:
            self.assertEqual(file.read(14).split()[1:3], [b"800", b"600"])
        client.close()
        self.end(process, place, signal.SIGTERM)

    def test_x11(self):
        process, port, fingerprint, place = self.demo()
        client = harness.Client(self, port, fingerprint, security="tls").connect()
        client.close()
        self.end(process, place, signal.SIGINT)


if __name__ == "__main__":
    harness.main()
