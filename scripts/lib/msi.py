# SPDX-License-Identifier: Apache-2.0
"""The MSI: files below Program Files, and the launcher service. It installs no listener, no driver and no class: that is what the
scripts in it do, step by step and with a check after each (docs/windows.md). While the class is registered it refuses to be
removed: the service would be left with a listener whose DLL is gone."""
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from xml.sax.saxutils import quoteattr

NAMESPACE = uuid.UUID("0f5d3c5e-6d0e-5d40-8a7b-1a1d8c5c54c1")
UPGRADE = "{8E6B8D42-0D5B-4C0A-9C0E-6C1B5E6F3A71}"
CLASS = "{1F2E6F9A-67A6-433E-9EC8-17C1F3354DE5}"
CLASS_SERVER = "SOFTWARE\\Classes\\CLSID\\" + CLASS + "\\InprocServer32"
SERVICE = "rdsprov-launcher"
EVENTS = "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" + SERVICE


def guid(name):
    return "{" + str(uuid.uuid5(NAMESPACE, name)).upper() + "}"


def identifier(name):
    """Windows Installer's names: letters, digits, _ and . only."""
    return "f" + hashlib.sha256(name.encode()).hexdigest()[:20]


def component(name, source):
    key = identifier(name)
    lines = [f'<Component Id="c{key}" Guid="{guid("component:" + name)}" Win64="yes">',
             f'<File Id="{key}" Name={quoteattr(os.path.basename(name))} Source={quoteattr(source)} KeyPath="yes"/>']
    if name == "rdsprov-session.exe":
        lines += [f'<ServiceInstall Id="service" Name="{SERVICE}" DisplayName="rdsprov session launcher" Type="ownProcess" '
                  'Start="auto" ErrorControl="normal" Arguments="/service" Vital="yes" '
                  'Description="Starts the program that shows and drives a remote session\'s desktop, for the rdsprov '
                  'protocol provider."/>',
                  f'<ServiceControl Id="control" Name="{SERVICE}" Stop="both" Remove="uninstall" Wait="yes"/>',
                  f'<RegistryValue Root="HKLM" Key={quoteattr(EVENTS)} Name="EventMessageFile" Type="string" '
                  'Value="[INSTALLDIR]rdsprov-session.exe"/>',
                  f'<RegistryValue Root="HKLM" Key={quoteattr(EVENTS)} Name="TypesSupported" Type="integer" Value="7"/>']
    return key, lines + ["</Component>"]


def description(stage, files, version, product, package):
    folders = {"": []}
    references = []
    for name in files:
        key, lines = component(name, os.path.join(stage, name))
        folders.setdefault(os.path.dirname(name), []).extend(lines)
        references.append(f'<ComponentRef Id="c{key}"/>')
    inner = list(folders.pop(""))
    for folder, lines in sorted(folders.items()):
        inner += [f'<Directory Id="d{identifier(folder)}" Name={quoteattr(folder)}>', *lines, "</Directory>"]
    return "\n".join([
        '<?xml version="1.0" encoding="utf-8"?>', '<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">',
        f'<Product Id="{product}" Name="rdsprov" UpgradeCode="{UPGRADE}" Language="1033" Codepage="1252" Version="{version}" '
        'Manufacturer="The rdsprov authors">',
        f'<Package Id="{package}" Keywords="Installer" Description="rdsprov, a Remote Desktop Services protocol provider" '
        'Manufacturer="The rdsprov authors" InstallerVersion="500" Languages="1033" Compressed="yes" SummaryCodepage="1252" '
        'InstallScope="perMachine"/>',
        '<Media Id="1" Cabinet="rdsprov.cab" EmbedCab="yes"/>',
        '<MajorUpgrade DowngradeErrorMessage="A newer rdsprov is installed."/>',
        '<Condition Message="rdsprov needs a 64-bit Windows.">VersionNT64</Condition>',
        '<Property Id="ARPNOREPAIR" Value="1"/>', '<Property Id="ARPNOMODIFY" Value="1"/>',
        '<Property Id="RDSPROVCLASS">',
        f'<RegistrySearch Id="classsearch" Root="HKLM" Key={quoteattr(CLASS_SERVER)} '
        'Name="ThreadingModel" Type="raw" Win64="yes"/>', '</Property>',
        '<Condition Message="rdsprov is registered as a protocol provider. Run Uninstall-Rdsprov.ps1 first: without the DLL '
        'its listener could not load.">NOT (REMOVE ~= "ALL" AND RDSPROVCLASS) OR UPGRADINGPRODUCTCODE</Condition>',
        '<Directory Id="TARGETDIR" Name="SourceDir">', '<Directory Id="ProgramFiles64Folder" Name="PFiles">',
        '<Directory Id="INSTALLDIR" Name="rdsprov">', *inner, "</Directory>", "</Directory>", "</Directory>",
        '<Feature Id="everything" Level="1">', *references, "</Feature>", "</Product>", "</Wix>", ""])


SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")  # format of the summary information
REVISION, CREATED, SAVED = 9, 12, 13
FILETIME_EPOCH = 11644473600


def settle_summary(path, package, epoch):
    """wixl makes up the package's code and takes the time from the clock. Both are of fixed length in the property set, which lies
    in one piece in a file that was written at once."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    at = data.find(SUMMARY)
    if at < 0 or data.find(SUMMARY, at + 1) >= 0:
        sys.exit("package: the MSI has not one summary")
    section = at - 28 + struct.unpack_from("<I", data, at + 16)[0]
    count, = struct.unpack_from("<I", data, section + 4)
    moment = (epoch + FILETIME_EPOCH) * 10000000
    done = set()
    for i in range(min(count, 64)):
        number, offset = struct.unpack_from("<II", data, section + 8 + 8 * i)
        value = section + offset
        kind, = struct.unpack_from("<I", data, value)
        if number == REVISION and kind == 30 and data[value + 8:value + 9] == b"{":
            data[value + 8:value + 8 + 38] = package.encode("ascii")
            done.add(number)
        elif number in (CREATED, SAVED) and kind == 64:
            struct.pack_into("<Q", data, value + 4, moment)
            done.add(number)
    if done != {REVISION, CREATED, SAVED}:
        sys.exit(f"package: the MSI's summary is not as expected: {sorted(done)}")
    with open(path, "wb") as file:
        file.write(data)
    said = subprocess.run(["msiinfo", "suminfo", path], capture_output=True, text=True, check=True,
                          env=dict(os.environ, TZ="UTC", LC_ALL="C")).stdout
    if package not in said or time.strftime("%Y", time.gmtime(epoch)) not in said:
        sys.exit("package: the MSI's summary cannot be read back")


def make_msi(stage, files, version, path, epoch):
    digest = hashlib.sha256()
    for name in files:
        with open(os.path.join(stage, name), "rb") as file:
            digest.update(name.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    content = digest.hexdigest()
    for name in files:
        os.utime(os.path.join(stage, name), (epoch, epoch))
    with tempfile.TemporaryDirectory(prefix="rdsprov-msi.") as work:
        source, made = os.path.join(work, "rdsprov.wxs"), os.path.join(work, "rdsprov.msi")
        with open(source, "w", encoding="utf-8") as file:
            # wixl takes the paths as it finds them: relative ones leave no trace of the place
            file.write(description(".", files, version, guid("product:" + content), guid("package:" + content)))
        environment = dict(os.environ, SOURCE_DATE_EPOCH=str(epoch), TZ="UTC", LC_ALL="C.UTF-8")
        result = subprocess.run(["wixl", "--arch", "x64", "-o", made, source], cwd=stage, env=environment,
                                capture_output=True, text=True)
        if result.returncode != 0 or result.stderr.strip() or not os.path.exists(made):
            sys.exit("package: wixl: " + (result.stderr.strip() or "no MSI"))
        settle_summary(made, guid("package:" + content), epoch)
        shutil.copyfile(made, path)
