# SPDX-License-Identifier: Apache-2.0
"""What the adapter's tests share: rdsim with the provider and fake peers, clients that are plain sockets, and what must hold
at the end. Every wait is bounded, everything is ended by process id. Environment: RDSPROV_BIN (the build's programs),
RDSPROV_SANITIZED=1 (longer waits, no memory check), RDSPROV_KEEP=1 (keep the files)."""

import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections import Counter

BIN = os.environ.get("RDSPROV_BIN", "")
SANITIZED = os.environ.get("RDSPROV_SANITIZED", "") == "1"
SCALE = 5 if SANITIZED else 2
PORTS = range(36000, 37000)
AT_ONCE = 4  # tests of one file
STATE_ZOMBIE = "Z"

ENDING = re.compile(r" peer\[(\d+)\] (.*) port (\d+)[, ].*phase ([a-z-]+)")
BROKEN = re.compile(r" com\[(\d+)\] -> BrokenConnection\(")
READY = re.compile(r" com\[(\d+)\] -> OnReady\(")
CONNECTED = re.compile(r" com\[(\d+)\] -> OnConnected\(")


def program(name):
    return os.path.join(BIN, name)


def wait_until(what, seconds, condition, pause=0.01):
    until = time.monotonic() + seconds * SCALE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds * SCALE} s: {what() if callable(what) else what}")
        time.sleep(pause)


taken = set()


def free_port():
    for _ in range(500):
        port = random.choice(PORTS)
        if port in taken:
            continue
        taken.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def children(pid):
    """{pid: state} of the children of `pid`."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                ids = file.read().split()
        except OSError:
            continue
        for child in ids:
            try:
                with open(f"/proc/{child}/stat") as file:
                    found[int(child)] = file.read().rsplit(")", 1)[1].split()[0]
            except OSError:
                pass
    return found


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


class Client:
    """A socket whose words its peer acts out."""

    def __init__(self, service, source="127.0.0.1", port=None):
        self.port = None
        while self.port is None or self.port in service.client_ports:  # the log knows a client by its port
            self.socket = socket.socket()
            self.socket.bind((source, 0))
            self.port = self.socket.getsockname()[1]
        service.client_ports.add(self.port)
        self.socket.settimeout(5 * SCALE)
        try:
            self.socket.connect(("127.0.0.1", port or service.port))
        except ConnectionResetError:
            pass  # refused so fast that it is seen here already; every read will say so, too
        self.text = ""

    def say(self, words):
        self.socket.sendall(words.encode() + b"\n")
        return self

    def read(self, seconds=5):
        """The next line; None at the end."""
        until = time.monotonic() + seconds * SCALE
        while "\n" not in self.text:
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError(f"the peer says nothing more; so far {self.text!r}")
            self.socket.settimeout(left)
            try:
                part = self.socket.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                part = b""
            if not part:
                return None
            self.text += part.decode()
        line, self.text = self.text.split("\n", 1)
        return line

    def wait_for(self, begin, seconds=5):
        """Lines until one begins so; that one."""
        seen = []
        while True:
            line = self.read(seconds)
            if line is None:
                raise AssertionError(f"never {begin!r}, only {seen}")
            if line.startswith(begin):
                return line
            seen.append(line)

    def wait_end(self, seconds=5):
        """Everything until the end."""
        seen = []
        while True:
            line = self.read(seconds)
            if line is None:
                return seen
            seen.append(line)

    def sync(self):
        """The peer has done all that was said."""
        self.say("echo:done").wait_for("done")
        return self

    def connect(self, words="client active"):
        """Up to the session being shown to it."""
        self.say(words).wait_for("link connect")
        return self

    def grant(self, seconds=5):
        """Asks for a session program, again when the session changes meanwhile; the answer."""
        self.say("grant")
        while True:
            line = self.read(seconds)
            if line is None:
                raise AssertionError("the end, and no answer to a grant")
            if line.startswith("link grant-result"):
                return line
            if line.startswith("link connect"):
                self.say("grant")

    def close(self, reset=False):
        if reset and self.socket.fileno() >= 0:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Service:
    """rdsim with the provider, and a configuration of its own."""

    def __init__(self, test, arguments=(), env=None, program_of_session=None, be_launcher=True, users=("demo:demo",), limits=(),
                 wait_ready=True, expect_code=0, more="", **config):
        self.test = test
        self.more = more  # sections of other listeners
        self.folder = tempfile.mkdtemp(prefix="service-", dir=test.folder)
        self.expect_code = expect_code
        self.port = config.pop("port", None) or free_port()
        self.config = {"address": "127.0.0.1", "peer-program": program("fake-peer"), "launcher": self.path("launcher"),
                       "log-level": "debug", "spare-peers": "1"}
        self.config.update({name.replace("_", "-"): value for name, value in config.items()})
        self.write_config()
        args = [program("rdsim"), "--library", program("librdsprov.so"), "--control", self.path("control"), "--verbose",
                "--unload-wait", str(1500 * SCALE)]
        if be_launcher:
            args += ["--launcher", self.path("launcher"), "--session-program",
                     program_of_session or program("rdsprov-session")]
        for user in users:
            args += ["--user", user]
        self.errors = open(self.path("log"), "w")
        self.out = open(self.path("out"), "w")
        environment = dict(os.environ, RDSPROV_CONFIG=self.path("rdsprov.ini"), **(env or {}))
        self.process = subprocess.Popen([*limits, *args, *arguments], stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.errors, cwd=self.folder, env=environment,
                                        start_new_session=True)
        self.code = None
        self.client_ports = set()
        test.services.append(self)
        if wait_ready:
            wait_until(lambda: "the listener does not listen: " + self.log()[-500:], 15, lambda: self.listens())

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_config(self, **changes):
        self.config.update({name.replace("_", "-"): value for name, value in changes.items()})
        with open(self.path("new.ini"), "w") as file:
            file.write(f"[RDSPROV]\nport = {self.port}\n")
            for name, value in self.config.items():
                file.write(f"{name} = {value}\n")
            file.write(self.more)
        os.rename(self.path("new.ini"), self.path("rdsprov.ini"))

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"rdsim ended with {self.process.returncode}: {self.log()[-2000:]}")
        return "ready: " in self.output()

    def log(self):
        with open(self.path("log"), errors="replace") as file:
            return file.read()

    def output(self):
        with open(self.path("out"), errors="replace") as file:
            return file.read()

    def wait_log(self, text, seconds=5):
        wait_until(lambda: f"{text!r} in the log", seconds, lambda: text in self.log())

    def said(self, text, seconds=0):
        """How often the log says so (a regular expression), once it does or the time is over."""
        pattern = re.compile(text)
        until = time.monotonic() + seconds * SCALE
        while True:
            count = len(pattern.findall(self.log()))
            if count or time.monotonic() >= until:
                return count
            time.sleep(0.02)

    def said_times(self, text, times, seconds=3):
        """The log, which is written a little later, says so that often."""
        wait_until(lambda: f"{text!r} {times} times in the log, is {self.said(text)}", seconds,
                   lambda: self.said(text) >= times)
        if self.said(text) != times:
            raise AssertionError(f"{text!r} {self.said(text)} times in the log, not {times}")

    def ask(self, command, seconds=20):
        """A control command: one message and its answer (os/pipe_posix.c says how a message looks)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as pipe:
            pipe.settimeout(seconds * SCALE)
            pipe.connect(self.path("control"))
            pipe.sendall(struct.pack("<HBB", 0x7072, 0, 0) + command.encode())
            return pipe.recv(70000)[4:].decode()

    def good(self, command):
        answer = self.ask(command)
        if not answer.endswith("ok"):
            raise AssertionError(f"{command}: {answer}")
        return answer

    def counts(self):
        words = self.good("counts").split()
        return {words[i]: int(words[i + 1]) for i in range(0, 8, 2)}

    def connections(self):
        """Of rdsim: number of those that live."""
        return int(self.good("status").split()[1])

    def ids(self):
        return [int(line.split()[1]) for line in self.good("list").splitlines() if line.startswith("connection ")]

    def sessions(self):
        return [int(line.split()[1]) for line in self.good("list").splitlines() if line.startswith("session ")]

    def logoff_all(self):
        for session in self.sessions():
            self.ask(f"logoff {session}")

    def client(self, source="127.0.0.1", port=None):
        client = Client(self, source, port)
        self.test.clients.append(client)
        return client

    def peers(self):
        return children(self.process.pid)

    def warm_up(self, user="demo:demo"):
        """One client up to a session program, so that what is kept open is open; then the counts at rest."""
        client = self.client().connect(f"client:{user} active")
        client.grant()
        client.close()
        self.test.clients.remove(client)
        wait_until("the first client has gone", 5, lambda: self.connections() == 0)
        self.logoff_all()
        spares = int(self.config["spare-peers"])
        last = [None]

        def quiet():
            now = self.counts()
            now.pop("resident_kib")
            same, last[0] = now == last[0], now
            return same and now["children"] == spares

        wait_until(lambda: f"{spares} waiting peers alone; {last[0]}", 5, quiet, 0.1)
        return last[0]

    def number_of(self, client):
        """The adapter's number of that client."""
        pattern = re.compile(rf" peer\[(\d+)\] [0-9.]+ port {client.port} connected")
        return int(wait_until("the client in the log", 5, lambda: pattern.search(self.log())).group(1))

    def quiet(self, before):
        now = self.counts()
        return self.connections() == 0 and all(now[name] <= before[name] for name in ("handles", "threads", "children"))

    def rest(self, before, seconds=6):
        """Everything that a scenario used has gone."""
        wait_until(lambda: f"back to {before}; {self.describe()}", seconds, lambda: self.quiet(before), 0.03)
        zombies = [pid for pid, state in self.peers().items() if state == STATE_ZOMBIE]
        if zombies:
            raise AssertionError(f"zombies: {zombies}")

    def describe(self):
        """What there is, for a failure."""
        at = f"/proc/{self.process.pid}"
        threads, files = [], []
        for task in os.listdir(at + "/task"):
            try:
                with open(f"{at}/task/{task}/comm") as file:
                    threads.append(file.read().strip())
            except OSError:
                pass
        for number in os.listdir(at + "/fd"):
            try:
                files.append(re.sub(r"\[\d+\]", "", os.readlink(f"{at}/fd/{number}")))
            except OSError:
                pass
        return f"{self.counts()}, {self.good('list')}, {self.good('status')}\nthreads {threads}\nfiles {files}\nchildren {self.peers()}"

    def stop(self, seconds=8):
        """Asks it to stop; the exit code is judged, and the rules with it."""
        if self.code is not None:
            return
        if self.process.poll() is None:
            try:
                self.ask("stop")
            except OSError:
                pass
        try:
            self.code = self.process.wait(seconds * SCALE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(10)
            self.code = -6
            raise AssertionError(f"rdsim does not stop:\n{self.log()[-3000:]}") from None
        finally:
            self.out.close()
            self.errors.close()
        self.judge()

    def judge(self):
        if self.expect_code is None:
            return  # the test judges itself
        if self.code != self.expect_code:
            raise AssertionError(f"rdsim ended with {self.code}\n{self.output()[-2500:]}\n{self.log()[-4000:]}")
        if "Sanitizer" in self.log():
            raise AssertionError(self.log()[-6000:])
        for line in self.output().splitlines():
            if line.startswith("rule ") and not line.startswith("rule notify-time"):
                raise AssertionError(f"{line}\n" + "\n".join(l for l in self.log().splitlines() if " rule" in l)[-3000:])
        self.judge_log()

    def judge_log(self):
        """Each client that connected is said to have ended once, with address and phase; nothing is called twice."""
        for life in self.log().split("Manager::Initialize("):
            connected = set(re.findall(r" peer\[(\d+)\] [0-9.]+ port \d+ connected", life))
            ends = {}
            for number, _, _, _ in ENDING.findall(life):
                ends[number] = ends.get(number, 0) + 1
            for number in connected:
                if ends.get(number, 0) != 1:
                    lines = "\n".join(line for line in life.splitlines() if f" peer[{number}]" in line)
                    raise AssertionError(f"the end of {number} was logged {ends.get(number, 0)} times:\n{lines[-3000:]}")
            for what in (BROKEN, READY, CONNECTED):
                twice = [number for number, count in Counter(what.findall(life)).items() if count > 1]
                if twice:
                    raise AssertionError(f"{what.pattern} more than once for {twice}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        for file in (self.out, self.errors):
            file.close()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="rdsprov-adapter-")
        self.services = []
        self.clients = []

    def tearDown(self):
        try:
            for client in self.clients:
                client.close()
            for service in self.services:
                service.stop()
        finally:
            for service in self.services:
                service.kill()
            if os.environ.get("RDSPROV_KEEP"):
                print(f"{self.id()}: {self.folder}", file=sys.stderr)
            else:
                shutil.rmtree(self.folder, ignore_errors=True)

    def service(self, *args, **options):
        return Service(self, *args, **options)

    def broken(self, service, client, times=1, seconds=5):
        """The service heard of the end of that client so often."""
        number = service.number_of(client)
        self.assertNotEqual(number, 0)

        def count():
            return sum(1 for found in BROKEN.findall(service.log()) if int(found) == number)

        wait_until(lambda: f"BrokenConnection of {number} {times} times, is {count()}", seconds, lambda: count() >= times)
        self.assertEqual(count(), times)


def in_threads(functions):
    """Runs them at the same time; the first failure is raised."""
    failures = []

    def run(function):
        try:
            function()
        except BaseException as problem:  # noqa: a test's failure must reach the test
            failures.append(problem)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def main():
    """The tests of the file, or those named, several at a time: most of them wait most of the time."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    wanted = sys.argv[1:]
    todo = [case for case in cases(suite) if not wanted or any(f".{name}." in f"{case.id()}." for name in wanted)]
    failures, lock, unfinished = [], threading.Lock(), len(todo)

    def work():
        nonlocal unfinished
        while True:
            with lock:
                if not todo:
                    return
                case = todo.pop(0)
            result = unittest.TestResult()
            begin = time.monotonic()
            case.run(result)
            bad = result.failures + result.errors
            with lock:
                print(f"{case.id().split('.', 1)[1]}: {'FAIL' if bad else 'ok'}, {time.monotonic() - begin:.1f} s",
                      file=sys.stderr, flush=True)
                failures.extend(bad)
                unfinished -= 1

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for case, text in failures:
        print(f"\nFAIL: {case}\n{text}", file=sys.stderr)
    if unfinished:
        print(f"\n{unfinished} tests have no result", file=sys.stderr)
    sys.exit(1 if failures or unfinished else 0)
