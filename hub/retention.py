"""How long a site keeps what it was sent: two rules, applied by `hub retain`, with a signed receipt of what went.

arrived_days   windows, notes of days, asks and the team's notes are deleted so many days after they arrived
ended_days     everything of a person is deleted, and its data keys are destroyed, so many days after the last
consent ended or was withdrawn; no backup of the database opens it any more
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from agent.errors import WrongUse
from agent.system import host
from agent.wire.labels import Label
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.signed_lines import signed
from hub.site import open_keys
from hub.store import Role, Store, retained
from hub.store.records import SignedRecord, standing
from hub.views.utc import day_text, moment_text

RULES: Final = "retention"
LEAST_DAYS: Final = 30
MOST_DAYS: Final = 36_500
# A digest holds what was folded for 163 days: rows that go later than this are in none.
DERIVED_DAYS: Final = 170
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Rules:
    """A site's rules; None: such data are kept.

    Attributes:
        arrived_days: Counted from the day of arrival: when a window was measured is sealed, and it arrives later.
        ended_days: Counted from the end of the last consent.
    """

    arrived_days: int | None = None
    ended_days: int | None = None

    def check(self) -> None:
        """Refuse rules that would delete what a device may still send again, or nothing ever.

        Raises:
            WrongUse: Says which.
        """
        for name, days in asdict(self).items():
            if days is not None and not LEAST_DAYS <= days <= MOST_DAYS:
                option = name.replace("_", "-")
                raise WrongUse(f"--{option} {days} is out of range", remedy=f"Give {LEAST_DAYS} to {MOST_DAYS} days.")


@dataclass(frozen=True, slots=True)
class Deleted:
    """What one rule took from one device."""

    device: str
    rule: str
    rows: int
    keys_destroyed: bool = False


def rules_of(keys: KeyStore) -> Rules:
    """The site's rules."""
    known = keys.text(RULES)
    return Rules(**json.loads(known)) if known else Rules()


def put_rules(keys: KeyStore, rules: Rules) -> None:
    """Keep the site's rules.

    Raises:
        WrongUse: They are out of range.
    """
    rules.check()
    keys.put({RULES: json.dumps(asdict(rules)).encode()})


def apply(folder: Path, now_utc_s: int, *, only_count: bool = False) -> tuple[list[Deleted], Path | None]:
    """Delete what the rules name; returns what went, and the receipt's file.

    A crash leaves some of it for the next time, and the receipt of this time unwritten.

    Args:
        folder: The hub's.
        now_utc_s: The hub's clock.
        only_count: Delete nothing; there is no receipt.

    Raises:
        WrongUse: The site has no rules.
        NotDurable, Missing: Nothing more was deleted; call again.
    """
    with closing(open_keys(folder)) as keys, Store(folder, keys, Role.RUN) as store:
        rules = rules_of(keys)
        if rules == Rules():
            raise WrongUse(
                "this site keeps everything: it has no rules", remedy="Give --arrived-days N, --ended-days N, or both."
            )
        deleted = [*_ended(keys, store, rules, now_utc_s, only_count=only_count)]
        deleted += _arrived(keys, store, rules, now_utc_s, only_count=only_count)
        if only_count or not deleted:
            return deleted, None
        receipt = host.private_dir(folder / "retention") / f"{moment_text(now_utc_s).replace(':', '')}.jsonl"
        host.write_private(receipt, signed(keys, Label.RETENTION, _lines(keys, rules, deleted, now_utc_s)))
    return deleted, receipt


def _arrived(keys: KeyStore, store: Store, rules: Rules, now_utc_s: int, *, only_count: bool) -> list[Deleted]:
    if rules.arrived_days is None:
        return []
    oldest_day = now_utc_s // _DAY_S - rules.arrived_days
    upto, gone = store.arrival_before(oldest_day), Counter[bytes]()
    while True:
        with store.checked(shreds=not only_count) as db:
            if only_count:
                gone = retained.count_arrived(db, upto)
                break
            again = rules.arrived_days < DERIVED_DAYS
            some = retained.delete_arrived(db, upto, oldest_day, scored_again=again)
        gone += some
        if some.total() < retained.ROWS:
            break
    with store.checked(shreds=not only_count) as db:
        gone += retained.delete_notes(db, oldest_day * _DAY_S, only_count=only_count)
    names = {device.kid: device.device for device in keys.devices.all()}
    return [Deleted(names.get(kid, kid.hex()), "arrived", rows) for kid, rows in sorted(gone.items())]


def _ended(keys: KeyStore, store: Store, rules: Rules, now_utc_s: int, *, only_count: bool) -> Iterator[Deleted]:
    if rules.ended_days is None:
        return
    for device in keys.devices.all():
        records = store.records(device)
        end = last_end_utc_s(device, records, now_utc_s)
        if end is None or end + rules.ended_days * _DAY_S > now_utc_s:
            continue
        with store.checked(shreds=not only_count) as db:
            rows = retained.count_of(db, device.kid)
            if rows and not only_count:
                last = max(signed_record.record.serial for signed_record in records)
                rows = retained.end_person(db, keys, device, last)
        if rows:
            yield Deleted(device.device, "ended", rows, keys_destroyed=not only_count)


def last_end_utc_s(device: Device, records: Iterable[SignedRecord], now_utc_s: int) -> int | None:
    """When a device's last consent ended, by its end or by a withdrawal; None: one is in force or to come, or there was
    none.
    """
    every = [signed_record.record for signed_record in records]
    given = [record for record in every if record.action == "give"]
    if not given or any(standing(device, record, now_utc_s) in ("in force", "not begun") for record in given):
        return None
    last = max(given, key=lambda record: record.serial)
    withdrawn = [record.from_utc_s for record in every if record.action == "withdraw" and record.serial > last.serial]
    return min([last.until_utc_s, *withdrawn])


def _lines(keys: KeyStore, rules: Rules, deleted: list[Deleted], now_utc_s: int) -> Iterator[dict[str, Any]]:
    ends_utc_s = keys.backups_end_utc_s()
    yield {
        "kind": "retention",
        "site": keys.site,
        "made_utc": moment_text(now_utc_s),
        "rules": asdict(rules),
        "arrived_before": None if rules.arrived_days is None else day_text(now_utc_s // _DAY_S - rules.arrived_days),
        "last_backup_of_keys_ends_utc": moment_text(ends_utc_s) if ends_utc_s else None,
    }
    for one in deleted:
        yield {"kind": "deleted", **asdict(one)}
