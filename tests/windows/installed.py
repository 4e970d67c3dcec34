# SPDX-License-Identifier: Apache-2.0
"""What the tests of the installed product share: the launcher service in a Wine of their own, and snapshots of its registry
and disk. The prefix is RDSPROV_WINEPREFIX; the programs are those of RDSPROV_WINDOWS_BIN until a package is installed."""
import hashlib
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import harness  # noqa: E402
import wine  # noqa: E402

SERVICE = "rdsprov-launcher"
SERVICE_KEY = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\" + SERVICE
EVENTS_KEY = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" + SERVICE
PARAMETERS = SERVICE_KEY + "\\Parameters"
SIZE = "1024x768"
DESKTOP = "winsvc"


class Case(wine.Case):
    """One Wine with a desktop; `programs` is where ours are."""

    def setUp(self):
        super().setUp()
        self.limit(280)
        self.programs = wine.path_of(wine.WINDOWS_BIN)
        self.log_path = os.path.join(self.folder, "launcher.log")
        self.pipe = f"rdsprov-winsvc-{os.getpid()}"
        self.addCleanup(self.print_log)
        self.maxDiff = 0

    def print_log(self):
        if self._failed():
            print("launcher's log:\n" + self.launcher_log(), file=sys.stderr)

    def launcher_log(self):
        try:
            with open(self.log_path, errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def wait_launcher_log(self, text, seconds=15, count=1):
        harness.wait_until(lambda: f"{text!r} in the launcher's log", seconds,
                           lambda: self.launcher_log().count(text) >= count)

    def program(self, name):
        return self.programs + "\\" + name

    def session_program(self, word, check=True):
        return self.wine(self.program("rdsprov-session.exe"), word, check=check)

    def start_display(self):
        self.screen = harness.Xvfb(self, SIZE)
        self.display = self.screen.name

    def start_notepad(self, path):
        process = harness.spawn(["wine", "explorer", f"/desktop={DESKTOP},{SIZE}", "notepad.exe", wine.path_of(path)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=self.wine_environment())
        self.addCleanup(harness.end, process)

    def set_parameters(self, **values):
        """Of the service: names with _ for -."""
        lines = ["Windows Registry Editor Version 5.00", "", "[" + PARAMETERS.replace("HKLM", "HKEY_LOCAL_MACHINE") + "]"]
        for name, value in values.items():
            quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'"{name.replace("_", "-")}"="{quoted}"')
        path = os.path.join(self.folder, "parameters.reg")
        with open(path, "w", encoding="utf-16") as file:
            file.write("\r\n".join(lines) + "\r\n")
        self.wine("regedit", "/S", wine.path_of(path))

    def start_launcher(self, **parameters):
        values = {"pipe": self.pipe, "log_file": wine.path_of(self.log_path), "log_level": "debug",
                  "test_client": wine.path_of(os.path.join(wine.WINDOWS_BIN, "rdsim.exe")),
                  "desktop": "winsta0\\" + DESKTOP, "session_arguments": f"--desktop gdi --join {DESKTOP}"}
        values.update(parameters)
        # it begins with Windows: a Wine that was idle has begun anew, and with it the service
        self.wine("net", "stop", SERVICE, check=False)
        self.set_parameters(**values)
        self.wine("net", "start", SERVICE)

    def stop_launcher(self):
        self.wine("net", "stop", SERVICE)

    # Snapshots. What Wine's own programs write while nothing of ours happens is not ours.

    def registry(self):
        """Every line of HKLM and HKCU, with its key in front."""
        lines = set()
        for root in ("HKLM", "HKCU"):
            path = os.path.join(self.folder, "snapshot.reg")
            self.wine("reg", "export", root, wine.path_of(path), "/y", seconds=60)
            key = ""
            with open(path, encoding="utf-16", errors="replace") as file:
                for line in file:
                    line = line.rstrip("\r\n")
                    if line.startswith("["):
                        key = line
                        lines.add(key)
                    elif line:
                        lines.add(key + " " + line)
        return lines

    def disk(self):
        """path -> checksum, of drive C."""
        files = {}
        root = os.path.join(wine.PREFIX, "drive_c")
        for folder, folders, names in os.walk(root):
            for name in folders:
                files[os.path.relpath(os.path.join(folder, name), root) + "/"] = ""
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    files[os.path.relpath(path, root)] = os.readlink(path)
                    continue
                with open(path, "rb") as file:
                    files[os.path.relpath(path, root)] = hashlib.sha256(file.read()).hexdigest()
        return files

    def same_registry(self, before, ignored=()):
        after = self.registry()
        noise = re.compile("|".join(IGNORED_KEYS + tuple(ignored)), re.I)
        changed = sorted(line for line in before ^ after if not noise.search(line))
        self.assertEqual(changed, [], "the registry is not as it was before (%d lines):\n%s" % (len(changed), "\n".join(
            ("gone " if line in before else "new  ") + line for line in changed[:60])))

    def same_disk(self, before, ignored=()):
        after = self.disk()
        noise = re.compile("|".join(IGNORED_FILES + tuple(ignored)), re.I)
        changed = sorted(name for name in before.keys() | after.keys()
                         if before.get(name) != after.get(name) and not noise.search(name))
        self.assertEqual(changed, [], "the disk is not as it was before:\n" + "\n".join(changed[:60]))


# What Wine itself keeps there from run to run, whoever runs.
IGNORED_KEYS = (r"\\Control\\ServiceCurrent\]", r"^\[HKEY_LOCAL_MACHINE\\HARDWARE", r"\\Volatile Environment", r"\\Explorer\\RecentDocs",
                r"\\Explorer\\SessionInfo", r"\\Control\\Class\\", r"\\Control\\Video", r"\\Enum\\", r"\\DeviceClasses",
                r"\\Software\\Wine\\", r"Fontlink|\\Fonts", r"\\Notepad\]", r"\\Applets\\Regedit", r"\\Prefetcher",
                r"\\Time Zones\\|TimeZoneInformation", r"\\GraphicsDrivers")
# Windows has LogFiles.
IGNORED_FILES = (r"^windows/system32/LogFiles/$", r"/Temp/.*", r"^windows/Installer/$", r"\.gid$")
