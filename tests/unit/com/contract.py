#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/contract.md from contract.def, and the checks that keep both honest.

usage: contract.py [--write]     without: check, exit 1 with one line per problem
"""
import ast
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PAGE = ROOT / "docs" / "contract.md"
ROW = re.compile(r"^(CONTRACT|UNKNOWN|PROPERTY|CALL)\((.*)\)$")
FIELDS = {"CONTRACT": 7, "UNKNOWN": 3, "PROPERTY": 5, "CALL": 5}
OBJECTS = ("ProtocolManager", "ProtocolListener", "ProtocolConnection", "ProtocolLicenseConnection",
           "ProtocolLogonErrorRedirector")
INTERFACES = ["IWRds" + name for name in OBJECTS] + ["IWRdsWddmIddProps", "IWRdsWddmIddProps1"] + \
             ["IWTS" + name for name in OBJECTS]

INTRODUCTION = """# The contract

What the provider answers to Remote Desktop Services, method by method, and why. This page is written from
[`tests/unit/com/contract.def`](../tests/unit/com/contract.def) by `tests/unit/com/contract.py --write`; the test
`unit.com.contract` fails when the two differ, when a slot of an interface has no row, or when a row's test does not exist or
does not call its method. `methods.md`, `sequences.md`, `gaps.md` and `field.md` are the project's notes on what is documented,
observed, and unknown; *to verify on Windows* marks what no test here can show.

Both families are one implementation: an IWTS object is another set of vtables over the same inner connection, so rows of that
family that say "the same code" are tested for leading there, and in depth in the other family. A listener speaks one family
from its creation, and no object answers QueryInterface for the other one.

Rules for every method: it returns at once and calls nothing of the service; S_OK or a failure, never S_FALSE; out-parameters are
written also on failure, unless the row says otherwise; a NULL where a value should go is E_POINTER; objects that are handed out
carry one reference for the caller; any order and any number of calls is taken, on any threads.

What is not implemented and says so with E_NOTIMPL: virtual channels for other programs, shadowing, beeps. Licence messages do not
reach the client (below).
"""


def rows():
    """(kind, [fields]) of each row, in order."""
    for number, line in enumerate((HERE / "contract.def").read_text().splitlines(), 1):
        match = ROW.match(line)
        if not match:
            continue
        kind, rest = match.groups()
        fields = [ast.literal_eval(f) if f.startswith('"') else f
                  for f in re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s]+', rest)]
        if len(fields) != FIELDS[kind]:
            raise SystemExit(f"contract.def:{number}: {kind} has {len(fields)} fields, not {FIELDS[kind]}")
        yield kind, fields


def cell(text):
    return text.replace("|", "\\|")


def page():
    all_rows = list(rows())
    out = [INTRODUCTION]
    for interface in INTERFACES:
        out.append(f"## {interface}\n")
        out.append("| slot | method | answer | why | source | test |\n|---|---|---|---|---|---|")
        for kind, f in all_rows:
            if kind == "UNKNOWN" and f[0] == interface:
                out.append(f"| 0-2 | QueryInterface, AddRef, Release | {cell(f[1])}; others E_NOINTERFACE | One identity, "
                           f"one count. | COM | `{f[2]}` |")
            elif kind == "CONTRACT" and f[0] == interface:
                out.append(f"| {f[1]} | {f[2]} | {cell(f[3])} | {cell(f[4])} | {f[5]} | `{f[6]}` |")
        out.append("")
    out.append("## QueryProperty\n\nStrings and binaries come from LocalAlloc; a string's size counts characters with "
               "the NUL.\n")
    out.append("| property | answer | why | source | test |\n|---|---|---|---|---|")
    out += [f"| {f[0]} | {cell(f[1])} | {cell(f[2])} | {f[3]} | `{f[4]}` |" for k, f in all_rows if k == "PROPERTY"]
    out.append("\n## Calls into the service\n\nAlways on threads of our own, with a reference held around the call. Close takes "
               "the callback away and waits for nobody: a call whose thread had taken its reference just before may still "
               "arrive when Close has returned, and then holds that reference; no other one does.\n")
    out.append("| call | when | source | test |\n|---|---|---|---|")
    out += [f"| {f[0]}::{f[1]} | {cell(f[2])} | {f[3]} | `{f[4]}` |" for k, f in all_rows if k == "CALL"]
    return "\n".join(out) + "\n"


def problems():
    facts = {i["name"]: i for i in json.loads((ROOT / "tests/unit/abi/abi.json").read_text())["interfaces"]}
    tests = {}
    for path in HERE.glob("*_test.c"):
        source = path.read_text()
        for name in re.findall(r"^TEST\((\w+)\)", source, re.M):
            tests[name] = source
    seen, unknown = {}, set()
    for kind, f in rows():
        test = f[-1]
        if test not in tests:
            yield f"{f[0]}: there is no test '{test}'"
        if kind == "UNKNOWN":
            unknown.add(f[0])
        elif kind == "CONTRACT":
            if (f[0], int(f[1])) in seen:
                yield f"{f[0]} slot {f[1]} has two rows"
            seen[f[0], int(f[1])] = f[2]
            if f"{f[0]}_{f[2]}(" not in tests.get(test, ""):
                yield f"{f[0]}::{f[2]} is not called in the file of its test '{test}'"
        elif kind == "PROPERTY" and f[0] not in tests.get(test, ""):
            yield f"{f[0]} is not asked for in the file of its test '{test}'"
    for interface in INTERFACES:
        if interface not in unknown:
            yield f"{interface} has no row for slots 0 to 2"
        for method in facts[interface]["methods"]:
            got = seen.pop((interface, method["slot"]), None)
            if got != method["name"]:
                yield f"{interface} slot {method['slot']} is {method['name']}, the table has {got}"
    for interface, slot in seen:
        yield f"{interface} has no slot {slot}"
    if not PAGE.exists() or PAGE.read_text() != page():
        yield "docs/contract.md is not what contract.def says: run tests/unit/com/contract.py --write"


def main():
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page())
        return 0
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    found = list(problems())
    for problem in found:
        print(problem)
    print(f"{sum(1 for _ in rows())} rows, {len(found)} problems")
    return 1 if found else 0


sys.exit(main())
