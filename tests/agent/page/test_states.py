"""Every page in every state that its data can have, through the real templates: HTML, and never an error."""

import asyncio
import functools
import itertools
import re
import time
from html import unescape

import pytest

from agent.control import camera_words
from agent.features import FEATURES
from agent.notices.rows import NOTICES
from agent.outbox.receipts import REFUSALS
from agent.outbox.tables import ROW_STATES
from agent.page.consent import STANDINGS
from agent.page.web import catalogue, sharing_page
from agent.page.web.pages import Pages
from agent.privacy.vault import open_vault
from agent.scoring import instruments
from agent.scoring.baseline import RESETS
from agent.scoring.week_rows import REASONS as REASONS_OF_WEEKS
from agent.sources import SOURCES
from agent.system.status import Level
from agent.tables import team
from agent.tables.days import DAYS
from agent.tables.feature_spec import REASONS
from agent.tables.profiles import PROFILES
from agent.tables.signals import SIGNALS
from agent.weeks import report
from agent.windows.history import History
from agent.wire.message import KINDS
from tests.support import made_weeks
from tests.support.page_agent import past

STATES = [*(state for state in ROW_STATES if state != "refused"), *(f"refused:{reason}" for reason in sorted(REFUSALS))]
PARTS = ["measuring", "windows", "disk", "broker", "hub", "consent", "directory", "certificate", "refusals", "restored"]
NAMES = {f"part.source.{row.name}": row.title for row in SOURCES.values()} | {
    f"signal.{row.name}": row.words for row in SIGNALS.values()
}
NAMES |= {f"number.{row.name}": row.words for row in FEATURES.values()}
NAMES |= {f"number.{row.name}": row.title for row in DAYS.values()}
NAMES |= team.names()
SHORT = catalogue.read("en")
NO_TEAM = {"looks": {"has_team": False}, "alerts": {"alerts": []}, "check-ins": {"instruments": []}}
CAMERA = {
    "plan": {"how": "at", "minutes": 10, "at_min": [540, 780], "times": 3},
    "sessions": [{"start_utc_s": 1_790_000_000, "end_utc_s": 1_790_000_600, "state": one} for one in camera_words.STATES],
    "now": None, "why_none": "", "hows": [], "minutes_most": 30, "times_most": 6, "is_on": True, "operator": None, "words": "",
}  # fmt: skip
NO_TEAM |= {
    "now": {"arousal": None},
    "camera": CAMERA,
    "notices": {"kinds": [{"kind": one, "on": False} for one in NOTICES], "problem": None},
}


PARTS_OF = {
    "summary": {"signals": ["heart", "face"], "n": 11, "withheld": 1, "start_utc_s": 1_790_000_000,
                "end_utc_s": 1_790_000_300},
    "consent": {"action": "give", "signals": ["heart"]},
    "gap": {"n": 3},
    "schema": {"schema": 2},
    "features": {"n": 4},
    "context": {"day": "2026-11-23"},
    "days": {"day": "2026-11-23", "n": 2},
    "ask": {"ask": "see", "about": 0, "words": "<b>words</b>"},
}  # fmt: skip


def row(idx: int, state: str, kind: str = "summary", **changes) -> dict:
    """A row of the list, as the agent describes it."""
    purposes = ["care", "score"] if kind == "summary" else []
    part = {"what": kind, "purposes": purposes, **PARTS_OF.get(kind, {})}
    return {"idx": idx, "made_utc_s": 1_790_000_000, "kind": kind, "state": state, "has_words": True,
            "parts": [part]} | changes  # fmt: skip


def now(states=(), **changes) -> dict:
    return {"t_s": 1.0, "beats": [], "hr_bpm": None, "rmssd_ms": None, "irregular": False, "coverage_01": None,
            "listened_s": 0, "states": list(states), "paused": False, "pause_until_utc_s": None, "face": None,
            "window": None, "alerts": "", "arousal": None, "camera": None} | changes  # fmt: skip


def place(**changes) -> dict:
    return {"strap": None, "has_source": False, "managed": [], "is_service": False, "enrolled": None, "camera": False, "half": False, "travels": False, "answered": False,
            "has_history": False} | changes  # fmt: skip


def standing(state: str, grants=(), **changes) -> dict:
    """Whether anything may leave now, as the agent describes it."""
    has_end = state in ("given", "group", "changed", "ended", "void")
    return {"state": state, "why": "refused by the hub" if state == "void" else "", "grants": [list(one) for one in grants],
            "until_utc_s": 1_790_000_000 if has_end else None} | changes  # fmt: skip


def say(**changes) -> dict:
    return {"operator": None, "offered": [], "kinds": [], "days": 90, "version": "1", "record": None, "paused": False,
            "pause_until_utc_s": None, "hours": [], "sensors": [], "managed": [], "unheard": [], "receipt": None,
            "news": [], "asked": None, "half": False, "standing": standing("alone")} | changes  # fmt: skip


def record(**changes) -> dict:
    """A consent in force, as the agent describes it."""
    return {"serial": 3, "until_utc_s": 1_790_000_000, "grants": [], "numbers": ["rmssd_ms"], "named": {},
            "others": []} | changes  # fmt: skip


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


def counted(rows) -> dict:
    """Counts of rows, as the agent gives them."""
    kept = [one for one in rows if one["state"] in ("sealed", "withdrawn", "dropped", "again")]
    sent = [one for one in rows if one not in kept]
    kinds = [one["kind"] if one["kind"] in ("summary", "cover") else "other" for one in sent]
    return {name: kinds.count(name) for name in ("summary", "cover", "other")} | {"kept": len(kept)}


def shared(rows=(), state="given", **changes) -> dict:
    """What leaves, as the agent describes it."""
    rows, grants = list(rows), [["heart", "care"], ["context", "score"], ["index", "care"]]
    days = [{"day": day, "before": 9, **counted(rows)} for day in ("2026-11-24", "2026-11-23")] if rows else []
    return {"shared": {
        "operator": None if state == "alone" else "Ward 3", "unheard": ["consent", "erase"], "paused": False,
        "consent": standing(state, grants if state == "given" else []), "today": counted(rows), "week": counted(rows),
        "last_utc_s": 1_790_000_000 if rows else None, "receipts": [len(rows), len(rows)], "refused": 1,
        "waiting": {"n": len(rows), "since_utc_s": 1_790_000_000}, "days": days, "rows": rows, "is_cut": False,
        "has_older": False,
    } | changes}  # fmt: skip


def text_of(html: str) -> str:
    """Words of a page as they are read."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.mark.parametrize("kind", KINDS.values())
def test_what_left_shows_every_state_of_every_kind(kind):
    every = [row(n, state, kind) for n, state in enumerate(STATES, start=1)]
    html = rendered("care", "sharing", shared(every))
    assert html.count("refused") >= len(REFUSALS)
    assert "unknown" not in html
    assert "<b>words" not in html
    for one in every:  # alone, erased, and in a run of its like
        erased = rendered("care", "sharing", shared([one | {"has_words": False, "parts": []}]))
        assert "erased" in text_of(erased)
        like = [row(1, one["state"], kind), row(2, one["state"], kind)]
        html = rendered("care", "sharing", shared(like, is_cut=True, has_older=True), query={"before": "9"})
        assert html.count('class="run"') == (kind in ("cover", "summary"))
        assert "Newest messages" in html
        assert "#sharing?before=2" in html


def test_a_row_opened_shows_its_numbers_bytes_and_digest():
    pages = pages_of("care")
    for kind, state, words in itertools.product(KINDS.values(), STATES, ("8201", None)):
        made = row(3, state, kind) | {"words": words, "digest": "ab" * 32, "bytes_sent": 3319,
                                      "numbers": [["hr_mean_bpm", 64.0], ["sdnn_ms", None], ["sleep_h", 7.5]]}  # fmt: skip
        html = pages.fragment("row", pages.local(), **sharing_page.details(made, pages.local()))
        assert "unknown" not in html
        assert "ab" * 32 in html
        assert ("8201" in html) == (words is not None)
        assert "3 numbers in it" in html
        assert ("Signed and kept here" in html) == (state == "receipted")


@pytest.mark.parametrize("profile", PROFILES)
def test_what_leaves_is_one_sentence_in_every_state(profile):
    for state, paused, rows in itertools.product(STANDINGS, (False, True), ([], [row(1, "receipted", "cover")])):
        html = rendered(profile, "sharing", shared(rows, state, paused=paused))
        text = text_of(html)
        assert "unknown" not in html
        stays = profile == "personal" or state == "alone"
        assert ("Nothing leaves this machine." in text) == stays
        assert ("<svg" in html) == stays
        assert ("Ward 3 gets what you agreed to." in text) == (state == "given" and not stays)
        assert ("In numbers" in text) == (not stays)
        assert html.count('class="button primary"') == 0


def test_counts_agree_with_their_list():
    rows = [row(n, state, kind) for n, (state, kind) in enumerate(
        [("receipted", "summary"), ("sent", "summary"), ("receipted", "cover"), ("sealed", "summary"),
         ("withdrawn", "summary"), ("refused:erased", "cover"), ("receipted", "consent")], start=1)]  # fmt: skip
    text = text_of(rendered("care", "sharing", shared(rows)))
    assert text.count("2 summaries, 2 placeholders, 1 other message, 2 not sent") == 4  # today, the week, two days
    assert "1 placeholder," not in text


def test_an_unknown_state_or_kind_is_shown_as_unknown():
    html = rendered(
        "care", "sharing", shared([row(1, "eaten"), row(2, "refused:made_up"), row(3, "sent", "telepathy")], "odd")
    )
    assert all(f"unknown: {word}" in html for word in ("eaten", "made_up", "telepathy", "odd"))
    states = [{"part": "moon", "level": "panic", "words": "x", "remedy": "y"}]
    html = rendered(
        "care", "today", {"now": now(states), "window": {"start_utc_s": None, "numbers": []}, "place": place()}
    )
    assert "unknown: moon" in html
    assert "unknown: panic" in html
    kept = record(grants=[["aura", "care", "x"]])
    html = rendered("care", "privacy", {"say": say(operator="Ward 3", record=kept, standing=standing("given"))})
    assert "nknown: aura" in html


def test_an_empty_ledger_has_a_page_under_every_profile():
    for profile in PROFILES:
        text = text_of(rendered(profile, "sharing", shared(state="none")))
        assert ("No message has been sealed yet." in text) == (profile != "personal")
        assert "Nothing" in text


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


def forms_of_tiles(html: str) -> set[tuple[str, ...]]:
    """The elements and classes of each live tile, in order: one form where all are alike."""
    tiles = html.partition('<div class="tiles">')[2].partition("<figure")[0].split("<section")[1:]
    assert len(tiles) == 3
    return {tuple(re.findall(r'<(\w+(?: class="[^"]*")?)', tile)) for tile in tiles}


def test_the_live_tiles_are_of_one_form():
    answers = {"now": now(hr_bpm=64.0), "window": window(FEATURES.values(), value=1.0), "place": place()}
    html = rendered("care", "today", answers)
    assert len(forms_of_tiles(html)) == 1
    assert len(forms_of_tiles(html.replace('<span class="unit">%', "<span>%"))) == 2, "planted"


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


def offer(signals, purposes=("care", "score", "group"), names=("rmssd_ms",)) -> list[dict]:
    """What a person may grant, as the agent describes it."""
    numbers = [{"name": name, "words": "words"} for name in names]
    return [{"signal": signal, "purpose": purpose, "recipient": "Ward 3", "numbers": numbers,
             "is_sent": purpose != "group"} for signal in signals for purpose in purposes]  # fmt: skip


def test_privacy_in_every_state():
    sensors = [
        {"name": spec.name, "title": spec.title, "words": spec.words, "on": on, "consent": consent}
        for spec in SOURCES.values() for on in (False, True) for consent in (False, True)
    ]  # fmt: skip
    named = record(grants=[[signal, "care", "Ward 3"] for signal in SIGNALS], named={"heart": ["rmssd_ms"]})
    records = {"given": named, "changed": named | {"numbers": []}, "group": record(grants=[["heart", "group", "x"]])}
    for profile, state, paused, until, hours in itertools.product(
        PROFILES, STANDINGS, (False, True), (None, 1_790_000_000), ([], [[0, 60], [1320, 360]])
    ):
        answers = say(operator=None if state == "alone" else "Ward 3", offered=offer(SIGNALS), half=paused,
                      kinds=sorted(PROFILES[profile].kinds), standing=standing(state), record=records.get(state),
                      paused=paused, pause_until_utc_s=until, hours=hours, sensors=sensors,
                      managed=["a company"] if paused else [], unheard=["consent"] if until else [],
                      receipt="signed" if hours else None, news=[{"at_utc_s": 1, "words": "news"}] if until else [])  # fmt: skip
        html = rendered(profile, "privacy", {"say": answers})
        text = text_of(html)
        assert "nknown" not in html
        assert ("Someone else manages this machine: a company." in text) == paused
        assert html.count('data-do="hours"') == len(hours)
        assert html.count('role="switch"') == len(sensors) + len(NOTICES) + (profile != "eu-workplace")
        assert 2 * len(re.findall(r'aria-checked="true" data-do="sensor"', html)) == len(sensors)
        assert html.count('data-do="pause"') == (2 if paused and until is None else 3), "no second pause without an end"
        may_choose = profile != "personal" and state != "alone"
        assert ("Step 2 of 3" in text) == may_choose
        assert ('data-do="withdraw"' in html) == (may_choose and state in records)
        assert html.index('data-file="everything.json"') < html.index('id="erase"')
        assert html.rindex("<section") == html.index('<section class="card" id="erase"')


def ticked(html: str) -> list[str]:
    return re.findall(r"name=\"grants\" value='([^']*)'[^>]* checked", html)


def test_nothing_is_ticked_for_a_person_whose_consent_is_not_in_force():
    kept = record(grants=[["heart", "care", "Ward 3"]], named={"heart": ["rmssd_ms"]})
    for state in STANDINGS:
        answers = say(operator="Ward 3", offered=offer(SIGNALS), standing=standing(state), record=kept)
        html = rendered("care", "privacy", {"say": answers})
        assert ticked(html) == (['["heart", "care"]'] if state in ("given", "group") else []), state
        assert ticked(rendered("care", "privacy", {"say": answers | {"record": None}})) == []


def test_a_grant_that_would_name_more_numbers_than_now_is_not_ticked():
    kept = record(grants=[["heart", "care", "Ward 3"], ["face", "care", "Ward 3"]], named={"heart": ["rmssd_ms"]})
    offered = offer(["heart", "face"], ["care"], ["rmssd_ms", "sdnn_ms"])
    answers = say(operator="Ward 3", offered=offered, standing=standing("given"), record=kept)
    html = rendered("care", "privacy", {"say": answers})
    assert ticked(html) == []
    assert "1 number is new since you agreed:" in text_of(html)
    assert "2 numbers are new since you agreed:" in text_of(html)
    gone = kept | {"grants": [*kept["grants"], ["sleep", "score", "Ward 3"]]}
    html = rendered("care", "privacy", {"say": answers | {"record": gone}})
    assert re.search(r"<li data-kept>your sleep[^<]*, for a score", html)


def test_no_number_of_a_consent_is_shown_by_its_machine_name():
    answers = say(operator="Ward 3", offered=offer(SIGNALS), standing=standing("given"), record=record(
        grants=[["heart", "care", "Ward 3"]], numbers=["rmssd_ms", "sleep_h"], named={"heart": ["rmssd_ms"]}))  # fmt: skip
    text = text_of(rendered("care", "privacy", {"say": answers}))
    assert "rmssd_ms" not in text
    assert "sleep_h" not in text
    assert "RMSSD" in text


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
        html = rendered("care", "sharing", shared() | {"looks": looked})
        assert "unknown" not in html
        assert "<b>Ada" not in html
        assert ("list is whole" in html) == (bool(listed) and not wrong and not missing)
        assert html.count("not proven") == sum(one["number"] > 5 for one in listed)
        assert html.count("&lt;b&gt;Ada&lt;/b&gt;</b>") == len(listed)
        assert ("Show" in html) == (len(listed) > 5)


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
        answers = say(operator="Ward 3", asked=asked, standing=standing("none"))
        html = rendered("care", "privacy", {"say": answers})
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
    forbidden = [word for word in PROFILES["eu-workplace"].forbidden_words if profile == "eu-workplace"]
    for days, says in (
        (0, ("Here you will see",)),
        (1, ("1 of 14 days",)),
        (8, ("of 42 readings",)),
        (20, ("60 days",)),
        (100, ("13 weeks",)),
    ):
        folder = tmp_path / str(days)
        folder.mkdir()
        past(folder, days, now_s)
        history = History(folder / "history.db", open_vault(folder, "file"))
        made = report.weeks(history, PROFILES[profile], now_s)
        history.close()
        html = rendered(profile, "weeks", {"notes": {"notes": notes}, "place": place(has_history=bool(days))}, made)
        assert "unknown" not in html
        assert any(words in html for words in says), days
        assert [word for word in forbidden if word in html.lower()] == []


def week_page(weeks, profile="care", note=(), **changes) -> str:
    made = made_weeks.answer(weeks, **changes)
    return rendered(profile, "weeks", {"notes": {"notes": list(note)}, "place": place()}, made)


def test_weeks_in_every_state_of_the_last_seven_days():
    for low, high, says in ((60.0, 90.0, "stand out"), (40.0, 90.0, "not clearly different"), (5.0, 40.0, "calmer")):
        html = week_page([made_weeks.week(1), made_weeks.week(index=(low + high) / 2, low=low, high=high)])
        assert says in html
        assert "data-print" in html
    known = {"readings": 35, "of_readings": 42, "days": 9, "of_days": 14}
    for reason, learning in ((REASONS_OF_WEEKS["thin"], None), ("learning your normal", known)):
        html = week_page([made_weeks.week(1), made_weeks.gap(reason=reason, learning=learning)])
        assert ("35 of 42 readings" in html) == bool(learning)
        assert "unknown" not in html
    hub = {"index": None, "low": None, "high": None, "model": "wardbeat weeks 1", "arrivals": 3,
           "made_utc": "2026-11-28T08:00:00+00:00", "differs": True, "why": "the hub has no number"}  # fmt: skip
    assert "the hub has no number" in week_page([made_weeks.week(hub=hub)])


def test_what_is_worth_a_check_in_leads_there_where_the_place_has_one():
    marked = [made_weeks.week(notable="worth a check-in")]
    assert week_page(marked).count('href="#check-in"') > week_page([made_weeks.week()]).count('href="#check-in"')


def test_an_empty_page_of_weeks_has_one_sentence_one_picture_and_one_thing_to_do():
    html = week_page([], days=[], band=None)
    assert html.count('class="button primary"') == 1
    assert "sketch" in html
    assert "data-print" not in html
    assert 'href="#first"' in html  # no strap is set up


def test_older_notes_are_folded_and_each_can_be_taken_back():
    notes = [{"at_utc_s": 1_790_000_000 + n, "what": "shift", "name": "day", "numbers": {"until_utc_s": 1_790_030_000}}
             for n in range(9)]  # fmt: skip
    html = week_page([made_weeks.week()], note=notes)
    assert html.count('data-do="unnote"') == 9
    assert "6 older notes" in html
