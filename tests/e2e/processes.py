# SPDX-License-Identifier: Apache-2.0
"""Programs that tests start, drive by lines and end; what /proc says of them."""
import ctypes
import os
import queue
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time

BIN = os.environ.get("RDSPROV_BIN", "")
SANITIZED = os.environ.get("RDSPROV_SANITIZED", "") == "1"
HERE = os.path.dirname(os.path.abspath(__file__))
SCALE = 4 if SANITIZED else 1
PORTS = range(35000, 36000)
DISPLAYS = range(140, 160)
TEST_SECONDS = 90 * SCALE
SKIPPED = 77

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
libc = ctypes.CDLL(None, use_errno=True)


def program(name):
    return os.path.join(BIN, name)


def _die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def spawn(args, **options):
    """In a process group of its own, ended by the kernel when the test is."""
    return subprocess.Popen(args, start_new_session=True, preexec_fn=_die_with_parent, **options)


def end(process, seconds=3.0, ask=signal.SIGTERM):
    """Asks, then kills the group; the exit code."""
    if process.poll() is None and ask is not None:
        try:
            process.send_signal(ask)
            process.wait(seconds * SCALE)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            try:
                stream.close()
            except OSError:
                pass
    return process.wait(10)


def wait_until(what, seconds, condition, pause=0.02):
    """The first true value of condition(); fails with `what` after `seconds` (times SCALE)."""
    until = time.monotonic() + seconds * SCALE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds * SCALE} s: {what() if callable(what) else what}")
        time.sleep(pause)


def children(pid):
    """Process ids whose parent is `pid`, zombies left out."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(name))
    return found


def process_name(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def free_port():
    for _ in range(200):
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port from 35000 to 35999")


class Lines:
    """The lines of a stream, read on a thread, waited for with a limit."""

    def __init__(self, stream, log=None):
        self.queue = queue.Queue()
        self.log = log
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream):
        try:
            for line in stream:
                line = line.rstrip("\n")
                if self.log is not None:
                    self.log.append(line)
                self.queue.put(line)
        except ValueError:
            pass
        self.queue.put(None)

    def next(self, seconds):
        """The next line; None at the end; fails when there is none in time."""
        try:
            return self.queue.get(timeout=seconds * SCALE)
        except queue.Empty:
            raise AssertionError(f"no line within {seconds * SCALE} s") from None


class Driven:
    """A program that answers each line with one line."""

    def __init__(self, test, args, env=None):
        self.test = test
        self.name = os.path.basename(args[0])
        self.log = []
        self.events = []
        self.errors = tempfile.NamedTemporaryFile("w+", prefix=self.name + "-", suffix=".err", dir=test.folder,
                                                  delete=False)
        self.process = spawn(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                             env=dict(test.environment(), **(env or {})))
        self.lines = Lines(self.process.stdout, self.log)
        test.addCleanup(self.close)

    def ask(self, command, seconds=25):
        """The answer's text; it must begin with ok or error."""
        self.log.append("> " + command.replace("password=", "password:", 1).split("password:")[0])
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise AssertionError(f"{self.name} has ended: {self.read_errors()}") from None
        return self.answer(seconds)

    def answer(self, seconds=25):
        while True:
            line = self.lines.next(seconds)
            if line is None:
                raise AssertionError(f"{self.name} has ended: {self.read_errors()}")
            if line.startswith("event "):
                self.events.append(line[6:])
                continue
            return line

    def read_errors(self):
        try:
            with open(self.errors.name) as file:
                return file.read()[-4000:]
        except OSError:
            return ""

    def close(self):
        code = end(self.process)
        self.errors.close()
        return code


def fields(line):
    """ok a=b c=d -> {a: b, c: d}"""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)
