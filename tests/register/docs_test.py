# SPDX-License-Identifier: Apache-2.0
"""The pages that a person types from: every command of ours in them is one that the program, script or tool takes, every reason
that a service may give has its row, and every line that is quoted is written by something."""
import os
import re
import subprocess
import sys
import unittest

from checklist_test import ROOT, STRING, literal, sources

SETUP = os.environ.get("RDSPROV_SETUP_HOST", "")
PAGES = ("README.md", "docs/windows.md", "docs/windows-checklist.md", "docs/driver.md")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def typed(text):
    """What stands in blocks and code spans, a line each."""
    blocks = re.findall(r"^```\n(.*?)^```", text, re.M | re.S)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```\n.*?^```", "", text, flags=re.M | re.S))
    return [line for block in blocks for line in block.split("\n")] + spans


class Takes:
    """What programs, scripts and tools take, read from themselves."""

    def __init__(self):
        usage = subprocess.run([SETUP, "--help"], capture_output=True, text=True, check=True).stdout
        self.setup = set(re.findall(r"^  ([a-z]+|--[\w-]+)\s", usage, re.M))
        words = re.search(r"words\[\] = \{([^}]*)\}", read("provider", "service", "service_win32.c")).group(1)
        help_text = read("provider", "session", "options.c")
        self.session = set(re.findall(r'"(/\w+)"', words)) | set(re.findall(r'"  (--[\w-]+|/\w+) ', help_text))
        self.tools = {name: set(re.findall(r"--[\w-]+", read("scripts", name))) for name in ("package", "deps", "demo", "test", "bench")}
        self.scripts = {}
        for name in os.listdir(os.path.join(ROOT, "scripts", "windows")):
            begin = read("scripts", "windows", name).partition("\nparam(")[2].split("\n)")[0]
            self.scripts[name] = {f"-{word}" for word in re.findall(r"\] \$(\w+)", begin)}

    def problem(self, line):
        """What is wrong with a command, or None."""
        for name, rest in re.findall(r"(?:^|[\\ ])([\w-]+\.ps1)((?: -?\w\S*)*)", line):
            if name == "build.ps1":
                known = {"-Output", "-Kits"}
            elif name not in self.scripts:
                return f"no script {name}"
            else:
                known = self.scripts[name] | {"-WhatIf"}
            unknown = set(re.findall(r" (-[A-Z]\w*)", rest)) - known
            if unknown:
                return f"{name} has no {unknown}"
        for program, known in (("rdsprov-setup", self.setup), ("rdsprov-session", self.session)):
            for rest in re.findall(re.escape(program) + r"(?:\.exe)?((?: (?:--[\w-]+|/[a-z]+|[a-z]+(?=$|[ ;,`])))*)", line):
                words = [word for word in rest.split() if word.startswith(("-", "/")) or program == "rdsprov-setup"]
                if program == "rdsprov-setup":
                    words = words[:1] + [word for word in words[1:] if word.startswith("-")]
                unknown = [word for word in words if word not in known and word != "--help"]
                if unknown:
                    return f"{program} has no {unknown}"
        for tool, rest in re.findall(r"scripts/(\w+)((?: --?[\w-]+| [A-Z]+)*)", line):
            unknown = set(re.findall(r"--[\w-]+", rest)) - self.tools.get(tool, set()) - {"--help"} if tool in self.tools else set()
            if unknown:
                return f"scripts/{tool} has no {unknown}"
        return None


class Docs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.takes = Takes()
        cls.windows = read("docs", "windows.md")

    def test_commands(self):
        count = 0
        for page in PAGES:
            for line in typed(read(page)):
                count += bool(re.search(r"rdsprov-(setup|session)|\.ps1|scripts/\w+ --", line))
                with self.subTest(f"{page}: {line}"):
                    self.assertIsNone(self.takes.problem(line))
        self.assertGreater(count, 40)

    def test_every_reason_has_its_row(self):
        table = self.windows.split("| reason | name")[1].split("\n\n")[0]
        rows = {}
        for numbers, names in re.findall(r"^\| ([\d, ]+) \| ([A-Z_, ]+) \|", table, re.M):
            rows.update(zip(map(int, numbers.split(", ")), names.split(", ")))
        known = {int(code, 16): name for code, name in
                 re.findall(r'\{(0x\w+), "ERRINFO_(\w+)"\}', read("provider", "link", "error_info.c"))}
        self.assertEqual(rows, {code: name for code, name in known.items() if code < 0x100})

    def test_what_is_seen_is_written(self):
        """The words between the values of each quoted line stand so in a text of the sources."""
        texts = "\n".join(literal(match.group(0)) for text in sources(["provider", "channels"])
                          for match in re.finditer(r"(?:" + STRING + r"\s*)+", text))
        table = self.windows.split("| seen | look at |")[1].split("\n\n")[0]
        seen = [span for row in re.findall(r"^\| (.*?) \| ", table, re.M) for span in re.findall(r"`([^`]+)`", row)]
        self.assertGreater(len(seen), 8)
        for span in seen:
            span = span.replace("no session program", "no %s")
            for words in re.split(r"\([^)]*\)|\b(?:WHY|NAME|N)\b|'[^']*'|S-1-\S+|\d+|\.\.\.", span):
                with self.subTest(span):
                    self.assertTrue(words.strip(" :") in texts, words)

    def test_the_reader_finds_faults(self):
        for bad in (r".\Install-Rdsprov.ps1 -Plann", "rdsprov-setup undo", "rdsprov-setup.exe uninstall --pln", r".\Verify-Rdsprov.ps1",
                    "scripts/package --drivers DIR", "rdsprov-session.exe /instal", r"driver\build.ps1 -Out x"):
            with self.subTest(bad):
                self.assertIsNotNone(self.takes.problem(bad))


if __name__ == "__main__":
    if not SETUP:
        sys.exit("set RDSPROV_SETUP_HOST")
    unittest.main()
