"""Heart Rate Measurement (0x2A37): any bytes decode, or are refused by name.

    flags u8 │ heart rate u8 or u16 │ [energy u16] │ [interval u16, 1/1024 s] ...     little endian

Source: Bluetooth SIG, Heart Rate Service 1.0, section 3.1.1; reserved flags are passed over, as it asks.
"""

import struct
from dataclasses import dataclass
from typing import Final

from agent.errors import PacketRefused

TICKS_PER_S: Final = 1024
_WIDE, _CONTACT, _CAN_TELL, _ENERGY, _INTERVALS = 1, 2, 4, 8, 16
_MOST_BYTES: Final = 512  # the longest attribute value


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one notification says.

    Attributes:
        hr_bpm: The strap's own heart rate; 0 where it has none.
        contact: Skin contact; None: this strap cannot tell.
        energy_kj: Since its last reset; None: not in this packet.
        rr_1024: Intervals in 1/1024 s, oldest first.
    """

    hr_bpm: int
    contact: bool | None
    energy_kj: int | None
    rr_1024: tuple[int, ...]


def decode(payload: bytes) -> Measurement:
    """Read a notification.

    Raises:
        PacketRefused: ``short``, ``long``, ``odd`` (half an interval), ``beyond`` (bytes that no flag
            announces) or ``empty_interval`` (an interval of 0 is no beat).

    >>> decode(bytes.fromhex("16485503"))
    Measurement(hr_bpm=72, contact=True, energy_kj=None, rr_1024=(853,))
    """
    if len(payload) > _MOST_BYTES:
        raise PacketRefused("long")
    flags = payload[0] if payload else 0
    rate_end = 3 if flags & _WIDE else 2
    energy_end = rate_end + 2 if flags & _ENERGY else rate_end
    if len(payload) < energy_end:
        raise PacketRefused("short")
    rest = len(payload) - energy_end
    if rest and not flags & _INTERVALS:
        raise PacketRefused("beyond")
    if rest % 2:
        raise PacketRefused("odd")
    rr_1024 = struct.unpack_from(f"<{rest // 2}H", payload, energy_end)
    if 0 in rr_1024:
        raise PacketRefused("empty_interval")
    return Measurement(
        hr_bpm=int.from_bytes(payload[1:rate_end], "little"),
        contact=bool(flags & _CONTACT) if flags & _CAN_TELL else None,
        energy_kj=int.from_bytes(payload[rate_end:energy_end], "little") if flags & _ENERGY else None,
        rr_1024=rr_1024,
    )
