# SPDX-License-Identifier: Apache-2.0
"""docs/windows-checklist.md: every open question is there once with what to run, what to look for and what to change; every log
line that it quotes is one that the sources can write, and a spoiled copy of it is none; every step has a way back; every key is one
of the installer's table; every file that it names exists."""
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SETUP = os.environ.get("RDSPROV_SETUP_HOST", "")
QUESTIONS = [f"{letter}{i}" for letter, count in (("G", 52), ("P", 7), ("F", 2), ("A", 6), ("I", 8), ("C", 3), ("L", 8), ("D", 16))
             for i in range(1, count + 1)]
STRING = r'"((?:[^"\\]|\\.)*)"'
SAMPLES = {"n": "7", "us": "12", "hex": "0badcafe", "h": "1f", "r": "3", "s": "2", "b": "1", "id": "1", "p": "4000", "d": "0",
           "e": "5", "f": "9", "c": "0", "w": "1024", "t": "768"}
# single words of quoted lines that stand for a %s
VALUES = {"anna", "rdsprov", "IWRds", "IWTS", "given", "unknown", "Winlogon", "Default", "TRUE", "licensed", "ready", "shown", "pending",
          "attached", "loaded", "lost"}


def sources(folders):
    for folder in folders:
        for base, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith(".c"):
                    with open(os.path.join(base, name), encoding="utf-8") as file:
                        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
                    yield re.sub(r"'\\?\"'", "0", text)  # neither ends a string


def literal(text):
    """The value of adjacent string literals at the beginning of text, or None."""
    match = re.match(r"\s*(?:" + STRING + r"\s*)+", text)
    if not match:
        return None
    value = "".join(re.findall(STRING, match.group(0)))
    return value.replace('\\\\', '\\').replace('\\"', '"')


class Format:
    """What a printf format can write."""

    def __init__(self, fmt):
        out = [""]
        for part in re.split(r"(%[-0-9.]*(?:ll|l|z)?[a-z%])", fmt):
            kind = part[-1:] if part.startswith("%") and len(part) > 1 else ""
            if kind == "s":
                out += [None, ""]
            else:
                out[-1] += {"d": r"-?\d+", "u": r"\d+", "x": "[0-9a-f]+", "%": "%"}.get(kind, re.escape(part))
        self.parts = [part for part in out if part != ""]
        self.whole = re.compile("".join("(?:.*)" if part is None else part for part in self.parts))
        self.letters = len(re.findall("[A-Za-z]", re.sub("%[-0-9.]*[a-z]*", "", fmt)))

    def fits(self, text, is_text):
        """is_text judges what stands for a %s and is more than a word."""
        return bool(self.whole.fullmatch(text)) and self.fits_from(0, text, is_text)

    def fits_from(self, at, text, is_text):
        if at == len(self.parts):
            return not text
        if self.parts[at] is not None:
            match = re.match(self.parts[at], text)
            return bool(match) and self.fits_from(at + 1, text[match.end():], is_text)
        return any(self.fits_from(at + 1, text[end:], is_text) and (" " not in text[:end] or is_text(text[:end]))
                   for end in range(len(text), -1, -1))


def read_texts():
    """The texts in the sources that may be put into another one's %s."""
    texts = {literal(match.group(0)) for text in sources(["provider", "channels", "driver"])
             for match in re.finditer(r"(?:" + STRING + r"\s*)+", text)}
    return [fmt for fmt in map(Format, texts) if None not in fmt.parts or fmt.letters > 4]


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
                    calls.setdefault(name, []).append(Format(fmt))
        for name in set(arrows) - set(names):
            calls.setdefault(name, []).append(Format("%s"))
        for match in re.finditer(r'\blog_(error|warn|info|debug)\("(\w+)",\s*[^"]*?,\s*(?=")', text):
            lines.append((match.group(1).upper(), match.group(2), Format(literal(text[match.end():]))))
        # the level depends: each of those that it can be
        for match in re.finditer(r'\blog_write\(([^"]*?\bLOG_[^"]*?),\s*"(\w+)",\s*[^"]*?,\s*(?=")', text):
            for level in re.findall(r"\bLOG_(\w+)", match.group(1)):
                lines.append((level, match.group(2), Format(literal(text[match.end():]))))
    return calls, lines


def fill(text):
    return re.sub(r"<(\w+)>", lambda m: SAMPLES.get(m.group(1), "abc"), text)


class Checklist(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(ROOT, "docs", "windows-checklist.md"), encoding="utf-8") as file:
            cls.text = file.read()
        cls.calls, cls.lines = read_sources()
        cls.texts, cls.judged = read_texts(), {}
        cls.blocks = re.findall(r"^### ([A-Z]\d+) ([^\n]+)\n(.*?)(?=^##|\Z)", cls.text, re.M | re.S)

    def is_text(self, text, depth=3):
        if (text, depth) not in self.judged:
            self.judged[text, depth] = depth > 0 and any(
                fmt.fits(text, lambda part: self.is_text(part, depth - 1)) for fmt in self.texts)
        return self.judged[text, depth]

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
            return any(fmt.fits(inside, self.is_text) for fmt in self.calls.get(name, []))
        return any(level == of and area == place and fmt.fits(text, self.is_text) for of, place, fmt in self.lines)

    def test_every_question(self):
        self.assertEqual(sorted(name for name, _, _ in self.blocks), sorted(QUESTIONS))
        for name, title, body in self.blocks:
            with self.subTest(name):
                self.assertRegex(body, r"(?s)\A- \*\*Run\*\*: .+\n- \*\*Line\*\*: .+\n- \*\*Else\*\*: .+")
                self.assertIn("`", re.search(r"\*\*Line\*\*: (.*)", body).group(1))
                self.assertTrue(title.endswith("?"))

    def quoted(self):
        return sorted(set(re.findall(r"`((?:ERROR|WARN|INFO|DEBUG) [^`\n]+)`", self.text)))

    def test_every_step_has_a_way_back(self):
        steps = re.split(r"(?m)^## ", self.text)[1:]
        self.assertGreater(len(steps), 10)
        for step in steps:
            with self.subTest(step.split("\n")[0]):
                self.assertRegex(step.split("\n### ")[0], r"(?m)^\*\*Back\*\*: ")

    def test_every_line_can_be_written(self):
        self.assertGreater(len(self.quoted()), 100)
        for span in self.quoted():
            with self.subTest(span):
                self.assertTrue(self.known(span))

    def test_questions_have_lines(self):
        for name, _, body in self.blocks:
            if name[0] not in "ID":
                with self.subTest(name):
                    self.assertRegex(re.search(r"\*\*Line\*\*: (.*)", body).group(1), r"`(ERROR|WARN|INFO|DEBUG) ")

    def test_installer_lines(self):
        """What the installer's questions quote is printed by rdsprov-setup, the launcher's own installer or a script."""
        texts = [literal(match.group(0)) for text in sources(["provider/register", "provider/service"])
                 for match in re.finditer(r"(?:" + STRING + r"\s*)+", text)]
        for name in os.listdir(os.path.join(ROOT, "scripts", "windows")):
            with open(os.path.join(ROOT, "scripts", "windows", name), encoding="utf-8") as file:
                texts += re.findall(r"Write-Host '([^'\n]+)'", file.read())
        lines = [fmt for fmt in (Format(line) for text in texts for line in text.split("\\n")) if fmt.letters > 8]
        count = 0
        for name, _, body in self.blocks:
            for span in re.findall(r"`([^`\n]+)`", re.search(r"\*\*Line\*\*: (.*)", body).group(1)):
                if name[0] == "I" and len(span.split()) > 3 and not re.match(r"(ERROR|WARN|INFO|DEBUG) ", span):
                    count += 1
                    with self.subTest(f"{name}: {span}"):
                        self.assertTrue(any(line.whole.fullmatch(span) for line in lines))
        self.assertGreater(count, 8)

    def test_driver_lines(self):
        """The driver's own log has no levels; lines with one are the launcher's."""
        lines = [Format(literal(text[match.end():])) for text in sources(["driver"])
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
                                    any(line.fits(fill(span), self.is_text) for line in lines))

    def test_a_spoiled_line_is_found(self):
        """Another word anywhere in a line, but where it is a value, or another area, makes it one that nothing writes."""
        for span in self.quoted():
            begin = re.match(r"[A-Z]+ \w+(\[<\w>\])? ", span).end()
            words = [m for m in re.finditer(r"(?<![<\w])[A-Za-z]{4,}(?![>\w])", span[begin:]) if m.group(0) not in VALUES]
            copies = [span[:begin + m.start()] + "spoiled" + span[begin + m.end():] for m in words]
            copies.append(re.sub(r"^([A-Z]+) \w+", r"\1 nobody", span))
            for copy in copies:
                with self.subTest(copy):
                    self.assertFalse(self.known(copy))

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
        places.add("HKLM\\SYSTEM\\CurrentControlSet\\Services\\rdsprov-launcher\\Parameters")
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
