"""The ten people of the team's demo have what their rows say; pure."""

import numpy as np
import pytest

from agent.demo.team import drawn
from agent.demo.team.people import HEART, INDEX, PEOPLE, WALKED, YEAR_DAYS
from agent.scoring.instruments import instruments, scores
from agent.weeks.shifts import shifts_of

TODAY = 20_700
SEED = 1


def worn(number, seed=SEED):
    return drawn.windows(PEOPLE[number], number, seed, TODAY)


def number_of(words):
    return next(n for n, person in enumerate(PEOPLE) if words in person.what)


def ln_rmssd(windows, first, last):
    inside = [one.rmssd_ms for one in windows if first <= one.start_utc_s // drawn.DAY_S - TODAY + YEAR_DAYS < last]
    return np.log(inside)


def test_ten_people_of_whom_eight_are_shown_and_each_label_says_that_it_is_synthetic():
    assert len(PEOPLE) == len({person.label for person in PEOPLE}) == 10
    assert [person.what for person in PEOPLE if not person.is_shown] == ["consented to research only", "withdrew"]
    assert all("synthetic" in person.label and len(person.label) <= 40 for person in PEOPLE)


def test_a_label_is_one_that_the_hub_takes():
    from hub.keys.people import checked_label

    assert [checked_label(person.label) for person in PEOPLE] == [person.label for person in PEOPLE]


def test_the_same_seed_draws_the_same_people_and_another_draws_others():
    assert worn(0) == worn(0)
    assert worn(0) != worn(0, SEED + 1)
    assert worn(1) != worn(5), "two people are drawn apart"


def test_no_window_lies_outside_the_year_or_overlaps_the_next_one():
    for number in range(len(PEOPLE)):
        starts = [one.start_utc_s for one in worn(number)]
        assert starts == sorted(set(starts))
        assert min(np.diff(starts)) >= drawn.WINDOW_S
        assert starts[0] >= (TODAY - YEAR_DAYS) * drawn.DAY_S
        assert starts[-1] + drawn.WINDOW_S <= TODAY * drawn.DAY_S
        assert all(start % drawn.WINDOW_S == 0 for start in starts)


def test_who_falls_falls_and_who_is_steady_does_not():
    for number, least, most in ((WALKED, -0.35, -0.12), (number_of("steady"), -0.06, 0.06)):
        windows = worn(number)
        change = ln_rmssd(windows, YEAR_DAYS - 14, YEAR_DAYS).mean() - ln_rmssd(windows, 100, 250).mean()
        assert least < change < most, PEOPLE[number].what


def test_a_leave_is_not_worn_and_ends_the_fall():
    windows = worn(number := number_of("leave"))
    first, last = PEOPLE[number].course.leave
    assert not ln_rmssd(windows, first + 1, last + 1).size, "a night that began before ends on the first day"
    usual, low = ln_rmssd(windows, 50, 200).mean(), ln_rmssd(windows, first - 10, first).mean()
    after = ln_rmssd(windows, last + 1, YEAR_DAYS).mean()
    assert low < usual - 0.1
    assert abs(after - usual) < 0.06


def test_who_wears_rarely_has_few_windows_and_who_is_silent_none_of_the_last_days():
    counts = [len(worn(number)) for number in range(len(PEOPLE))]
    assert counts[number_of("rarely")] < 0.4 * np.median(counts)
    silent = number_of("silent")
    assert PEOPLE[silent].silent_days == 12
    assert not ln_rmssd(worn(silent), YEAR_DAYS - 12, YEAR_DAYS).size
    assert ln_rmssd(worn(silent), YEAR_DAYS - 19, YEAR_DAYS - 12).size


@pytest.mark.parametrize("number", [n for n, person in enumerate(PEOPLE) if any(person.nights)])
def test_nights_are_noted_as_shifts_of_eight_hours(number):
    noted = shifts_of(list(drawn.shifts(PEOPLE[number], TODAY)), ())
    assert {one.kind for one in noted} == {"day", "night"}
    assert max(one.end_utc_s for one in noted) <= TODAY * drawn.DAY_S, "an alert waits for nobody's shift"
    assert {one.end_utc_s - one.start_utc_s for one in noted} == {8 * 3600}


def test_the_answer_of_the_walk_lies_over_the_cut_and_those_before_it_below():
    single = instruments()["single"]
    (over,) = scores(single, drawn.check_in_over_the_cut(TODAY * drawn.DAY_S).numbers)
    before = [scores(single, one.numbers)[0].value for one in drawn.check_ins(PEOPLE[WALKED], TODAY)]
    assert over.value >= single.category_from > max(before)


def test_what_is_granted_is_a_word_that_the_care_view_knows():
    for person in PEOPLE:
        grants = person.grants("A team")
        assert {grant.recipient for grant in grants} == {"A team"}
        assert {grant.signal for grant in grants} <= {HEART, INDEX, "context"}
    without = PEOPLE[number_of("index")]
    assert without.is_shown
    assert (INDEX, "care") not in without.granted
