"""Rows in plain words, runs of rows that say the same, and the words of the page that a search finds."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from agent.page.web import sharing_page
from agent.page.web.local import Locals

LOCAL = Locals({"signal.heart": "heart", "signal.face": "face and eyes"}).of("en")


def row(idx, kind="cover", state="receipted", n=12, withheld=0, signals=("heart",)):
    part = {"what": kind, "purposes": []}
    if kind == "summary":
        part |= {"signals": list(signals), "n": n, "withheld": withheld, "start_utc_s": 0, "end_utc_s": 300}
    return {"idx": idx, "made_utc_s": idx, "kind": kind, "state": state, "has_words": True, "parts": [part]}


def said(rows):
    return [run.words for run in sharing_page.runs(rows, LOCAL)]


def test_rows_are_said_in_plain_words():
    assert said([row(1)]) == ["Placeholder"]
    assert said([row(1, "summary")]) == ["5-minute summary: heart, 12 numbers"]
    assert said([row(1, "summary", n=1, withheld=3)]) == ["5-minute summary: heart, 1 number, 3 withheld"]
    assert said([row(1, "summary", signals=("face", "heart"))]) == [
        "5-minute summary: face and eyes, heart, 12 numbers"
    ]


def test_neighbours_that_say_the_same_are_one_line():
    rows = [row(9), row(8), row(7, "summary"), row(6, "summary", n=10), row(5, "summary", signals=("face",)),
            row(4), row(3, state="sent"), row(2, "probe"), row(1, "probe")]  # fmt: skip
    assert said(rows) == [
        "2 placeholders", "2 5-minute summaries: heart", "5-minute summary: face and eyes, 12 numbers",
        "Placeholder", "Placeholder", "A test of the way to the hub", "A test of the way to the hub",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(("cover", "summary", "probe")), st.sampled_from(("sent", "receipted")))))
def test_runs_hold_every_row_once_in_order_and_mix_nothing(kinds):
    rows = [row(len(kinds) - n, kind, state) for n, (kind, state) in enumerate(kinds)]
    made = sharing_page.runs(rows, LOCAL)
    assert [one for run in made for one in run.rows] == rows
    assert all(len({(one["kind"], one["state"]) for one in run.rows}) == 1 for run in made)
    assert all(len(run.each) == len(run.rows) for run in made)
    alone = sum(kind == "probe" for kind, _ in kinds)
    grouped = sum(1 for (kind, _), _ in groupby(kinds) if kind != "probe")
    assert len(made) == alone + grouped


def test_a_search_finds_what_the_page_calls_a_kind_or_a_state():
    assert sharing_page.searched("Placeholder", LOCAL) == {"kinds": ["cover"], "states": []}
    assert sharing_page.searched(" arrived ", LOCAL) == {"kinds": [], "states": ["receipted"]}
    assert sharing_page.searched("", LOCAL) == {"kinds": [], "states": []}


def test_purposes_are_said_once_with_their_signals():
    grants = [["heart", "care"], ["face", "care"], ["heart", "score"]]
    assert sharing_page.by_purpose(grants, LOCAL) == [
        ("care", "heart, face and eyes"), ("a score of your weeks that comes back to you alone", "heart")
    ]  # fmt: skip
