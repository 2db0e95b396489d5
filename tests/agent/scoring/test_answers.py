"""From logs and self-reports to labelled person-weeks."""

import numpy as np
import pytest

from agent.errors import WrongUse
from agent.scoring.answers import Answer, Person, inputs_of, table_of
from agent.scoring.daily import CONTEXTS, Readings
from agent.scoring.index import Standing
from agent.scoring.instruments import instruments
from agent.scoring.observations import Record
from agent.scoring.person_weeks import LAST_ANSWER, Inputs, Table, Weeks, side_by_side, target
from agent.scoring.week_rows import ChannelWeek, Week
from agent.scoring.weeks import Log, weekly_log
from tests.support.drawn_weeks import CBI, SINGLE, quick_table


def week(first_day, rolling=False, **channels):
    of = {name: ChannelWeek(0, 0, 0, Standing(z, 0.5), 0, 9, "established") for name, z in channels.items()}
    return Week(first_day, of, None, "" if of else "nothing", 1.0, None, rolling=rolling)


def person(weeks, *answers, name="a"):
    return Person(name, Log(tuple(weeks), None, (), None), tuple(Answer(day, "level", value) for day, value in answers))


def test_a_week_is_labelled_by_its_last_answer_and_knows_only_the_answer_before():
    someone = person([week(100, ln_rmssd=1.0), week(107, ln_rmssd=-1.0)], (99, 2), (100, 4), (106, 3), (107, 5))

    table = table_of([someone], SINGLE)

    assert table.score.tolist() == [3, 5]
    assert table.weeks.last_answer.tolist() == [2, 3]
    assert table.label.tolist() == [True, True]
    assert table.weeks.channels == ("ln_rmssd",)
    assert table.weeks.z[:, 0].tolist() == [1.0, -1.0]


def test_weeks_without_an_answer_or_a_channel_and_the_last_seven_days_are_no_rows():
    someone = person(
        [week(100), week(107, hr_bpm=1.0), week(114, hr_bpm=2.0), week(117, rolling=True, hr_bpm=3.0)],
        (101, 1), (115, 1), (122, 5),
    )  # fmt: skip

    table = table_of([someone], SINGLE)

    assert table.weeks.z.tolist() == [[2.0]]
    assert table.score.tolist() == [1]


def test_an_answer_counts_as_the_last_one_for_sixty_days_or_twice_the_time_between_offers():
    answers = [Answer(40, "level", 4.0), Answer(200, "level", 1.0)]

    assert SINGLE.past_days == 60
    assert CBI.past_days == 182
    assert inputs_of(week(100), answers, SINGLE).last_answer == 4.0
    assert inputs_of(week(101), answers, SINGLE).last_answer is None
    assert inputs_of(week(100), [Answer(40, "personal", 50.0)], SINGLE).last_answer is None


def test_a_log_of_the_scorer_gives_rows():
    rng = np.random.default_rng(1)
    value = 3.5 + 0.25 * rng.standard_normal((1, 90, 6))
    readings = Readings(value, np.zeros((*value.shape, len(CONTEXTS))))
    log = weekly_log(Record(20_000, {"ln_rmssd": readings}, np.full(90, 5.0), np.full(90, 0.9)))
    scored = [one for one in log.weeks if one.channels and not one.rolling]
    answers = tuple(Answer(one.first_day + 2, "level", 2.0) for one in log.weeks)

    table = table_of([Person("a", log, answers)], SINGLE)

    assert table.score.size == len(scored) > 3
    assert table.weeks.z[:, 0].tolist() == [one.channels["ln_rmssd"].standing.z for one in scored]
    assert table.watermark == ""


def test_nothing_gives_an_empty_table():
    table = table_of([], SINGLE)

    assert table.score.size == 0
    assert table.weeks.channels == ()


def test_the_label_is_the_cut_of_the_instrument_and_of_no_other():
    assert (SINGLE.cut, SINGLE.step, SINGLE.least, SINGLE.most) == (3, 1, 1, 5)
    assert (CBI.cut, CBI.least, CBI.most) == (50, 0, 100)
    assert CBI.step == pytest.approx(25 / 6)
    with pytest.raises(WrongUse, match="names no cut"):
        target(instruments()["tired"], "tired_0_10")
    with pytest.raises(WrongUse, match="no scale 'work'"):
        target(instruments()["single"], "work")
    assert SINGLE.on_scale(-0.3, 2.5) == (1, 2.5)
    assert SINGLE.on_scale(3.5, 7.0) == (3.5, 5)


def test_a_row_has_no_place_for_time_or_counts():
    """What a model would learn instead of strain; the names are those of all inputs there are."""
    assert set(Inputs.__dataclass_fields__) == {"standings", LAST_ANSWER}
    assert set(Weeks.__dataclass_fields__) == {"channels", "z", "sd", LAST_ANSWER}
    with pytest.raises(WrongUse, match="no row in CHANNELS for week_of_study"):
        Weeks(("week_of_study",), np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1))


def test_a_table_that_does_not_fit_together_is_refused():
    good = quick_table(3, 2)
    for wrong in ({"score": np.zeros(5)}, {"score": np.full(6, np.nan)}, {"person": np.array(["a"])}):
        with pytest.raises(WrongUse, match="each row wants"):
            Table(**{"target": SINGLE, "person": good.person, "weeks": good.weeks, "score": good.score} | wrong)
    with pytest.raises(WrongUse, match="different channels"):
        Weeks(("hr_bpm", "hr_bpm"), np.zeros((1, 2)), np.zeros((1, 2)), np.zeros(1))
    with pytest.raises(WrongUse, match="negative"):
        Weeks(("hr_bpm",), np.zeros((1, 1)), np.full((1, 1), -1.0), np.zeros(1))


def test_weeks_stand_side_by_side_with_gaps():
    found = side_by_side([Inputs({"hr_bpm": Standing(1.0, 0.5)}), Inputs({}, 2.0)], ("ln_rmssd", "hr_bpm"))

    np.testing.assert_array_equal(found.z, [[np.nan, 1.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(found.last_answer, [np.nan, 2.0])
    np.testing.assert_array_equal(found.without("hr_bpm").z, np.full((2, 2), np.nan))
    np.testing.assert_array_equal(found.without(LAST_ANSWER).last_answer, [np.nan, np.nan])
