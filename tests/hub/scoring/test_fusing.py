"""`hub fusion`: the table that the hub makes of digests is the one that the persons' own logs make; too few people abstain."""

import contextlib
import json

import numpy as np
import pytest
import time_machine

from agent.scoring.answers import Answer, Person, table_of
from agent.scoring.instruments import instruments
from agent.scoring.observations import record
from agent.scoring.person_weeks import target
from agent.scoring.weeks import weekly_log
from agent.wire import codes
from agent.wire.context import DAY_S, OFFSET_ZERO
from agent.wire.message import ClockOffset, ContextMessage, EraseMessage, NotedAnswer
from hub.cli import main
from hub.scoring.fusing import fused
from hub.scoring.scorer import Scorer
from tests.support.scored import FIRST_DAY, Scored, drained
from tests.support.world import START_UTC_S, another_person

pytestmark = pytest.mark.postgres  # of `either`
WANTED = target(instruments()["single"], "level")
LEVEL = codes.codes("scales")["single level"]
DAYS = 84
END_UTC_S = (FIRST_DAY + DAYS + 1) * DAY_S


def answers(n):
    """One a week, of one to four."""
    return {FIRST_DAY + day: 1 + (day // 7 + n) % 4 for day in range(4, DAYS, 7)}


def told(person, n):
    """Windows of twelve weeks and an answer in each."""
    person.days(DAYS, seed=n)
    for day, value in answers(n).items():
        said = NotedAnswer(day * DAY_S + 12 * 3600, LEVEL, codes.scales()[LEVEL].v(value))
        offset = ClockOffset(day * DAY_S, OFFSET_ZERO)
        person.say(ContextMessage("score", person.consent_hash, day, (), (), (offset,), (said,)))
    person.send()


@pytest.fixture
def people(request, tmp_path):
    site = request.getfixturevalue("either" if "either" in request.fixturenames else "world")
    first = Scored.made(site)
    made = [first, Scored.made(another_person(site, tmp_path / "second"), first.receiver)]
    with time_machine.travel(END_UTC_S, tick=True):  # windows of days to come are not scored
        for n, person in enumerate(made):
            told(person, n)
        with contextlib.closing(Scorer(site.hub)) as scorer:
            drained(scorer)
    return made


def own_log(n):
    """As the person's own machine has it."""
    from agent.model import FeatureValue, Summary
    from tests.support import scored

    windows = []

    class Kept(Scored):
        def say(self, message):
            known = {1: "hr_mean_bpm", 2: "rmssd_ms"}
            from agent.wire import schema

            values = tuple(
                FeatureValue(known[one.feature_id], schema.features()[one.feature_id].value(one.v), 300, 0.99, 0.0)
                for one in message.values
            )
            windows.append(Summary(message.start_utc_s, message.end_utc_s, values))

    kept = Kept(None, None, bytes(32))
    scored.Scored.days(kept, DAYS, seed=n)
    return weekly_log(record(windows), weeks=52)


def test_the_table_of_the_hub_is_that_of_the_persons_own_logs(either, people):
    _, table = fused(either.hub, WANTED)
    own = table_of(
        [
            Person(str(n), own_log(n), tuple(Answer(day, "level", float(value)) for day, value in answers(n).items()))
            for n in range(2)
        ],
        WANTED,
    )
    assert table.score.size == own.score.size > 6
    assert table.weeks.channels == own.weeks.channels
    order, own_order = (np.lexsort((one.weeks.z[:, 0], one.score)) for one in (table, own))
    np.testing.assert_array_equal(table.score[order], own.score[own_order])
    np.testing.assert_allclose(table.weeks.z[order], own.weeks.z[own_order], atol=1e-6)
    np.testing.assert_array_equal(table.weeks.last_answer[order], own.weeks.last_answer[own_order])


def test_too_few_people_get_no_probability_and_the_numbers_why(world, people, tmp_path, capsys):
    card = tmp_path / "card.json"
    assert main(["fusion", str(world.hub), "--card", str(card)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["fitted"], said["reason"], said["people"]) == (False, "few", 2)
    assert said["words"].startswith("not enough people yet: ")
    assert str(said["weeks"]) in said["words"]
    assert not card.exists()


def test_whoever_withdrew_or_erased_is_in_no_table(world, people):
    both = fused(world.hub, WANTED)[1]
    gone = people[1]
    gone.receiver.handle([gone.say(EraseMessage(START_UTC_S + 86_400, START_UTC_S + 20))])
    with time_machine.travel(END_UTC_S, tick=True), contextlib.closing(Scorer(world.hub)) as scorer:
        drained(scorer)
    left = fused(world.hub, WANTED)[1]
    assert set(left.person) < set(both.person)
    assert len(set(left.person)) == 1
