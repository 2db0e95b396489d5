"""Every page in every state that its data can have, through the real templates: HTML, and never an error."""

import asyncio
import functools
import itertools
import re
import time
from html import unescape

import pytest

from agent.features import FEATURES
from agent.outbox.receipts import REFUSALS
from agent.outbox.tables import ROW_STATES
from agent.page.web import catalogue
from agent.page.web.pages import Pages
from agent.privacy.vault import open_vault
from agent.scoring import instruments
from agent.scoring.baseline import RESETS
from agent.sources import SOURCES
from agent.system.status import Level
from agent.tables import team
from agent.tables.feature_spec import REASONS
from agent.tables.profiles import PROFILES
from agent.tables.signals import SIGNALS
from agent.weeks import report
from agent.windows.history import History
from agent.wire.message import KINDS
from tests.support.page_agent import past

STATES = [*(state for state in ROW_STATES if state != "refused"), *(f"refused:{reason}" for reason in sorted(REFUSALS))]
PARTS = ["measuring", "windows", "disk", "broker", "hub", "consent", "directory", "certificate", "refusals", "restored"]
NAMES = {f"part.source.{row.name}": row.title for row in SOURCES.values()} | {
    f"signal.{row.name}": row.words for row in SIGNALS.values()
}
NAMES |= team.names() | {f"number.{row.name}": row.words for row in FEATURES.values()}
SHORT = catalogue.read("en")
NO_TEAM = {"looks": {"has_team": False}, "alerts": {"alerts": []}, "check-ins": {"instruments": []}}


def row(idx: int, state: str, kind: str = "summary", words: str | None = "8201", said=("hr_mean_bpm 64",)) -> dict:
    return {"idx": idx, "made_utc_s": 1_790_000_000, "kind": kind, "again_idx": None, "stream": "00", "seq": idx,
            "digest": "ab" * 32, "state": state, "words": words, "said": said, "bytes_sent": 3319}  # fmt: skip


def now(states=(), **changes) -> dict:
    return {"t_s": 1.0, "beats": [], "hr_bpm": None, "rmssd_ms": None, "irregular": False, "coverage_01": None,
            "listened_s": 0, "states": list(states), "paused": False, "pause_until_utc_s": None, "face": None,
            "window": None, "alerts": ""} | changes  # fmt: skip


def place(**changes) -> dict:
    return {"strap": None, "has_source": False, "managed": [], "is_service": False, "enrolled": None, "camera": False, "half": False, "travels": False, "answered": False,
            "has_history": False} | changes  # fmt: skip


def say(**changes) -> dict:
    return {"operator": None, "offered": [], "kinds": [], "days": 90, "version": "1", "record": None, "paused": False,
            "pause_until_utc_s": None, "hours": [], "sensors": [], "managed": [], "unheard": [], "receipt": None,
            "news": [], "asked": None} | changes  # fmt: skip


def record(**changes) -> dict:
    """A consent in force, as the agent describes it."""
    return {"serial": 3, "until_utc_s": 1_790_000_000, "grants": [], "numbers": ["rmssd_ms"], "others": []} | changes


@functools.cache
def pages_of(profile: str) -> Pages:
    """One set of compiled templates for all tests."""
    return Pages({"profile": PROFILES[profile].as_json(), "names": NAMES})


def rendered(profile: str, name: str, answers: dict, weeks: dict | None = None, query=None) -> str:
    """A page as the page's process draws it, with these answers of the agent."""
    pages = pages_of(profile)
    pages.forget_weeks()

    async def ask(question, _with=None):
        return (NO_TEAM | answers)[question]

    async def long_query(job, **_):
        assert job == "weeks"
        return weeks

    html = asyncio.run(pages.render(name, query or {}, ask, long_query))
    assert html
    assert "<h1" in html
    return html


def left(rows) -> dict:
    return {"left": {"rows": list(rows), "operator": "Ward 3", "unheard": ["consent", "erase"]}}


@pytest.mark.parametrize("kind", KINDS.values())
def test_what_left_shows_every_state_of_every_kind(kind):
    every = [row(n, state, kind) for n, state in enumerate(STATES, start=1)]
    html = rendered("care", "sharing", left(every))
    assert html.count("refused") >= len(REFUSALS)
    assert "unknown" not in html
    for one in every:  # alone, erased, and in a run of its like
        rendered("care", "sharing", left([one | {"words": None, "said": ()}]))
        rendered(
            "care", "sharing", left([row(1, one["state"], kind), row(2, one["state"], kind)]), query={"before": "9"}
        )


def test_an_unknown_state_or_kind_is_shown_as_unknown():
    html = rendered("care", "sharing", left([row(1, "eaten"), row(2, "refused:made_up"), row(3, "sent", "telepathy")]))
    assert all(f"unknown: {word}" in html for word in ("eaten", "made_up", "telepathy"))
    states = [{"part": "moon", "level": "panic", "words": "x", "remedy": "y"}]
    html = rendered(
        "care", "today", {"now": now(states), "window": {"start_utc_s": None, "numbers": []}, "place": place()}
    )
    assert "unknown: moon" in html
    assert "unknown: panic" in html
    html = rendered(
        "care",
        "privacy",
        {"say": say(operator="Ward 3", record=record(grants=[["aura", "care", "x"]]))},
    )
    assert "unknown: aura" in html


def test_an_empty_ledger_has_a_page_under_every_profile():
    for profile in PROFILES:
        assert rendered(profile, "sharing", {"left": {"rows": [], "operator": None, "unheard": []}})


def window(specs, *, value, reason="") -> dict:
    why = REASONS.get(reason, reason)
    return {"start_utc_s": 1_790_000_100, "end_utc_s": 1_790_000_400, "numbers": [
        {"name": spec.name, "value": value, "n": 300, "coverage_01": 0.9, "edited_01": 0.0, "ci_low": value,
         "ci_high": value, "reason": reason, "longest_gap_s": 0.0, "words": spec.words, "why": why}
        for spec in specs]}  # fmt: skip


@pytest.mark.parametrize("level", [level.value for level in Level])
def test_now_shows_every_part_at_every_level(level):
    parts = [*PARTS, *(f"source.{name}" for name in SOURCES)]
    states = [{"part": part, "level": level, "words": "a sentence", "remedy": "do this"} for part in parts]
    for strap, camera, paused in itertools.product((None, {"name": "H10"}), (False, True), (False, True)):
        answers = {
            "now": now(states, paused=paused, pause_until_utc_s=1_790_000_000 if camera else None, hr_bpm=64.0),
            "window": window(FEATURES.values(), value=1.0),
            "place": place(strap=strap, camera=camera, has_history=camera, has_source=camera),
        }
        assert "unknown" not in rendered("care", "today", answers)


@pytest.mark.parametrize("reason", REASONS)
def test_now_shows_every_reason_of_every_number(reason):
    answers = {"now": now(), "window": window(FEATURES.values(), value=None, reason=reason), "place": place()}
    for profile in PROFILES:
        assert "unknown" not in rendered(profile, "today", answers)


def test_each_number_leads_to_a_page_of_its_own():
    for spec, last in itertools.product(FEATURES.values(), (None, 1.0, "withheld")):
        asked = {"name": spec.name, "words": spec.words, "formula": spec.formula, "source": spec.source,
                 "needs": list(spec.needs), "counted": SIGNALS[spec.signal].counted, "min_samples": spec.min_samples,
                 "min_coverage_01": spec.min_coverage_01, "leaves": spec.release, "last": None if last is None else
                 {"value": last if last == 1.0 else None, "n": 3, "coverage_01": 0.5, "why": "too few",
                  "reason": "", "ci_low": None, "ci_high": None, "name": spec.name, "edited_01": 0.0,
                  "longest_gap_s": 0.0}}  # fmt: skip
        html = rendered("care", f"about/{spec.name}", {"about": asked})
        assert "unknown" not in html
        assert f'<h1 tabindex="-1">{SHORT[f"number.{spec.name}"]}</h1>' in unescape(html)
        assert not re.search(r">[^<]*\b[a-z]+_[a-z0-9_]+[^<]*<", html), "no machine name"
    for name in ("index", "points", "range", "hours", "ribbon", "rate", "quality"):
        assert "unknown" not in rendered("care", f"about/{name}", {})


def test_your_say_in_every_state():
    numbers = [{"name": "rmssd_ms", "words": "words"}]
    sensors = [
        {"name": spec.name, "title": spec.title, "words": spec.words, "on": on, "consent": consent}
        for spec in SOURCES.values() for on in (False, True) for consent in (False, True)
    ]  # fmt: skip
    offered = [{"signal": signal, "purpose": "care", "recipient": "Ward 3", "numbers": numbers} for signal in SIGNALS]
    named = record(grants=[[signal, "care", "Ward 3"] for signal in SIGNALS])
    records = (None, named, named | {"others": ["sdnn_ms"]}, named | {"numbers": [], "others": ["rmssd_ms"]})
    for profile in PROFILES:
        kinds = sorted(PROFILES[profile].kinds)
        for paused, until, hours, operator, kept in itertools.product(
            (False, True), (None, 1_790_000_000), ([], [[0, 60], [1320, 360]]), (None, "Ward 3"), records
        ):
            answers = say(operator=operator, offered=offered, kinds=kinds, record=kept, paused=paused,
                          pause_until_utc_s=until, hours=hours, sensors=sensors, managed=["a company"] if paused else [],
                          unheard=["consent"] if until else [], receipt="signed" if hours else None,
                          news=[{"at_utc_s": 1, "words": "news"}] if kept else [])  # fmt: skip
            assert "unknown" not in rendered(profile, "privacy", {"say": answers})


def look(number=1, role="lead", view="person", who="<b>Ada</b>") -> dict:
    return {"number": number, "at_utc_s": 1_790_000_000, "who": who, "role": role, "view": view}


def test_looks_in_every_state():
    every = [look(n, *one) for n, one in enumerate(itertools.product(team.ROLES, team.VIEWS), start=1)]
    faults = [{"why": why, "look": shown} for why in team.LOOK_FAULTS for shown in (None, look())]
    for listed, wrong, way, missing, more in itertools.product(
        ([], every), ([], faults), ([], ["3 to 4"]), ([], ["2"]), (0, 7)
    ):
        looked = {"has_team": True, "whole": not wrong and not missing, "looks": listed, "faults": wrong, "more": more,
                  "on_its_way": way, "missing": missing, "proven_to": 5}  # fmt: skip
        html = rendered("care", "sharing", left([]) | {"looks": looked})
        assert "unknown" not in html
        assert "<b>Ada" not in html
        assert ("is whole" in html) == (bool(listed) and not wrong and not missing)
        assert html.count("not proven") == sum(one["number"] > 5 for one in listed)


def test_alerts_in_every_state():
    for rule, state, held, seen, at, hold in itertools.product(
        team.RULES, team.ALERT_STATES, (0, 1_790_000_000), (0, 1_790_000_000), (0, 1_790_000_000), (False, True)
    ):
        alert = {"number": 3, "rule": rule, "state": state, "day_utc_s": 1_790_000_000, "team_utc_s": at,
                 "held_utc_s": held, "seen_utc_s": seen, "may_hold": hold, "is_with_team": state == "with_team"}  # fmt: skip
        answers = {"now": now(), "window": window([], value=1.0), "place": place(), "alerts": {"alerts": [alert]}}
        html = rendered("care", "today", answers)
        assert "unknown" not in html
        assert html.count('data-do="ask"') == hold + (not seen)


def test_asking_in_every_state():
    for may, at, words in itertools.product((False, True), (None, 1_790_000_000), (None, "<b>words</b>")):
        asked = {"may": may, "at_utc_s": at, "words": words}
        html = rendered("care", "privacy", {"say": say(operator="Ward 3", asked=asked)})
        assert "<b>words" not in html
        assert ("Please look at my weeks" in html, "Take it back" in html) == (may and not at, may and bool(at))


def test_check_ins_and_first_steps_in_every_state():
    from dataclasses import asdict

    for one, last, due, begun in itertools.product(
        instruments.instruments().values(), (None, 1_790_000_000), (False, True), (False, True)
    ):
        first = one.items[0].item_id
        past = [{"at_utc_s": last, "lines": ["personal burnout: 75"]}, {"at_utc_s": last, "lines": []}] if last else []
        made = asdict(one) | {"last_utc_s": last, "due": due, "begun": {first: 0} if begun else {}, "past": past}
        for sent_to, with_team in (([], False), (["Ward 3"], False), (["Ward 3"], True)):
            answers = {"instruments": [made], "sent_to": sent_to, "with_team": with_team}
            html = rendered("care", "check-in", {"check-ins": answers})
            assert one.name in html
            assert html.count("<fieldset hidden") == len(one.items)
            assert ("Ward 3" in html, "care team there sees it" in html) == (bool(sent_to), with_team)
            assert ("You could agree to send" in html) == (not sent_to)
            assert ("Due now" in html, "Nothing is due" in html) == (due, not due)
            assert html.count('class="primary" data-check=') == due, "one primary button"
    assert rendered("care", "check-in", {"check-ins": {"instruments": [], "sent_to": [], "with_team": False}})
    for profile, strap, enrolled, half in itertools.product(
        PROFILES, (None, {"name": "H10"}), (None, "Ward 3"), (False, True)
    ):
        for travels, answered in ((False, False), (True, False), (True, True)):
            now = place(strap=strap, enrolled=enrolled, half=half, managed=["x"], travels=travels, answered=answered)
            assert rendered(profile, "first", {"place": now})


@pytest.mark.parametrize("profile", PROFILES)
def test_weeks_from_empty_to_full(tmp_path, profile):
    now_s = int(time.time())
    notes = [
        {"at_utc_s": now_s, "what": "shift", "name": name, "numbers": {"until_utc_s": now_s + 60}}
        for name in ("day", "night")
    ]
    notes += [{"at_utc_s": now_s, "what": "change", "name": name, "numbers": {}} for name in RESETS]
    for days in (0, 1, 8, 20, 100):
        folder = tmp_path / str(days)
        folder.mkdir()
        past(folder, days, now_s)
        history = History(folder / "history.db", open_vault(folder, "file"))
        made = report.weeks(history, PROFILES[profile], now_s)
        history.close()
        html = rendered(profile, "weeks", {"notes": {"notes": notes}, "place": place(has_history=bool(days))}, made)
        assert "unknown" not in html
