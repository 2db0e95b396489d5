"""What notifications are about, read from a running session; nothing is read or loaded while all of them are off."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import KeysMissing, OutboxBroken, StorageFull, WardbeatError
from agent.model import NS_PER_S
from agent.notices.decision import Facts
from agent.notices.rows import CONSENT_ENDS_DAYS, STRAP_OFF_S, STRAP_SILENT_S
from agent.outbox import alerts, consents, pauses
from agent.session.session import Session
from agent.wire.consent import ConsentRecord

log = logging.getLogger(__name__)

LOOK_S: Final = 10.0
_SLOW_LOOK_S: Final = 60.0  # what is read from files
_ASLEEP_S: Final = 60.0  # between two looks: the machine slept, and no strap could be heard
_BEAT_S: Final = 20.0
_DAY_S: Final = 86_400
STRAP: Final = "ble_strap"

OpenPage = Callable[[], Awaitable[str]]


async def keep_notices(session: Session, open_page: OpenPage, look_s: float = LOOK_S) -> None:
    """Show and withdraw notifications until this task is cancelled.

    Args:
        session: The running one.
        open_page: Starts the page's process; the file that leads the browser in.
        look_s: Seconds between two looks while any kind is on.
    """
    notices, facts = session.notices, _Looks(session)
    try:
        while True:
            notices.changed.clear()
            if notices.take_click():
                await _open(session, open_page)
            on = notices.on
            if not on:
                await notices.rest()
                facts = _Looks(session)
                await notices.changed.wait()
                continue
            with suppress(StorageFull):  # the board says so elsewhere; nothing that was announced is forgotten here
                await notices.turn(facts.look(on))
            with suppress(TimeoutError):
                async with asyncio.timeout(look_s):
                    await notices.changed.wait()
    finally:
        await notices.close()


async def _open(session: Session, open_page: OpenPage) -> None:
    try:
        file = await open_page()
    except OutboxBroken:
        raise
    except WardbeatError as error:
        log.warning("a click on a notification did not open the page (%s)", type(error).__name__)
        return
    await session.notices.lead_in(Path(file).as_uri())


@dataclass(slots=True)
class Silence:
    """Since when the strap is silent; a machine that slept counts from its waking.

    Attributes:
        heard_s: When it was heard last, in s of the session clock; None: not in this run.
        looked_s: When this was asked last.
    """

    heard_s: float | None = None
    looked_s: float | None = None

    def look(self, now_s: float, *, is_heard: bool) -> float | None:
        """How long it has been silent, in s; None where it was never heard.

        Args:
            now_s: Of the session clock.
            is_heard: Whether beats come now.
        """
        slept = self.looked_s is not None and now_s - self.looked_s > _ASLEEP_S
        self.looked_s = now_s
        if is_heard or (slept and self.heard_s is not None):
            self.heard_s = now_s
        return None if self.heard_s is None else now_s - self.heard_s


class _Looks:
    """What the last looks saw; what is read from files is read once a minute, and after each decision of the person."""

    def __init__(self, session: Session) -> None:
        self._session, self._silence = session, Silence()
        self._shifts: list[tuple[int, int]] = []
        self._read: dict[str, frozenset[str]] = {}
        self._read_s, self._read_on = 0.0, frozenset[str]()

    def look(self, on: frozenset[str]) -> Facts:
        session, now_utc_s = self._session, self._session.utc_s()
        now_s = session.clock.now_ns() / NS_PER_S
        heard = bool(session.live.recent(session.clock.now_ns() - int(_BEAT_S * NS_PER_S)))
        silent_s = self._silence.look(now_s, is_heard=heard)
        if now_s - self._read_s >= _SLOW_LOOK_S or on != self._read_on or session.notices.take_decision():
            self._read_s, self._read_on = now_s, on
            self._read, self._shifts = _from_files(session, on, now_utc_s), _shifts(session)
        strap = silent_strap(silent_s, now_s, may_open=session.sensors.may_open(STRAP) and not session.paused)
        in_shift = any(begin <= now_utc_s < end for begin, end in self._shifts)
        is_quiet = session.paused or in_shift or pauses.is_private(session.outbox, now_utc_s)
        return Facts(now_utc_s, on, is_quiet, {**self._read, "strap": strap})


def silent_strap(silent_s: float | None, now_s: float, *, may_open: bool) -> frozenset[str]:
    """The cause of the strap's notification: one word for each silence.

    Args:
        silent_s: How long; None: it was never heard.
        now_s: Of the session clock.
        may_open: Whether it is to be read at all.
    """
    if silent_s is None or not may_open or not STRAP_SILENT_S <= silent_s < STRAP_OFF_S:
        return frozenset()
    return frozenset({f"since {now_s - silent_s:.0f}"})


def ending(record: ConsentRecord | None, now_utc_s: int) -> frozenset[str]:
    """Causes of a consent that ends: one for 14 days, one for 3; none for a consent that was never longer.

    Args:
        record: In force; None: there is none.
        now_utc_s: In s of UTC.
    """
    if record is None:
        return frozenset()
    left_s, length_s = record.until_utc_s - now_utc_s, record.until_utc_s - record.from_utc_s
    days = [days for days in CONSENT_ENDS_DAYS if left_s <= days * _DAY_S < length_s]
    return frozenset(f"{record.serial} {one}" for one in days)


def _from_files(session: Session, on: frozenset[str], now_utc_s: int) -> dict[str, frozenset[str]]:
    """Causes of kinds that are on; a kind that cannot be read now is absent."""
    found = {}
    if "consent" in on:
        given = consents.stands_at(session.outbox, session.profile.name, now_utc_s)
        found["consent"] = ending(None if given is None else given.record, now_utc_s)
    if "message" in on:
        new = [one for one in alerts.kept(session.outbox) if one.alert.state != "closed" and not one.seen_utc_s]
        found["message"] = frozenset(str(one.alert.number) for one in new)
    if "check-in" in on:
        from agent.weeks import check_ins  # with the check-ins, where somebody wants to hear of them

        with suppress(KeysMissing):
            found["check-in"] = check_ins.due_again(session.profile, session.history.told(), now_utc_s)
    return found


def _shifts(session: Session) -> list[tuple[int, int]]:
    """Times at work, noted and imported, as [start, end) in s of UTC."""
    from agent.weeks.shifts import shifts_of

    with suppress(KeysMissing):
        rostered = [shift for day in session.days.days() for shift in day.shifts]
        return [(one.start_utc_s, one.end_utc_s) for one in shifts_of(session.history.told(), rostered)]
    return []
