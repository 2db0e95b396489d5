"""What this machine knows of the time beside its clock, and what that says of the clock.

begun   moments that lie in the past: this release was built, a certificate and a directory were issued
ends    papers that should still hold: all of them ended at once only by a clock that is ahead
heard   what time it was at the hub when it answered, carried on by the machine's own counter since its start
"""

import datetime as dt
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent import __built__
from agent.enrollment.enrolled import Identity
from agent.enrollment.identity import tls_files
from agent.errors import WireRefused
from agent.model import NS_PER_S
from agent.system import host
from agent.wire import certificates

SLACK_S: Final = 120
"""Closer than that, two right clocks may be apart. Chosen by us: no paper and no consent depends on two minutes."""
_PAPER_SLACK_S: Final = 600
REMEDY: Final = "Set this computer's date, time and time zone; Wardbeat notices within a minute."


@dataclass(frozen=True, slots=True)
class KnownMoment:
    """A moment of which this machine has proof.

    Attributes:
        utc_s: UTC seconds.
        words: What happened then.
    """

    utc_s: int
    words: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer of the hub.

    Attributes:
        hub_utc_s: The hub's clock when it answered.
        boot: Which start of this machine it was, see `host.boot_id`.
        asked_ns, came_ns: This machine's counter when what it answers was sent, and when it came; 0: not known.
    """

    hub_utc_s: int
    boot: str
    asked_ns: int
    came_ns: int

    def encode(self) -> bytes:
        """As the outbox keeps it."""
        return json.dumps([self.hub_utc_s, self.boot, self.asked_ns, self.came_ns]).encode()

    @classmethod
    def decode(cls, kept: bytes | None) -> "Heard | None":
        """As `encode` wrote it; None where nothing is kept that can be read."""
        try:
            hub_utc_s, boot, asked_ns, came_ns = json.loads(kept or b"")
            return cls(int(hub_utc_s), str(boot), int(asked_ns), int(came_ns))
        except (ValueError, TypeError):
            return None

    def off_s(self, now_utc_s: float, now_ns: int) -> float:
        """By how many seconds a clock that says ``now_utc_s`` is surely ahead (below 0: behind); 0: it may be right."""
        if self.boot != host.boot_id() or not self.boot:
            return min(0.0, now_utc_s - self.hub_utc_s)  # after a restart: it is later than that
        earliest_s = self.hub_utc_s + (now_ns - self.came_ns) / NS_PER_S
        if now_utc_s < earliest_s:
            return now_utc_s - earliest_s
        latest_s = self.hub_utc_s + (now_ns - self.asked_ns) / NS_PER_S
        return max(0.0, now_utc_s - latest_s) if self.asked_ns else 0.0


def built_utc_s() -> int:
    """The day on which this release was built."""
    return int(dt.datetime.fromisoformat(__built__).replace(tzinfo=dt.UTC).timestamp())


def certificate_ends(folder: Path) -> tuple[int, int]:
    """First and last second of this machine's certificate, in UTC seconds.

    Raises:
        OSError, WireRefused: It cannot be read.
    """
    certificate = certificates.first_in(tls_files(folder)[1].read_bytes())
    return certificate.begins_utc_s, certificate.ends_utc_s


@dataclass(frozen=True, slots=True)
class Papers:
    """What is dated here: moments that are past, and ends of what should still hold."""

    begun: tuple[KnownMoment, ...]
    ends: tuple[KnownMoment, ...] = ()

    @classmethod
    def of(cls, enrolled: Identity | None, folder: Path) -> "Papers":
        """Those of an enrollment; None: this release's alone. What cannot be read is left out: other checks say so."""
        begun = [KnownMoment(built_utc_s(), "this release was built")]
        ends: list[KnownMoment] = []
        with suppress(WireRefused, OSError):
            if enrolled is not None:
                seen = enrolled.directory().directory
                begun.append(KnownMoment(seen.issued_utc_s, "the hub's key directory was issued"))
                ends.append(KnownMoment(seen.expires_utc_s, "the hub's key directory"))
                first, last = certificate_ends(folder)
                begun.append(KnownMoment(first, "this machine's certificate begins"))
                ends.append(KnownMoment(last, "this machine's certificate"))
        return cls(tuple(begun), tuple(ends))

    def fault(self, heard: Heard | None, now_utc_s: float | None = None) -> str:
        """What is wrong with this computer's clock, in words; empty: nothing is known against it.

        Args:
            heard: The hub's last answer.
            now_utc_s: What the clock says; None: now.
        """
        now_s = time.time() if now_utc_s is None else now_utc_s
        off_s = 0.0 if heard is None else heard.off_s(now_s, host.boottime_ns())
        if abs(off_s) > SLACK_S:
            if off_s > 0:
                return f"this computer's clock is wrong: it is ahead by {_span(off_s)}"
            return f"this computer's clock is wrong: it is behind by {_span(-off_s)}"
        latest = max(self.begun, key=lambda mark: mark.utc_s)
        if now_s < latest.utc_s - _PAPER_SLACK_S:
            return f"this computer's clock is wrong: it says {_day(now_s)}, and {latest.words} on {_day(latest.utc_s)}"
        if len(self.ends) > 1 and now_s > max(mark.utc_s for mark in self.ends):
            words = " and ".join(mark.words for mark in self.ends)
            return (
                f"this computer's clock is wrong, or it was off for long: it says {_day(now_s)}, and {words} have ended"
            )
        return ""


def _day(utc_s: float) -> str:
    try:
        return dt.datetime.fromtimestamp(utc_s, dt.UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return "no date"


def _span(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> _span(7300), _span(86_400 * 365)
    ('2 hours', '365 days')
    """
    for unit, length_s in (("days", 172_800), ("hours", 7200), ("minutes", 0)):
        if seconds >= length_s:
            return f"{seconds / {'days': 86_400, 'hours': 3600, 'minutes': 60}[unit]:.0f} {unit}"
    return ""
