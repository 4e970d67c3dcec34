# SPDX-License-Identifier: Apache-2.0
"""What in a Windows program tells the time of its making: header and export directory. The checksum is made anew."""
import struct

EXPORTS = 0  # of the data directories


def normalize(path, epoch):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    header = struct.unpack_from("<I", data, 0x3C)[0]
    if data[:2] != b"MZ" or data[header:header + 4] != b"PE\0\0":
        raise ValueError(f"{path}: not a Windows program")
    sections, = struct.unpack_from("<H", data, header + 6)
    optional_size, = struct.unpack_from("<H", data, header + 20)
    optional = header + 24
    if struct.unpack_from("<H", data, optional)[0] != 0x20B:
        raise ValueError(f"{path}: not 64-bit")
    struct.pack_into("<I", data, header + 8, epoch & 0xFFFFFFFF)

    exports, size = struct.unpack_from("<II", data, optional + 112 + 8 * EXPORTS)
    for i in range(sections):
        section = optional + optional_size + 40 * i
        virtual_size, address, raw_size, raw = struct.unpack_from("<IIII", data, section + 8)
        if size and address <= exports < address + virtual_size and exports - address + 8 <= raw_size and raw:
            struct.pack_into("<I", data, raw + exports - address + 4, epoch & 0xFFFFFFFF)

    struct.pack_into("<I", data, optional + 64, 0)
    struct.pack_into("<I", data, optional + 64, checksum(data))
    with open(path, "wb") as file:
        file.write(data)


def checksum(data):
    """The sum of 16-bit words with carry, plus the length."""
    padded = bytes(data) + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"<{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return (total + len(data)) & 0xFFFFFFFF
