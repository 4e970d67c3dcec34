# SPDX-License-Identifier: Apache-2.0
"""scripts/windows without a PowerShell: a small reader of the language finds what would not parse in Windows PowerShell 5.1,
commands and functions that do not exist, options that rdsprov-setup does not have, and registry paths that are not in its table.
It proves the form, not that they work: that is to verify on Windows."""
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPTS = os.path.join(ROOT, "scripts", "windows")
SETUP = os.environ.get("RDSPROV_SETUP_HOST", "")

# Of Windows PowerShell 5.1 on Windows Server.
CMDLETS = set("""ForEach-Object Get-AuthenticodeSignature Get-ChildItem Get-Command Get-Content Get-FileHash Get-NetFirewallRule Get-NetTCPConnection Get-Service
Get-WindowsDriver Get-WindowsFeature Join-Path New-Item New-NetFirewallRule Out-Host Out-Null Read-Host Remove-Item Remove-NetFirewallRule
Set-NetFirewallRule Set-StrictMode Start-Service Stop-Service Test-Path Where-Object Write-Host""".split())
PROGRAMS = {"icacls.exe", "pnputil.exe", "qwinsta.exe", "tasklist.exe"}
OURS = {"rdsprov.dll", "rdsprov-peer.exe", "rdsprov-session.exe", "rdsprov-setup.exe"}
PAIRS = {")": "(", "]": "[", "}": "{"}


class Problem(Exception):
    pass


def read(text):
    """The code with comments dropped and string contents blanked, and the strings. Raises Problem."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.isascii():
            raise Problem(f"line {number}: not ASCII (5.1 reads it in the system's code page)")
        if "\t" in line or line != line.rstrip():
            raise Problem(f"line {number}: tab, or blanks at its end")
    code, strings, stack = [], [], []
    at, line = 0, 1

    def fail(what):
        raise Problem(f"line {line}: {what}")

    while at < len(text):
        c = text[at]
        if c == "\n":
            line += 1
            code.append(c)
            at += 1
        elif text.startswith("<#", at):
            end = text.find("#>", at)
            if end < 0:
                fail("comment without end")
            line += text.count("\n", at, end)
            at = end + 2
        elif c == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif c == "`":
            if text[at + 1:at + 2] != "\n":
                fail("a backtick that is not at the end of its line")
            line += 1
            code.append(" ")
            at += 2
        elif text.startswith(("@'", '@"'), at):
            fail("here-strings are not used here")
        elif c in "'\"":
            end = at + 1
            while True:
                end = text.find(c, end)
                if end < 0 or "\n" in text[at:end]:
                    fail("string without end")
                if text[end + 1:end + 2] == c:
                    end += 2
                    continue
                if c == '"' and text[at:end].count("$(") > text[at:end].count(")"):
                    end += 1  # a quote inside $( ... )
                    continue
                break
            body = text[at + 1:end]
            strings.append((line, c, body))
            if c == '"':
                if "`" in body:
                    fail("escape in a string")
                if re.search(r"\$\w+:(?!\w)", body.replace("$env:", "")):
                    fail("a variable before a colon needs ${name}")
                code.append(" " + " ".join(re.findall(r"\$\((.*?)\)(?!\))", body)) + " ")
            code.append("''")
            at = end + 1
        else:
            if c in "([{":
                stack.append((c, line))
            elif c in PAIRS:
                if not stack or stack.pop()[0] != PAIRS[c]:
                    fail(f"'{c}' closes nothing")
            code.append(c)
            at += 1
    if stack:
        raise Problem(f"line {stack[-1][1]}: '{stack[-1][0]}' is not closed")
    return "".join(code), strings


NEWER = [(r"\?\?", "??"), (r"\?\.", "?."), (r"&&", "&&"), (r"\|\|", "||"), (r"-Parallel\b", "-Parallel"),
         (r"\bclean\s*\{", "clean block"), (r"[^\w?]\?\s[^{|]*\s:\s", "? :"), (r"-AsByteStream|-ErrorAction\s+Break", "an option of 7")]


def check(text, defined, options, places):
    code, strings = read(text)
    for pattern, name in NEWER:
        if re.search(pattern, code):
            raise Problem(f"{name} is not in Windows PowerShell 5.1")
    for name in re.findall(r"(?<![\w$.-])([A-Z][a-z]+-[A-Z]\w+)", code):
        if name not in CMDLETS and name not in defined:
            raise Problem(f"unknown command {name}")
    for name in re.findall(r"&\s+([\w.]+)", code):
        if name not in PROGRAMS:
            raise Problem(f"unknown program {name}")
    for line, _, body in strings:
        for option in re.findall(r"^--[\w-]+$", body):
            if option not in options:
                raise Problem(f"line {line}: rdsprov-setup has no {option}")
        for name in re.findall(r"\brdsprov[\w-]*\.(?:exe|dll)", body):
            if name not in OURS:
                raise Problem(f"line {line}: no such file {name}")
    # anywhere, in comments, too: the table is the only place that names keys
    for found in re.finditer(r"\b(?:HKLM|HKCU|HKEY_\w+)\b", text):
        rest = text[found.start():].replace("HKEY_LOCAL_MACHINE", "HKLM", 1).replace("HKLM:", "HKLM", 1)
        if not any(rest.startswith(place) and not re.match(r"[\w\\]", rest[len(place):]) for place in places):
            raise Problem(f"registry path {rest[:60]!r} is not in the table")


def functions(text):
    return set(re.findall(r"^function\s+([\w-]+)", text, re.M))


class Scripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = {}
        for name in sorted(os.listdir(SCRIPTS)):
            with open(os.path.join(SCRIPTS, name), encoding="utf-8", newline="") as file:
                cls.texts[name] = file.read()
        usage = subprocess.run([SETUP, "--help"], capture_output=True, text=True, check=True).stdout
        cls.options = set(re.findall(r"^  (--[\w-]+)", usage, re.M))
        cls.commands = set(re.findall(r"^  ([a-z]+)  ", usage, re.M))
        paths = subprocess.run([SETUP, "paths"], capture_output=True, text=True, check=True).stdout
        cls.places = {line.split("\t")[1] for line in paths.splitlines()}
        cls.common = functions(cls.texts["Rdsprov.Common.ps1"])

    def check(self, text):
        check(text, self.common | functions(text), self.options, self.places)

    def test_scripts(self):
        self.assertEqual(set(self.texts), {"Install-Rdsprov.ps1", "Test-Rdsprov.ps1", "Uninstall-Rdsprov.ps1", "Rdsprov.Common.ps1"})
        for name, text in self.texts.items():
            with self.subTest(name):
                self.assertTrue(text.startswith("# SPDX-License-Identifier: Apache-2.0\n"))
                self.assertIn("o verify on Windows", text)
                self.check(text)
                if name != "Rdsprov.Common.ps1":
                    self.assertIn("#requires -Version 5.1\n#requires -RunAsAdministrator\n", text)
                    self.assertIn(". (Join-Path $PSScriptRoot 'Rdsprov.Common.ps1')", text)

    def test_common_is_used(self):
        rest = "".join(self.texts.values())
        for name in self.common:
            self.assertGreater(len(re.findall(re.escape(name) + r"\b", rest)), 1, name)

    def test_commands(self):
        used = set(re.findall(r"@\('([a-z]+)'", "".join(self.texts.values())))
        self.assertEqual(used, {"plan", "install", "verify", "uninstall"})
        self.assertLessEqual(used, self.commands)

    def test_plan_mode_changes_nothing(self):
        """Everything that changes something comes after the exit of plan mode."""
        changing = re.compile(r"New-Item|Remove-|Set-Net|New-Net|icacls|'install'|'uninstall', '--listener'|Restart-|Start-|pnputil\\.exe|'/\\w*install'")
        for name in ("Install-Rdsprov.ps1", "Uninstall-Rdsprov.ps1"):
            text = self.texts[name]
            code = text[text.index("$planOnly ="):]
            begin = code.index("if ($planOnly) {")
            end = code.index("\n}\n", begin)
            self.assertIsNone(changing.search(code[:end]), name)
            self.assertRegex(code[:end], r"exit \$code$")
            self.assertIn("$Plan -or $WhatIfPreference", code)
            self.assertIn("SupportsShouldProcess = $true", text)

    def test_the_reader_finds_faults(self):
        place = [place for place in self.places if place.endswith("Terminal Server")][0]
        good = f"# {place}, and HKLM:{place[4:]}\n"
        self.check(good)
        self.assertRaises(Problem, self.check, f"# {place}\\x\n")
        good = "# x\nif ($a) { Write-Host \"a $($b.c) ${d}: 'x'\" } # }\nfoo.Bar('it''s')\n"
        self.check(good)
        for bad in ("if ($a) { Write-Host 'x'\n", "Write-Host 'x')\n", "Write-Host 'x\n", "$a ?? $b\n", "a && b\n", "a || b\n",
                    "$a = $b ? 1 : 2\n", "Write-Host 'gr\u00fcn'\n", "Invoke-Nonsense 'x'\n", "& del.exe x\n", "<# x\n",
                    "Write-Host \"$log: x\"\n", "$x = '--no-such-option'\n", "$x = 'rdsprov-other.exe'\n", "$a?.b\n",
                    "Write-Host 'HKLM:\\SYSTEM\\CurrentControlSet\\Control'\n", "# HKEY_CURRENT_USER\\x\n", "$x = @(1, 2]\n",
                    "Write-Host 'x' \n", "1..3 | ForEach-Object -Parallel { $_ }\n", "$x = @'\nx\n'@\n"):
            with self.subTest(bad):
                self.assertRaises(Problem, self.check, bad)


if __name__ == "__main__":
    if not SETUP:
        sys.exit("set RDSPROV_SETUP_HOST")
    unittest.main()
