"""Reading the ledger in plain words, and proving that nobody cut, changed or re-chained it."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Final

from agent.errors import LedgerBroken, WireRefused
from agent.outbox import cuts
from agent.outbox.file import Outbox, break_name
from agent.outbox.rows import ERASED_TO, RETIRED_TO
from agent.system.storage import one_moment
from agent.wire import chain, codes, days, envelope, schema
from agent.wire.consent import INDEX, NOTHING, decode_record
from agent.wire.context import SIGNAL as CONTEXT
from agent.wire.message import (
    KINDS,
    AskMessage,
    ConsentMessage,
    ContextMessage,
    DaysMessage,
    FeaturesMessage,
    GapMessage,
    Message,
    RenewMessage,
    SchemaMessage,
    SummaryMessage,
)
from agent.wire.plaintext import decode_plaintext
from agent.wire.receipt import Answers, Place, Receipt

_UNITS: Final = {"h": " h", "min": " min", "bpm": " beats a minute"}  # words of the unit that a name ends in

_GRANTED: Final = {INDEX: "the index of your weeks", CONTEXT: "what you note"}  # grants that no signal has


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row as a person may read it.

    Attributes:
        words: The canonical plaintext, or None when erased.
        said: The messages in plain words.
        bytes_sent: Size on the wire; the same for every row.
    """

    idx: int
    made_utc_s: int
    kind: str
    again_idx: int | None
    stream: bytes
    seq: int
    digest: bytes
    state: str
    words: bytes | None
    said: tuple[str, ...]
    bytes_sent: int = envelope.ENVELOPE_BYTES


def rows(outbox: Outbox, last: int | None = None) -> Iterator[LedgerRow]:
    """Oldest first; the last few when a number is given."""
    first_idx = 0 if last is None else outbox.head()[0] - last
    yield from _read(outbox, "WHERE idx > ? ORDER BY idx", (first_idx,))


def rows_before(outbox: Outbox, idx: int, most: int) -> Iterator[LedgerRow]:
    """The newest rows before one, newest first."""
    return _read(outbox, "WHERE idx < ? ORDER BY idx DESC LIMIT ?", (idx, most))


def _read(outbox: Outbox, which: str, numbers: tuple[int, ...]) -> Iterator[LedgerRow]:
    columns = "idx, made_utc_s, kind, again_idx, stream, seq, digest, state"
    found = outbox.db.execute(f"SELECT {columns} FROM ledger JOIN fate USING (idx) {which}", numbers).fetchall()
    for idx, made_utc_s, kind, again_idx, stream, seq, digest, state in found:
        words = outbox.words(idx)
        said = () if words is None else tuple(in_words(message) for message in decode_plaintext(words).messages)
        yield LedgerRow(idx, made_utc_s, kind, again_idx, stream, seq, digest, state, words, said)


def as_json(row: LedgerRow) -> dict[str, object]:
    """A row for machines; bytes in hex."""
    plain = asdict(row)
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in plain.items()}


def in_words(message: Message) -> str:  # noqa: C901, PLR0911 - one branch a kind
    """A message as a sentence."""
    match message:
        case SummaryMessage():
            known = schema.features()
            parts = []
            for coded in message.values:
                row = known[coded.feature_id]
                value = row.value(coded.v)
                parts.append(f"{row.name} withheld" if value is None else f"{row.name} {value:g} (n {coded.n})")
            start, end = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (message.start_utc_s, message.end_utc_s))
            return f"summary of {start:%H:%M} to {end:%H:%M} UTC: {', '.join(parts)}"
        case ConsentMessage():
            record = decode_record(message.record)
            granted = {grant.signal for grant in record.grants if grant.signal != NOTHING}
            signals = " and ".join(_GRANTED.get(one, one) for one in sorted(granted))
            signals = signals or "what the statement names"
            act = f"you gave consent for {signals}" if record.action == "give" else "you withdrew consent"
            return f"{act} (record {record.serial})"
        case GapMessage():
            return f"gap: {message.count} rows dropped ({message.reason})"
        case RenewMessage():
            return "asked for a new certificate of this machine"
        case FeaturesMessage():
            purposes = " and ".join(sorted({grant.purpose for grant in message.grants}))
            named = f"named the {len(message.feature_ids)} numbers that your consent covers"
            return f"{named}; it holds for {purposes}, too" if purposes else named
        case ContextMessage():
            day = dt.datetime.fromtimestamp(message.day * 86_400, dt.UTC)
            said = (message.shifts, "shifts"), (message.changes, "changes"), (message.answers, "answers")
            counts = ", ".join(f"{len(parts)} {name}" for parts, name in said if parts) or "nothing"
            return f"what you noted of {day:%Y-%m-%d}: {counts}"
        case DaysMessage():
            return _day_in_words(message)
        case AskMessage():
            return _ask_in_words(message)
        case SchemaMessage():
            return f"stated the wire format's schema, {message.schema}"
        case _:
            return type(message).__name__.removesuffix("Message").lower()


def _ask_in_words(message: AskMessage) -> str:
    said = {
        "see": "asked the care team to look at your weeks",
        "take_back": "took back that you asked to be seen",
        "hold": f"held alert {message.about} back for 24 hours",
        "seen": f"said that you read alert {message.about}",
    }
    words = ": " + message.words.replace("\n", " / ") if message.words else ""
    return said[codes.names("asks")[message.what]] + words


def _day_in_words(message: DaysMessage) -> str:
    day = dt.datetime.fromtimestamp(message.day * 86_400, dt.UTC)
    parts = [
        f"{days.by_name()[one.name].title} {one.value:g}{_UNITS.get(one.name.rpartition('_')[2], '')}"
        for one in days.decoded(message.day, message.values)
    ]
    return f"values of {day:%Y-%m-%d} for {message.purpose}: {', '.join(parts) or 'no more'}"


@dataclass(frozen=True, slots=True)
class Proven:
    """A chain that holds.

    Attributes:
        rows: How many.
        receipted: How many of them the hub has confirmed.
        breaks: Known breaks against what the hub holds (a cut, restored or copied state), in words.
        proven_to: The last row that a kept receipt proves; 0 without one. A ledger that was cut behind it looks whole.
        proven_utc_s: The hub's clock in that receipt; None when it does not say.
    """

    rows: int
    receipted: int
    breaks: tuple[str, ...] = ()
    proven_to: int = 0
    proven_utc_s: int | None = None

    @property
    def words(self) -> str:
        """How far the ledger is proven, as a sentence."""
        if not self.proven_to:
            return f"{self.rows} rows, chain whole; no receipt proves any of them yet"
        if self.proven_utc_s is None:
            return f"{self.rows} rows, chain whole; proven up to row {self.proven_to}, by the hub's receipt"
        day = dt.datetime.fromtimestamp(self.proven_utc_s, dt.UTC).date()
        return f"{self.rows} rows, chain whole; proven up to row {self.proven_to}, by the hub's receipt of {day}"


def verify(outbox: Outbox, open_proof: Callable[[bytes], Answers] | None = None) -> Proven:
    """Walk the chain as it is at one moment: the agent may write meanwhile.

    Args:
        outbox: The file.
        open_proof: Opens and believes a kept receipt; with it, the chain must meet the
            heads that the hub signed, so a ledger chained again is found as well.

    Raises:
        LedgerBroken: Naming the first row that does not hold.
    """
    with one_moment(outbox.db):
        heads = _walk(outbox)
        met = _Met() if open_proof is None else _meet_proofs(outbox, open_proof, heads)
        receipted = outbox.counts().get("receipted", 0)
        cut = cuts.known_cut(outbox)
    breaks = met.breaks if cut is None else (cut, *met.breaks)
    return Proven(len(heads) - 1, receipted, breaks, met.proven_to, met.proven_utc_s)


def _walk(outbox: Outbox) -> dict[int, bytes]:
    """The chain's head after each row; after row 0, the first head."""
    head, expected = chain.FIRST_HEAD, 1
    heads = {0: head}
    erased_to = int(outbox.meta(ERASED_TO) or b"0")
    query = "SELECT idx, kind, sealed_words, commitment, digest, link FROM ledger ORDER BY idx"
    for idx, kind, sealed, committed, digest, link in outbox.db.execute(query):
        if idx != expected:
            raise LedgerBroken(f"ledger row {expected} is missing")
        if sealed is None and idx > erased_to:
            raise LedgerBroken(f"ledger row {idx}: its contents are missing, and no erasure explains it")
        if sealed is not None:
            opened = outbox.vault.open(f"ledger {idx}", sealed)
            words = opened[chain.SALT_BYTES :]
            if chain.commitment(opened[: chain.SALT_BYTES], words) != committed:
                raise LedgerBroken(f"ledger row {idx}: its contents were changed")
            said = decode_plaintext(words)
            if (said.ledger_index, said.head_before, KINDS[type(said.messages[0])]) != (idx, head, kind):
                raise LedgerBroken(f"ledger row {idx}: its contents belong to another row")
        if chain.link(head, committed, digest) != link:
            raise LedgerBroken(f"ledger row {idx}: the chain is broken")
        head, expected = link, idx + 1
        heads[idx] = head
    if outbox.db.execute("SELECT 1 FROM outbox WHERE idx > ?", (expected - 1,)).fetchone():
        raise LedgerBroken(f"the ledger was cut after row {expected - 1}")
    return heads


@dataclass(frozen=True, slots=True)
class _Met:
    """What the kept receipts prove."""

    breaks: tuple[str, ...] = ()
    proven_to: int = 0
    proven_utc_s: int | None = None


def _meet_proofs(outbox: Outbox, open_proof: Callable[[bytes], Answers], heads: dict[int, bytes]) -> _Met:
    breaks: dict[str, None] = {}
    proven_to, proven_utc_s = 0, None
    retired_to = int(outbox.meta(RETIRED_TO) or b"0")
    receipted = outbox.db.execute("SELECT 1 FROM fate WHERE state = 'receipted' AND idx > ?", (retired_to,)).fetchone()
    if receipted and outbox.db.execute("SELECT 1 FROM proof").fetchone() is None:
        raise LedgerBroken("rows are receipted, but the hub's receipts are missing")
    for (proof,) in outbox.db.execute("SELECT envelope FROM proof ORDER BY ledger_index").fetchall():
        try:
            answers = open_proof(proof)
        except WireRefused as error:
            if error.reason not in ("revoked", "unknown_key"):
                raise LedgerBroken("a stored receipt of the hub does not verify") from error
            # said, not passed over: whoever chains a ledger again could put such a receipt beside it
            breaks["a stored receipt was signed with a key that the hub has revoked; it proves nothing any more"] = None
            continue
        for why, place in _places(answers):
            if heads.get(place.ledger_index - 1) == place.head:
                if place.ledger_index >= proven_to:
                    proven_to, proven_utc_s = place.ledger_index, answers.hub_utc_s or None
                continue
            known = outbox.meta(why)
            if known is None:
                raise LedgerBroken(f"the ledger is not the one whose row {place.ledger_index} the hub signed for")
            breaks[f"{known.decode()} (the hub signed for row {place.ledger_index})"] = None
    return _Met(tuple(breaks), proven_to, proven_utc_s)


def _places(answers: Answers) -> list[tuple[str, Place]]:
    """The rows that an answer names with the head before them, and where `meta` keeps why one may be missing."""
    of_streams = [
        (break_name(answer.stream), Place(answer.ledger_index, answer.head))
        for answer in answers.answers
        if isinstance(answer, Receipt)
    ]
    return [(why, place) for why, place in (*of_streams, (cuts.CUT, answers.place)) if place.ledger_index]
