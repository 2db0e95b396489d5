"""What a simulated strap is, and what it felt."""

from dataclasses import dataclass
from typing import Any, Final

CHEST: Final = 1  # 2A38


@dataclass(frozen=True, slots=True)
class StrapSpec:
    """What a strap is.

    Attributes:
        name: As advertised, at most 20 bytes.
        address: Static random.
        serial, maker, model, firmware: Device Information.
        location: 2A38.
        contact: Whether it can tell skin contact.
        energy: Whether every tenth packet carries energy.
        wide: Whether the heart rate takes two bytes.
        notify_hz: Packets a second.
        from_first: The body begins when somebody first listens, so that a recording arrives whole.
        stamped: Packets hold a sequence number and the sending time instead of beats (load tests).
        links: How many devices may be connected at once; it advertises while it has a free link.
        tells_when_held: Without a free link it goes on advertising, but cannot be connected.
        intervals: Whether it sends RR intervals at all; an optical sensor does not.
        interval_ms: The connection interval it asks for, from and to; packets then come in step with the longer one.
        insists: It leaves (0x3B) 30 s after that wish was refused.
        drops_after_s: It leaves so long after it was first listened to.
        stalls_after_s: It falls silent so long after it was first listened to, until it is connected again.
        off_skin_s: It leaves, and is not to be found, so long after it lost the skin.
        bond: Only who is paired may listen; the link drops right after pairing.
        quirk: What it, its relay or its reader does to every packet: a row of `firmware_sim.quirks`, or empty.
    """

    name: str = "WB-SIM 0"
    address: str = "F0:00:00:00:00:01"
    serial: str = "SIM0000"
    maker: str = "Wardbeat"
    model: str = "Simulated strap"
    firmware: str = "1.0"
    location: int = CHEST
    contact: bool = True
    energy: bool = True
    wide: bool = False
    notify_hz: float = 1.0
    from_first: bool = False
    stamped: bool = False
    links: int = 1
    tells_when_held: bool = False
    intervals: bool = True
    interval_ms: tuple[int, int] | None = None
    insists: bool = False
    drops_after_s: float | None = None
    stalls_after_s: float | None = None
    off_skin_s: float | None = None
    bond: bool = False
    quirk: str = ""

    @classmethod
    def numbered(cls, number: int, **more: Any) -> "StrapSpec":
        """The n-th strap of a virtual radio."""
        return cls(
            name=f"WB-SIM {number}",
            address=f"F0:00:00:00:{number >> 8:02X}:{number & 255:02X}",
            serial=f"SIM{number:04}",
            **more,
        )


@dataclass(frozen=True, slots=True)
class Felt:
    """What the strap felt, and whether it went on air: the truth a test compares with."""

    end_ns: int
    rr_1024: int
    kind: str
    sent: bool
