"""A FIT monitoring file, byte by byte, after the public description of the protocol (FIT SDK, "FIT Protocol")."""

import struct
from datetime import UTC, datetime

_EPOCH_S = 631_065_600
_CRC = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400)  # fmt: skip
_ENUM, _UINT8, _UINT16, _UINT32, _STRING = 0x00, 0x02, 0x84, 0x86, 0x07
WALKING, RUNNING = 6, 1


def crc(data: bytes) -> int:
    """The check of sums of the protocol."""
    found = 0
    for byte in data:
        for half in (byte & 15, byte >> 4):
            found = ((found >> 4) & 0x0FFF) ^ _CRC[found & 15] ^ _CRC[half]
    return found


def fit_s(utc: str) -> int:
    """Seconds of the protocol's own clock."""
    return int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()) - _EPOCH_S


def definition(local: int, number: int, fields: list[tuple[int, int, int]]) -> bytes:
    head = struct.pack("<BBBHB", 0x40 | local, 0, 0, number, len(fields))
    return head + b"".join(bytes(field) for field in fields)


def packed(body: bytes) -> bytes:
    """With header and sums."""
    head = struct.pack("<BBHI4s", 14, 0x10, 2105, len(body), b".FIT")
    head += struct.pack("<H", crc(head))
    return head + body + struct.pack("<H", crc(head + body))


MORNING = ((10, WALKING, 150), (20, RUNNING, 40), (30, WALKING, 210))


def monitoring_file(
    name: str = "somebody",
    utc: str = "2025-06-02T04:00:00",
    east_h: int = 2,
    counts: tuple[tuple[int, int, int], ...] = MORNING,
) -> bytes:
    """Steps so far as (minutes after the beginning, activity, steps), then 72 bpm, and a resting rate of 51."""
    begin = fit_s(utc)
    text = name.encode()[:15].ljust(16, b"\0")
    body = definition(0, 0, [(0, 1, _ENUM), (1, 2, _UINT16)]) + struct.pack("<BBH", 0, 32, 1)
    body += definition(1, 3, [(0, 16, _STRING)]) + b"\1" + text
    body += definition(2, 103, [(253, 4, _UINT32), (0, 4, _UINT32)])
    body += struct.pack("<BII", 2, begin, begin + east_h * 3600)
    body += definition(3, 55, [(26, 2, _UINT16), (3, 4, _UINT32), (5, 1, _ENUM)])
    for minutes, activity, steps in counts:
        body += struct.pack("<BHIB", 3, (begin + minutes * 60) & 0xFFFF, steps, activity)
    body += definition(4, 55, [(26, 2, _UINT16), (27, 1, _UINT8)]) + struct.pack("<BHB", 4, (begin + 2400) & 0xFFFF, 72)
    body += definition(5, 211, [(253, 4, _UINT32), (0, 1, _UINT8), (1, 1, _UINT8)])
    body += struct.pack("<BIBB", 5, begin + 3000, 55, 51)
    return packed(body)
