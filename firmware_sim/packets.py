"""Heart Rate Measurement (0x2A37), written from the Heart Rate Service 1.0 specification, section 3.1.1.

flags u8 │ heart rate u8 or u16 │ [energy u16, kJ] │ [interval u16, 1/1024 s] ...     little endian
b0 rate is u16 · b1 contact found · b2 contact can be told · b3 energy follows · b4 intervals follow
"""

import struct
from collections.abc import Sequence
from typing import Final

TICKS_PER_S: Final = 1024
ATT_HEADER: Final = 3


def ticks(rr_ms: float) -> int:
    """An interval in 1/1024 s, rounded half up, at least one and at most what 16 bits hold.

    >>> ticks(1000.0), ticks(977.0)
    (1024, 1000)
    """
    return min(max(int(rr_ms * TICKS_PER_S / 1000.0 + 0.5), 1), 0xFFFF)


def measurement(
    hr_bpm: int,
    rr_1024: Sequence[int] = (),
    *,
    contact: bool | None = None,
    energy_kj: int | None = None,
    wide: bool = False,
) -> bytes:
    """One notification.

    Args:
        hr_bpm: 0 to 255, or to 65535 when ``wide``.
        rr_1024: Intervals, oldest first.
        contact: None: this strap cannot tell.
        energy_kj: Since the last reset; None: not in this packet.
        wide: Whether the rate takes two bytes.

    >>> measurement(72, [853], contact=True).hex()
    '16485503'
    """
    flags = wide | (contact is True) << 1 | (contact is not None) << 2
    flags |= (energy_kj is not None) << 3 | bool(rr_1024) << 4
    packed = struct.pack("<BH" if wide else "<BB", flags, hr_bpm)
    if energy_kj is not None:
        packed += struct.pack("<H", energy_kj)
    return packed + struct.pack(f"<{len(rr_1024)}H", *rr_1024)


def capacity(att_mtu: int, *, wide: bool, energy: bool) -> int:
    """How many intervals one notification holds.

    >>> capacity(23, wide=False, energy=False), capacity(23, wide=True, energy=True)
    (9, 7)
    """
    return (att_mtu - ATT_HEADER - 1 - (1 + wide) - 2 * energy) // 2
