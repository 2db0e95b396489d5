"""From stored rows to what the care team may see of one person: each part only where its grant for care is there.

It is made by `hub alerts`, which may read rows; the view itself reads what was kept. Worn hours are counted on from the
picture kept before: a row's windows are decrypted once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from agent.errors import WireRefused
from agent.wire import codes, schema
from agent.wire.context import DAY_S
from agent.wire.message import SummaryMessage
from agent.wire.score import Score
from hub.care.consented import CARE, consented, ended_serial
from hub.care.lines import lines_of
from hub.care.picture import CheckIn, Line, Picture, WeekShown, decode
from hub.keys.devices import Device
from hub.scoring.digest import decode_digest
from hub.scoring.noted import Noted, Statements, with_statement
from hub.store.care_rows import CareReads, CareRows
from hub.store.records import SignedRecord, standing

WORN_DAYS: Final = 28
WEEKS: Final = 26
CHECK_IN_DAYS: Final = 182
NEWEST_DAYS: Final = 7  # a week that ended before says nothing of now
NEXT_S: Final = 6 * 3600
_HOUR_S: Final = 3600
HEART: Final = "heart"
INDEX: Final = "index"
CONTEXT: Final = "context"


def project(read: CareReads, device: Device, now_utc_s: int) -> Picture | None:
    """What the team may see of a person now; None: nothing, and nothing is to be kept.

    Args:
        read: An open transaction; the picture that was kept before is read in it, too.
        device: Whose.
        now_utc_s: The hub's clock.
    """
    records = read.records(device)
    consent = consented(device, records, read.operator, now_utc_s)
    if consent is None:
        return None
    rows = read.rows(device.kid, ended_serial(device))
    contact_day = rows.contact_day()
    asked_utc_s, asked_words = _asked(rows, consent.record.hash)
    today = now_utc_s // DAY_S
    arrivals, worn_s = _worn(rows, _kept(read, device.kid), today) if HEART in consent.granted else (0, [])
    weeks = _weeks(rows.scores(today - 7 * WEEKS)) if consent.shows_index else ()
    return Picture(
        device=device.device,
        serial=consent.record.serial,
        granted=consent.granted,
        from_utc_s=consent.record.from_utc_s,
        until_utc_s=consent.record.until_utc_s,
        made_utc_s=now_utc_s,
        next_utc_s=now_utc_s + NEXT_S,
        contact_day=contact_day,
        asked_utc_s=asked_utc_s,
        asked_words=asked_words,
        last_day=today,
        worn_h=tuple(seconds / _HOUR_S for seconds in worn_s),
        gaps=_gaps(worn_s, today, contact_day, _consented_days(device, records, read.operator, today)),
        state=state_of(weeks, today) if consent.shows_index else "no_index",
        weeks=weeks,
        lines=_lines(rows, device) if consent.shows_index else (),
        check_ins=_check_ins(rows, now_utc_s) if CONTEXT in consent.granted else (),
        arrivals=arrivals,
    )


def state_of(weeks: Sequence[WeekShown], today: int) -> str:
    """The state that the newest week gives: a name of `hub.care.picture.STATES`.

    Args:
        weeks: Oldest first.
        today: Days since 1970.
    """
    if not weeks:
        return "learning"
    newest = weeks[-1]
    if newest.last_day < today - NEWEST_DAYS:
        return "thin"
    if newest.low is None or newest.high is None:
        return "learning" if newest.reason == "learning" else "thin"
    return "usual" if newest.low <= 50.0 <= newest.high else "apart"


def _kept(read: CareReads, kid: bytes) -> Picture | None:
    kept = read.kept(kid)
    try:
        return None if kept is None else decode(kept.words)
    except WireRefused:
        return None  # of another version: counted again


def _asked(rows: CareRows, consent_hash: bytes) -> tuple[int, str]:
    """Since when the person asks to be seen, and their words; 0: they do not. An ask ends with its consent."""
    see, take_back = (codes.codes("asks")[name] for name in ("see", "take_back"))
    asks = [(index, ask) for index, ask in rows.asks() if ask.consent_hash == consent_hash]
    said = [(index, ask) for index, ask in asks if ask.what in (see, take_back)]
    newest = max(said, key=lambda one: one[0], default=None)
    return (newest[1].at_utc_s, newest[1].words) if newest and newest[1].what == see else (0, "")


# ---- worn hours


def _worn(rows: CareRows, kept: Picture | None, today: int) -> tuple[int, list[int]]:
    """The number of the last row that was counted, and seconds worn on each of the last days."""
    first = today - WORN_DAYS + 1
    worn_s: Counter[int] = Counter()
    if kept is not None and kept.worn_h:
        begins = kept.last_day - len(kept.worn_h) + 1
        worn_s.update({begins + place: round(hours * _HOUR_S) for place, hours in enumerate(kept.worn_h)})
        after = kept.arrivals
    else:
        after = rows.arrival_before(first - 1)  # a window ends before it arrives; a day more for a clock that is ahead
    heart = {row.feature_id for row in schema.features().values() if row.signal == HEART}
    last, counted = after, set()
    for arrival, messages in rows.windows(after):
        last = arrival
        for message in messages:
            if message.start_utc_s not in counted and _has_value(message, heart):
                counted.add(message.start_utc_s)
                worn_s[message.start_utc_s // DAY_S] += message.end_utc_s - message.start_utc_s
    return last, [min(worn_s[day], DAY_S) for day in range(first, today + 1)]


def _has_value(message: SummaryMessage, feature_ids: set[int]) -> bool:
    return any(value.v and value.feature_id in feature_ids for value in message.values)


def _consented_days(device: Device, records: Iterable[SignedRecord], operator: str, today: int) -> set[int]:
    """Days of which any moment lies in a consent with the heart for this team that was neither withdrawn nor erased."""
    first, found = today - WORN_DAYS + 1, set()
    for signed in records:
        grants = [*signed.record.grants, *(signed.features.grants if signed.features else ())]
        is_ours = any((one.signal, one.purpose, one.recipient) == (HEART, CARE, operator) for one in grants)
        if is_ours and standing(device, signed.record, today * DAY_S + DAY_S) in ("in force", "ended"):
            begins = max(first, signed.record.from_utc_s // DAY_S)
            found |= set(range(begins, min(today, (signed.record.until_utc_s - 1) // DAY_S) + 1))
    return found


def _gaps(
    worn_s: Sequence[int], today: int, contact_day: int, consented_days: set[int]
) -> tuple[tuple[int, int, str], ...]:
    """Whole days without a worn window, joined where their reason is the same."""
    first = today - len(worn_s) + 1
    found: list[tuple[int, int, str]] = []
    for day, seconds in enumerate(worn_s[:-1], start=first):  # today is not over
        if seconds:
            continue
        reason = "no_consent" if day not in consented_days else "silent" if day > contact_day else "not_worn"
        if found and found[-1][1:] == (day - 1, reason):
            found[-1] = (found[-1][0], day, reason)
        else:
            found.append((day, day, reason))
    return tuple(found)


# ---- what the hub computes


def _weeks(scores: Iterable[Score]) -> tuple[WeekShown, ...]:
    return tuple(WeekShown(one.day, one.index, one.low, one.high, one.reason, one.points) for one in scores)


def _lines(rows: CareRows, device: Device) -> tuple[Line, ...]:
    words = rows.digest()
    try:
        digest = None if words is None else decode_digest(words)
    except WireRefused:
        return ()  # it is made again with the next row
    return () if digest is None or digest.serial <= ended_serial(device) else lines_of(digest)


# ---- what the person answered


def _check_ins(rows: CareRows, now_utc_s: int) -> tuple[CheckIn, ...]:
    statements: Statements = {}
    for index, message in rows.contexts():
        statements = with_statement(statements, index, message)
    scales = codes.scales()
    answers = [one for one in Noted(statements).answers if one.at_utc_s > now_utc_s - CHECK_IN_DAYS * DAY_S]
    return tuple(
        CheckIn(one.at_utc_s, scales[one.scale].name, scales[one.scale].value(one.v))
        for one in sorted(answers, key=lambda one: one.at_utc_s)
    )
