# SPDX-License-Identifier: Apache-2.0
"""The servers that scripts/bench measures, each behind an X11 screen of its own: start, where to connect, which processes to
account for, stop."""
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from network import nt_hash  # noqa: E402
from processes import children, end, free_port, spawn, wait_until  # noqa: E402

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


def installed(*names):
    """The first of these programs on RDPBENCH_PATH or where servers are."""
    path = os.environ.get("RDPBENCH_PATH", "") + ":" + os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin"
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    return None


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
        self.authority = os.environ.get("XAUTHORITY", "")
        self.port = free_port()

    @classmethod
    def missing(cls):
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
                     self.security, "--size", self.size]
        if self.display:
            arguments += ["--display", self.display]
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
    more = ""  # lines of its configuration

    def start(self):
        self.screen = Xvfb(self.folder, self.size)
        self.display = self.screen.display
        with open(self.path("sam"), "w") as file:
            file.write(f"{self.user}:::{nt_hash(self.password)}:::\n")
        with open(self.path("rdsprov.ini"), "w") as file:
            file.write(f"[RDSPROV]\nport = {self.port}\naddress = 127.0.0.1\nsecurity = any\n"
                       f"certificate = {self.path('certificate.pem')}\nkey = {self.path('key.pem')}\n"
                       f"sam-file = {self.path('sam')}\nlauncher = {self.path('launcher')}\nmax-per-source = 1000\n"
                       "max-half-open = 1000\nlog-level = warn\n" + self.more)
        process = self.spawn([os.path.join(self.bin, "rdsim"), "--library", os.path.join(self.bin, "librdsprov.so"),
                              "--require-listen", "--launcher", self.path("launcher"), "--desktop",
                              "display:" + self.display[1:], "--user", "*"],
                             env=self.environment(RDSPROV_CONFIG=self.path("rdsprov.ini")))
        self.roots = [process.pid, self.screen.process.pid]
        self.wait_listening(process)


class Shadow(Server):
    """freerdp-shadow-cli of FreeRDP, with its defaults but no authentication."""
    name = "freerdp-shadow"
    x_server = "Xvfb"

    @classmethod
    def missing(cls):
        return "" if cls.program() else "no freerdp-shadow-cli (package freerdp3-shadow-x11)"

    @staticmethod
    def program():
        return installed("freerdp-shadow-cli", "freerdp-shadow-cli3")

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


XORG_PROGRAM = "/usr/lib/xorg/Xorg"  # the wrapper of some systems wants a console

XRDP_INI = """[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{port}
tcp_nodelay=true
security_layer=tls
crypt_level=high
certificate={folder}/cert.pem
key_file={folder}/key.pem
ssl_protocols=TLSv1.2, TLSv1.3
autorun=Xorg
allow_channels=true
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both
[Logging]
LogFile={folder}/xrdp.log
LogLevel=INFO
EnableSyslog=false
[Channels]
drdynvc=true
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
port=-1
code=20
"""

SESMAN_INI = """[Globals]
ListenPort=sesman.socket
EnableUserWindowManager=false
DefaultWindowManager={folder}/session
[Security]
AllowRootLogin=false
MaxLoginRetry=4
AlwaysGroupCheck=false
[Sessions]
X11DisplayOffset=40
MaxSessions=50
KillDisconnected=false
Policy=Default
[Logging]
LogFile={folder}/sesman.log
LogLevel=INFO
EnableSyslog=false
[Xorg]
param={xorg}
param=-config
param=xrdp/xorg.conf
param=-noreset
param=-nolisten
param=tcp
param=-logfile
param=/dev/null
[Chansrv]
FuseMountName=/tmp/.none
[SessionVariables]
RDPBENCH=yes
"""

# what the session runs: tells where its screen is, and stays
XRDP_SESSION = """#!/bin/sh
cp "${{XAUTHORITY:-$HOME/.Xauthority}}" {shared}/authority
chmod 644 {shared}/authority
echo "$DISPLAY" > {shared}/display.new
mv {shared}/display.new {shared}/display
exec sleep 100000
"""


class Xrdp(Server):
    """xrdp 0.10 with xorgxrdp, a private pair of xrdp and sesman. The account must be there: RDPBENCH_XRDP=NAME:PASSWORD. What captures
    is in its Xorg, so that one's time is part of the server's."""
    name = "xrdp"
    x_server = "Xorg"

    @classmethod
    def missing(cls):
        if not installed("xrdp") or not installed("xrdp-sesman"):
            return "no xrdp (packages xrdp, xorgxrdp)"
        if not os.access(XORG_PROGRAM, os.X_OK):
            return "no " + XORG_PROGRAM
        if ":" not in os.environ.get("RDPBENCH_XRDP", ""):
            return "RDPBENCH_XRDP=NAME:PASSWORD names no account of this machine"
        return "" if os.geteuid() == 0 else "xrdp-sesman runs as root only"

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def start(self):
        self.user, self.password = os.environ["RDPBENCH_XRDP"].split(":", 1)
        for folder in (os.path.dirname(self.folder), self.folder):
            os.chmod(folder, 0o711)  # the session's account runs a program in here
        shared = self.path("shared")
        os.mkdir(shared)
        os.chmod(shared, 0o777)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench", "-days", "2", "-keyout",
                        self.path("key.pem"), "-out", self.path("cert.pem")], check=True, capture_output=True)
        values = {"port": self.port, "folder": self.folder, "shared": shared, "xorg": XORG_PROGRAM}
        self.write("xrdp.ini", XRDP_INI.format(**values))
        self.write("sesman.ini", SESMAN_INI.format(**values), 0o644)
        self.write("session", XRDP_SESSION.format(**values), 0o755)
        sesman = self.spawn([installed("xrdp-sesman"), "--nodaemon", "--config", self.path("sesman.ini")])
        time.sleep(0.5)
        server = self.spawn([installed("xrdp"), "--nodaemon", "--config", self.path("xrdp.ini")])
        self.roots = [sesman.pid, server.pid]
        self.wait_listening(server)
        self.display = ""
        # the first client makes the session, the others come back to it
        command = [os.path.join(self.bin, "rdpbench")] + self.rdpbench_arguments() + ["--seconds", str(START_SECONDS), "--settle", "0"]
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until("xrdp makes a session; see its logs", START_SECONDS,
                       lambda: os.path.exists(os.path.join(shared, "display")), 0.1)
            time.sleep(2)
        finally:
            first.terminate()
            first.wait(60)
        with open(os.path.join(shared, "display")) as file:
            self.display = file.read().strip()
        self.authority = os.path.join(shared, "authority")

    def stop(self):
        for process in self.processes_below():
            try:
                os.kill(process, signal.SIGTERM)
            except ProcessLookupError:
                pass
        super().stop()

    def processes_below(self):
        """Everything that xrdp and sesman started: a session outlives them otherwise."""
        found, more = [], list(self.roots)
        while more:
            more = [child for pid in more for child in children(pid)]
            found += more
        return found


SERVERS = [Rdsprov, Shadow, Xrdp]
