#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a catalog (.cat) for the display driver's package on any system: an unsigned PKCS #7 with a certificate trust list of SHA-256
digests, version 2 as Windows 8 and newer know it. Programs and libraries are listed by their Authenticode digest, which a
signature put into them does not change; other files by the digest of their bytes, so make the catalog from the very files that are
installed (line ends!). Then sign it (docs/windows.md). osslsigncode takes what comes out; that PnP does is to verify on Windows.

usage: catalog.py OUT.cat [--hwid ID] [--os ATTRIBUTES] FILE...
       catalog.py --self-test FILE...     FILEs: a PE file and an INF; with osslsigncode and openssl, where they are there
"""
import datetime
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile

OS_ATTRIBUTES = "2:10.0"  # Windows 10 family: Server 2016 and newer
CATALOG_FLAGS = 0x10010001  # of a name and value: authenticated, UTF-16, base

SIGNED_DATA = "1.2.840.113549.1.7.2"
SHA256 = "2.16.840.1.101.3.4.2.1"
CTL = "1.3.6.1.4.1.311.10.1"
CATALOG_LIST = "1.3.6.1.4.1.311.12.1.1"
CATALOG_MEMBER2 = "1.3.6.1.4.1.311.12.1.3"
CATALOG_NAME_VALUE = "1.3.6.1.4.1.311.12.2.1"
CATALOG_MEMBER_INFO2 = "1.3.6.1.4.1.311.12.2.3"
INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4"
PE_IMAGE_DATA = "1.3.6.1.4.1.311.2.1.15"
FLAT_DATA = "1.3.6.1.4.1.311.2.1.25"


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sequence(*parts):
    return der(0x30, *parts)


def set_of(*parts):
    return der(0x31, *sorted(parts))  # DER: in the order of their bytes


def explicit(number, *parts):
    return der(0xA0 | number, *parts)


def octets(value):
    return der(0x04, value)


def integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bmp(text):
    return der(0x1E, text.encode("utf-16-be"))


def oid(dotted):
    numbers = [int(part) for part in dotted.split(".")]
    body = bytes([numbers[0] * 40 + numbers[1]])
    for number in numbers[2:]:
        digits = [number & 0x7F]
        while number > 0x7F:
            number >>= 7
            digits.append(number & 0x7F | 0x80)
        body += bytes(reversed(digits))
    return der(0x06, body)


def algorithm(dotted):
    return sequence(oid(dotted), der(0x05))


def pe_digest(data):
    """Authenticode: without checksum, entry of the certificate table, and the table; padded to 8 bytes when there is none."""
    (header,) = struct.unpack_from("<I", data, 0x3C)
    if data[header:header + 4] != b"PE\0\0":
        raise ValueError("no PE header")
    optional = header + 24
    (magic,) = struct.unpack_from("<H", data, optional)
    checksum, table = optional + 64, optional + (144 if magic == 0x20B else 128)
    start, size = struct.unpack_from("<II", data, table)
    end = start if size else len(data)
    body = data[:checksum] + data[checksum + 4:table] + data[table + 8:end]
    if not size:
        body += bytes(-len(data) % 8)
    return hashlib.sha256(body).digest()


def name_value(name, value):
    return sequence(bmp(name), integer(CATALOG_FLAGS), octets((value + "\0").encode("utf-16-le")))


def attribute(dotted, value):
    return sequence(oid(dotted), der(0x31, value))


def member(path, attributes):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"MZ":
        digest = pe_digest(data)
        kind = sequence(oid(PE_IMAGE_DATA), sequence(der(0x03, b"\x05\xa0"), explicit(0, explicit(2, der(0x80)))))
    else:
        digest = hashlib.sha256(data).digest()
        kind = sequence(oid(FLAT_DATA), explicit(2, der(0x80, "<<<Obsolete>>>".encode("utf-16-be"))))
    return digest, sequence(octets(digest), set_of(
        attribute(CATALOG_NAME_VALUE, name_value("File", os.path.basename(path).lower())),
        attribute(CATALOG_NAME_VALUE, name_value("OSAttr", attributes)),
        attribute(CATALOG_MEMBER_INFO2, der(0x80)),
        attribute(INDIRECT_DATA, sequence(kind, sequence(algorithm(SHA256), octets(digest))))))


def catalog(paths, hardware_id, attributes, now=None):
    members = sorted(member(path, attributes) for path in paths)
    if len({digest for digest, _ in members}) != len(members):
        raise ValueError("the same file twice")
    when = (now or datetime.datetime.now(datetime.timezone.utc)).strftime("%y%m%d%H%M%SZ").encode()
    identifier = hashlib.sha256(b"".join(digest for digest, _ in members)).digest()[:16]
    extensions = [name_value("OS", "_v100_X64")] + ([name_value("HWID1", hardware_id.lower())] if hardware_id else [])
    trust_list = sequence(
        sequence(oid(CATALOG_LIST)), octets(identifier), der(0x17, when), algorithm(CATALOG_MEMBER2),
        sequence(*(encoded for _, encoded in members)),
        explicit(0, sequence(*(sequence(oid(CATALOG_NAME_VALUE), octets(value)) for value in extensions))))
    return sequence(oid(SIGNED_DATA), explicit(0, sequence(
        integer(1), set_of(), sequence(oid(CTL), explicit(0, trust_list)), set_of())))


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return result.returncode, result.stdout + result.stderr


def self_test(paths):
    """openssl reads the structure; osslsigncode signs it, and finds each file in it, and a changed one not."""
    with tempfile.TemporaryDirectory() as folder:
        plain, signed, key, cert = (os.path.join(folder, name) for name in ("a.cat", "b.cat", "key.pem", "cert.pem"))
        with open(plain, "wb") as file:
            file.write(catalog(paths, "rdsprov_idd", OS_ATTRIBUTES))
        if not shutil.which("openssl"):
            sys.exit(77)
        code, text = run("openssl", "asn1parse", "-inform", "DER", "-in", plain)
        if code or text.count("OCTET STRING") < 4 * len(paths):
            sys.exit("openssl does not read the catalog: " + text)
        help_text = run("osslsigncode", "--help")[1] if shutil.which("osslsigncode") else ""
        if "-catalog" not in help_text:
            print("no osslsigncode that knows catalogs: signing not tried")
            return
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=rdsprov test", "-keyout", key,
            "-out", cert, "-addext", "extendedKeyUsage=codeSigning", "-addext", "keyUsage=digitalSignature")
        code, text = run("osslsigncode", "sign", "-h", "sha256", "-certs", cert, "-key", key, "-in", plain, "-out", signed)
        if code:
            sys.exit("osslsigncode does not sign the catalog: " + text)
        failed = []
        for path in paths:
            with open(path, "rb") as file:
                data = bytearray(file.read())
            if data[:2] != b"MZ":
                continue  # the program looks up PE files (and its own kinds) only
            code, text = run("osslsigncode", "verify", "-CAfile", cert, "-catalog", signed, "-in", path)
            if code:
                failed.append(f"{path} is not found in the catalog: {text}")
            data[len(data) // 2] ^= 1
            changed = os.path.join(folder, "changed.dll")
            with open(changed, "wb") as file:
                file.write(data)
            code, text = run("osslsigncode", "verify", "-CAfile", cert, "-catalog", signed, "-in", changed)
            if not code:
                failed.append(f"a changed {path} is found in the catalog")
        if failed:
            sys.exit("\n".join(failed))
        print(f"signed and verified: {len(paths)} files")


def main():
    words = sys.argv[1:]
    if len(words) > 1 and words[0] == "--self-test":
        self_test(words[1:])
        return
    hardware_id, attributes = "rdsprov_idd", OS_ATTRIBUTES
    paths = []
    while words:
        word = words.pop(0)
        if word == "--hwid" and words:
            hardware_id = words.pop(0)
        elif word == "--os" and words:
            attributes = words.pop(0)
        else:
            paths.append(word)
    if len(paths) < 2 or paths[0].startswith("-"):
        sys.exit(__doc__)
    try:
        content = catalog(paths[1:], hardware_id, attributes)
        with open(paths[0], "wb") as file:
            file.write(content)
    except (OSError, ValueError) as error:
        sys.exit(f"catalog.py: {error}")


if __name__ == "__main__":
    main()
