"""Looks of the care team at the person's values, as the hub reported them: each fits the chain, or is named.

look 1 ─link─▶ look 2 ─link─▶ … ─link─▶ look n          a row each, under the data key, with the links around it

A number that is not here may still be on its way: answers travel one by one. After three days it is missing.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from agent.errors import KeysMissing, WireRefused
from agent.outbox.file import Outbox
from agent.outbox.rows import LOOK_FAULTS, LOOKS_ERASED
from agent.privacy.sealed_values import opened_value, sealed_value
from agent.system.storage import storing
from agent.wire import codec
from agent.wire.codec import Fields
from agent.wire.looks import FIRST_LINK, Look, chained, decode_look
from agent.wire.message import HASH_BYTES
from agent.wire.receipt import LooksMessage

MOST: Final = 5000  # of a person whom the team looks at ten times a day: 500 days
FAULTS_MOST: Final = 50
ON_ITS_WAY_S: Final = 3 * 86_400
_SIZE_BYTES: Final = 448  # a look's name has 64 characters at most, in UTF-8 256 bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """One look as it is kept.

    Attributes:
        look: What the hub says.
        before, link: The chain's links around it.
        came_utc_s: When it came.
    """

    look: Look
    before: bytes
    link: bytes
    came_utc_s: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A look that the hub reported and that does not fit the chain: it is shown as a fault, and not as a look.

    Attributes:
        why: ``changed`` (another look of that number is here), ``broken`` (its link does not fit its neighbours') or
            ``unreadable``.
        look: What the hub says; None: it cannot be read.
        came_utc_s: When it came.
    """

    why: str
    look: Look | None
    came_utc_s: int


@dataclass(frozen=True, slots=True)
class State:
    """All that is known of looks.

    Attributes:
        listed: Newest first.
        faults: Oldest first.
        on_its_way: (first, last) of numbers that are not here, and may be soon.
        missing: The same of those that the hub left out.
        proven_to: Up to this number each look hangs on the one before; later ones wait for numbers before them.
    """

    listed: tuple[Listed, ...]
    faults: tuple[Fault, ...]
    on_its_way: tuple[tuple[int, int], ...]
    missing: tuple[tuple[int, int], ...]
    proven_to: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, left out or forged, as far as can be known here."""
        return not self.faults and not self.missing

    def as_json(self) -> dict[str, object]:
        """For `wardbeat looks --json`, the export and the page."""
        return {
            "whole": self.is_whole,
            "looks": [asdict(one.look) for one in self.listed],
            "proven_to": self.proven_to,
            "faults": [asdict(one) for one in self.faults],
            "on_its_way": [list(span) for span in self.on_its_way],
            "missing": [list(span) for span in self.missing],
        }


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of looks.

    Attributes:
        new: How many are new here.
        faults: How many do not fit.
        too_new: Messages of a newer hub, passed over.
    """

    new: int = 0
    faults: int = 0
    too_new: int = 0


def take(outbox: Outbox, messages: Iterable[LooksMessage], now_utc_s: int) -> Taken:
    """Keep the looks that fit, and name the others. One that is here already is no fault: answers may come twice.

    Args:
        outbox: The file.
        messages: As they came; the envelope proves that they are the hub's.
        now_utc_s: The session's UTC now.
    """
    arrived = list(messages)
    if not arrived:
        return Taken()
    new = too_new = 0
    found: list[Fault] = []
    with storing(outbox.db):
        for message in arrived:
            before = message.before
            try:
                for look, link in chained(message):
                    why = _misfit(outbox, look, before, link)
                    if why:
                        found.append(Fault(why, look, now_utc_s))
                        break  # what hangs on it proves nothing
                    new += _keep(outbox, Listed(look, before, link, now_utc_s))
                    before = link
            except WireRefused as refused:
                if refused.reason == "schema_too_new":
                    too_new += 1
                else:
                    found.append(Fault("unreadable", None, now_utc_s))
        faults = _keep_faults(outbox, found)
        if new:
            _forget_oldest(outbox)
    return Taken(new, faults, too_new)


def state(outbox: Outbox, now_utc_s: int) -> State:
    """All that is known of looks; rows that were altered here are missing."""
    listed = [one for one in _rows(outbox, "ORDER BY number") if one is not None]
    on_its_way: list[tuple[int, int]] = []
    missing: list[tuple[int, int]] = []
    last = None if outbox.meta(LOOKS_ERASED) is not None else 0
    proven_to = 0
    for one in listed:
        number = one.look.number
        if not on_its_way and not missing and last in (None, number - 1):
            proven_to = number
        if last is not None and number > last + 1:
            is_late = now_utc_s - one.came_utc_s > ON_ITS_WAY_S
            (missing if is_late else on_its_way).append((last + 1, number - 1))
        last = number
    return State(tuple(reversed(listed)), tuple(_faults(outbox)), tuple(on_its_way), tuple(missing), proven_to)


def trouble(outbox: Outbox, now_utc_s: int) -> str:
    """What is wrong with the list, in words; empty: nothing, or it is empty. Cheap where nothing is."""
    count, first, last = outbox.db.execute("SELECT count(*), min(number), max(number) FROM look").fetchone()
    begins_at = first if outbox.meta(LOOKS_ERASED) is not None else 1
    if (not count or last - begins_at + 1 == count) and outbox.meta(LOOK_FAULTS) is None:
        return ""
    found = state(outbox, now_utc_s)
    parts = [f"{len(found.faults)} looks do not fit the chain"] if found.faults else []
    parts += ["missing: " + ", ".join(spans(found.missing))] if found.missing else []
    return "; ".join(parts)


def spans(found: Iterable[tuple[int, int]]) -> list[str]:
    """Stretches of numbers in words."""
    return [str(first) if first == last else f"{first} to {last}" for first, last in found]


def _misfit(outbox: Outbox, look: Look, before: bytes, link: bytes) -> str:
    """Why a look does not fit those that are here; empty: it does."""
    around = {one.look.number: one for one in _rows(outbox, "WHERE number BETWEEN ? AND ?", look.number) if one}
    same, last, following = (around.get(look.number + step) for step in (0, -1, 1))
    if same is not None and same.look != look:
        return "changed"
    is_broken = (
        (same is not None and (same.before, same.link) != (before, link))
        or (last is not None and last.link != before)
        or (following is not None and following.before != link)
        or (look.number == 1 and before != FIRST_LINK)
    )
    return "broken" if is_broken else ""


def _keep(outbox: Outbox, one: Listed) -> int:
    if any(_rows(outbox, "WHERE number BETWEEN ? AND ?", one.look.number, around=0)):
        return 0
    words = codec.encode([one.look.encode(), one.before, one.link, one.came_utc_s])
    sealed = sealed_value(outbox.vault, f"look {one.look.number}", words, _SIZE_BYTES)
    outbox.db.execute("INSERT OR REPLACE INTO look VALUES (?, ?)", (one.look.number, sealed))  # one that was altered
    return 1


def _rows(outbox: Outbox, which: str, number: int | None = None, around: int = 1) -> list[Listed | None]:
    """Looks that are kept; None in the place of one that was altered."""
    bounds = () if number is None else (number - around, number + around)
    found = outbox.db.execute(f"SELECT number, sealed FROM look {which}", bounds).fetchall()
    return [_opened(outbox, at, bytes(sealed)) for at, sealed in found]


def _opened(outbox: Outbox, number: int, sealed: bytes) -> Listed | None:
    try:
        row = Fields(codec.decode(opened_value(outbox.vault, f"look {number}", sealed)), 4)
        look, before, link = decode_look(row.raw()), row.raw(HASH_BYTES), row.raw(HASH_BYTES)
        return Listed(look, before, link, row.uint()) if look.number == number else None
    except (KeysMissing, WireRefused):
        return None


def _forget_oldest(outbox: Outbox) -> None:
    query = "DELETE FROM look WHERE number NOT IN (SELECT number FROM look ORDER BY number DESC LIMIT ?)"
    if outbox.db.execute(query, (MOST,)).rowcount:
        outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (LOOKS_ERASED, b""))


def _keep_faults(outbox: Outbox, found: list[Fault]) -> int:
    """Keep those that are not named yet, the first 50; how many are new."""
    known = _faults(outbox)
    named = {(one.why, one.look) for one in known}
    fresh = [one for key, one in {(one.why, one.look): one for one in found}.items() if key not in named]
    if fresh:
        kept = [*known, *fresh][:FAULTS_MOST]
        rows: list[codec.Item] = [
            [one.why, b"" if one.look is None else one.look.encode(), one.came_utc_s] for one in kept
        ]
        outbox.put_sealed_meta(LOOK_FAULTS, codec.encode(rows))
    return len(fresh)


def _faults(outbox: Outbox) -> list[Fault]:
    try:
        words = outbox.sealed_meta(LOOK_FAULTS)
        item = [] if words is None else codec.decode(words)
        rows = [Fields(one, 3) for one in Fields(item, len(item) if isinstance(item, list) else 0).left()]
        return [Fault(row.text(), decode_look(look) if (look := row.raw()) else None, row.uint()) for row in rows]
    except (KeysMissing, WireRefused):
        return [Fault("unreadable", None, 0)]  # altered here
