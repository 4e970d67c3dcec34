# SPDX-License-Identifier: Apache-2.0
"""What an RDP client does before FreeRDP would come in: X.224, TLS, and the hash of a SAM file."""
import socket
import ssl
import warnings

from processes import SCALE

X224_REQUEST = bytes.fromhex("030000130ee000000000000100080001000000")  # asks for TLS
X224_REQUEST_NLA = bytes.fromhex("030000130ee000000000000100080003000000")


def tls_connect(port, version=None, request=X224_REQUEST, seconds=5):
    """A TCP connection with TLS up, as an RDP client has it after the negotiation."""
    plain = socket.create_connection(("127.0.0.1", port), seconds * SCALE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version.replace(".", "_"))
        context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        plain.sendall(request)
        answer = plain.recv(64)
        if len(answer) < 19 or answer[11] != 2:
            raise OSError("TLS was not agreed on")
        return context.wrap_socket(plain)
    except BaseException:
        plain.close()
        raise


def tls_handshake(port, version):
    try:
        tls_connect(port, version).close()
        return True
    except (ssl.SSLError, OSError):
        return False


def nt_hash(password):
    """MD4 of the UTF-16LE password, as a SAM file has it (no hashlib: OpenSSL 3 hides MD4)."""
    def rotate(value, bits):
        return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF

    data = password.encode("utf-16-le")
    size = len(data) * 8
    data += b"\x80" + bytes(-(len(data) + 9) % 64) + size.to_bytes(8, "little")
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    rounds = ((lambda x, y, z: x & y | ~x & z, 0, list(range(16)), (3, 7, 11, 19)),
              (lambda x, y, z: x & y | x & z | y & z, 0x5A827999,
               [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], (3, 5, 9, 13)),
              (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1,
               [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15)))
    for block in range(0, len(data), 64):
        words = [int.from_bytes(data[block + 4 * i:block + 4 * i + 4], "little") for i in range(16)]
        a, b, c, d = state
        for function, constant, order, shifts in rounds:
            for i, word in enumerate(order):
                total = (a + (function(b, c, d) & 0xFFFFFFFF) + words[word] + constant) & 0xFFFFFFFF
                a, b, c, d = d, rotate(total, shifts[i % 4]), b, c
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d))]
    return b"".join(value.to_bytes(4, "little") for value in state).hex()
