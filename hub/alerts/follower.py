"""`hub alerts`: people of whom something changed, to what the team may see of them, and to alerts.

changed ──▶ [lock · picture, facts ──▶ shown · alert · ride · post · note deleted] (one transaction for a few people)
Killed anywhere, nothing is lost and nothing comes twice: what was not committed is still noted. Once an hour everybody
is looked at again, because time moves facts too; what time moves sooner is remembered.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from agent.errors import ConfigInvalid, WireRefused
from hub.alerts.change import ChangeAlarms
from hub.alerts.channels import unusable
from hub.alerts.person import Person, follow
from hub.alerts.posting import Posting
from hub.alerts.settings import FILE, SiteRules, read_rules
from hub.batches import work
from hub.care.consented import ended_serial
from hub.database import of_the_store
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.scoring.digest import Digest, decode_digest
from hub.site import open_keys
from hub.store.alerts import AlertRows
from hub.store.care_rows import CareRows
from hub.store.roles import Role
from hub.store.store import Store

log = logging.getLogger(__name__)

PEOPLE: Final = 64  # changed ones that are taken at once
TOGETHER: Final = 4  # in one transaction
SWEPT: Final = 32  # in the hourly round, between two looks at who changed
EVERYBODY_S: Final = 3600
_LOCK: Final = "alerts.lock"


class Follower:
    """The process.

    Args:
        folder: As `hub init` made it.
        now: The clock, UTC s.

    Raises:
        ConfigInvalid: The site's rules are refused.
    """

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self.folder, self._now = folder, now
        self.rules: SiteRules = read_rules(folder)
        _name_unusable(self.rules)
        self._file = _signature(folder)
        self.keys: KeyStore = open_keys(folder)
        self.store = Store(folder, self.keys, Role.ALERTS)
        self.posting = Posting(self.store, self.keys.site, now)
        self._alarms = ChangeAlarms()
        self._warmed: dict[bytes, tuple[bytes, Digest, tuple[int, ...]]] = {}
        self._wakes: dict[bytes, int] = {}
        self._acknowledged: dict[int, int] = {}
        self._round: list[bytes] = []
        self._round_utc_s = 0

    def close(self) -> None:
        """Close keys and database."""
        self.store.close()
        self.keys.close()

    def run(
        self,
        stop: threading.Event,
        alive: Callable[[], None] = lambda: None,
        clear: Callable[[], None] = lambda: None,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Follow until ``stop`` is set; ``alive`` is called before each batch, ``clear`` when nobody waits, ``ready``
        once no other process does the same.

        Raises:
            AlreadyRunning: Another process does the same for this hub.
        """

        def begin() -> None:
            ready()
            self.posting.start(stop, lambda: self.rules.channels)

        work(self.folder / _LOCK, self.follow_once, stop, alive, clear, begin)

    def follow_once(self) -> int:
        """Look at one batch of people; how many they were.

        Raises:
            sqlalchemy errors of `hub.database.CANNOT_WRITE`, NotDurable: Nothing of the last piece was stored.
        """
        self._read_rules_again()
        now_utc_s = int(self._now())
        with self.store.connected() as db:
            rows = AlertRows(db, self.keys)
            changed = list(rows.changed(PEOPLE))
            acknowledged = rows.acknowledged()
            if now_utc_s >= self._round_utc_s + EVERYBODY_S or now_utc_s < self._round_utc_s:
                self._round, self._round_utc_s = sorted(rows.everybody()), now_utc_s
        due = [kid for kid, at_utc_s in self._wakes.items() if at_utc_s <= now_utc_s]
        moved = [kid for number, (kid, n) in acknowledged.items() if self._acknowledged.get(number) != n]
        some, self._round = self._round[:SWEPT], self._round[SWEPT:]
        wanted = list(dict.fromkeys([*changed, *due, *moved, *some]))
        self._warm(wanted, now_utc_s)
        for first in range(0, len(wanted), TOGETHER):
            self._follow(wanted[first : first + TOGETHER], now_utc_s)
        self._acknowledged = {number: n for number, (_, n) in acknowledged.items()}
        return len(wanted)

    # ---- private

    def _follow(self, kids: list[bytes], now_utc_s: int) -> None:
        """A few people in one transaction; where that fails, one by one, so that one does not stop the others."""
        try:
            self._together(kids, now_utc_s)
        except Exception as error:  # of one person; of the store, for everybody
            if of_the_store(error):
                raise
            if len(kids) > 1:
                for kid in kids:
                    self._follow([kid], now_utc_s)
                return
            log.error("a person cannot be followed (%s); counted as alerts_failed", type(error).__name__)
            self._give_up(kids[0])

    def _together(self, kids: list[bytes], now_utc_s: int) -> None:
        counts: Counter[str] = Counter()
        wakes: dict[bytes, int] = {}
        with self.store.checked() as db:
            rows = AlertRows(db, self.keys)
            rows.lock(kids)
            noted = rows.changed_at(kids)
            number = max(rows.last_number() + 1, now_utc_s)
            for kid in kids:
                device = self.keys.devices.of(kid)
                if device is not None:
                    person = self._person(CareRows(db, self.keys, kid, ended_serial(device)), device, now_utc_s)
                    wakes[kid], number = follow(db, self.keys, person, self.rules, number, counts)
                if kid in noted:
                    rows.done(kid, noted[kid])
            counts["alerts_followed"] += len(kids)
            rows.count(counts)
        for kid in kids:
            self._wakes.pop(kid, None)
            if wakes.get(kid):
                self._wakes[kid] = wakes[kid]

    def _give_up(self, kid: bytes) -> None:
        """Count it, and forget the note: the hourly round tries this person again."""
        with self.store.checked() as db:
            rows = AlertRows(db, self.keys)
            rows.lock([kid])
            for taken_ms in rows.changed_at([kid]).values():
                rows.done(kid, taken_ms)
            rows.count(Counter({"alerts_failed": 1}))
        self._wakes.pop(kid, None)

    def _person(self, rows: CareRows, device: Device, now_utc_s: int) -> Person:
        """Under the lock: what was decoded and watched before it, if it is still what is kept."""
        words = rows.digest()
        known = self._warmed.get(device.kid)
        if words is None or known is None or known[0] != words:
            digest = _digest(words, ended_serial(device))
            alarms = () if digest is None else self._alarms.of([digest], now_utc_s)[0]
            return Person(device, now_utc_s, digest, alarms)
        _, kept, alarms = known
        is_ended = kept.serial <= ended_serial(device)  # a consent may have ended meanwhile
        return Person(device, now_utc_s) if is_ended else Person(device, now_utc_s, kept, alarms)

    def _warm(self, kids: Iterable[bytes], now_utc_s: int) -> None:
        """Watch the days of many people side by side, before any lock is held."""
        found: dict[bytes, tuple[bytes, Digest]] = {}
        with self.store.connected() as db:
            for kid in kids:
                device = self.keys.devices.of(kid)
                words = None if device is None else CareRows(db, self.keys, kid, 0).digest()
                if device is None or words is None:
                    continue
                try:
                    digest = _digest(words, ended_serial(device))
                except WireRefused:
                    continue  # named below, with this person alone
                if digest is not None:
                    found[kid] = words, digest
        self._warmed = {}
        try:
            alarms = self._alarms.of([digest for _, digest in found.values()], now_utc_s)
        except Exception as error:  # of one of them: each is watched alone, and named there
            log.warning("days cannot be watched side by side (%s); each is watched alone", type(error).__name__)
            return
        self._warmed = {kid: (*row, days) for (kid, row), days in zip(found.items(), alarms, strict=True)}

    def _read_rules_again(self) -> None:
        found = _signature(self.folder)
        if found == self._file:
            return
        self._file = found
        try:
            self.rules = read_rules(self.folder)
        except ConfigInvalid as error:
            log.error("%s is refused, the rules stay as they were: %s. %s", FILE, error, error.remedy)
            return
        _name_unusable(self.rules)
        self._round_utc_s = 0
        log.info("%s was read: %d rules, %d channels", FILE, len(self.rules.rules), len(self.rules.channels))


def _digest(words: bytes | None, ended: int) -> Digest | None:
    digest = None if words is None else decode_digest(words)
    return None if digest is None or digest.serial <= ended else digest


def _name_unusable(rules: SiteRules) -> None:
    """A channel whose files are not right is named before its first message; the rules hold all the same."""
    for channel in rules.channels:
        cause = unusable(channel.way)
        if cause:
            log.error("the channel %s cannot deliver: %s", channel.name, cause)


def _signature(folder: Path) -> tuple[int, int, int] | None:
    try:
        found = (folder / FILE).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
