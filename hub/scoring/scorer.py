"""`hub score`: what is due is folded, scored side by side, signed, and left for the next answer, in one transaction.

due ──▶ rows, digests (read) ──▶ fold ──▶ score ──▶ [digest + score + down, due deleted] (one transaction)
Killed anywhere, nothing is lost and nothing is scored twice: what was not committed is still due.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent.errors import WrongUse
from agent.scoring.week_rows import is_week_end
from agent.wire.score import Score, decode_score
from hub.batches import work
from hub.database import of_the_store
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.scoring.fold import KEPT_DAYS, Folded, day_of, newest_day
from hub.scoring.noted import Noted
from hub.scoring.person import ended_serial, folded_person
from hub.scoring.weeks import Person, scores
from hub.site import open_keys
from hub.store.derived import Derived, KeptScore, score_message, score_words
from hub.store.roles import Role
from hub.store.store import Store

log = logging.getLogger(__name__)

PEOPLE: Final = 256
ROWS: Final = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """Which devices a process scores: those whose name's first byte has remainder ``number`` by ``of``."""

    number: int = 0
    of: int = 1

    @classmethod
    def parsed(cls, text: str) -> "Part":
        """``K/N``, K from 1 to N.

        Raises:
            WrongUse: It is not of that form.
        """
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 64):
            raise WrongUse(f"--part {text} is not valid", remedy="Use --part 1/1, or --part 1/2 and --part 2/2, ...")
        return cls(int(number) - 1, int(of))


@dataclass(frozen=True, slots=True)
class _Work:
    """One person of a batch: who, which notes, and how it was when it was read."""

    device: Device
    arrivals: tuple[int, ...]
    folded: Folded
    is_whole: bool


class Scorer:
    """One scoring process.

    Args:
        folder: As `hub init` made it.
        part: Which devices.

    Raises:
        WrongUse: Several parts on SQLite.
    """

    def __init__(self, folder: Path, part: Part | None = None) -> None:
        self.folder, self._part = folder, part or Part()
        with ExitStack() as undo:
            self.keys: KeyStore = open_keys(folder)
            undo.callback(self.keys.close)
            if self._part.of > 1 and not self.keys.text("database"):
                raise WrongUse(
                    "SQLite supports only one scorer", remedy="Create the hub with --database to use PostgreSQL."
                )
            self.store = Store(folder, self.keys, Role.SCORE)
            undo.pop_all()

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
        """Score what is due until ``stop`` is set; ``alive`` is called before each batch, ``clear`` when none is due,
        ``ready`` once no other process scores this part.

        Raises:
            AlreadyRunning: Another process scores this part.
        """
        work(self.folder / f"score.{self._part.number + 1}.lock", self.score_once, stop, alive, clear, ready)

    def score_once(self) -> int:
        """Score one batch; how many notes were worked off.

        Raises:
            sqlalchemy errors of `hub.database.CANNOT_WRITE`, NotDurable: Nothing was stored; all is still due.
        """
        counts: Counter[str] = Counter()
        with self.store.derived() as read:
            due = read.due(self._part.number, self._part.of, PEOPLE, ROWS)
            if not due:
                return 0
            folded = self._fold_all(read, due, counts)
        made = _scored(folded, counts)
        done = 0
        with self.store.deriving() as write:
            write.lock(due)
            for kid in due.keys() - {one.device.kid for one, _ in made}:
                write.done(kid, due[kid])
                write.forget_digest(kid)  # with the next row it is made from all of them
                done += len(due[kid])
            known = write.newest_scores([one.device.kid for one, _ in made])
            for one, of_person in made:
                if self._changed(one.device) or not write.done(one.device.kid, one.arrivals):
                    write.forget_digest(one.device.kid)  # a consent ended meanwhile: what is left is still due
                    continue
                self._keep(write, one, of_person, known, counts)
                counts["scored"] += len(one.arrivals)
                done += len(one.arrivals)
            write.count(counts)
        return done

    # ---- one person

    def _fold_all(self, read: Derived, due: Mapping[bytes, list[int]], counts: Counter[str]) -> list[_Work]:
        """The people of a batch with their digests as they are to be; of the others nothing is to be scored."""
        rows = read.rows([arrival for of_device in due.values() for arrival in of_device])
        digests = read.digests(list(due))
        work = []
        for kid, arrivals in due.items():
            device = self.keys.devices.of(kid)
            if device is None or device.revoked:
                counts["score_refused"] += len(arrivals)
                continue
            try:
                folded, is_whole = folded_person(read, device, rows.get(kid, []), digests.get(kid), counts)
            except Exception as error:  # the other people are scored; this one's rows are counted and no more due
                if of_the_store(error):
                    raise
                _failed(error, len(arrivals), counts)
                continue
            work.append(_Work(device, tuple(arrivals), folded, is_whole))
        return work

    def _changed(self, device: Device) -> bool:
        now = self.keys.devices.of(device.kid)
        return now is None or now.revoked or ended_serial(now) != ended_serial(device)

    def _keep(
        self,
        write: Derived,
        work: _Work,
        made: list[Score],
        known: Mapping[tuple[bytes, int], KeptScore],
        counts: Counter[str],
    ) -> None:
        kid, digest = work.device.kid, work.folded.digest
        noted = Noted(digest.statements)
        newest = max(newest_day(digest, noted), 0)
        if work.is_whole:
            write.forget_digest(kid)
        days = {day: row.encode() for day, row in work.folded.days.items()}
        write.put_digest(kid, digest.encode(), days, newest - KEPT_DAYS + 1)
        mine = {day: score for (of, day), score in known.items() if of == kid}
        write.drop_scores(kid, [day for day in mine if day < newest and not is_week_end(day)])
        for score in made:
            last = mine.get(score.day)
            if last is not None and _same(last, score):
                continue
            revision = max(score.made_utc_s, last.revision + 1 if last else 0)
            signed = replace(score, revision=revision).signed(self.keys.sign_key("score"), self.keys.site)
            is_open = last is not None and day_of(noted, last.revision) <= score.day
            kept = KeptScore(score.day, revision, score_words(signed))
            write.put_score(kid, kept, replaces=last.revision if last and is_open else None)
            counts["scores"] += 1


def _scored(work: Sequence[_Work], counts: Counter[str]) -> list[tuple[_Work, list[Score]]]:
    """The scores of a batch, side by side; where that fails, person by person, so that one does not stop the others."""
    try:
        return _side_by_side(work)
    except Exception as error:  # this very person, or one of several: found below
        if len(work) == 1:
            _failed(error, len(work[0].arrivals), counts)
            return []
    return [pair for one in work for pair in _scored([one], counts)]


def _side_by_side(work: Sequence[_Work]) -> list[tuple[_Work, list[Score]]]:
    made = scores([Person(one.device.device, one.folded) for one in work], int(time.time()))
    return list(zip(work, made, strict=True))


def _failed(error: Exception, rows: int, counts: Counter[str]) -> None:
    log.error("a person cannot be scored (%s); %d rows are counted as score_failed", type(error).__name__, rows)
    counts["score_failed"] += rows


def _same(kept: KeptScore, score: Score) -> bool:
    """Whether a score says again what the newest one of its day says."""
    if kept.words is None:
        return False
    said = decode_score(score_message(kept.words).body)
    return replace(said, revision=0, arrivals=0, made_utc_s=0) == replace(
        decode_score(score.encode()), revision=0, arrivals=0, made_utc_s=0
    )


def score_folder(
    folder: Path,
    part: Part,
    stop: threading.Event,
    *,
    alive: Callable[[], None] = lambda: None,
    clear: Callable[[], None] = lambda: None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Score a hub's folder until ``stop`` is set; ``ready`` is called before the first batch, ``alive`` and ``clear``
    as in `Scorer.run`.
    """
    with closing(Scorer(folder, part)) as scorer:
        scorer.run(stop, alive, clear, ready)
