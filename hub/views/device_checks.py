"""CHECKS: what `hub show --devices` checks for a monitoring system. Ids are stable, as those of `wardbeat doctor`."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One row.

    Attributes:
        check_id: Stable; given once.
        option: Its option to `hub show --devices`, which takes a number of days.
        words: When it fails; as docs/hub.md has it.
        remedy: What to do then.
        fails: (a row of the view, the day today, the option's days) to what is wrong; empty: nothing.
    """

    check_id: str
    option: str
    words: str
    remedy: str
    fails: Callable[[dict[str, Any], dt.date, int], str]


@dataclass(frozen=True, slots=True)
class Failed:
    """A check that failed for one device."""

    check_id: str
    device: str
    label: str
    words: str
    remedy: str


def _silent(row: dict[str, Any], today: dt.date, days: int) -> str:
    """Silent since it was heard, or since it was admitted when it never was."""
    last = row["heard"] or row["admitted"]
    if last is None or (today - dt.date.fromisoformat(last)).days < days:
        return ""
    return f"last heard on {last}" if row["heard"] else f"never heard since it was admitted on {last}"


def _certificate(row: dict[str, Any], today: dt.date, days: int) -> str:
    ends = row["certificate_ends_utc"]
    if ends is None or (dt.date.fromisoformat(ends[:10]) - today).days >= days:
        return ""
    return f"its certificate ends on {ends[:10]}"


CHECKS: Final = (
    CheckSpec(
        "device_silent",
        "--silent-days",
        "a device was not heard for N days, counted in whole days (UTC)",
        "Ask the person to run 'wardbeat doctor'; a device sends every five minutes, worn or not.",
        _silent,
    ),
    CheckSpec(
        "device_certificate",
        "--certificate-days",
        "a device's certificate ends within N days, or has ended",
        "A running device renews it 60 days before its end; after the end it enrolls again, with a new bundle.",
        _certificate,
    ),
)


def failed(rows: Iterable[dict[str, Any]], asked: dict[str, int], today: dt.date) -> Iterator[Failed]:
    """What fails, device by device; revoked devices are not checked.

    Args:
        rows: Of the view `devices`.
        asked: Days by check id; checks that are absent are not made.
        today: In UTC.
    """
    for row in rows:
        for check in CHECKS:
            if row["revoked"] or check.check_id not in asked:
                continue
            what = check.fails(row, today, asked[check.check_id])
            if what:
                yield Failed(check.check_id, row["device"], row["label"] or "", what, check.remedy)
