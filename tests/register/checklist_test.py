# SPDX-License-Identifier: Apache-2.0
"""docs/windows-checklist.md: every open question is there once with what to run, what to look for and what to change; every log
line that it quotes is one that the sources can write; every key is one of the installer's table; every file that it names exists."""
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SETUP = os.environ.get("RDSPROV_SETUP_HOST", "")
QUESTIONS = [f"G{i}" for i in range(1, 53)] + [f"P{i}" for i in range(1, 8)] + [f"I{i}" for i in range(1, 6)] + \
    [f"L{i}" for i in range(1, 8)] + [f"C{i}" for i in range(1, 3)] + [f"D{i}" for i in range(1, 14)]
STRING = r'"((?:[^"\\]|\\.)*)"'
SAMPLES = {"n": "7", "us": "12", "hex": "0badcafe", "h": "1f", "r": "3", "s": "2", "b": "1", "id": "1", "p": "4000", "d": "0",
           "e": "5", "f": "9", "c": "0", "w": "1024", "t": "768"}


def sources(folders):
    for folder in folders:
        for base, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith(".c"):
                    with open(os.path.join(base, name), encoding="utf-8") as file:
                        yield file.read()


def literal(text):
    """The value of adjacent string literals at the beginning of text, or None."""
    match = re.match(r"\s*(?:" + STRING + r"\s*)+", text)
    if not match:
        return None
    value = "".join(re.findall(STRING, match.group(0)))
    return value.replace('\\\\', '\\').replace('\\"', '"')


def pattern(fmt):
    out = ""
    for part in re.split(r"(%[-0-9.]*(?:ll|l|z)?[a-z%])", fmt):
        kind = part[-1:] if part.startswith("%") and len(part) > 1 else ""
        out += {"d": r"-?\d+", "u": r"\d+", "x": "[0-9a-f]+", "s": ".*", "%": "%"}.get(kind, re.escape(part))
    return out


def read_sources():
    """{call's name: [patterns of its text]}, [patterns of other lines with their level and area]."""
    calls, lines = {}, []
    for text in sources(["provider", "channels"]):
        areas = {"LAUNCHER_AREA": "launcher", **dict(re.findall(r'#define (AREA) "(\w+)"', text))}
        text = re.sub(r"(\blog_\w+\()(AREA|LAUNCHER_AREA)\b", lambda m: m.group(1) + '"' + areas.get(m.group(2), "") + '"', text)
        spans = [(m.start(), m.group(2)) for m in re.finditer(r'COM_BEGIN(_POLLED)?\("([^"]+)"', text)]
        names = [name for _, name in spans]
        arrows = re.findall(r'"(-> \w+)"', text)
        for (start, name), end in zip(spans, [s for s, _ in spans[1:]] + [len(text)]):
            for match in re.finditer(r"COM_END\(", text[start:end]):
                rest = text[start + match.end():end]
                depth, at = 0, 0
                while at < len(rest) and not (rest[at] == "," and depth == 0):
                    depth += {"(": 1, ")": -1}.get(rest[at], 0)
                    at += 1
                fmt = literal(rest[at + 1:])
                if fmt is not None:
                    calls.setdefault(name, []).append(pattern(fmt))
        for name in set(arrows) - set(names):
            calls.setdefault(name, []).append(".*")
        for match in re.finditer(r'\blog_(error|warn|info|debug)\("(\w+)",\s*[^"]*?,\s*(?=")', text):
            lines.append((match.group(1).upper(), match.group(2), pattern(literal(text[match.end():]))))
    return calls, lines


def fill(text):
    return re.sub(r"<(\w+)>", lambda m: SAMPLES.get(m.group(1), "abc"), text)


class Checklist(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(ROOT, "docs", "windows-checklist.md"), encoding="utf-8") as file:
            cls.text = file.read()
        cls.calls, cls.lines = read_sources()
        cls.blocks = re.findall(r"^### ([GPILCD]\d+) ([^\n]+)\n(.*?)(?=^##|\Z)", cls.text, re.M | re.S)

    def known(self, span):
        """Can the sources write this line?"""
        line = fill(span)
        match = re.fullmatch(r"(ERROR|WARN|INFO|DEBUG) (\w+)(\[\d+\])? (.*)", line)
        if not match:
            return False
        level, area, number, text = match.groups()
        call = re.fullmatch(r"((?:-> )?[\w:]+)\((.*)\) = 0x([0-9a-f]{8})", text)
        if area == "com" and call:
            name, inside, code = call.groups()
            failed = int(code, 16) >= 0x80000000 and code != "80004001"
            polled = name in ("GetProtocolStatus", "GetLastInputTime")
            if level != ("WARN" if failed else "DEBUG" if polled else "INFO"):
                return False
            if bool(number) == name.startswith(("Manager::", "Listener::", "ClassFactory::")):
                return False
            return any(re.fullmatch(p, inside) for p in self.calls.get(name, []))
        return any(level == of and area == place and re.fullmatch(p, text) for of, place, p in self.lines)

    def test_every_question(self):
        self.assertEqual(sorted(name for name, _, _ in self.blocks), sorted(QUESTIONS))
        for name, title, body in self.blocks:
            with self.subTest(name):
                self.assertRegex(body, r"(?s)\A- \*\*Run\*\*: .+\n- \*\*Line\*\*: .+\n- \*\*Else\*\*: .+")
                self.assertIn("`", re.search(r"\*\*Line\*\*: (.*)", body).group(1))
                self.assertTrue(title.endswith("?"))

    def test_every_line_can_be_written(self):
        quoted = [span for span in re.findall(r"`([^`\n]+)`", self.text) if re.match(r"(ERROR|WARN|INFO|DEBUG) ", span)]
        self.assertGreater(len(quoted), 60)
        for span in quoted:
            with self.subTest(span):
                self.assertTrue(self.known(span))

    def test_questions_have_lines(self):
        for name, _, body in self.blocks:
            if name[0] not in "ID":
                with self.subTest(name):
                    self.assertRegex(re.search(r"\*\*Line\*\*: (.*)", body).group(1), r"`(ERROR|WARN|INFO|DEBUG) ")

    def test_driver_lines(self):
        """The driver's own log has no levels; lines with one are the launcher's."""
        lines = [pattern(literal(text[match.end():])) for text in sources(["driver"])
                 for match in re.finditer(r"\bjournal\((?=\s*\")", text)]
        self.assertGreater(len(lines), 30)
        for name, _, body in self.blocks:
            if name[0] != "D":
                continue
            spans = re.findall(r"`([^`\n]+)`", re.search(r"\*\*Line\*\*: (.*)", body).group(1))
            spans = [span.removeprefix("rdsprov_idd: ") for span in spans
                     if re.search(r"\w.*[ (]", span) and not re.match(r"(ERROR|WARN|INFO|DEBUG) ", span)]
            for span in spans:
                with self.subTest(f"{name}: {span}"):
                    self.assertTrue(span.endswith(("= 0x", "Exit status: SUCCESS")) or
                                    any(re.match(line, fill(span)) for line in lines))

    def test_the_reader_finds_faults(self):
        self.assertTrue(self.known("INFO com[<n>] GetInputHandles(0, 0, 0) = 0x00000000"))
        self.assertTrue(self.known("INFO com[<n>] PreDisconnect(reason 12 ERRINFO_LOGOFF_BY_USER) = 0x00000000"))
        for bad in ("INFO com[<n>] GetInputHandles(0, 0) = 0x00000000", "INFO com[<n>] NoSuchCall( ) = 0x00000000",
                    "INFO com GetInputHandles(0, 0, 0) = 0x00000000", "INFO com[<n>] GetInputHandles(0, 0, 0) = 0x80004005",
                    "DEBUG com[<n>] GetInputHandles(0, 0, 0) = 0x00000000", "INFO port <name>: dancing",
                    "WARN com[<n>] PreDisconnect(reason twelve x) = 0x80004005", "INFO com[<n>] Manager::Initialize(x) = 0x00000000"):
            with self.subTest(bad):
                self.assertFalse(self.known(bad))

    def test_paths(self):
        out = subprocess.run([SETUP, "paths"], capture_output=True, text=True, check=True).stdout
        places = {line.split("\t")[1].replace("<listener>", "rdsprov-tcp") for line in out.splitlines()}
        found = [m.start() for m in re.finditer(r"\bHKLM", self.text)]
        self.assertGreater(len(found), 3)
        for at in found:
            rest = self.text[at:].replace("HKLM:", "HKLM", 1)
            if not rest.startswith("HKLM\\<path>"):
                with self.subTest(rest[:80]):
                    self.assertTrue(any(rest.startswith(place) and not re.match(r"[\w\\]", rest[len(place):]) for place in places))

    def test_files(self):
        for name in re.findall(r"`((?:provider|tests|scripts|docs)[/\\][\w./\\-]+)`", self.text):
            with self.subTest(name):
                self.assertTrue(os.path.exists(os.path.join(ROOT, name.replace("\\", "/"))))

    def test_functions(self):
        """Names of functions that a reader is sent to."""
        text = "\n".join(sources(["provider"]))
        for name in re.findall(r"`((?:connection|manager|listener|exchange|local|hardware|set|make)_\w+)`", self.text):
            with self.subTest(name):
                self.assertRegex(text, r"\b" + name + r"\(")


if __name__ == "__main__":
    if not SETUP:
        sys.exit("set RDSPROV_SETUP_HOST")
    unittest.main()
