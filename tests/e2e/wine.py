# SPDX-License-Identifier: Apache-2.0
"""The Windows binaries under a Wine of our own: RDSPROV_WINDOWS_BIN names them, RDSPROV_WINEPREFIX the place of the prefix.
The prefix is made once; each test registers, configures, and ends everything in it."""
import fcntl
import os
import subprocess
import tempfile
import time

import harness

WINDOWS_BIN = os.environ.get("RDSPROV_WINDOWS_BIN", "")
PREFIX = os.environ.get("RDSPROV_WINEPREFIX", "")
LISTENER_KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDSPROV"
CLASS = "{1F2E6F9A-67A6-433E-9EC8-17C1F3354DE5}"
CLASS_KEY = "HKLM\\SOFTWARE\\Classes\\CLSID\\" + CLASS


def path_of(path):
    """As Wine's drive Z: shows it."""
    return "Z:" + path.replace("/", "\\")


class Case(harness.Case):
    """One Wine; only one test at a time uses it."""

    def setUp(self):
        super().setUp()
        self.limit(110)
        self.assertTrue(WINDOWS_BIN and PREFIX, "set RDSPROV_WINDOWS_BIN and RDSPROV_WINEPREFIX")
        os.makedirs(PREFIX, exist_ok=True)
        lock = open(os.path.join(PREFIX, ".lock"), "w")
        self.addCleanup(lock.close)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.display = None
        self.addCleanup(self.end_wine)
        if not os.path.exists(os.path.join(PREFIX, ".ready")):
            self.wine("wineboot", "-i", seconds=90)
            self.wineserver("-w")
            with open(os.path.join(PREFIX, ".ready"), "w"):
                pass

    def wine_environment(self):
        env = self.environment()
        env.update(WINEPREFIX=PREFIX, WINEDEBUG="-all", WINEDLLOVERRIDES="mscoree,mshtml=,winemenubuilder.exe=")
        if self.display:
            env["DISPLAY"] = self.display
        return env

    def wine(self, *args, seconds=30, check=True):
        """Runs to its end; what it printed."""
        with tempfile.TemporaryFile("w+", errors="replace") as output:  # a pipe would stay open in Wine's own programs
            process = harness.spawn(["wine", *args], stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=subprocess.STDOUT, env=self.wine_environment())
            try:
                code = process.wait(seconds * harness.SCALE)
            except subprocess.TimeoutExpired:
                harness.end(process, 1)
                raise AssertionError(f"wine {args[0]} does not end") from None
            output.seek(0)
            text = output.read()
        if check and code != 0:
            raise AssertionError(f"wine {' '.join(args)}: exit {code}: {text}")
        return text if check else (code, text)

    def wineserver(self, option):
        subprocess.run(["wineserver", option], env=self.wine_environment(), timeout=30 * harness.SCALE, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end_wine(self):
        self.wineserver("-k")
        self.wineserver("-w")

    def register(self):
        self.wine("regsvr32", "/s", path_of(os.path.join(WINDOWS_BIN, "rdsprov.dll")))

    def unregister(self):
        self.wine("regsvr32", "/u", "/s", path_of(os.path.join(WINDOWS_BIN, "rdsprov.dll")))

    def has_key(self, key):
        return self.wine("reg", "query", key, check=False)[0] == 0

    def service(self, **options):
        return Service(self, **options)


class Service(harness.Service):
    """rdsim.exe, which has COM load the registered DLL."""

    def __init__(self, test, desktop="pattern", users=("demo:demo",), session_args=("--pattern-static",), sam=False,
                 arguments=(), wait_ready=True, expect_code=0, launcher=True, **config):
        self.test = test
        self.folder = tempfile.mkdtemp(prefix="service-", dir=test.folder)
        self.expect_code = expect_code
        self.port = harness.free_port()
        # launcher: True, rdsim is it; else the name of somebody else's pipe
        self.name = f"rdsprov-e2e-{os.getpid()}-{self.port}"
        self.output = []
        self.fingerprint = ""
        self.code = None
        self.config = {"PortNumber": self.port, "address": "127.0.0.1", "log-level": "debug",
                       "launcher": self.name if launcher is True else launcher,
                       "certificate": path_of(self.path("certificate.pem")), "key": path_of(self.path("key.pem"))}
        if sam:
            self.write_sam(users)
            self.config["sam-file"] = path_of(self.path("sam"))
        if "security" in config:  # its name on Windows; `Security` of a listener key is something else
            config["security-layer"] = config.pop("security")
        self.config.update({name.replace("_", "-"): value for name, value in config.items()})
        self.write_config()
        args = ["--listener", "RDSPROV", "--control", self.name + "-control", "--desktop", desktop]
        if launcher is True:
            args += ["--launcher", self.name]
        for user in users:
            args += ["--user", user]
        for argument in session_args:
            args += ["--session-arg", argument]
        self.log_path = self.path("log")
        self.log_file = open(self.log_path, "w")
        self.output_path = self.path("output")
        self.output_file = open(self.output_path, "w")
        self.process = harness.spawn(["wine", path_of(os.path.join(WINDOWS_BIN, "rdsim.exe")), *args, *arguments],
                                     stdin=subprocess.DEVNULL, stdout=self.output_file, stderr=self.log_file,
                                     cwd=self.folder, env=test.wine_environment())
        test.services.append(self)
        test.addCleanup(self.close)
        if wait_ready:
            self.wait_ready()

    def write_config(self):
        self.test.wine("reg", "delete", LISTENER_KEY, "/f", check=False)
        # one file for all values: each call of reg costs a second
        lines = ["Windows Registry Editor Version 5.00", "",
                 "[" + LISTENER_KEY.replace("HKLM", "HKEY_LOCAL_MACHINE") + "]"]
        for name, value in self.config.items():
            quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'"{name}"=dword:{value:08x}' if isinstance(value, int) else f'"{name}"="{quoted}"')
        with open(self.path("values.reg"), "w", encoding="utf-16") as file:
            file.write("\r\n".join(lines) + "\r\n")
        self.test.wine("regedit", "/S", path_of(self.path("values.reg")))

    def read_output(self):
        with open(self.output_path, errors="replace") as file:
            self.output = file.read().splitlines()
        return self.output

    def wait_ready(self, seconds=25):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the service has ended with {self.process.returncode}: {self.log()[-2000:]}")
            return [line for line in self.read_output() if line.startswith("certificate: ")]

        self.fingerprint = harness.wait_until("the service is ready", seconds, ready)[0].split()[1]

    def control(self, command, seconds=15):
        code, text = self.test.wine(path_of(os.path.join(WINDOWS_BIN, "rdsim.exe")), "--control", self.name + "-control",
                                    "--send", command, seconds=seconds, check=False)
        lines = text.splitlines()
        if not lines or lines[-1] != "ok":
            raise AssertionError(f"control {command}: exit {code}: {text}")
        return lines[:-1]

    def processes(self, name):
        """Windows programs are not children of each other here: found by their command line, within our prefix."""
        found = []
        for pid in os.listdir("/proc"):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read()
                with open(f"/proc/{pid}/environ", "rb") as file:
                    mine = b"WINEPREFIX=" + PREFIX.encode() + b"\0" in file.read()
            except OSError:
                continue
            if mine and name.encode() + b".exe" in line:
                found.append(int(pid))
        return found

    def stop(self, seconds=3.0):
        begin = time.monotonic()
        self.control("stop")
        asked = time.monotonic()
        try:
            self.code = self.process.wait((seconds + 10) * harness.SCALE)
        except subprocess.TimeoutExpired:
            raise AssertionError("the service does not stop") from None
        self.read_output()
        return time.monotonic() - asked, asked - begin

    def close(self):
        if self.process.poll() is None:
            try:
                self.stop()
            except (AssertionError, subprocess.TimeoutExpired):
                pass
        self.code = harness.end(self.process)
        self.read_output()
        self.log_file.close()
        self.output_file.close()
        self.test.after_service(self)
