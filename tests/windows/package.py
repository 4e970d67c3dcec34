# SPDX-License-Identifier: Apache-2.0
"""The package: the same bytes twice, what is in it and what its papers say; then the MSI in a Wine: installed, the service started,
the class activated from there, a client types into Notepad, everything removed again, registry and disk as before."""
import hashlib
import json
import os
import subprocess
import tempfile
import unittest
import zipfile

import installed
import harness
import wine
import launcher

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PROGRAMS = {"rdsprov.dll", "rdsprov-peer.exe", "rdsprov-session.exe", "rdsprov-setup.exe"}
FOLDER = "C:\\Program Files\\rdsprov"


def build(out, *arguments):
    os.makedirs(out, exist_ok=True)
    result = subprocess.run([os.path.join(ROOT, "scripts", "package"), "--no-install", "--bin", wine.WINDOWS_BIN, "--out", out,
                             *arguments], capture_output=True, text=True, timeout=120,
                            env=dict(os.environ, SOURCE_DATE_EPOCH="1735689600"))
    if result.returncode != 0:
        raise AssertionError(result.stdout + result.stderr)
    return {name.rsplit(".", 1)[1]: os.path.join(out, name) for name in os.listdir(out) if name.endswith((".zip", ".msi"))}


def content(path):
    with open(path, "rb") as file:
        return file.read()


class Papers(unittest.TestCase):
    """Without Wine."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="rdsprov-package-test.")
        cls.made = build(os.path.join(cls.folder.name, "one"))
        with zipfile.ZipFile(cls.made["zip"]) as archive:
            cls.files = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_same_bytes_twice(self):
        again = build(os.path.join(self.folder.name, "another", "place"))
        for kind, path in self.made.items():
            self.assertEqual(content(path), content(again[kind]), f"the {kind} differs")
            with open(path + ".sha256", encoding="ascii") as file:
                self.assertEqual(file.read().split()[0], hashlib.sha256(content(path)).hexdigest())

    def test_files(self):
        names = set(self.files)
        self.assertLessEqual(PROGRAMS, names)
        self.assertLessEqual({"symbols/" + name + ".debug" for name in PROGRAMS}, names)
        self.assertLessEqual({"LICENSE.txt", "SHA256SUMS.txt", "bill-of-materials.cdx.json", "Install-Rdsprov.ps1",
                              "docs/windows.md"}, names)
        for name in PROGRAMS:
            data = self.files[name]
            self.assertIn((name + ".debug").encode(), data, f"{name} does not name its symbols")
            self.assertFalse(ROOT.encode() in data, f"{name} tells where it was built")

    def test_checksums(self):
        lines = self.files["SHA256SUMS.txt"].decode().splitlines()
        said = {line.split(" *", 1)[1]: line.split(" *", 1)[0] for line in lines}
        self.assertEqual(set(said), set(self.files) - {"SHA256SUMS.txt"})
        for name, digest in said.items():
            self.assertEqual(hashlib.sha256(self.files[name]).hexdigest(), digest, name)

    def test_bill(self):
        bill = json.loads(self.files["bill-of-materials.cdx.json"])
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
        libraries = {c["name"]: c for c in bill["components"] if c["type"] == "library"}
        self.assertLessEqual({"FreeRDP", "OpenSSL"}, set(libraries))
        for name, library in libraries.items():
            self.assertRegex(library["version"], r"^\d")
            self.assertIn(f"licences/{name.replace(' ', '-')}.txt", self.files)
        files = {c["name"]: c["hashes"][0]["content"] for c in bill["components"] if c["type"] == "file"}
        self.assertEqual(set(files), set(self.files) - {"SHA256SUMS.txt", "bill-of-materials.cdx.json"})
        for name, digest in files.items():
            self.assertEqual(hashlib.sha256(self.files[name]).hexdigest(), digest, name)
        references = {c["bom-ref"] for c in bill["components"]} | {"rdsprov"}
        for edge in bill["dependencies"]:
            self.assertLessEqual({edge["ref"], *edge["dependsOn"]}, references)

    def test_driver(self):
        """Given, with and without a catalog; any bytes do."""
        given = os.path.join(self.folder.name, "driver")
        os.makedirs(given)
        self.assertFalse([name for name in self.files if name.startswith("driver/")])  # never by itself
        library = content(os.path.join(wine.WINDOWS_BIN, "rdsprov.dll"))
        for name, data in (("rdsprov_idd.dll", library), ("rdsprov_idd.inf", b"signed; as it is")):
            with open(os.path.join(given, name), "wb") as file:
                file.write(data)
        made = build(os.path.join(self.folder.name, "with-driver"), "--no-msi", "--driver", given)
        with zipfile.ZipFile(made["zip"]) as archive:
            files = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist() if "/driver/" in name}
        self.assertEqual(set(files), {"driver/rdsprov_idd.dll", "driver/rdsprov_idd.inf", "driver/rdsprov_idd.cat"})
        self.assertEqual(files["driver/rdsprov_idd.dll"], library)
        self.assertTrue(files["driver/rdsprov_idd.cat"].startswith(b"\x30"))  # DER; driver/catalog.py has tests of its own
        self.assertRegex(files["driver/rdsprov_idd.inf"].decode(), r"(?m)^DriverVer *= *01/01/2025,\d+\.\d+\.\d+\.0\r$")
        with open(os.path.join(given, "rdsprov_idd.cat"), "wb") as file:
            file.write(b"catalog")
        made = build(os.path.join(self.folder.name, "with-catalog"), "--no-msi", "--driver", given)
        with zipfile.ZipFile(made["zip"]) as archive:
            files = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist() if "/driver/" in name}
        self.assertEqual(files["driver/rdsprov_idd.inf"], b"signed; as it is")  # what the catalog covers does not change
        self.assertEqual(files["driver/rdsprov_idd.cat"], b"catalog")

    def test_signing(self):
        """The command sees each program and script before the checksums are made, and the MSI last."""
        command = os.path.join(self.folder.name, "sign")
        with open(command, "w") as file:
            file.write(f'#!/bin/sh\necho "$1" >>{self.folder.name}/signed\nprintf signed >>"$1"\n')
        os.chmod(command, 0o700)
        made = build(os.path.join(self.folder.name, "to-sign"), "--sign", command)
        with open(os.path.join(self.folder.name, "signed")) as file:
            seen = [os.path.basename(line.strip()) for line in file]
        self.assertLessEqual(PROGRAMS | {"Install-Rdsprov.ps1"}, set(seen))
        self.assertTrue(seen[-1].endswith(".msi"))
        with zipfile.ZipFile(made["zip"]) as archive:
            top = archive.namelist()[0].split("/")[0]
            data = archive.read(top + "/rdsprov.dll")
            self.assertTrue(data.endswith(b"signed"))
            self.assertIn(hashlib.sha256(data).hexdigest(), archive.read(top + "/SHA256SUMS.txt").decode())
        with open(command, "w") as file:
            file.write("#!/bin/sh\nexit 3\n")
        self.assertRaises(AssertionError, build, os.path.join(self.folder.name, "unsigned"), "--sign", command)

    def test_refusals(self):
        script = os.path.join(ROOT, "scripts", "package")
        for arguments, text in ((["--nonsense"], "unknown argument"), (["--out"], "needs a value"),
                                (["--no-install", "--bin", self.folder.name, "--out", self.folder.name], "is missing")):
            result = subprocess.run([script, *arguments], capture_output=True, text=True, timeout=60)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(text, result.stderr)


class Package(launcher.Launcher):
    """The whole way, from the MSI."""

    # the tests of the service itself ran with the build's programs
    test_stop_ends_programs = test_stranger_is_sent_away = test_program_that_cannot_show = None
    test_service_dies = test_wrong_setting = test_install_and_remove_leave_nothing = test_end_to_end = None

    def setUp(self):
        super().setUp()
        self.msi = build(os.path.join(self.folder, "package"))["msi"]

    def msiexec(self, word, check=True, seconds=90):
        log = os.path.join(self.folder, "msiexec.log")
        code, text = self.wine("msiexec", word, wine.path_of(self.msi), "/qn", "/l*", wine.path_of(log), seconds=seconds,
                               check=False)
        if check and code != 0:
            with open(log, encoding="utf-16", errors="replace") as file:
                raise AssertionError(f"msiexec {word}: exit {code}: {text}\n{file.read()[-3000:]}")
        return code

    def regsvr32(self, *words):
        self.wine("regsvr32", *words, "/s", FOLDER + "\\rdsprov.dll")

    def test_from_the_msi(self):
        self.start_display()
        typed = os.path.join(self.folder, "typed.txt")
        with open(typed, "w"):
            pass
        desk = self.screen.desk(watch=True)
        # what a Windows has: the service's keys, and other sources of events (Wine removes a key that becomes empty)
        self.wine("reg", "add", wine.LISTENER_KEY.rsplit("\\", 1)[0], "/f")
        self.wine("reg", "add", installed.EVENTS_KEY.rsplit("\\", 1)[0] + "\\Other", "/f")
        # what a test before this one may have left
        self.session_program("/uninstall", check=False)
        self.wine("reg", "delete", wine.LISTENER_KEY, "/f", check=False)
        self.unregister()
        self.msiexec("/x", check=False)
        registry, disk = self.registry(), self.disk()

        self.msiexec("/i")
        self.programs = FOLDER
        self.assertIn("is installed", self.session_program("/status"))
        installed_files = {name for name in self.disk() if name.startswith("Program Files/rdsprov/")}
        self.assertLessEqual({"Program Files/rdsprov/" + name for name in PROGRAMS}, installed_files)
        self.assertIn("installed already", self.session_program("/install"))
        self.regsvr32()
        self.assertNotEqual(self.msiexec("/x", check=False), 0)  # not while the class is registered
        self.assertTrue(self.has_key(wine.CLASS_KEY))
        self.assertIn("is installed", self.session_program("/status"))

        self.start_notepad(typed)
        self.start_launcher()
        service = self.start()
        client = service.client(size=installed.SIZE).connect()
        service.wait_log("session program attached", 30)
        self.type_and_save(client, desk, typed, "From the package.")
        running = [pid for pid in service.processes("rdsprov-peer") + service.processes("rdsprov-session")]
        for pid in running:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                self.assertIn(b"Program Files", file.read().replace(b"/", b"\\"))
        client.disconnect()
        service.stop()
        self.wine("reg", "delete", wine.LISTENER_KEY, "/f")
        self.stop_launcher()
        self.wine("reg", "delete", installed.PARAMETERS, "/f")

        # as Uninstall-Rdsprov.ps1 does it, then the files
        self.regsvr32("/u")
        self.assertIn("is removed", self.session_program("/uninstall"))
        self.msiexec("/x")
        self.nothing_left(registry, disk)
        # and the MSI alone
        self.msiexec("/i")
        self.assertTrue(self.has_key(installed.SERVICE_KEY))
        self.msiexec("/x")
        self.nothing_left(registry, disk)

    def nothing_left(self, registry, disk):
        self.assertFalse(self.has_key(installed.SERVICE_KEY))
        self.assertFalse(self.has_key(installed.EVENTS_KEY))
        # Windows Installer's own places stay, empty of us
        self.same_registry(registry, ignored=(
            r"\\Installer(\\UserData(\\S-1-5-18)?)?(\\(Features|Products|UpgradeCodes|Components))?\]$",))
        self.same_disk(disk)


if __name__ == "__main__":
    harness.main()
