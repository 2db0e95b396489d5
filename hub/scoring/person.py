"""One person's digest with new rows: from what is kept, or from all rows where that does not do."""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from agent.errors import WireRefused
from agent.wire.plaintext import decode_plaintext
from hub.keys.devices import Device
from hub.scoring.day_row import DayRow, decode_day
from hub.scoring.digest import Digest, decode_digest
from hub.scoring.fold import ClockMoved, Folded, NewRow, fold
from hub.store.derived import Derived, DueRow

log = logging.getLogger(__name__)


def ended_serial(device: Device) -> int:
    """Consents up to this serial are withdrawn or erased: nothing under them is scored."""
    return max(device.withdrawn_serial, device.erased_serial)


def folded_person(
    read: Derived, device: Device, rows: Sequence[DueRow], kept: bytes | None, counts: Counter[str]
) -> tuple[Folded, bool]:
    """A person's digest with new rows, and whether it was made from all rows.

    Args:
        read: Rows and kept days.
        device: Whose.
        rows: The new ones.
        kept: The digest as it is kept; None: there is none.
        counts: How much was left out, and why, is added.
    """
    now_utc_s = int(time.time())

    def days(first: int, last: int) -> Mapping[int, DayRow]:
        return {day: decode_day(words) for day, words in read.days(device.kid, first, last).items()}

    try:
        digest = None if kept is None else decode_digest(kept)
        if digest is not None:
            return fold(digest, _new(device, rows, counts), days, now_utc_s), False
    except ClockMoved:
        counts["score_clock_moved"] += 1
    except WireRefused:
        log.warning("the digest of a person, or a day of it, does not open; it is made from the rows again")
    counts["score_rebuilt"] += 1
    every = _new(device, read.rows_of(device.kid, ended_serial(device)), counts)
    return fold(Digest(), every, lambda _first, _last: {}, now_utc_s), True


def _new(device: Device, rows: Sequence[DueRow], counts: Counter[str]) -> list[NewRow]:
    """The rows that may be scored and can be read; the others are counted."""
    found = []
    for row in rows:
        if row.serial <= ended_serial(device):
            counts["score_withdrawn"] += 1
            continue
        try:
            if row.words is None:
                raise WireRefused("open_failed")
            found.append(NewRow(row.arrival, row.serial, decode_plaintext(row.words)))
        except WireRefused:
            counts["score_unreadable"] += 1
    return found
