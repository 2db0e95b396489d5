"""The team's demo as a person runs it: real processes, an agent, a broker, and a browser's requests."""

import json
import subprocess
import sys

import pytest

from agent.demo.team.people import PEOPLE, WALKED
from tests.support.machine import within_s

DEMO = [sys.executable, "-m", "agent.cli", "demo", "--team"]
SHOWN = {person.label for person in PEOPLE if person.is_shown}
HIDDEN = {person.label for person in PEOPLE if not person.is_shown}


def demo(*words, most_s=300):
    return subprocess.run([*DEMO, *map(str, words)], capture_output=True, text=True, timeout=within_s(most_s))


@pytest.mark.long
@pytest.mark.process
def test_eight_of_ten_are_shown_an_alert_keeps_its_word_and_the_persons_looks_equal_the_log():
    done = demo("--json")

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    team = report["team"]
    assert report["lost"] == report["doubled"] == 0
    assert report["sealed"] == report["stored"] > 4000
    assert set(team["people"]) == SHOWN
    assert len(SHOWN) == 8
    longest = next(person.label for person in PEOPLE if person.asks)
    assert team["people"][:2] == [longest, PEOPLE[WALKED].label], "who asked to be seen, the longest waiting on top"
    assert set(team["hidden"]) == HIDDEN
    assert team["found_hidden"] == []
    assert [one["state"] for one in team["states"]] == ["with_person", "held", "with_team", "acknowledged"]
    seconds = [one["after_s"] for one in team["states"]]
    assert seconds == sorted(seconds)
    assert seconds[2] - seconds[0] >= 24, "the hold's 24 hours are 24 seconds here"
    assert team["is_whole"]
    assert team["is_equal"]
    assert team["looks"] == team["log"] > 2
    print(f"{team['seconds']} s, year {team['year']}, states {team['states']}, {team['looks']} looks")
    assert team["seconds"] < within_s(180)


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--minutes", -1), "outside 0 to"),
        (("--seed", -1), "below 0"),
        (("--face",), "--team goes with"),
        (("--page",), "--team goes with"),
    ],
)
def test_words_that_the_team_demo_cannot_use_are_told_before_anything_starts(words, said):
    done = demo(*words, most_s=60)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
