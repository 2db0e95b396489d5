"""How many hours a day the strap was worn in the last seven days, by the windows with a heart number in them.

Worn hours are values of a person: a care team reads those of people whose consent to care is in force, nobody else's.
"""

import time
from collections.abc import Collection, Iterator
from typing import Any, Final

from agent.wire import schema
from agent.wire.consent import NOTHING
from agent.wire.message import PURPOSES
from hub.keys.devices import Device
from hub.store.contact import DAY_S
from hub.store.records import SignedRecord, standing
from hub.views.open_hub import OpenHub
from hub.views.readers import Reader
from hub.views.utc import day_text, ends_utc_s

DAYS: Final = 7
WINDOW_S: Final = 300
_HOUR_S: Final = 3600
_CARE: Final = ("care",)


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object for each device: label, worn hours by day, share of the windows that its consent allowed."""
    now_utc_s, labels = int(time.time()), hub.keys.people.labels()
    for device in hub.keys.devices.all():
        records = hub.store.records(device)
        if hub.reader is Reader.OPERATOR or _consents_to_care(device, records, now_utc_s):
            purposes = PURPOSES if hub.reader is Reader.OPERATOR else _CARE
            yield {
                "device": device.device,
                "label": labels.get(device.kid),
                **worn(hub, device, records, purposes, now_utc_s),
            }


def worn(
    hub: OpenHub, device: Device, records: list[SignedRecord], purposes: Collection[str], now_utc_s: int
) -> dict[str, Any]:
    """Worn hours by day (UTC), oldest first, and the share of expected windows.

    Args:
        hub: Its windows of the last days are decrypted.
        device: Whose.
        records: Its consents: a window is expected for each 300 s of the seven days for which one was given.
        purposes: Windows of other purposes do not count.
        now_utc_s: The last of the seven days is today.
    """
    today = now_utc_s // DAY_S
    days = range(today - DAYS + 1, today + 1)
    heart = {row.feature_id for row in schema.features().values() if row.signal == "heart"}
    worn_s, seen = dict.fromkeys(days, 0), set()
    # a window ends before it arrives; a day more for a clock that is ahead
    for row in hub.store.windows_of(device.kid, after=hub.store.arrival_before(days[0] - 1)):
        for message in (window.message for window in row.summaries()):
            day = message.start_utc_s // DAY_S
            if day in worn_s and message.purpose in purposes and message.start_utc_s not in seen:
                seen.add(message.start_utc_s)
                if any(value.v and value.feature_id in heart for value in message.values):
                    worn_s[day] += message.end_utc_s - message.start_utc_s
    expected = _consented_s(device, records, days[0] * DAY_S, now_utc_s) // WINDOW_S
    return {
        "worn_hours": {day_text(day): round(worn_s[day] / _HOUR_S, 2) for day in days},
        "windows_share_01": round(min(1.0, len(seen) / expected), 3) if expected else None,
    }


def _consents_to_care(device: Device, records: list[SignedRecord], now_utc_s: int) -> bool:
    return any(
        standing(device, signed.record, now_utc_s) == "in force"
        and any(grant.purpose in _CARE and grant.signal != NOTHING for grant in signed.record.grants)
        for signed in records
    )


def _consented_s(device: Device, records: list[SignedRecord], first_utc_s: int, last_utc_s: int) -> int:
    """Seconds of [first, last) for which a consent stands that was neither withdrawn nor erased."""
    total_s, covered_utc_s = 0, first_utc_s
    for record in sorted((signed.record for signed in records), key=lambda record: record.from_utc_s):
        if standing(device, record, last_utc_s) in ("in force", "ended"):
            begins, ends = max(record.from_utc_s, covered_utc_s), min(ends_utc_s(record), last_utc_s)
            total_s += max(0, ends - begins)
            covered_utc_s = max(covered_utc_s, ends)
    return total_s


COLUMNS: Final = (
    ("label", lambda row: row["label"] or ""),
    ("device", lambda row: row["device"]),
    ("worn h, 7 days", lambda row: hours_text(row["worn_hours"])),
    ("windows", lambda row: share_text(row["windows_share_01"])),
)


def hours_text(hours: dict[str, float] | None) -> str:
    """Whole hours of each day, oldest first; a dot for a day without any."""
    if hours is None:
        return ""
    return " ".join(f"{'.' if not value else '<1' if value < 1 else round(value):>2}" for value in hours.values())


def share_text(share_01: float | None) -> str:
    """A share as a percentage."""
    return "" if share_01 is None else f"{share_01:.0%}"
