# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a service (rdsim with the provider), clients, X servers; every wait bounded, everything
ended by process id, whatever happens. Environment: RDSPROV_BIN (the build's programs), RDSPROV_SANITIZED=1 (longer
waits, no memory check), RDSPROV_E2E_KEEP=1 (keep the files)."""

import ctypes
import os
import queue
import random
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

BIN = os.environ.get("RDSPROV_BIN", "")
SANITIZED = os.environ.get("RDSPROV_SANITIZED", "") == "1"
HERE = os.path.dirname(os.path.abspath(__file__))
SCALE = 4 if SANITIZED else 1
PORTS = range(35000, 36000)
DISPLAYS = range(140, 160)
TEST_SECONDS = 50 * SCALE
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


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


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
                self.path("launcher"), "--desktop", desktop]
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


X224_REQUEST = bytes.fromhex("030000130ee000000000000100080001000000")  # asks for TLS
X224_REQUEST_NLA = bytes.fromhex("030000130ee000000000000100080003000000")


def tls_connect(port, version=None, request=X224_REQUEST, seconds=5):
    """A TCP connection with TLS up, as an RDP client has it after the negotiation."""
    plain = socket.create_connection(("127.0.0.1", port), seconds * SCALE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version.replace(".", "_"))
        context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        plain.sendall(request)
        answer = plain.recv(64)
        if len(answer) < 19 or answer[11] != 2:
            raise OSError("TLS was not agreed on")
        return context.wrap_socket(plain)
    except BaseException:
        plain.close()
        raise


def tls_handshake(port, version):
    try:
        tls_connect(port, version).close()
        return True
    except (ssl.SSLError, OSError):
        return False


def nt_hash(password):
    """MD4 of the UTF-16LE password, as a SAM file has it (no hashlib: OpenSSL 3 hides MD4)."""
    def rotate(value, bits):
        return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF

    data = password.encode("utf-16-le")
    size = len(data) * 8
    data += b"\x80" + bytes(-(len(data) + 9) % 64) + size.to_bytes(8, "little")
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    rounds = ((lambda x, y, z: x & y | ~x & z, 0, list(range(16)), (3, 7, 11, 19)),
              (lambda x, y, z: x & y | x & z | y & z, 0x5A827999,
               [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], (3, 5, 9, 13)),
              (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1,
               [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15)))
    for block in range(0, len(data), 64):
        words = [int.from_bytes(data[block + 4 * i:block + 4 * i + 4], "little") for i in range(16)]
        a, b, c, d = state
        for function, constant, order, shifts in rounds:
            for i, word in enumerate(order):
                total = (a + (function(b, c, d) & 0xFFFFFFFF) + words[word] + constant) & 0xFFFFFFFF
                a, b, c, d = d, rotate(total, shifts[i % 4]), b, c
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d))]
    return b"".join(value.to_bytes(4, "little") for value in state).hex()


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
                    text += f"--- {name}\n{file.read()[:8000]}\n"
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
