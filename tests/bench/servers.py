# SPDX-License-Identifier: Apache-2.0
"""The servers that scripts/bench measures, each behind an X11 screen of its own: start, where to connect, which processes to
account for, stop."""
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from network import nt_hash  # noqa: E402
from processes import end, free_port, spawn, wait_until  # noqa: E402

USER = PASSWORD = "bench"
START_SECONDS = 20


class Failed(Exception):
    pass


def log_tail(path, lines=5):
    with open(path, errors="replace") as file:
        return "".join(file.readlines()[-lines:])


class Xvfb:
    def __init__(self, folder, size):
        tell, told = os.pipe()
        self.process = spawn(["Xvfb", "-displayfd", str(told), "-screen", "0", size + "x24", "-nolisten", "tcp", "-noreset"],
                             pass_fds=[told], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=open(os.path.join(folder, "xvfb.log"), "w"))
        os.close(told)
        with os.fdopen(tell) as answer:
            number = answer.readline().strip()
        if not number:
            raise Failed("Xvfb does not start: " + log_tail(os.path.join(folder, "xvfb.log")))
        self.display = ":" + number

    def stop(self):
        end(self.process)


class Server:
    """What rdpbench is told: port, user, password, security, display; and whose processes count."""
    name = ""
    x_server = ""  # process name of the X server; its time is reported apart
    security = "tls"

    def __init__(self, folder, size, bin):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder, exist_ok=True)
        self.size, self.bin = size, bin
        self.user = self.password = USER
        self.roots, self.started = [], []
        self.port = free_port()

    @classmethod
    def missing(cls, _bin):
        """Why it cannot run here; empty: it can."""
        return ""

    def path(self, name):
        return os.path.join(self.folder, name)

    def spawn(self, args, **options):
        log = open(self.path(os.path.basename(args[0]) + ".log"), "w")
        process = spawn(args, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, **options)
        log.close()
        self.started.append(process)
        return process

    def environment(self, **more):
        return dict(os.environ, HOME=self.folder, TMPDIR=self.folder, **more)

    def wait_listening(self, process):
        """Looks at the kernel's table: a connection would be a client."""
        def listening():
            if process.poll() is not None:
                raise Failed(f"{self.name} has ended with {process.returncode}")
            for table in ("/proc/net/tcp", "/proc/net/tcp6"):
                with open(table) as file:
                    for line in file.readlines()[1:]:
                        fields = line.split()
                        if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == self.port:
                            return True
            return False

        wait_until(f"{self.name} listens on {self.port}", START_SECONDS, listening, 0.05)

    def rdpbench_arguments(self):
        arguments = ["--server", f"127.0.0.1:{self.port}", "--user", self.user, "--password", self.password, "--security",
                     self.security, "--size", self.size, "--display", self.display]
        for pid in self.roots:
            arguments += ["--process", str(pid)]
        return arguments

    def stop(self):
        for process in reversed(self.started):
            end(process)
        if getattr(self, "screen", None):
            self.screen.stop()


class Rdsprov(Server):
    """This tree: rdsim plays the service, one session program for each client on one Xvfb."""
    name = "rdsprov"
    x_server = "Xvfb"

    def start(self):
        self.screen = Xvfb(self.folder, self.size)
        self.display = self.screen.display
        with open(self.path("sam"), "w") as file:
            file.write(f"{self.user}:::{nt_hash(self.password)}:::\n")
        with open(self.path("rdsprov.ini"), "w") as file:
            file.write(f"[RDSPROV]\nport = {self.port}\naddress = 127.0.0.1\nsecurity = any\n"
                       f"certificate = {self.path('certificate.pem')}\nkey = {self.path('key.pem')}\n"
                       f"sam-file = {self.path('sam')}\nlauncher = {self.path('launcher')}\nmax-per-source = 1000\n"
                       "max-half-open = 1000\nlog-level = warn\n")
        process = self.spawn([os.path.join(self.bin, "rdsim"), "--library", os.path.join(self.bin, "librdsprov.so"),
                              "--require-listen", "--launcher", self.path("launcher"), "--desktop",
                              "display:" + self.display[1:], "--user", f"{self.user}:{self.password}"],
                             env=self.environment(RDSPROV_CONFIG=self.path("rdsprov.ini")))
        self.roots = [process.pid, self.screen.process.pid]
        self.wait_listening(process)


class Shadow(Server):
    """freerdp-shadow-cli of FreeRDP, with its defaults but no authentication."""
    name = "freerdp-shadow"
    x_server = "Xvfb"

    @staticmethod
    def program():
        for folder in os.environ.get("RDPBENCH_PATH", "").split(":"):
            path = os.path.join(folder, "freerdp-shadow-cli")
            if folder and os.access(path, os.X_OK):
                return path
        return shutil.which("freerdp-shadow-cli") or shutil.which("freerdp-shadow-cli3")

    @classmethod
    def missing(cls, _bin):
        return "" if cls.program() else "no freerdp-shadow-cli (package freerdp3-shadow-x11)"

    def start(self):
        self.screen = Xvfb(self.folder, self.size)
        self.display = self.screen.display
        program = self.program()
        library = os.path.join(os.path.dirname(os.path.dirname(program)), "lib")
        process = self.spawn([program, f"/port:{self.port}", "/bind-address:127.0.0.1", "/sec:tls", "-auth"],
                             env=self.environment(DISPLAY=self.display, LD_LIBRARY_PATH=library))
        self.roots = [process.pid, self.screen.process.pid]
        self.wait_listening(process)
        time.sleep(0.5)


SERVERS = [Rdsprov, Shadow]
