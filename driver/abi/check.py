#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a C file that compares our declarations (wdf.h, iddcx.h) with docs/reference/iddcx-abi.json at compile time:
size and offsets of every structure, value of every enumerator, signature count, and the table index of every call.

usage: check.py FACTS.json WDF.H IDDCX.H OUT.c
"""
import json
import re
import sys

# Fields that we declare under a system name, or as one field where the facts name a union.
SKIP_STRUCTS = {"WDF_DRIVER_GLOBALS"}
# Packed BOOLEAN settings inside a larger field, and what only the newest version has.
CONFIG_1_7 = 168


def fail(text):
    sys.exit(f"check.py: {text}")


def structs_of(text):
    found = {}
    for match in re.finditer(r"typedef struct (\w+) \{(.*?)\n\} \1", text, re.S):
        found[match.group(1)] = match.group(2)
    return found


def check_struct(out, name, body, facts, size):
    out.append(f'_Static_assert(sizeof({name}) == {size}, "{name}: size");')
    declared = set(re.findall(r"(\w+)(?:\[\d+\])?;", body))
    known = {f["name"] for f in facts["fields"] if f["offset"] < size}
    if declared != known:
        fail(f"{name}: fields {sorted(declared ^ known)} are only on one side")
    for field in facts["fields"]:
        if field["offset"] < size:
            out.append(f'_Static_assert(offsetof({name}, {field["name"]}) == {field["offset"]}, '
                       f'"{name}.{field["name"]}: offset");')


def check_calls(out, text, functions, what):
    indices = {f["name"]: f["index"] for f in functions}
    params = {f["name"]: f["params"].count(",") + 1 for f in functions if f.get("params")}
    # clang-format may break the lines
    flat = re.sub(r"\\\n", " ", text)
    flat = re.sub(r"\s+", " ", flat)
    calls = re.findall(r"#define (\w+)\(\.\.\.\) \(\(\((\w+) \*\)\w+\[(\d+)\]\)", flat)
    if len(calls) < 10:
        fail(f"only {len(calls)} calls of {what} found: has the form of the macros changed?")
    for name, kind, index in calls:
        if name not in indices:
            fail(f"{name} is not in the facts")
        if int(index) != indices[name] or kind != name + "_fn":
            fail(f"{name}: index {index}, the facts say {indices[name]}")
        declared = re.search(rf"typedef [\w *]+{name}_fn\((.*?)\);", flat)
        if not declared or declared.group(1).count(",") + 1 != params[name]:
            fail(f"{name}: number of parameters")
    return len(calls)


def main():
    if len(sys.argv) != 5:
        fail("usage: check.py FACTS.json WDF.H IDDCX.H OUT.c")
    facts = json.load(open(sys.argv[1], encoding="utf-8"))
    wdf = open(sys.argv[2], encoding="utf-8").read()
    idd = open(sys.argv[3], encoding="utf-8").read()
    out = ["/* made by driver/abi/check.py */", '#include "driver/abi/iddcx.h"', ""]

    count = 0
    for name, body in structs_of(wdf).items():
        fact = facts["umdf"]["structs"].get(name)
        if fact is None:
            if name in SKIP_STRUCTS:
                continue
            fail(f"{name} is not in the facts")
        if name in SKIP_STRUCTS:
            out.append(f'_Static_assert(sizeof({name}) == {fact["size"]}, "{name}: size");')
            continue
        check_struct(out, name, body, fact, fact["size"])
        count += 1
    for name, body in structs_of(idd).items():
        fact = facts["iddcx"]["structs"].get(name)
        if fact is None:
            fail(f"{name} is not in the facts")
        size = fact["size_1_4"] or fact["size_1_10"]
        check_struct(out, name, body, fact, size)
        count += 1

    for name, values in facts["iddcx"]["enums"].items():
        if not re.search(rf"typedef enum {name} \{{", idd):
            continue
        for enumerator, value in values.items():
            if re.search(rf"\b{enumerator}\b", idd):
                out.append(f'_Static_assert((unsigned){enumerator} == {value}u, "{enumerator}");')

    calls = check_calls(out, wdf, facts["umdf"]["functions"], "UMDF")
    calls += check_calls(out, idd, facts["iddcx"]["functions"], "IddCx")
    versions = facts["umdf"]["versions"]["function_count"]
    out.append(f'_Static_assert(WDF_FUNCTION_COUNT_2_25 == {versions["2.25"]}, "UMDF 2.25");')
    out.append(f'_Static_assert(IDDCX_FUNCTION_COUNT_1_7 == {facts["iddcx"]["table_size_by_version"]["1.7"]}, "IddCx 1.7");')
    out.append(f'_Static_assert(IDDCX_STRUCTURE_COUNT_1_7 == {facts["iddcx"]["structure_count_by_version"]["1.7"]}, "IddCx 1.7");')
    if count < 50:
        fail(f"only {count} structures found")
    out.append(f"/* {count} structures, {calls} calls */")
    with open(sys.argv[4], "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


main()
