"""Raised arousal, at rest: only at rest, off by default, never under `eu-workplace`, and nowhere but in memory."""

import asyncio
import itertools
import json
import logging
import math
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main as cli
from agent.control import arousal_words
from agent.errors import PolicyDenied, WrongUse
from agent.features.live import Beat
from agent.model import NS_PER_S, Sample
from agent.outbox import arousal_choice
from agent.page import queries
from agent.page.web import pages
from agent.session import arousal, live_view
from agent.session.arousal import ArousalNow, minute_bpm, rested
from agent.session.session import Session
from agent.signal.heart.artifacts import Label
from agent.system.clock import VirtualClock
from agent.system.run_mode import RunMode
from agent.tables.profiles import PROFILES, profile_named
from tests.agent.page.test_states import pages_of
from tests.agent.page.test_words import grade
from tests.agent.session.test_appointments import settings_of
from tests.support.world import START_UTC_S

ALLOWED = {"personal", "care", "research"}
WORDS = json.loads((Path(pages.__file__).parent / "words/en/arousal.json").read_text(encoding="utf-8"))


class Worn:
    """A session whose beats, head movement and time a test gives."""

    def __init__(self, tmp_path, parts, profile="personal", *, on=True):
        self.clock = VirtualClock(START_UTC_S * NS_PER_S)
        self.session = Session(settings_of(tmp_path), profile_named(profile), self.clock, RunMode(serves=False), parts)
        self.now = None
        if arousal_choice.is_allowed(self.session.profile):
            self.now = self.session.arousal = ArousalNow(self.session)
            if on:
                self.now.switch(on=True)
        self._beat_ns = self.clock.now_ns()

    def minutes(self, count, hr_bpm, head_deg_per_s=1.0):
        for _ in range(60 * count):
            self.clock._now_ns += NS_PER_S
            rr_ns = int(60e9 / hr_bpm)
            while self._beat_ns + rr_ns <= self.clock.now_ns():
                self._beat_ns += rr_ns
                self.session.live.push(Sample(self._beat_ns, "rr_ms", rr_ns / 1e6))
            if head_deg_per_s is not None:
                self.session.windows.ring.add(Sample(self.clock.now_ns(), "head_deg_per_s", head_deg_per_s))
            if self.now is not None:
                self.now.look()
        return live_view.now(self.session)["arousal"]


def worn(tmp_path, work, profile="personal", **options):
    async def main():
        with ExitStack() as parts:
            return work(Worn(tmp_path, parts, profile, **options))

    return asyncio.run(main())


def test_it_is_off_until_the_person_switches_it_on_and_then_outlives_a_restart(tmp_path):
    assert worn(tmp_path, lambda one: one.minutes(8, 62.0), on=False) is None

    def switched(one):
        one.now.switch(on=True)
        return one.now.live()

    assert worn(tmp_path, switched, on=False) == {"state": None, "confidence_01": None, "why": "few"}
    assert worn(tmp_path, lambda one: one.now.is_on, on=False)

    def off(one):
        one.minutes(8, 62.0)
        one.now.switch(on=False)
        return one.now.live(), one.now._minutes

    assert worn(tmp_path, off) == (None, arousal.deque())


def test_a_raised_rate_at_rest_is_said_with_its_confidence_and_a_usual_one_too(tmp_path):
    def work(one):
        few, usual, raised = one.minutes(5, 62.0), one.minutes(1, 56.0), one.minutes(1, 85.0)
        return few, usual, raised

    few, usual, raised = worn(tmp_path, work)
    assert few == {"state": None, "confidence_01": None, "why": "few"}
    assert usual["state"] == "usual"
    assert usual["confidence_01"] > 0.5
    assert raised["state"] == "raised"
    assert 0.5 < raised["confidence_01"] < 1.0
    assert raised["why"] == ""


@pytest.mark.parametrize(
    ("hr_bpm", "head_deg_per_s", "why"),
    [(80.0, 90.0, "moves"), (80.0, None, "unknown"), (130.0, 1.0, "moves"), (63.0, 1.0, "close")],
)
def test_motion_exercise_and_doubt_give_no_answer(tmp_path, hr_bpm, head_deg_per_s, why):
    def work(one):
        one.minutes(8, 62.0)
        return one.minutes(1, hr_bpm, head_deg_per_s)

    found = worn(tmp_path, work)
    assert (found["state"], found["confidence_01"], found["why"]) == (None, None, why)


def test_the_minutes_after_exercise_give_no_answer_until_five_rested_ones(tmp_path):
    def work(one):
        one.minutes(8, 62.0)
        one.minutes(2, 150.0, 90.0)
        return [one.minutes(1, 90.0)["why"] for _ in range(4)], one.minutes(1, 90.0)["state"]

    after, then = worn(tmp_path, work)
    assert after == ["moves"] * 4
    assert then == "raised"


def test_a_strap_alone_never_gives_an_answer(tmp_path):
    def work(one):
        return {
            one.minutes(1, hr_bpm, None)["state"] for hr_bpm in (60.0, 60.0, 61.0, 60.0, 62.0, 60.0, 85.0, 60.0, 95.0)
        }

    assert worn(tmp_path, work) == {None}


@pytest.mark.parametrize("break_", ["pause", "sleep", "erase"])
def test_a_pause_a_sleep_or_an_erasure_begins_another_session(tmp_path, break_):
    def work(one):
        one.minutes(12, 62.0)
        if break_ == "pause":
            one.session.set_paused(paused=True)
            one.now.look()
            one.session.set_paused(paused=False)
        elif break_ == "sleep":
            one.clock._now_ns += 600 * NS_PER_S
        else:
            one.session.forget()
        return one.minutes(2, 90.0)["why"]

    assert worn(tmp_path, work) == "few"


@given(st.lists(st.sampled_from([400.0, 800.0, 1000.0, 1500.0]), max_size=200))
def test_the_mean_rate_of_a_minute_needs_half_of_it(rr_ms):
    found = minute_bpm([Beat(n, one, Label.NORMAL) for n, one in enumerate(rr_ms)])
    assert math.isnan(found) == (sum(rr_ms) < 30_000)
    assert math.isnan(minute_bpm([Beat(0, one, Label.EXCLUDED) for one in rr_ms]))


def test_rest_is_known_only_where_one_face_was_seen_half_of_the_time():
    assert rested([0.0] * 29, 60, 60.0) is None
    assert rested([0.0] * 30, 60, 60.0) is True
    assert rested([0.0] * 40 + [60.0] * 20, 60, 60.0) is False
    assert rested([], 0, math.nan) is None


# ---- nowhere but in memory


def test_nothing_of_it_is_kept_logged_or_sealed(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)

    def work(one):
        one.minutes(12, 62.0)
        one.minutes(1, 85.0)
        names = [name for (name,) in one.session.outbox.db.execute("SELECT name FROM meta")]
        kept = [one.session.outbox.sealed_meta(name) for name in names if name == "arousal shown"]
        return one.session.board.states(), kept, one.now.live()["state"]

    states, kept, state = worn(tmp_path, work)
    assert state == "raised"
    assert kept == [b"on"], "the switch alone"
    assert not re.search("arousal|raised", " ".join(f"{one.part} {one.words}" for one in states) + caplog.text)
    held = b"".join(file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())
    assert b"raised" not in held
    assert b"meta" in held, "the files were read"


# ---- places


def test_places_that_show_no_strain_have_no_such_reading():
    assert {name for name, profile in PROFILES.items() if arousal_choice.is_allowed(profile)} == ALLOWED
    assert not arousal_choice.is_allowed(PROFILES["care"].without(["strain"])), "the machine's policy takes it away"


def test_a_workplace_neither_shows_nor_switches_it(tmp_path):
    async def main():
        with ExitStack() as parts:
            one = Worn(tmp_path, parts, "eu-workplace")
            arousal_choice.keep(one.session.outbox, on=True)  # even if a file of another profile had it on
            found = one.minutes(12, 62.0), one.minutes(1, 90.0)
            with pytest.raises(PolicyDenied):
                await queries.answered(one.session, "arousal", {"on": True})
            return found

    assert asyncio.run(main()) == (None, None)


def test_no_page_of_a_workplace_has_a_word_of_it():
    source = '{% import "parts.html" as parts with context %}{% import "arousal.html" as own with context %}{{ own.switch(arousal) }}'
    states = [None, *({"state": state, "confidence_01": 0.6, "why": ""} for state in arousal.STATES)]
    for profile, state in itertools.product(PROFILES, states):
        pages = pages_of(profile)
        local = pages.local()
        html = pages._jinja.from_string(source).render(arousal=state, local=local, t=local.t, word=local.word)
        assert ("arousal" in html) == (profile in ALLOWED), profile
        assert "unknown:" not in html


LOADED = """
import asyncio, json, sys
from agent import pipeline
from agent.config import Settings
from agent.session import live_view
from agent.tables.profiles import profile_named

async def main(folder, name):
    stop, seen = asyncio.Event(), {}

    async def look(session):
        from agent.page import queries
        seen["questions"] = sorted(queries.QUESTIONS)
        if session.arousal is not None:
            session.arousal.switch(on=True)
            session.arousal._answer()
        seen["live"] = live_view.now(session)["arousal"]
        stop.set()

    settings = Settings(state_dir=folder, profile=name, key_store="file")
    await pipeline.run(settings, profile_named(name), stop=stop, extra_tasks={"look": look})
    seen["loaded"] = sorted(one for one in sys.modules if one.endswith(".arousal"))
    print(json.dumps(seen))

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("profile", "loaded"), [("eu-workplace", []), ("personal", ["agent.scoring.arousal", "agent.session.arousal"])]
)
def test_an_agent_of_a_workplace_does_not_even_load_it(tmp_path, profile, loaded):
    made = subprocess.run([sys.executable, "-c", LOADED, str(tmp_path / "s"), profile], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    seen = json.loads(made.stdout)
    assert seen["loaded"] == loaded
    assert (seen["live"] is None) == (not loaded)


# ---- commands


@pytest.fixture
def call(tmp_path, capsys):
    def called(profile, *words):
        file = tmp_path / f"{profile}.yaml"
        file.write_text(yaml.safe_dump({"state_dir": str(tmp_path / profile), "key_store": "file", "profile": profile}))
        code = cli(["--config", str(file), *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return called


def recording(tmp_path, seconds=900):
    file = tmp_path / "rr.txt"
    rr_ms = [1000.0] * (seconds - 60) + [700.0] * 86
    file.write_text("\n".join(map(str, rr_ms)))
    return str(file)


def test_weeks_print_the_state_of_this_moment_and_keep_none(tmp_path, call):
    code, _, words = call("personal", "weeks", "--arousal")
    assert (code, "switched off" in words) == (0, True)
    assert "shown to you alone" in call("personal", "weeks", "--arousal", "on")[2]
    code, _, words = call("personal", "weeks", "--arousal")
    assert code == 3
    assert "nothing of the past is kept" in words
    assert "not computed" in call("personal", "weeks", "--arousal", "off")[2]


def test_analyze_prints_it_with_what_it_rests_on_and_only_where_rest_is_known(tmp_path, call):
    file = recording(tmp_path)
    code, out, _ = call("personal", "analyze", file, "--arousal")
    assert code == 0
    assert "0 of 15 minutes have an answer" in out
    assert "it is not known whether the body rests" in out
    code, out, _ = call("personal", "analyze", file, "--arousal", "--at-rest")
    assert "1 of them: raised" in out
    assert "19 people in a laboratory" in out
    assert "what you said" in out
    code, out, _ = call("personal", "analyze", file, "--arousal", "--at-rest", "--json")
    told = json.loads(out.splitlines()[-1])
    assert told["arousal"][-1]["state"] == "raised"
    assert told["arousal"][0]["why"]
    assert "arousal" not in call("personal", "analyze", file)[1]


@pytest.mark.parametrize(
    "words", [("analyze", "FILE", "--arousal"), ("weeks", "--arousal"), ("weeks", "--arousal", "on")]
)
def test_no_command_prints_it_at_a_workplace(tmp_path, call, words):
    given = [recording(tmp_path) if one == "FILE" else one for one in words]
    code, out, said = call("eu-workplace", *given)
    assert (code, out) == (2, "")
    assert "no such reading under the profile eu-workplace" in said
    assert call("personal", *given)[0] in (0, 3), "elsewhere it is carried out"


def test_options_without_meaning_are_refused(tmp_path, call):
    file = recording(tmp_path)
    for words in (("--at-rest",), ("--arousal", "--compare"), ("--arousal", "--signal", "eda")):
        assert call("personal", "analyze", file, *words)[0] == 2
    with pytest.raises(WrongUse):
        arousal_words.switched(None, PROFILES["personal"], on=True)


def test_every_state_has_its_words_and_they_are_plain():
    assert set(arousal_words.WHYS) == set(arousal.WHYS)
    for why in arousal.WHYS:
        assert "no answer" in arousal_words.line({"state": None, "confidence_01": None, "why": why})
    assert "62 of 100" in arousal_words.line({"state": "raised", "confidence_01": 0.62, "why": ""})
    sentences = [words.replace("{n}", "ten") for words in WORDS.values() if len(words.split()) >= 5]
    assert grade("\n".join(sentences)) <= 8.0
