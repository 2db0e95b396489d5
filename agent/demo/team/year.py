"""The made-up year into the hub: each person's machine seals it, the hub's own code receives, stores and scores it.

enroll ─▶ consent ─▶ gate ─▶ outbox ─▶ receiver (its transaction, its receipts) ─▶ scorer        no broker between
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.config import Settings
from agent.control import client
from agent.demo.site import OPERATOR, PIN
from agent.demo.team.drawn import DAY_S, WINDOW_S, Worn, check_ins, shifts, windows
from agent.demo.team.people import PEOPLE, WALKED, YEAR_DAYS, Person
from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.model import FeatureValue, Summary
from agent.outbox import Outbox, Sealing, consents, noted_context, receipts
from agent.privacy import gate
from agent.privacy.vault import open_vault
from agent.tables.profiles import profile_named
from agent.weeks import context
from agent.weeks.scores import offset_s
from agent.windows.history import History, Told
from agent.wire import codes
from agent.wire.armor import armor, dearmor
from agent.wire.keys import kid
from agent.wire.labels import up_topic
from agent.wire.message import AskMessage, ContextMessage, SchemaMessage

if TYPE_CHECKING:
    from hub.receive import Receiver

PART_DAYS: Final = 28
"""Days that are taken and scored together: late data are scored 35 days back, so every week of the year is."""
_BATCH: Final = 500
_SCHEMA: Final = 2
_ROUNDS: Final = 50


@dataclass(frozen=True, slots=True)
class Member:
    """One person whose machine is enrolled and who has consented.

    Attributes:
        person: Their row.
        number: Its place in PEOPLE.
        settings: Of their machine.
        identity: Of their machine, at the hub.
    """

    person: Person
    number: int
    settings: Settings
    identity: Identity

    @property
    def kid(self) -> bytes:
        """The device, as the hub's tables name it."""
        return kid(self.identity.sign.public)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the year came to.

    Attributes:
        windows: Summaries that were drawn.
        sealed: Envelopes.
        stored: Envelopes that the hub gave a receipt for.
        cpu_s: CPU seconds of this process.
    """

    windows: int
    sealed: int
    stored: int
    cpu_s: float


def enroll(folder: Path, today: int) -> list[Member]:
    """Enroll the ten people at the site in ``folder/hub``; each consents from the year's first day.

    Args:
        folder: The demo's.
        today: Days since 1970; the year ends with the day before.
    """
    from hub import enroll, site

    members = []
    for number, person in enumerate(PEOPLE):
        state = folder / ("state" if number == WALKED else f"state{number}")
        state.mkdir(mode=0o700)
        settings = Settings(state_dir=state, profile=person.profile, key_store="file")
        # given a year ago and still in force: a person's lasts 365 days at most, and is renewed
        settings = settings.model_copy(update={"consent_days": person.consent_days})
        vault = open_vault(state, "file")
        bundle = dearmor("BUNDLE", site.invite(folder / "hub", person.label))
        answer = enroll.admit(folder / "hub", armor("REQUEST", identity.begin(state, vault, bundle, PIN)))
        enrolled = identity.finish(state, vault, dearmor("ANSWER", answer))
        profile, wanted = profile_named(person.profile), person.grants(OPERATOR)
        client.give_consent(settings, profile, wanted, PIN, (today - YEAR_DAYS) * DAY_S)
        members.append(Member(person, number, settings, enrolled))
    return members


def take(hub: Path, members: Sequence[Member], seed: int, today: int) -> Iterator[Taken]:
    """Bring the year to the hub part by part; how far it has come after each.

    Args:
        hub: The site's folder; nothing of it runs meanwhile.
        members: As `enroll` made them.
        seed: Of the people.
        today: As before.
    """
    from hub.receive import Receiver
    from hub.scoring.scorer import Scorer

    began_s, now_utc_s = time.process_time(), int(time.time())
    total = sealed = stored = 0
    with ExitStack() as parts:
        receiver, scorer = Receiver(hub), parts.enter_context(closing(Scorer(hub)))
        parts.callback(receiver.keys.close)
        parts.callback(receiver.store.close)
        machines = [parts.enter_context(closing(_Machine(member, receiver, seed, today))) for member in members]
        for first in range(0, YEAR_DAYS, PART_DAYS):
            begin, end = (today - YEAR_DAYS + min(day, YEAR_DAYS) for day in (first, first + PART_DAYS))
            total += sum(machine.seal(begin * DAY_S, end * DAY_S, now_utc_s) for machine in machines)
            for machine in machines:
                done = machine.deliver(now_utc_s)
                sealed, stored = sealed + done[0], stored + done[1]
            while scorer.score_once():
                pass
            yield Taken(total, sealed, stored, time.process_time() - began_s)
        for machine in machines:
            done = machine.end(now_utc_s)
            sealed, stored = sealed + done[0], stored + done[1]
        while scorer.score_once():
            pass
    _put_back(hub, members, today)
    yield Taken(total, sealed, stored, time.process_time() - began_s)


class _Machine:
    """One person's outbox, and the way from it to the receiver."""

    def __init__(self, member: Member, receiver: "Receiver", seed: int, today: int) -> None:
        self._member, self._receiver = member, receiver
        enrolled, state = member.identity, member.settings.state_dir
        self._vault = open_vault(state, "file")
        sealing = Sealing.to(enrolled.sender(), enrolled.directory().directory)
        self.outbox = Outbox(state / "outbox.db", self._vault, sealing)
        # the folder is temporary: what a power cut takes from it nobody needs, and a year is made in seconds
        self.outbox.db.execute("PRAGMA synchronous = OFF")
        self._windows = windows(member.person, member.number, seed, today)
        self._noted: list[Told] = [*shifts(member.person, today), *check_ins(member.person, today)]
        self._topic = up_topic(enrolled.site, enrolled.device)
        self.deliver(int(time.time()))
        self.outbox.put([SchemaMessage(_SCHEMA)], int(time.time()))
        self.deliver(int(time.time()))

    def close(self) -> None:
        """Keep what the person noted where their own machine finds it."""
        self.outbox.close()
        with closing(History(self._member.settings.state_dir / "history.db", self._vault)) as history:
            for noted in self._noted:
                history.tell(noted)

    def seal(self, begin_utc_s: int, end_utc_s: int, now_utc_s: int) -> int:
        """Seal what was worn and noted in [begin, end); how many windows that were."""
        given, person = consents.consented(self.outbox), self._member.person
        if given is None:
            return 0
        profile = profile_named(person.profile)
        inside = [one for one in self._windows if begin_utc_s <= one.start_utc_s < end_utc_s]
        released = [
            one for worn in inside for one in gate.release(_summary(worn), profile, given, OPERATOR, blocked=())
        ]
        self.outbox.put_released(released, now_utc_s)
        last_utc_s = min(end_utc_s, max((one.start_utc_s for one in self._windows), default=end_utc_s) + DAY_S) - 1
        for purpose in profile.purposes:
            if given.grants_context(purpose) and last_utc_s >= begin_utc_s:
                said = context.statements(
                    [one for one in self._noted if one.at_utc_s < end_utc_s],
                    offset_s,
                    purpose=purpose,
                    consent_hash=given.record.hash,
                    from_utc_s=max(begin_utc_s, given.record.from_utc_s),
                    now_utc_s=last_utc_s,
                )
                noted_context.offer(self.outbox, [one for one in said if self._is_noted(one, now_utc_s)], now_utc_s)
        return len(inside)

    def _is_noted(self, said: ContextMessage, now_utc_s: int) -> bool:
        """Whether a day's statement is worth an envelope. The machine that runs later would seal those of its last days
        that are missing, one a slot.
        """
        is_late = self._member.number == WALKED and said.day >= now_utc_s // DAY_S - context.BACK_DAYS
        return is_late or bool(said.shifts or said.changes or said.answers)

    def end(self, now_utc_s: int) -> tuple[int, int]:
        """What they do at the year's end: ask, or take everything back."""
        person, given = self._member.person, consents.consented(self.outbox)
        if person.asks is not None and given is not None:
            asked_utc_s = now_utc_s - 2 * DAY_S
            see = codes.codes("asks")["see"]
            self.outbox.put([AskMessage(given.record.hash, asked_utc_s, see, 0, person.asks)], now_utc_s)
        if person.withdraws:
            enrolled = self._member.identity
            consents.withdraw(self.outbox, enrolled.sign, enrolled.site, now_utc_s)
        return self.deliver(now_utc_s)

    def deliver(self, now_utc_s: int) -> tuple[int, int]:
        """Hand rows over until none waits: how many were sent, and how many the hub has."""
        sent = stored = 0
        for _ in range(_ROUNDS):
            rows = self.outbox.unsent(_BATCH)
            if not rows:
                break
            self.outbox.mark_sent(rows, now_utc_s)
            sent += len(rows)
            for _topic, payload in self._receiver.handle([(self._topic, row.envelope) for row in rows]):
                answers = self._member.identity.open_answers(payload)
                stored += receipts.apply(self.outbox, answers, now_utc_s, payload).receipted
        return sent, stored


def _summary(worn: Worn) -> Summary:
    values = (
        FeatureValue("hr_mean_bpm", worn.hr_bpm, WINDOW_S, 0.99, 0.0),
        FeatureValue("rmssd_ms", worn.rmssd_ms, WINDOW_S - 1, 0.99, 0.0),
    )
    return Summary(worn.start_utc_s, worn.start_utc_s + WINDOW_S, values)


def _put_back(hub: Path, members: Sequence[Member], today: int) -> None:
    """The year was taken within a minute: note for those who are silent on which day they were really heard last."""
    from hub.database import open_sqlite
    from hub.store.contact import note_contact

    engine = open_sqlite(hub / "hub.db")
    try:
        for member in members:
            if days := member.person.silent_days:
                with engine.begin() as db:
                    note_contact(db, [member.kid], (today - days) * DAY_S)
    finally:
        engine.dispose()
