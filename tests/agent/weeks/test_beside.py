"""The hub's number beside the own one: only where it differs by more than a point, and with the reason."""

import pytest

from agent.scoring.week_rows import MODEL
from agent.weeks.beside import line, with_hub
from agent.wire.score import CLOCK_KNOWN, SHIFTS_KNOWN, Score

DAY = 20_004  # the week begins on day 19998
WEEK = {"first_day": "2024-10-02", "index": 60.0}


def score(index, *, known=SHIFTS_KNOWN | CLOCK_KNOWN, model=MODEL, reason=""):
    head = ("d", 1, DAY, 9, 77, 1_790_000_000, model, known)
    if index is None:
        return Score(*head, reason=reason)
    return Score(*head, index, index - 10, index + 10, points=(("hr_bpm", index - 50),))


def shown(week, *scores):
    (row,) = with_hub([week], scores)
    return row


@pytest.mark.parametrize("index", [60.0, 60.9, 59.1])
def test_a_number_within_a_point_is_not_shown(index):
    row = shown(WEEK, score(index))
    assert row["hub"]["index"] == index
    assert not row["hub"]["differs"]
    assert line(row) == ""


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (score(70.0), "late"),
        (score(70.0, known=CLOCK_KNOWN), "shifts"),
        (score(70.0, known=SHIFTS_KNOWN), "time zone"),
        (score(70.0, model="wardbeat weeks 1"), "another version"),
        (score(None, reason="learning"), "still learning"),
        (score(None, reason="thin"), "too little"),
    ],
)
def test_another_number_is_shown_with_its_reason_and_what_it_was_made_from(made, words):
    row = shown(WEEK, made)
    assert row["hub"]["differs"]
    assert words in row["hub"]["why"]
    assert "row 77" in line(row)
    assert made.model in line(row)


def test_where_the_machine_has_no_number_or_the_hub_none_at_all():
    assert shown({**WEEK, "index": None}, score(50.0))["hub"]["differs"]
    assert not shown({**WEEK, "index": None}, score(None, reason="learning"))["hub"]["differs"]
    assert shown(WEEK)["hub"] is None
    assert line(shown(WEEK)) == ""
