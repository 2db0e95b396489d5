"""People whose summaries are scored: consent to a score, windows of many days, and a hub that takes them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select

from agent.model import CodedValue, DayValue
from agent.outbox import consents
from agent.wire import codes, days, schema
from agent.wire.context import DAY_S, OFFSET_ZERO
from agent.wire.message import (
    ClockOffset,
    ContextMessage,
    DaysMessage,
    NotedShift,
    Plaintext,
    SchemaMessage,
    SummaryMessage,
)
from agent.wire.plaintext import encode_plaintext
from agent.wire.score import Score, decode_score
from hub.scoring.scorer import Scorer
from hub.store.derived import score_message
from hub.store.tables import DIGEST, DUE, ROW, SCORE
from tests.support.hub_messages import seal
from tests.support.world import START_UTC_S, World, deliver, owning

FIRST_DAY = START_UTC_S // DAY_S + 1
DAYS = ("schedule", "sleep")
NIGHT = codes.codes("shifts")["night"]


@dataclass
class Scored:
    """One enrolled person who consented to a score, and the hub's receiver and scorer."""

    world: World
    receiver: object
    consent_hash: bytes = b""
    seq: int = 0
    waiting: list[tuple[str, bytes]] = field(default_factory=list)

    @classmethod
    def made(cls, world: World, receiver=None, *, purposes=("care", "score"), context=True, days=DAYS) -> "Scored":
        """A person whose consent and schema have reached the hub."""
        world.give_consent(START_UTC_S, purposes, context=context, days=days)
        receiver = receiver or world.receiver()
        with world.outbox() as outbox:
            deliver(world, outbox, receiver)
            outbox.put([SchemaMessage(2)], START_UTC_S)
            deliver(world, outbox, receiver)
            given = consents.consented(outbox)
        return cls(world, receiver, given.record.hash)

    def say(self, *messages) -> tuple[str, bytes]:
        """An envelope of messages; ledger indices ascend with seq."""
        self.seq += 1
        words = encode_plaintext(Plaintext(bytes(16), 0, self.seq, bytes(32), messages))
        self.waiting.append((self.world.topic, seal(self.world, words, self.seq)))
        return self.waiting[-1]

    def window(self, start_utc_s: int, hr_bpm: float, rmssd_ms: float, purpose: str = "score") -> SummaryMessage:
        """A summary of five minutes."""
        rows = [(schema.features()[one], value) for one, value in ((1, hr_bpm), (2, rmssd_ms))]
        coded = tuple(CodedValue(row.feature_id, row.code(value), 300, 990, 3, 0, 0) for row, value in rows)
        return SummaryMessage(purpose, self.consent_hash, start_utc_s, start_utc_s + 300, coded)

    def noted(self, day: int, *, minutes: int = 0, shifts: tuple[NotedShift, ...] = ()) -> ContextMessage:
        """What was noted of a day."""
        offsets = (ClockOffset(day * DAY_S, OFFSET_ZERO + minutes),)
        return ContextMessage("score", self.consent_hash, day, shifts, (), offsets, ())

    def values(self, day: int, purpose: str = "score", **values: float) -> DaysMessage:
        """What is known of a day, by row of DAYS."""
        coded = (days.coded(DayValue(day, name, value, 0.9)) for name, value in values.items())
        return DaysMessage(purpose, self.consent_hash, day, tuple(sorted(coded, key=lambda one: one.feature_id)))

    def days(self, many: int, seed: int = 1, *, first: int = FIRST_DAY, a_day: int = 12) -> None:
        """Windows of so many days, two hours apart at most; they wait to be sent."""
        dice = random.Random(seed)
        for day in range(first, first + many):
            for place in range(a_day):
                start = day * DAY_S + 8 * 3600 + place * 3600
                self.say(self.window(start, round(dice.gauss(66, 4), 1), round(dice.uniform(28, 55), 1)))

    def send(self, order=None, *, every: int = 200) -> None:
        """Give the hub what waits, in this order."""
        batch = self.waiting if order is None else [self.waiting[n] for n in order]
        self.waiting = []
        for begin in range(0, len(batch), every):
            self.receiver.handle(batch[begin : begin + every])


def scores_of(scorer: Scorer, kid: bytes | None = None) -> dict[int, Score]:
    """The newest score of each day, without what says when it was made."""
    with scorer.store.derived() as read:
        return {
            score.day: decode_score(score_message(score.words).body)
            for of, score in read.scores()
            if score.words is not None and kid in (None, of)
        }


def drained(scorer: Scorer) -> int:
    """Work until nothing is due; how many notes there were."""
    total = 0
    while done := scorer.score_once():
        total += done
    return total


def made_again(scorer: Scorer, kids: Sequence[bytes]) -> None:
    """Forget every digest and score of these people, and make them from the rows."""
    with owning(scorer.folder) as db:
        for one in kids:
            for table in (SCORE, DIGEST):
                db.execute(delete(table).where(table.c.device == one))
            last = db.execute(select(func.max(ROW.c.arrival)).where(ROW.c.device == one)).scalar_one()
            db.execute(DUE.insert(), {"arrival": last, "device": one, "taken_ms": 0})
    drained(scorer)


def said(score: Score | None) -> tuple | None:
    """What a score says, without what says when it was made."""
    return None if score is None else (score.index, score.low, score.high, score.points, score.reason, score.known)
