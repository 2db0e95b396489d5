"""Central scoring: what is due is scored once, whatever order it came in, and goes back to its person alone."""

import contextlib
import random
import time
from dataclasses import replace

import pytest
import time_machine
from sqlalchemy import delete, func, select

from agent.errors import AlreadyRunning, WrongUse
from agent.outbox import consents, hub_scores
from agent.scoring.observations import Shift, record
from agent.scoring.week_rows import weeks_side_by_side
from agent.wire import days
from agent.wire.context import DAY_S
from agent.wire.keys import kid
from agent.wire.message import EraseMessage, NotedShift
from agent.wire.plaintext import decode_plaintext
from agent.wire.receipt import ScoreMessage
from hub.cli import main
from hub.keys.devices import Device
from hub.scoring import scorer as scorer_module
from hub.scoring.scorer import Part, Scorer, score_folder
from hub.store.tables import DIGEST, DOWN, DUE, ROW, SCORE
from tests.support.scored import FIRST_DAY, NIGHT, Scored, drained, made_again, said, scores_of
from tests.support.world import START_UTC_S, another_person, deliver, owning, reading

pytestmark = pytest.mark.postgres
TABLES = (DUE, DIGEST, SCORE, DOWN)


@pytest.fixture
def world(either):
    """Every test here, on both kinds of database."""
    return either


@pytest.fixture
def scorer(world):
    made = Scorer(world.hub)
    yield made
    made.close()


def counts(scorer):
    with scorer.store._reads.connect() as db:
        return {table.name: db.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES}


def answers_to(person, message):
    """What the hub says to one more message."""
    replies = person.receiver.handle([person.say(message)])
    person.waiting.clear()
    return [answer for _, payload in replies for answer in person.world.identity.open_answers(payload).answers]


def test_a_score_goes_back_to_its_person_with_the_next_answer(world, scorer):
    person = Scored.made(world)
    person.days(30)
    person.send()
    assert counts(scorer)["due"] == 360
    assert drained(scorer) == 360
    after = counts(scorer)
    assert (after["due"], after["down"]) == (0, after["score"])
    scored = scores_of(scorer)
    assert [score.index is not None for _, score in sorted(scored.items())][-1]

    answers = answers_to(person, person.window(FIRST_DAY * DAY_S, 60.0, 40.0))
    rode = [answer for answer in answers if isinstance(answer, ScoreMessage)]
    assert len(rode) == after["down"]
    directory = world.identity.directory().directory
    with world.outbox() as outbox:
        assert hub_scores.take(outbox, rode, directory, world.identity.site, world.identity.device) == []
        kept = {score.day: score for score in hub_scores.kept(outbox)}
    assert kept == scored


def test_a_summary_for_another_purpose_is_stored_and_never_scored(world, scorer):
    person = Scored.made(world)
    person.say(person.window(FIRST_DAY * DAY_S, 60.0, 40.0, purpose="care"))
    person.send()
    with reading(world.hub) as store:
        assert len(store.summaries()) == 1
    assert set(counts(scorer).values()) == {0}
    person.say(person.window(FIRST_DAY * DAY_S, 60.0, 40.0))  # the same detector sees one that is to be scored
    person.send()
    assert counts(scorer)["due"] == 1


def test_without_the_purpose_in_the_consent_a_summary_for_a_score_is_refused(world, scorer):
    person = Scored.made(world, purposes=("care",))
    person.say(person.window(FIRST_DAY * DAY_S, 60.0, 40.0))
    person.send()
    with reading(world.hub) as store:
        assert store.summaries() == []
    assert person.receiver.store.counters()["not_granted"] == 1
    assert counts(scorer)["due"] == 0


def noted_person(world, receiver=None):
    """60 days with a week of nights, imported sleep and roster, a clock two hours ahead, and days that were changed later."""
    person = Scored.made(world, receiver)
    person.days(60, seed=3)
    for day in range(FIRST_DAY, FIRST_DAY + 60):
        start = day * DAY_S + 20 * 3600
        shifts = (NotedShift(start, start + 8 * 3600, NIGHT),) if (day // 7) % 4 == 0 else ()
        person.say(person.noted(day, minutes=120 if day < FIRST_DAY + 45 else 60, shifts=shifts))
    say_days(person, 60)
    person.say(person.noted(FIRST_DAY + 50, minutes=60))  # a note that was removed again
    return person


def say_days(person, many):
    """Sleep and a roster of so many days; one day was imported again, and one taken back."""
    for day in range(FIRST_DAY + 1, FIRST_DAY + many):  # the consent covers none before
        short = float(day % 9 == 0 or (day >= FIRST_DAY + many - 12 and day % 3 == 0))
        slept = 7.0 + day % 4 / 4 - 1.5 * short
        person.say(person.values(day, sleep_h=slept, short_rests_n=short, night_shifts_n=0.0))
    person.say(person.values(FIRST_DAY + 31, sleep_h=3.0, short_rests_n=2.0, night_shifts_n=1.0))
    person.say(person.values(FIRST_DAY + many - 3))


def only_days(world, receiver=None):
    """A person who wears nothing: 60 days of imported sleep and roster."""
    person = Scored.made(world, receiver, context=False)
    say_days(person, 60)
    return person


@pytest.mark.parametrize(("person", "weeks"), [(noted_person, 5), (only_days, 2)])
def test_late_and_shuffled_data_lead_to_the_scores_of_data_in_order(either, scorer, tmp_path, person, weeks):
    first = person(either)
    first.send()
    drained(scorer)
    expected = scores_of(scorer, kid(either.identity.sign.public))
    assert sum(score.index is not None for score in expected.values()) >= weeks
    for seed in (1, 2):
        other = person(another_person(either, tmp_path / f"state{seed}"), first.receiver)
        shuffled = list(range(len(other.waiting)))
        random.Random(seed).shuffle(shuffled)
        batches = [shuffled[n::7] for n in range(7)]
        waiting = other.waiting
        for batch in batches:
            other.waiting = [waiting[n] for n in batch]
            other.send()
            drained(scorer)
        found = scores_of(scorer, kid(other.world.identity.sign.public))
        assert set(found) >= set(expected)
        for day, score in expected.items():
            assert said(found[day]) == said(score)


def test_the_hubs_number_is_that_of_the_persons_own_log(world, scorer):
    person = noted_person(world)
    person.send()
    drained(scorer)
    windows, shifts = [], []
    with reading(world.hub) as store:
        rows = store.rows_after(0, 5000)
    values = {}
    for row in rows:
        if row.kind == "days":
            (message,) = decode_plaintext(row.words).messages
            values[message.day] = days.decoded(message.day, message.values)  # in order of arrival, as they were said
        windows += [
            (window.message.start_utc_s, window.features()) for window in row.summaries() if row.kind == "summary"
        ]
    from agent.model import FeatureValue, Summary

    summaries = [
        Summary(start, start + 300, tuple(FeatureValue(name, value, n, 0.99, 0.0) for name, (value, n) in of.items()))
        for start, of in sorted(windows, key=lambda one: one[0])
    ]
    for day in range(FIRST_DAY, FIRST_DAY + 60):
        if (day // 7) % 4 == 0 and day != FIRST_DAY + 50:
            shifts.append(Shift(day * DAY_S + 20 * 3600, day * DAY_S + 28 * 3600, "night"))
    own = record(
        summaries,
        utc_offset_s=lambda utc_s: 7200 if utc_s < (FIRST_DAY + 45) * DAY_S else 3600,
        shifts=shifts,
        day_values=[value for of_day in values.values() for value in of_day],
    )
    scored = scores_of(scorer)
    last_days = tuple(day - own.first_day for day in sorted(scored))
    (weeks,) = weeks_side_by_side([(own, last_days)])
    compared = 0
    for day, week in zip(sorted(scored), weeks, strict=True):
        assert (week.strain is None) == (scored[day].index is None)
        if week.strain is not None:
            assert scored[day].index == pytest.approx(week.strain.index, abs=0.011)
            compared += 1
    assert compared >= 5
    assert {"sleep_h", "short_rests_per_week", "night_shifts_per_week"} <= dict(scored[max(scored)].points).keys()


def test_taking_days_back_leads_to_the_score_without_them(world, scorer, tmp_path):
    with_days = noted_person(world)
    without = Scored.made(another_person(world, tmp_path / "other"), with_days.receiver)
    with_days.send()
    drained(scorer)
    mine = kid(world.identity.sign.public)
    before = scores_of(scorer, mine)
    for day in range(FIRST_DAY, FIRST_DAY + 60):
        with_days.say(with_days.values(day))
    with_days.send()
    drained(scorer)
    after = scores_of(scorer, mine)
    newest = max(before)
    assert "sleep_h" in dict(before[newest].points)
    assert "sleep_h" not in dict(after[newest].points)
    assert before[newest].index != after[newest].index
    without.receiver.handle(list(same_without_days(with_days, without)))
    drained(scorer)
    other = scores_of(scorer, kid(without.world.identity.sign.public))
    assert said(other[newest]) == said(after[newest])


def same_without_days(person, other):
    """What a person said of windows and notes, said by another one."""
    with reading(person.world.hub) as store:
        rows = store.rows_after(0, 5000)
    for row in rows:
        if row.kind in ("summary", "context"):
            messages = decode_plaintext(row.words).messages
            yield other.say(*(replace(one, consent_hash=other.consent_hash) for one in messages))


def test_what_is_not_committed_is_still_due_and_scored_once(world, scorer, monkeypatch):
    person = Scored.made(world)
    person.days(25)
    person.send()

    def dies(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(scorer_module.Scorer, "_keep", dies)
        with pytest.raises(KeyboardInterrupt):
            scorer.score_once()
    assert counts(scorer) == {"due": 300, "digest": 0, "score": 0, "down": 0}
    again = Scorer(world.hub)
    assert drained(again) == 300
    expected = scores_of(again)
    assert counts(again)["due"] == 0
    again.close()
    with scorer.store.deriving() as write:  # the same from nothing
        write.forget_digest(kid(world.identity.sign.public))
    person.say(person.window(FIRST_DAY * DAY_S + 8 * 3600, 60.0, 40.0))
    person.send()
    drained(scorer)
    assert set(scores_of(scorer)) == set(expected)


def test_a_withdrawal_ends_scoring_and_a_later_consent_begins_with_its_own_rows(world, scorer):
    person = Scored.made(world)
    person.days(25)
    person.send()
    drained(scorer)
    person.days(2, first=FIRST_DAY + 25)
    person.send()
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S + 10)
        deliver(world, outbox, person.receiver)
    left = counts(scorer)
    assert (left["due"], left["digest"], left["down"]) == (0, 0, 0)
    assert drained(scorer) == 0
    person.seq += 1000
    again = Scored.made(world, person.receiver)
    again.seq = person.seq
    again.days(3, first=FIRST_DAY + 30)
    again.send()
    drained(scorer)
    with scorer.store.derived() as read:
        assert len(read.rows_of(kid(world.identity.sign.public), 0)) > 324
    newest = max(scores_of(scorer).items())[1]
    assert newest.reason in ("", "learning", "nothing", "thin") or newest.day < FIRST_DAY + 30


def test_an_erasure_leaves_nothing_that_opens_not_even_in_a_dump_from_before(world, scorer):
    person = Scored.made(world)
    person.days(30)
    person.say(person.noted(FIRST_DAY + 3))
    person.say(person.values(FIRST_DAY + 3, sleep_h=6.5))
    person.send()
    drained(scorer)
    with scorer.store._reads.connect() as db:
        dump = {table: db.execute(select(table)).all() for table in (ROW, DIGEST, SCORE, DOWN)}
    assert all(dump.values())
    assert {"summary", "context", "days"} <= {row.kind for row in dump[ROW]}
    names = {row.data_key for rows in dump.values() for row in rows}
    assert any(scorer.keys.data_keys.named(name) for name in names), "the detector must see keys that are there"
    with world.outbox() as outbox:
        serial = consents.in_force(outbox).serial
    answers = answers_to(person, EraseMessage(serial, START_UTC_S + 20))
    scorer.keys.refresh()
    assert not any(scorer.keys.data_keys.named(name) for name in names)
    assert set(counts(scorer).values()) == {0}
    assert drained(scorer) == 0
    assert any(type(answer).__name__ == "Erased" for answer in answers)


def test_after_an_erasure_the_rows_of_a_later_consent_are_scored_from_the_start(world, scorer):
    person = Scored.made(world)
    person.days(20)
    person.send()
    drained(scorer)
    with world.outbox() as outbox:
        first = consents.in_force(outbox).serial
    later = Scored.made(world, person.receiver)
    later.seq = person.seq + 10
    later.days(20, first=FIRST_DAY + 20)
    later.send()
    drained(scorer)
    both = scores_of(scorer)
    answers_to(later, EraseMessage(first, START_UTC_S))
    assert counts(scorer)["score"] == 0
    assert counts(scorer)["due"] == 1
    assert drained(scorer) == 1
    alone = scores_of(scorer)
    newest = max(alone)
    assert alone[newest].points != both[newest].points or alone[newest].reason != both[newest].reason


def test_a_digest_that_does_not_open_is_made_again_and_rows_that_do_not_are_counted(world, scorer):
    person = Scored.made(world)
    person.days(25)
    person.send()
    drained(scorer)
    expected = scores_of(scorer)
    with owning(scorer.folder) as db:
        db.execute(DIGEST.update().values(words=b"\0" * 40))
        one = db.execute(select(ROW.c.arrival).where(ROW.c.kind == "summary").limit(1)).scalar_one()
        db.execute(ROW.update().where(ROW.c.arrival == one).values(words=b"\0" * 40))
    person.say(person.window((FIRST_DAY + 24) * DAY_S + 22 * 3600, 60.0, 40.0))
    person.send()
    drained(scorer)
    counters = person.receiver.store.counters()
    assert counters["score_unreadable"] == 1
    assert counters["score_rebuilt"] == 2
    assert set(scores_of(scorer)) == set(expected)


def test_one_kept_day_that_does_not_open_counts_as_no_absent_day(world, scorer):
    person = Scored.made(world)
    person.days(25)
    person.send()
    drained(scorer)
    with owning(scorer.folder) as db:
        damaged = (DIGEST.c.part == "day") & (DIGEST.c.day == FIRST_DAY + 20)
        assert db.execute(DIGEST.update().where(damaged).values(words=b"\0" * 40)).rowcount == 1
    person.say(person.window((FIRST_DAY + 20) * DAY_S + 22 * 3600, 60.0, 40.0))
    person.send()
    drained(scorer)
    found = scores_of(scorer)
    assert person.receiver.store.counters()["score_rebuilt"] == 2
    made_again(scorer, [kid(world.identity.sign.public)])
    expected = scores_of(scorer)
    assert {day: said(score) for day, score in found.items()} == {day: said(score) for day, score in expected.items()}
    assert any(score.index is not None for score in found.values())


def kids_in(given):
    """Whose work a function of the scorer was given."""
    devices = [one for one in given if isinstance(one, Device)]
    devices += [work.device for one in given if isinstance(one, list) for work in one if hasattr(work, "device")]
    return {device.kid for device in devices}


@pytest.mark.parametrize("fails", ["folded_person", "_side_by_side"])
def test_one_person_who_cannot_be_scored_does_not_stop_the_others(world, scorer, tmp_path, monkeypatch, fails):
    one = Scored.made(world)
    other = Scored.made(another_person(world, tmp_path / "other"), one.receiver)
    one.days(10)
    one.send()
    other.days(10)
    other.send()
    broken, whole = kid(world.identity.sign.public), getattr(scorer_module, fails)

    def failing(*given):
        if broken in kids_in(given):
            raise ZeroDivisionError
        return whole(*given)

    monkeypatch.setattr(scorer_module, fails, failing)
    assert drained(scorer) == 240
    assert scores_of(scorer, broken) == {}
    assert scores_of(scorer, kid(other.world.identity.sign.public))
    assert one.receiver.store.counters()["score_failed"] == 120
    monkeypatch.undo()
    one.say(one.window((FIRST_DAY + 9) * DAY_S + 22 * 3600, 60.0, 40.0))
    one.send()
    drained(scorer)  # the rows that failed were no more due; they count again with the next one
    assert max(scores_of(scorer, broken)) == FIRST_DAY + 9
    with scorer.store.derived() as read:
        assert len(read.days(broken, FIRST_DAY, FIRST_DAY + 9)) == 10


def test_a_revoked_device_is_not_scored(world, scorer):
    person = Scored.made(world)
    person.days(5)
    person.send()
    scorer.keys.devices.revoke(kid(world.identity.sign.public))
    assert drained(scorer) == 60
    assert counts(scorer)["score"] == 0


@pytest.mark.parametrize("text", ["0/1", "2/1", "1", "a/b", "1/65", "-1/2", ""])
def test_a_part_has_a_number_and_a_count(text):
    with pytest.raises(WrongUse):
        Part.parsed(text)
    assert Part.parsed("2/3") == Part(1, 3)


def test_two_scorers_of_one_part_do_not_run_and_sqlite_has_one_part(world, scorer):
    import threading

    stop = threading.Event()
    if not world.hub.joinpath("hub.db").exists():
        parts = [Scorer(world.hub, Part(n, 2)) for n in range(2)]
        person = Scored.made(world)
        person.days(3)
        person.send()
        assert sorted(drained(one) for one in parts) == [0, 36]
        for one in parts:
            one.close()
    else:
        with pytest.raises(WrongUse):
            Scorer(world.hub, Part(0, 2))
    running = threading.Thread(target=scorer.run, args=(stop,))
    running.start()
    try:
        from tests.support.processes import wait_for

        wait_for((world.hub / "score.1.lock").exists, what="the scorer's lock")
        wait_for(lambda: _is_held(world), what="a scorer that runs")
    finally:
        stop.set()
        running.join()


def _is_held(world):
    import threading

    stopped = threading.Event()
    stopped.set()
    try:
        score_folder(world.hub, Part(), stopped)
    except AlreadyRunning:
        return True
    return False


def test_planted_losses_are_seen_by_the_same_counts(world, scorer):
    person = Scored.made(world)
    person.days(25)
    person.send()
    with owning(scorer.folder) as db:
        db.execute(delete(DUE).where(DUE.c.arrival > 250))
    lost = drained(scorer)
    assert lost < 300


def test_what_nobody_scores_is_said_by_hub_show(either, capsys):
    person = Scored.made(either)
    person.say(person.window(FIRST_DAY * DAY_S, 60.0, 40.0))
    person.send()
    show = ["show", str(either.hub), "--json"]
    assert main(show) == 0, "a scorer may be about to take it"
    with time_machine.travel(time.time() + 120, tick=True):
        assert main(show) == 1
    assert "1 rows wait to be scored" in capsys.readouterr().err
    with contextlib.closing(Scorer(either.hub)) as scorer:
        drained(scorer)
    with time_machine.travel(time.time() + 120, tick=True):
        assert main(show) == 0
