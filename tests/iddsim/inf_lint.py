#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the display driver's INF against docs/reference/iddcx.md 8: every directive that matters, and the mistakes that were
seen in the field. No Windows tool reads it here, so what PnP makes of it is to verify on Windows.

usage: inf_lint.py FILE.inf [--driver-id ID]     one line per finding; 0: none
       inf_lint.py --self-test FILE.inf          spoils the file in many ways; 0: each one is found
"""
import re
import sys

DISPLAY_CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
DRIVER_ID = "rdsprov_idd"  # display-driver-id's default (README.md)
INBOX_ID = "rdpidd_indirectdisplay"
SERVICE_NAME_MAX = 31


class Inf:
    """Sections in lower case; lines as (key in lower case or None, value); strings replaced."""

    def __init__(self, text):
        self.sections = {}
        self.problems = []
        section = None
        for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
            line = self.strip_comment(line).strip()
            if not line:
                continue
            match = re.fullmatch(r"\[([^\]]+)\]", line)
            if match:
                name = match.group(1).strip().lower()
                if name in self.sections:
                    self.problems.append(f"line {number}: section [{name}] twice")
                section = self.sections.setdefault(name, [])
            elif section is None:
                self.problems.append(f"line {number}: before the first section")
            else:
                section.append(self.split(line))
        self.strings = {key.lower(): value.strip('"') for key, value in self.sections.get("strings", []) if key}
        for name, lines in self.sections.items():
            if name != "strings":
                self.sections[name] = [(key, self.expand(value)) for key, value in lines]
        if "strings" not in self.sections:
            self.problems.append("no [Strings]")

    @staticmethod
    def strip_comment(line):
        quoted = False
        for i, char in enumerate(line):
            if char == '"':
                quoted = not quoted
            elif char == ";" and not quoted:
                return line[:i]
        return line

    @staticmethod
    def split(line):
        quoted = False
        for i, char in enumerate(line):
            if char == '"':
                quoted = not quoted
            elif char == "=" and not quoted:
                return line[:i].strip(), line[i + 1:].strip()
        return None, line

    def expand(self, value):
        def replace(match):
            name = match.group(1)
            if name.isdigit():  # %12%: a directory id
                return match.group(0)
            if name.lower() not in self.strings:
                self.problems.append(f"%{name}% is not in [Strings]")
                return match.group(0)
            return self.strings[name.lower()]

        return re.sub(r"%([^%]+)%", replace, value)

    def has(self, section):
        return section.lower() in self.sections

    def lines(self, section):
        return self.sections.get(section.lower(), [])

    def values(self, section, key):
        return [value for name, value in self.lines(section) if name is not None and name.lower() == key.lower()]


def parts(value):
    return [part.strip().strip('"') for part in re.findall(r'(?:[^,"]|"[^"]*")+', value)] if value else []


def check_version(inf, say):
    def want(key, value):
        got = inf.values("version", key)
        if len(got) != 1 or got[0].strip('"').lower() != value.lower():
            say(f"[Version] {key} is {got}, not {value}")

    want("Signature", "$windows nt$")
    want("Class", "Display")
    want("ClassGuid", DISPLAY_CLASS)
    want("ClassVer", "2.0")
    want("PnpLockdown", "1")
    if not inf.values("version", "Provider"):
        say("[Version] Provider is missing")
    catalog = inf.values("version", "CatalogFile")
    if len(catalog) != 1 or not catalog[0].lower().endswith(".cat"):
        say("[Version] CatalogFile is missing")
    driver_ver = inf.values("version", "DriverVer")
    if len(driver_ver) != 1 or not re.fullmatch(r"(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/20\d\d,\s*\d+(\.\d+){3}", driver_ver[0]):
        say(f"[Version] DriverVer is {driver_ver}, not MM/DD/YYYY,a.b.c.d")
    elif any(int(part) > 65535 for part in driver_ver[0].split(",")[1].split(".")):
        say("[Version] DriverVer: a part is over 65535")


def check_models(inf, say, driver_id):
    """Names of the install sections."""
    installs = []
    for key, value in inf.lines("manufacturer"):
        if key is None:
            continue
        words = parts(value)
        for decoration in words[1:]:
            if not re.fullmatch(r"NTamd64(\.10\.0(\.\.\.\d+)?)?", decoration, re.I):
                say(f"[Manufacturer] decoration {decoration}: NTamd64, or NTamd64.10.0...BUILD")
            section = f"{words[0]}.{decoration}"
            if not inf.has(section):
                say(f"[{section}] is missing")
            for name, model in inf.lines(section):
                words_of_model = parts(model)
                if name is None or len(words_of_model) < 2:
                    say(f"[{section}]: not a model line: {model}")
                    continue
                installs.append(words_of_model[0])
                for hardware_id in words_of_model[1:]:
                    if hardware_id.lower() == INBOX_ID:
                        say("the inbox driver's hardware id: it would take every session of the machine")
                    elif "\\" in hardware_id:
                        say(f"hardware id {hardware_id}: it must be bare, without an enumerator")
                    elif hardware_id != driver_id:
                        say(f"hardware id {hardware_id} is not what the provider says: {driver_id}")
        if len(words) < 2:
            say("[Manufacturer]: no NTamd64 decoration")
    if not installs:
        say("no model")
    return installs


def check_files(inf, say, install):
    files = [name for value in inf.values(f"{install}.NT", "CopyFiles") for name in parts(value)]
    if not files:
        say(f"[{install}.NT] CopyFiles is missing")
    copied = []
    for section in files:
        names = [parts(value)[0].lower() for key, value in inf.lines(section) if key is None]
        if not names:
            say(f"[{section}] is missing or empty")
        copied += names
        directory = inf.values("destinationdirs", section)
        if len(directory) != 1 or [part.lower() for part in parts(directory[0])] not in (["12", "umdf"], ["13"]):
            say(f"[DestinationDirs] {section} is {directory}: UMDF loads from 12,UMDF or 13 only")
    for name in copied:
        if not any(key and key.lower() == name for key, _ in inf.lines("sourcedisksfiles")):
            say(f"[SourceDisksFiles] lacks {name}")
    if not inf.lines("sourcedisksnames"):
        say("[SourceDisksNames] is missing")
    return copied, files


def check_needs(inf, say, install):
    for suffix, need in (("NT", "WUDFRD.NT"), ("NT.HW", "WUDFRD.NT.HW"), ("NT.Services", "WUDFRD.NT.Services")):
        section = f"{install}.{suffix}"
        if [value.lower() for value in inf.values(section, "Include")] != ["wudfrd.inf"]:
            say(f"[{section}] Include is not wudfrd.inf")
        if [value.lower() for value in inf.values(section, "Needs")] != [need.lower()]:
            say(f"[{section}] Needs is not {need}")


def check_hardware(inf, say, install):
    filters, security = [], []
    for value in inf.values(f"{install}.NT.HW", "AddReg"):
        for section in parts(value):
            if not inf.has(section):
                say(f"[{section}] is missing")
            for key, line in inf.lines(section):
                if key is not None:
                    say(f"[{section}]: an '=' in a registry line")
                    continue
                words = [word.strip() for word in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', line)]
                if len(words) < 5 or words[0].upper() != "HKR":
                    say(f"[{section}]: {line}: not HKR")
                    continue
                name = words[2].strip('"').lower()
                if name == "upperfilters":
                    filters.append((words[3].lower(), words[4].strip('"')))
                elif name == "security":
                    security.append((words[3], words[4].strip('"')))
    if filters != [("0x00010000", "IndirectKmd")]:
        say(f"UpperFilters is {filters}, not REG_MULTI_SZ IndirectKmd")
    if len(security) != 1:
        say("one Security line is needed: without it the service may not open the device (reason 18)")
        return
    sddl = security[0][1]
    entries = re.findall(r"\((\w+);([^;]*);([^;]*);;;([^)]+)\)", sddl)
    if not sddl.startswith("D:P") or "".join("(%s;%s;%s;;;%s)" % entry for entry in entries) != sddl[3:]:
        say(f"Security {sddl}: not a protected list that can be read")
    granted = {trustee: rights for kind, _, rights, trustee in entries if kind == "A"}
    if granted.get("SY") != "GA" or granted.get("BA") != "GA":
        say("Security: SYSTEM and administrators need all")
    if granted.get("NS") != "GRGW":
        say("Security: NETWORK SERVICE (TermService) needs read and write, and no more")
    for trustee in granted:
        if trustee not in ("SY", "BA", "NS") and not trustee.startswith("S-1-5-80-"):
            say(f"Security: {trustee} may open the device")


def check_wdf(inf, say, install, copied):
    section = f"{install}.NT.Wdf"
    service = inf.values(section, "UmdfService")
    words = parts(service[0]) if len(service) == 1 else []
    if len(words) != 2:
        say(f"[{section}] UmdfService is {service}")
        return
    if len(words[0]) > SERVICE_NAME_MAX:
        say(f"UmdfService: the name is over {SERVICE_NAME_MAX} characters")
    if inf.values(section, "UmdfServiceOrder") != [words[0]]:
        say("UmdfServiceOrder is not the service's name")
    for key, value in (("UmdfKernelModeClientPolicy", "AllowKernelModeClients"), ("UmdfHostProcessSharing", "ProcessSharingDisabled"),
                       ("UmdfImpersonationLevel", "Identification")):
        if inf.values(section, key) != [value]:
            say(f"[{section}] {key} is not {value}")
    if inf.values(section, "UmdfDirectHardwareAccess") or inf.values(section, "DeviceGroupId"):
        say(f"[{section}]: a directive that a remote display driver does not need")
    version = inf.values(words[1], "UmdfLibraryVersion")
    if len(version) != 1 or not re.fullmatch(r"2\.(15|25)\.0", version[0]):
        say(f"UmdfLibraryVersion is {version}: a literal 2.25.0 (a place-holder gives error 87)")
    if inf.values(words[1], "UmdfExtensions") != ["IddCx0102"]:
        say("UmdfExtensions is not IddCx0102")
    binary = inf.values(words[1], "ServiceBinary")
    match = re.fullmatch(r"(%12%\\UMDF|%13%)\\([\w.-]+\.dll)", binary[0], re.I) if len(binary) == 1 else None
    if not match:
        say(f"ServiceBinary is {binary}")
    elif match.group(2).lower() not in copied:
        say(f"ServiceBinary: {match.group(2)} is not copied")
    else:
        directory = {"%12%\\umdf": "12, umdf", "%13%": "13"}[match.group(1).lower()]
        if not any(value.lower() == directory for _, value in inf.lines("destinationdirs")):
            say("ServiceBinary is not where the file is copied to")


def lint(text, driver_id=DRIVER_ID):
    problems = []
    inf = Inf(text)
    say = problems.append
    if "$UMDFVERSION$" in text or "$ARCH$" in text:
        say("a place-holder is left in it")
    if any(ord(char) > 126 for char in text):
        say("a character that is not ASCII")
    check_version(inf, say)
    used = {"version", "manufacturer", "strings", "destinationdirs", "sourcedisksnames", "sourcedisksfiles"}
    for key, value in inf.lines("manufacturer"):
        words = parts(value)
        used |= {f"{words[0]}.{decoration}".lower() for decoration in words[1:]}
    for install in dict.fromkeys(check_models(inf, say, driver_id)):
        copied, sections = check_files(inf, say, install)
        check_needs(inf, say, install)
        check_hardware(inf, say, install)
        check_wdf(inf, say, install, copied)
        used |= {name.lower() for name in sections}
        used |= {f"{install}.{suffix}".lower() for suffix in ("NT", "NT.HW", "NT.Services", "NT.Wdf")}
        for value in inf.values(f"{install}.NT.HW", "AddReg"):
            used |= {name.lower() for name in parts(value)}
        for value in inf.values(f"{install}.NT.Wdf", "UmdfService"):
            used |= {parts(value)[-1].lower()}
    for name in inf.sections:
        if name not in used:
            say(f"[{name}] is used by nothing")
    return inf.problems + problems


SPOILED = [
    ("Class       = Display", "Class       = System"), ("ClassVer    = 2.0\n", ""), ("{4d36e968", "{4d36e969"),
    ("PnpLockdown = 1\n", ""), ("CatalogFile = rdsprov_idd.cat\n", ""), ("11/22/2026", "22/11/2026"), ("0.1.0.0", "0.1.0"),
    ("0.1.0.0", "0.1.0.70000"), ("Install, rdsprov_idd", "Install, Root\\rdsprov_idd"),
    ("Install, rdsprov_idd", "Install, RdpIdd_IndirectDisplay"), ("Install, rdsprov_idd", "Install, rdsprov_idd2"),
    ("Models, NTamd64.10.0...20348", "Models"), ("Models, NTamd64.10.0...20348", "Models, NTarm64"), ("[Models.", "[Model."),
    ("12, UMDF", "11"), ("CopyFiles = DriverFiles\n", ""), ("rdsprov_idd.dll = 1\n", ""), ("Needs     = WUDFRD.NT\n", ""),
    ("Needs   = WUDFRD.NT.HW", "Needs   = WUDFRD.NT"), ("Include = wudfrd.inf\nNeeds   = WUDFRD.NT.Services", ""),
    ("AddReg  = HardwareKey\n", ""), ('"IndirectKmd"', '"IndirectKmd2"'), ("0x00010000", "0x00000000"),
    ("(A;;GRGW;;;NS)", ""), ("(A;;GRGW;;;NS)", "(A;;GA;;;NS)"), ("(A;;GRGW;;;NS)", "(A;;GRGW;;;NS)(A;;GR;;;WD)"),
    ("D:P", "D:"), ("(A;;GA;;;SY)", ""), ("HKR,, Security", "HKLM,, Security"), ("AllowKernelModeClients", "RejectKernelModeClients"),
    ("ProcessSharingDisabled", "ProcessSharingEnabled"),
    ("UmdfImpersonationLevel     = Identification\n", ""), ("= Identification", "= Impersonation"),
    ("UmdfServiceOrder           = rdsprov_idd\n", ""),
    ("UmdfService                = rdsprov_idd,", "UmdfService                = rdsprov_idd_with_a_name_far_too_long,"),
    ("2.25.0", "$UMDFVERSION$"), ("2.25.0", "2.33.0"), ("IddCx0102", "IddCx0104"), ("%12%\\UMDF\\rdsprov_idd.dll", "%12%\\rdsprov_idd.dll"),
    ("%12%\\UMDF\\rdsprov_idd.dll", "%13%\\rdsprov_idd.dll"), ("%12%\\UMDF\\rdsprov_idd.dll", "%12%\\UMDF\\other.dll"),
    ('Provider   = "rdsprov"\n', ""), ("[UmdfInstall]", "[UmdfInstal]"), ("[Strings]", "[Version]"),
    ('DiskName   = "', 'DiskName   = "\u00fc'),
]


def main():
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "--self-test":
        text = open(words[1], encoding="utf-8").read()
        missed = [(old, new) for old, new in SPOILED if old not in text or not lint(text.replace(old, new, 1))]
        for old, new in missed:
            print(f"not found: {old!r} as {new!r}")
        print(f"{len(SPOILED) - len(missed)} of {len(SPOILED)} spoiled files are found")
        sys.exit(1 if missed else 0)
    if len(words) not in (1, 3) or (len(words) == 3 and words[1] != "--driver-id"):
        sys.exit(__doc__)
    problems = lint(open(words[0], encoding="utf-8").read(), words[2] if len(words) == 3 else DRIVER_ID)
    for problem in problems:
        print(f"{words[0]}: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
