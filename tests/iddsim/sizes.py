#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of structure sizes that IddCx 1.7 hands to a newer driver (iddcx-abi.json: IddStructures_index).

usage: sizes.py FACTS.json OUT.inc
"""
import json
import sys

facts = json.load(open(sys.argv[1], encoding="utf-8"))["iddcx"]
count = facts["structure_count_by_version"]["1.7"]
table = [0] * count
for name, fact in facts["structs"].items():
    index = fact.get("IddStructures_index")
    if index is not None and index < count:
        table[index] = fact["size_1_4"] or fact["size_1_10"]
with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.write("/* made by tests/iddsim/sizes.py */\n")
    out.write("\n".join(f"{size}, /* {index} */" for index, size in enumerate(table)) + "\n")
