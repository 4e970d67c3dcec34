# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a service (rdsim with the provider), clients, X servers; every wait bounded, everything
ended by process id, whatever happens. Environment: RDSPROV_BIN (the build's programs), RDSPROV_SANITIZED=1 (longer
waits, no memory check), RDSPROV_E2E_KEEP=1 (keep the files)."""

import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from network import X224_REQUEST, X224_REQUEST_NLA, nt_hash, tls_connect, tls_handshake  # noqa: F401
from processes import (BIN, DISPLAYS, HERE, PR_SET_CHILD_SUBREAPER, SANITIZED, SCALE, SKIPPED, TEST_SECONDS, Driven,
                       Lines, children, end, fields, free_port, libc, process_name, program, spawn, wait_until)


class Client(Driven):
    """rdpclient."""

    def __init__(self, test, port, fingerprint="", **options):
        super().__init__(test, [program("rdpclient")])
        self.address = f"127.0.0.1:{port}"
        self.fingerprint = fingerprint
        self.options = {"user": "demo", "password": "demo", "security": "tls", "size": "1024x768"}
        self.options.update(options)

    def begin(self, **changes):
        options = dict(self.options, address=self.address, **changes)
        if self.fingerprint:
            options.setdefault("fingerprint", self.fingerprint)
        words = [f"{name.replace('_', '-')}={value}" for name, value in options.items() if value != ""]
        self.good("connect " + " ".join(words))
        return self

    def connect(self, **changes):
        self.begin(**changes)
        self.good(f"wait-active timeout={12000 * SCALE}")
        return self

    def good(self, command, seconds=40):
        """Its answer's fields; fails when it is an error."""
        answer = self.ask(command, seconds)
        if not answer.startswith("ok"):
            raise AssertionError(f"client: {command.split('password=')[0]}: {answer}")
        return fields(answer)

    def stats(self):
        return self.good("stats")

    def match(self, path, tolerance=0, seconds=10, area=None):
        """Waits until the client's picture is that one."""
        command = f"wait-match {path} tolerance={tolerance} timeout={int(seconds * 1000 * SCALE)}"
        if area:
            command += " area=" + ",".join(str(part) for part in area)
        return self.good(command, seconds + 10)

    def dump(self, name="client.ppm"):
        path = os.path.join(self.test.folder, name)
        self.good(f"dump {path}")
        return path

    def pattern(self, tolerance=0):
        """The lines of the pattern desktop, after a check of every pixel; None while it is not shown."""
        path = self.dump("pattern.ppm")
        result = subprocess.run([program("pattern-picture"), path, str(tolerance)], capture_output=True, text=True,
                                timeout=20 * SCALE, env=self.test.environment())
        lines = result.stdout.splitlines()
        if not lines or not lines[0].startswith("RDSPROV PATTERN"):
            return None
        return lines if result.returncode == 0 else None

    def wait_pattern(self, has="RDSPROV PATTERN", tolerance=0, seconds=10):
        """Until an exact pattern is shown that has this text in one of its lines."""
        last = [None]

        def shown():
            last[0] = self.pattern(tolerance)
            return last[0] and any(has in line for line in last[0]) and last[0]

        return wait_until(lambda: f"a pattern with {has!r}; last: {last[0]}", seconds, shown, 0.1)

    def wait_end(self, seconds=10):
        """How the connection ended."""
        return self.good(f"wait-end timeout={int(seconds * 1000 * SCALE)}", seconds + 5)

    def disconnect(self):
        return self.good("disconnect")


class Xvfb:
    """An X server, started large: RandR can only make it smaller."""

    def __init__(self, test, size="3840x2160"):
        self.test = test
        numbers = list(DISPLAYS)
        random.shuffle(numbers)
        for number in numbers:
            if os.path.exists(f"/tmp/.X{number}-lock"):
                continue
            if self._start(number, size):
                test.addCleanup(self.close)
                return
        raise AssertionError("no free X display from :140 to :159")

    def _start(self, number, size):
        tell, told = os.pipe()
        errors = open(os.path.join(self.test.folder, f"Xvfb-{number}.err"), "w")
        self.process = spawn(["Xvfb", f":{number}", "-displayfd", str(told), "-screen", "0", size + "x24", "-nolisten",
                              "tcp", "-noreset"], pass_fds=[told], stdout=subprocess.DEVNULL, stderr=errors)
        os.close(told)
        errors.close()
        answer = b""
        while not answer.endswith(b"\n") and select.select([tell], [], [], 10 * SCALE)[0]:
            part = os.read(tell, 16)
            answer += part
            if not part:
                break
        os.close(tell)  # not before the end of the line: the server ends when it cannot write it
        if not answer.endswith(b"\n"):
            end(self.process)
            return False
        self.name = f":{number}"
        return True

    def close(self):
        end(self.process)
        for path in (f"/tmp/.X{self.name[1:]}-lock", f"/tmp/.X11-unix/X{self.name[1:]}"):
            if os.path.exists(path):
                os.unlink(path)

    def desk(self, watch=False):
        """Our own X client (tools/xdesk.c)."""
        args = [program("xdesk")] + (["--watch"] if watch else [])
        desk = Desk(self.test, args, {"DISPLAY": self.name})
        if desk.lines.next(10) != "ready":
            raise AssertionError("xdesk: " + desk.read_errors())
        return desk

    def run(self, args, **options):
        """A program on this display; ended with the test."""
        process = spawn(args, env=dict(os.environ, DISPLAY=self.name), stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **options)
        self.test.addCleanup(end, process)
        return process


class Desk(Driven):
    def good(self, command):
        answer = self.ask(command)
        if not answer.startswith("ok"):
            raise AssertionError(f"xdesk: {command}: {answer}")
        return fields(answer)

    def dump(self, name="source.ppm"):
        path = os.path.join(self.test.folder, name)
        self.good(f"dump {path}")
        return path

    def wait_event(self, text, seconds=5):
        """Until an event came that begins so; it and those before it are taken."""
        until = time.monotonic() + seconds * SCALE
        while True:
            self.ask("pointer")  # whatever was reported before is read with the answer
            for i, event in enumerate(self.events):
                if event.startswith(text):
                    del self.events[:i + 1]
                    return event
            if time.monotonic() > until:
                raise AssertionError(f"xdesk: no event {text!r}; there are {self.events[-12:]}")
            time.sleep(0.03)


class Service:
    """rdsim, with the provider in it and a configuration file of its own."""

    def __init__(self, test, desktop="pattern", users=("demo:demo",), still=True, session_args=(), session_program=None,
                 arguments=(), wait_ready=True, expect_code=0, sam=False,
                 override=None, spoil=None, **config):
        self.test = test
        self.folder = tempfile.mkdtemp(prefix="service-", dir=test.folder)
        self.expect_code = expect_code
        self.port = config.get("port") or free_port()
        self.output = []
        self.config = {"address": "127.0.0.1", "certificate": self.path("certificate.pem"), "key": self.path("key.pem"),
                       "launcher": self.path("launcher"), "log-level": "debug"}
        self.config.update({name.replace("_", "-"): value for name, value in config.items()})
        self.config["port"] = self.port
        self.config.update(override or {})
        if sam:
            self.config["sam-file"] = self.path("sam")
            self.write_sam(users)
        self.write_config()
        if spoil:  # last changes to the files
            spoil(self)

        args = [program("rdsim"), "--library", program("librdsprov.so"), "--control", self.path("control"), "--launcher",
                self.path("launcher"), "--desktop", desktop, "--unload-wait", str(3000 * SCALE)]
        for user in users:
            args += ["--user", user]
        for argument in (("--pattern-static",) if desktop == "pattern" and still else ()) + tuple(session_args):
            args += ["--session-arg", argument]
        if session_program:
            args += ["--session-program", session_program]
        self.log_path = self.path("log")
        self.log_file = open(self.log_path, "w")
        self.process = spawn(args + list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=self.log_file, text=True, cwd=self.folder,
                             env=dict(test.environment(), RDSPROV_CONFIG=self.path("rdsprov.ini")))
        self.lines = Lines(self.process.stdout, self.output)
        self.fingerprint = ""
        self.code = None
        test.services.append(self)
        test.addCleanup(self.close)
        if wait_ready:
            self.wait_ready()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_config(self):
        with open(self.path("rdsprov.ini"), "w") as file:
            file.write("[RDSPROV]\n")
            for name, value in self.config.items():
                file.write(f"{name} = {value}\n")

    def write_sam(self, users):
        with open(self.path("sam"), "w") as file:
            for user in users:
                name, password = user.split(":")[:2]
                file.write(f"{name}:::{nt_hash(password)}:::\n")
        os.chmod(self.path("sam"), 0o600)

    def wait_ready(self, seconds=15):
        while True:
            line = self.lines.next(seconds)
            if line is None:
                raise AssertionError(f"the service has ended with {self.process.wait(5)}: {self.log()[-2000:]}")
            if line.startswith("certificate: "):
                self.fingerprint = line.split()[1]
                return

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait_log(self, text, seconds=10, count=1):
        return wait_until(lambda: f"{text!r} in the service's log", seconds, lambda: self.log().count(text) >= count)

    def control(self, command, seconds=15):
        """The answer's lines without the closing ok."""
        result = subprocess.run([program("rdsim"), "--control", self.path("control"), "--send", command],
                                capture_output=True, text=True, timeout=seconds * SCALE, env=self.test.environment())
        lines = result.stdout.splitlines()
        if not lines or lines[-1] != "ok":
            raise AssertionError(f"control {command}: {result.stdout}{result.stderr}")
        return lines[:-1]

    def connections(self):
        """number -> line"""
        lines = [line for line in self.control("list") if line.startswith("connection ")]
        return {int(line.split()[1]): line for line in lines}

    def sessions(self):
        lines = [line for line in self.control("list") if line.startswith("session ")]
        return {int(line.split()[1]): line for line in lines}

    def wait_connections(self, count, seconds=10):
        return wait_until(lambda: f"{count} connections; there are {self.connections()}", seconds,
                          lambda: len(self.connections()) == count and (self.connections() or True))

    def counts(self):
        words = self.control("counts")[0].split()
        return {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}

    def wait_counts(self, expected, seconds=10, names=("handles", "threads", "children")):
        """Until the service's own numbers are as they were."""
        last = [None]

        def same():
            last[0] = self.counts()
            return all(last[0][name] <= expected[name] for name in names)

        wait_until(lambda: f"counts back at {expected}; they are {last[0]}", seconds, same, 0.2)

    def processes(self, name):
        """The service's child processes of that program."""
        return [pid for pid in children(self.process.pid) if process_name(pid) == name]

    def client(self, **options):
        fingerprint = options.pop("fingerprint", self.fingerprint)
        return Client(self.test, self.port, fingerprint, **options)

    def stop(self, seconds=3.0):
        """As a service stop; how long it took."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.code = self.process.wait((seconds + 7) * SCALE)
        except subprocess.TimeoutExpired:
            raise AssertionError("the service does not stop") from None
        return time.monotonic() - begin

    def close(self):
        if self.code is not None or self.process.poll() is not None:
            self.code = end(self.process, ask=None)
        else:
            self.code = end(self.process, seconds=10)
        self.lines.thread.join(5)
        self.log_file.close()
        self.test.after_service(self)


class Case(unittest.TestCase):
    """Has a folder, a time limit, and checks at the end that nothing is left."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="rdsprov-e2e-")
        self.services = []
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        signal.signal(signal.SIGALRM, self._too_long)
        signal.alarm(TEST_SECONDS)
        self.addCleanup(self._finish)

    def limit(self, seconds):
        """Gives this test another time limit."""
        signal.alarm(seconds * SCALE)

    def _too_long(self, _number, _frame):
        raise AssertionError("the test takes too long")

    def _finish(self):
        signal.alarm(0)
        left = self._reap()
        findings = self.findings()
        if self._failed() or findings:
            self._print_logs()
            print(findings, file=sys.stderr)
        if os.environ.get("RDSPROV_E2E_KEEP") != "1":
            shutil.rmtree(self.folder, ignore_errors=True)
        self.assertEqual(left, [], "processes were left behind")
        self.assertFalse(findings, "a sanitizer has found something; see above")

    def _reap(self):
        """What outlived its parent is ours now: it must go by itself; what does not is killed, and named."""
        left = []
        until = time.monotonic() + 2 * SCALE
        while True:
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return left
            found = children(os.getpid())
            if not found:
                return left
            if time.monotonic() > until:
                for pid in found:
                    left.append(f"{pid} {process_name(pid)}")
                    os.kill(pid, signal.SIGKILL)
                until = time.monotonic() + 2
            time.sleep(0.05)

    def _failed(self):
        outcome = getattr(self, "_outcome", None)
        result = getattr(outcome, "result", None)
        if getattr(outcome, "success", True) is False:
            return True
        return bool(result) and any(test is self for test, _ in result.failures + result.errors)

    def _print_logs(self):
        for service in self.services:
            print(f"--- service on port {service.port}: exit {service.code}", file=sys.stderr)
            print("\n".join(service.output[-20:]), file=sys.stderr)
            lines = service.log().splitlines() if os.path.exists(service.log_path) else []
            print("\n".join(lines[-120:]), file=sys.stderr)
        for name in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, name)
            if name.endswith(".err") and os.path.getsize(path):
                print(f"--- {name}", file=sys.stderr)
                with open(path, errors="replace") as file:
                    print(file.read()[-6000:], file=sys.stderr)

    def environment(self):
        env = dict(os.environ)
        for name in ("DISPLAY", "RDSPROV_CONFIG"):
            env.pop(name, None)
        env["HOME"] = env["TMPDIR"] = self.folder  # FreeRDP keeps files there
        if SANITIZED:
            # into files: a peer's standard streams lead nowhere
            findings = f"log_path={self.folder}/finding:exitcode=99"
            env["ASAN_OPTIONS"] = f"{os.environ.get('ASAN_OPTIONS', '')}:{findings}:detect_leaks=1"
            env["UBSAN_OPTIONS"] = f"{os.environ.get('UBSAN_OPTIONS', '')}:{findings}:print_stacktrace=1:halt_on_error=1"
            env["LSAN_OPTIONS"] = f"suppressions={os.path.join(HERE, 'leaks.supp')}:print_suppressions=0"
        return env

    def findings(self):
        """What the sanitizers of all processes have written."""
        text = ""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("finding."):
                with open(os.path.join(self.folder, name), errors="replace") as file:
                    found = file.read()
                if "ERROR: " in found or "runtime error: " in found:  # there are remarks, too
                    text += f"--- {name}\n{found[:8000]}\n"
        return text

    def service(self, **options):
        return Service(self, **options)

    def assert_log(self, service, text, count=None):
        """The service's log has this text (so often)."""
        found = service.log().count(text)
        if not found if count is None else found != count:
            self.fail(f"{text!r} is {found} times in the log, expected {'once or more' if count is None else count}")

    def xvfb(self, **options):
        return Xvfb(self, **options)

    def x11_service(self, users=("demo:demo",), resize=True, **options):
        """A service whose sessions show a new X server; both."""
        screen = self.xvfb()
        service = self.service(desktop=f"display:{screen.name}", users=users,
                               session_args=("--resize",) if resize else (), **options)
        return service, screen

    def after_service(self, service):
        """Every service must have kept the contract, whatever was done to it."""
        if service.expect_code is not None:
            self.assertEqual(service.code, service.expect_code,
                             "the service's exit code; it said:\n" + "\n".join(service.output[-12:]))


def main():
    """Runs the calling file's tests; exit 77 when all of them were skipped."""
    if not BIN:
        sys.exit("set RDSPROV_BIN to the folder of the built programs")
    if not os.path.exists(program("rdpclient")):
        print(f"there is no rdpclient in {BIN}: build for Linux first")
        sys.exit(SKIPPED)
    runner = unittest.main(exit=False, verbosity=2)
    result = runner.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.testsRun and len(result.skipped) == result.testsRun else 0)
