# SPDX-License-Identifier: Apache-2.0
"""scripts/package after the build: stage, bill of materials, checksums, zip, MSI. Nothing here depends on the time or the place:
files are sorted, times are SOURCE_DATE_EPOCH, identifiers are made from names and contents."""
import argparse
import datetime
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
import zipfile

from msi import make_msi
from portable_executable import normalize

EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))
PROGRAMS = ("rdsprov.dll", "rdsprov-peer.exe", "rdsprov-session.exe", "rdsprov-setup.exe")
DRIVER = "rdsprov_idd.dll"
DOCS = ("README.md", "docs/windows.md", "docs/windows-checklist.md", "docs/security.md", "docs/driver.md")
NAMESPACE = uuid.UUID("b53e2c0c-43c7-5d57-9c2b-7c54f6a1d9a0")
TOOLS = "x86_64-w64-mingw32-"


def fail(text):
    sys.exit("package: " + text)


def run(*args):
    result = subprocess.run(args, capture_output=True, text=True)
    if result.returncode != 0:
        fail(f"{' '.join(args)}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def crlf(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def version_of(root):
    with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as file:
        found = re.search(r"^project\(rdsprov VERSION (\d+\.\d+\.\d+)", file.read(), re.M)
    return found.group(1) if found else fail("no version in CMakeLists.txt")


def add_program(source, stage, folder=""):
    """Stripped, with its symbols in a file beside the package's programs, both without a trace of the time."""
    name = os.path.basename(source)
    path = os.path.join(stage, folder, name)
    symbols = os.path.join(stage, "symbols", name + ".debug")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.makedirs(os.path.dirname(symbols), exist_ok=True)
    run(TOOLS + "objcopy", "--only-keep-debug", source, symbols)
    run(TOOLS + "objcopy", "--strip-all", source, path)
    normalize(symbols, EPOCH)
    run(TOOLS + "objcopy", "--add-gnu-debuglink=" + symbols, path)
    normalize(path, EPOCH)


def add_catalog(root, stage):
    """Of the files as they are now; where one was given, it is the one that fits."""
    path = os.path.join(stage, "driver", "rdsprov_idd.cat")
    if os.path.exists(path):
        return
    sys.path.insert(0, os.path.join(root, "driver"))
    import catalog  # driver/catalog.py
    when = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc)
    files = [os.path.join(stage, "driver", name) for name in (DRIVER, "rdsprov_idd.inf")]
    with open(path, "wb") as file:
        file.write(catalog.catalog(files, "rdsprov_idd", catalog.OS_ATTRIBUTES, when))


def driver_version(version):
    """As an INF says it: the date is the package's, the fourth number is free."""
    return time.strftime("%m/%d/%Y", time.gmtime(EPOCH)) + "," + version + ".0"


def add_driver(root, given, stage, version):
    """A driver that was built on Windows. With a catalog nothing may change any more that it covers: then the INF is the given one."""
    library, catalog = os.path.join(given, DRIVER), os.path.join(given, "rdsprov_idd.cat")
    inf = os.path.join(given if os.path.exists(catalog) else os.path.join(root, "driver"), "rdsprov_idd.inf")
    for path in (library, inf):
        if not os.path.exists(path):
            fail(f"{path} is missing")
    folder = os.path.join(stage, "driver")
    os.makedirs(folder)
    shutil.copyfile(library, os.path.join(folder, DRIVER))
    if os.path.exists(catalog):
        shutil.copyfile(catalog, os.path.join(folder, "rdsprov_idd.cat"))
        shutil.copyfile(inf, os.path.join(folder, "rdsprov_idd.inf"))
        return
    with open(inf, encoding="ascii") as file:
        text, count = re.subn(r"^(DriverVer *= *).*$", lambda m: m.group(1) + driver_version(version), file.read(), flags=re.M)
    if count != 1:
        fail(f"{inf} has {count} lines DriverVer")
    write(os.path.join(folder, "rdsprov_idd.inf"), crlf(text))


def add_texts(root, stage):
    for name in sorted(os.listdir(os.path.join(root, "scripts", "windows"))):
        with open(os.path.join(root, "scripts", "windows", name), encoding="ascii") as file:
            write(os.path.join(stage, name), crlf(file.read()))
    for name in DOCS:
        path = os.path.join(root, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                write(os.path.join(stage, "docs", os.path.basename(name)), crlf(file.read()))
    shutil.copyfile(os.path.join(root, "LICENSE"), os.path.join(stage, "LICENSE.txt"))


# Third-party code that is inside the programs.

def recorded(prefix, name):
    try:
        with open(os.path.join(prefix, name + ".version"), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        fail(f"{prefix} does not say which {name} it has")


def debian_version(package):
    return run("dpkg-query", "-W", "-f", "${Version}", package).strip()


def license_of_source(prefix, pattern, member):
    """From the archive that the library was built from."""
    archives = sorted(glob.glob(os.path.join(os.path.dirname(prefix), "sources", pattern)))
    if not archives:
        fail(f"no {pattern} in the cache: whose licence goes with the package?")
    with tarfile.open(archives[-1]) as archive:
        for item in archive:
            if item.name.count("/") == 1 and item.name.endswith("/" + member):
                return archive.extractfile(item).read().decode("utf-8", "replace")
    return fail(f"no {member} in {archives[-1]}")


def third_party(prefix):
    def copyright_of(package):
        with open(f"/usr/share/doc/{package}/copyright", encoding="utf-8") as file:
            return file.read()

    freerdp, openssl = recorded(prefix, "freerdp"), recorded(prefix, "openssl")
    gcc, mingw = debian_version("gcc-mingw-w64-x86-64-win32"), debian_version("mingw-w64-x86-64-dev")
    return [
        {"name": "FreeRDP", "version": freerdp, "licence": "Apache-2.0", "in": ("rdsprov-peer.exe",),
         "purl": f"pkg:deb/debian/freerdp3@{freerdp}?arch=source",
         "text": license_of_source(prefix, "freerdp3_*.orig.tar.*", "LICENSE"),
         "note": "with Debian's patches and those of third_party/patches; holds WinPR"},
        {"name": "OpenSSL", "version": openssl, "licence": "Apache-2.0", "in": ("rdsprov-peer.exe",),
         "purl": f"pkg:deb/debian/openssl@{openssl}?arch=source",
         "text": license_of_source(prefix, "openssl_*.orig.tar.*", "LICENSE.txt"), "note": "libcrypto and libssl, static"},
        {"name": "mingw-w64 runtime", "version": mingw, "licence": "ZPL-2.1", "in": PROGRAMS,
         "purl": f"pkg:deb/debian/mingw-w64@{mingw}?arch=source", "text": copyright_of("mingw-w64-x86-64-dev"),
         "note": "start-up code and import libraries, static"},
        {"name": "libgcc", "version": gcc, "licence": "GPL-3.0-or-later WITH GCC-exception-3.1", "in": PROGRAMS,
         "purl": f"pkg:deb/debian/gcc-mingw-w64@{gcc}?arch=source",
         "text": copyright_of("gcc-mingw-w64-x86-64-win32-runtime"), "note": "static"},
    ]


def add_licences(stage, parts):
    for part in parts:
        name = part["name"].replace(" ", "-")
        write(os.path.join(stage, "licences", name + ".txt"), crlf(part["text"]))


def sign(command, paths):
    for path in paths:
        result = subprocess.run([command, path], stdin=subprocess.DEVNULL)
        if result.returncode != 0:
            fail(f"{command} {path}: exit {result.returncode}")


def files_of(stage):
    found = []
    for folder, folders, names in os.walk(stage):
        folders.sort()
        found += [os.path.relpath(os.path.join(folder, name), stage).replace(os.sep, "/") for name in names]
    return sorted(found)


def add_bill(stage, version, parts):
    """CycloneDX 1.5. Written before the checksums: it names every file but those two."""
    components = []
    for part in parts:
        reference = part["name"].lower().replace(" ", "-")
        components.append({
            "type": "library", "bom-ref": reference, "name": part["name"], "version": part["version"], "purl": part["purl"],
            "description": part["note"],
            "licenses": [{"expression": part["licence"]} if " WITH " in part["licence"] else
                         {"license": {"id": part["licence"]}}]})
    dependencies = [{"ref": "rdsprov", "dependsOn": sorted(c["bom-ref"] for c in components)}]
    for name in files_of(stage):
        components.append({"type": "file", "bom-ref": "file:" + name, "name": name,
                           "hashes": [{"alg": "SHA-256", "content": sha256(os.path.join(stage, name))}]})
        inside = sorted(p["name"].lower().replace(" ", "-") for p in parts if name in p["in"])
        if inside:
            dependencies.append({"ref": "file:" + name, "dependsOn": inside})
    digest = hashlib.sha256(json.dumps(components, sort_keys=True).encode()).hexdigest()
    bill = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": "urn:uuid:" + str(uuid.uuid5(NAMESPACE, "bill:" + digest)),
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH)),
            "component": {"type": "application", "bom-ref": "rdsprov", "name": "rdsprov", "version": version,
                          "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components, "dependencies": dependencies}
    write(os.path.join(stage, "bill-of-materials.cdx.json"), json.dumps(bill, indent=1, sort_keys=True) + "\n")


def add_checksums(stage):
    lines = [f"{sha256(os.path.join(stage, name))} *{name}\r\n" for name in files_of(stage)]
    write(os.path.join(stage, "SHA256SUMS.txt"), "".join(lines))


def make_zip(stage, path):
    moment = time.gmtime(max(EPOCH, 315532800))[:6]
    top = os.path.basename(path)[:-len(".zip")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in files_of(stage):
            item = zipfile.ZipInfo(f"{top}/{name}", moment)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.create_system = 0
            with open(os.path.join(stage, name), "rb") as file:
                archive.writestr(item, file.read(), compresslevel=9)


def main():
    parser = argparse.ArgumentParser(prog="package")
    for option in ("--root", "--bin", "--prefix", "--out"):
        parser.add_argument(option, required=True)
    parser.add_argument("--msi", action="store_true")
    parser.add_argument("--sign")
    parser.add_argument("--driver")
    options = parser.parse_args()
    version = version_of(options.root)
    name = f"rdsprov-{version}-x64"

    with tempfile.TemporaryDirectory(prefix="rdsprov-package.") as work:
        stage = os.path.join(work, "stage")
        for program in PROGRAMS:
            source = os.path.join(options.bin, program)
            if not os.path.exists(source):
                fail(f"{source} is missing")
            add_program(source, stage)
        if options.driver:
            add_driver(options.root, options.driver, stage, version)
        add_texts(options.root, stage)
        # signatures before the checksums; a catalog that was given covers what it covers
        whole = os.path.exists(os.path.join(stage, "driver", "rdsprov_idd.cat"))
        if options.sign:
            sign(options.sign, [os.path.join(stage, file) for file in files_of(stage) if file.endswith((".exe", ".dll", ".ps1"))
                                and not (whole and file.startswith("driver/"))])
        if options.driver and not whole:
            add_catalog(options.root, stage)
            if options.sign:
                sign(options.sign, [os.path.join(stage, "driver", "rdsprov_idd.cat")])
        parts = third_party(options.prefix)
        add_licences(stage, parts)
        add_bill(stage, version, parts)
        add_checksums(stage)
        made = [os.path.join(options.out, name + ".zip")]
        make_zip(stage, made[0])
        if options.msi:
            made.append(os.path.join(options.out, name + ".msi"))
            make_msi(stage, [file for file in files_of(stage) if not file.startswith("symbols/")], version, made[1], EPOCH)
    if options.sign and options.msi:
        sign(options.sign, [made[1]])
    for path in made:
        write(path + ".sha256", f"{sha256(path)} *{os.path.basename(path)}\n")
        print(f"package: {path} ({os.path.getsize(path) / 1e6:.1f} MB)")
    if not options.driver:
        print("package: no display driver in it (--driver): no listener can be enabled with it")
    if not options.sign:
        print("package: nothing in it is signed")


if __name__ == "__main__":
    main()
