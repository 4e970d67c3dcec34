#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_abi_test.py must refuse facts that it cannot check, and every number it reads must reach a check.

    refuse_test.py gen_abi_test.py abi.json

An unknown member is planted into each object of the facts, and each number, type, IID, name and
sentence is changed alone: the generator has to refuse it, or to write another test than before
(which then fails to compile or to run). What is meant for readers only is listed below.
"""
import copy
import importlib.util
import json
import sys

# Members that describe what C cannot express; changing them changes no check.
PROSE = {'title', 'sources', 'note', 'family', 'header', 'implemented_by', 'obtained_by', 'availability', 'dir', 'idl', 'size_is',
         'nullable', 'defined_in', 'asked_through', 'first_seen', 'source'}


def load(path):
    spec = importlib.util.spec_from_file_location('gen', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcome(gen, facts):
    """The test that the facts give, or None when they are refused."""
    test = gen.Test()
    try:
        test.everything(facts)
    except (gen.Unknown, KeyError, ValueError, AttributeError, TypeError):
        return None
    return test.text()


def places(node, path=()):
    yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, path + (key,))


def prose(path):
    # "values" of a property GUID is a sentence; that of an enumeration is a list.
    return bool(PROSE & set(path)) or (path[0] == 'guids' and path[-1] == 'values') or path[:2] == ('tsmf_structs', 'records') and 'fields' in path \
        or path[-1] == 'name' and 'params' in path


def put(facts, path, value):
    node = facts
    for key in path[:-1]:
        node = node[key]
    old, node[path[-1]] = node[path[-1]], value
    return old


def main(argv):
    gen = load(argv[1])
    with open(argv[2], encoding='utf-8') as f:
        facts = json.load(f)
    good = outcome(gen, facts)
    assert good, 'the facts themselves are refused'
    missed, planted, changed = [], 0, 0
    for path, node in places(copy.deepcopy(facts)):
        if prose(path or ('',)):
            continue
        if isinstance(node, dict):
            tree = facts
            for key in path:
                tree = tree[key]
            tree['unheard_of'] = 'x'
            planted += 1
            if outcome(gen, facts) is not None:
                missed.append(f'{path}: an unknown member')
            del tree['unheard_of']
            continue
        if isinstance(node, list):
            continue
        wrong = node + 1 if isinstance(node, int) else node + 'x' if isinstance(node, str) else 'x'
        old = put(facts, path, wrong)
        changed += 1
        if outcome(gen, facts) == good:
            missed.append(f'{path}: {old} -> {wrong}')
        put(facts, path, old)
    print(f'abi: {planted} unknown members and {changed} changed values tried, {len(missed)} went unnoticed')
    for m in missed:
        print('  ' + m)
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
