"""Camera sessions at the page: strict forms, times beforehand, and fragments in every state and width."""

import asyncio
import itertools
import json
import re
from contextlib import ExitStack

import pytest

from agent.control import camera_words
from agent.errors import WrongUse
from agent.outbox import camera_plan
from agent.outbox.camera_plan import HOWS, CameraPlan
from agent.page import queries
from agent.page.web import static_files
from tests.agent.page.test_states import pages_of
from tests.agent.page.test_words import grade
from tests.agent.session.test_appointments import FIRST_S, Awake, plan_at

STATIC = static_files.STATIC
WORDS = json.loads((STATIC.parent / "words/en/appoint.json").read_text(encoding="utf-8"))
MACROS = '{% import "appointments.html" as appointments with context %}'


def now(phase="waiting", **changes):
    near = phase in ("announced", "open")
    return {"how": "at", "phase": phase, "seconds_left": 42 if near else None, "start_utc_s": FIRST_S,
            "end_utc_s": FIRST_S + 600} | changes  # fmt: skip


def camera(plan=None, sessions=(), **changes):
    return {"plan": (plan or CameraPlan()).as_json(), "sessions": list(sessions), "now": now(), "why_none": "",
            "hows": list(HOWS), "minutes_most": 30, "times_most": 6, "is_on": True, "operator": None} | changes  # fmt: skip


def keep_style(folder):
    """The page's style, as one file."""
    text = b"\n".join(file.read_bytes() for file in static_files.files()[static_files.STYLE])
    (folder / "page.css").write_bytes(text)


def notice(**with_):
    pages = pages_of("care")
    return pages.fragment("notice", pages.local(), **with_)


def drawn(source, **with_):
    pages = pages_of("care")
    local = pages.local()
    return pages._jinja.from_string(MACROS + source).render(local=local, t=local.t, word=local.word, **with_)


def asked(tmp_path, *questions):
    """Questions of the page to one session, one after the other."""

    async def main():
        with ExitStack() as parts:
            awake = Awake(tmp_path, parts)
            return [await queries.answered(awake.session, name, with_) for name, with_ in questions], awake.made.plan

    return asyncio.run(main())


def test_times_are_shown_beforehand_and_kept_with_the_same_form(tmp_path):
    at = list(plan_at(FIRST_S, FIRST_S + 3600).at_min)
    form = {"how": "at", "minutes": 2, "at": at}
    (tried, before, kept, after), plan = asked(
        tmp_path, ("camera-plan", {**form, "keep": False}), ("camera", {}), ("camera-plan", form), ("camera", {})
    )
    assert [one["start_utc_s"] for one in tried["sessions"]][:2] == [FIRST_S, FIRST_S + 3600]
    assert before["plan"]["how"] == "always"
    assert kept["sessions"] == tried["sessions"] == after["sessions"]
    assert plan == CameraPlan("at", 2, tuple(sorted(at)))
    assert after["now"]["phase"] == "waiting"
    assert kept["words"].startswith("The camera runs at")


def test_one_tap_skips_the_next_session_and_another_the_rest_of_today(tmp_path):
    form = {"how": "at", "minutes": 2, "at": list(plan_at(FIRST_S, FIRST_S + 3600).at_min)}
    answers, _ = asked(tmp_path, ("camera-plan", form), ("camera-skip", {"which": "this"}), ("camera", {}),
                       ("camera-skip", {"which": "rest"}), ("camera", {}))  # fmt: skip
    assert [one["state"] for one in answers[2]["sessions"]][:2] == ["skipped", "coming"]
    assert [one["state"] for one in answers[4]["sessions"]][:2] == ["skipped", "skipped"]
    assert "no camera session begins before" in answers[3]["words"]


def test_a_plan_per_shift_without_a_shift_says_what_is_missing(tmp_path):
    (kept, shown), _ = asked(tmp_path, ("camera-plan", {"how": "per_shift", "times": 3}), ("camera", {}))
    assert kept["sessions"] == []
    assert "No shift is known" in kept["why_none"] == shown["why_none"]


@pytest.mark.parametrize(
    "with_",
    [
        {}, {"how": "never"}, {"how": "at"}, {"how": "at", "at": [1440]}, {"how": "at", "at": ["9:00"]}, {"how": "at", "at": [540.0]},
        {"how": "at", "at": [540, 545]}, {"how": "at", "at": list(range(0, 1300, 100))}, {"how": "always", "minutes": 31},
        {"how": "always", "minutes": 0}, {"how": "per_shift", "times": 7}, {"how": "per_shift", "times": True}, {"how": "at", "at": [540], "more": 1},
        {"how": "at", "at": [540], "keep": "yes"},
    ],
)  # fmt: skip
def test_a_form_that_is_none_is_refused_and_changes_nothing(tmp_path, with_):
    with pytest.raises(WrongUse):
        asked(tmp_path, ("camera-plan", with_))
    for skip in ({}, {"which": "all"}, {"which": "this", "more": 1}):
        with pytest.raises(WrongUse):
            asked(tmp_path, ("camera-skip", skip))
    assert asked(tmp_path, ("camera", {}))[0][0]["plan"]["how"] == "always"


def test_every_plan_and_state_has_its_fragment():
    sessions = [{"start_utc_s": FIRST_S, "end_utc_s": FIRST_S + 600, "state": one} for one in camera_words.STATES]
    plans = [
        CameraPlan(),
        CameraPlan("at", 10, (540, 780)),
        CameraPlan("at", 5, tuple(range(0, 1200, 100))),
        CameraPlan("per_shift"),
        camera_plan.CLOSED,
    ]
    for plan, is_on, operator, phase in itertools.product(
        plans, (False, True), (None, "<b>Ward 3</b>"), ("always", "waiting", "announced", "open")
    ):
        asks = camera(plan, sessions, is_on=is_on, operator=operator)
        html = drawn(
            "{{ appointments.settings(camera) }}{{ appointments.banner(camera.now) }}",
            camera=asks | {"now": now(phase)},
        )
        html += notice(camera=asks)
        assert "unknown" not in html
        assert "<b>Ward" not in html
        assert html.count("checked") == 1
        banner = html.split('class="camera-banner"')[1].split(">")[0]
        assert f'data-phase="{phase}"' in banner
        assert ("hidden" in banner) == (phase not in ("announced", "open"))
    assert "No shift is known" in drawn("{{ appointments.sessions([], 'x') }}")


def test_the_notice_says_what_is_not_stored_and_whom_to_ask():
    for plan, when in (
        (CameraPlan("at", 10, (540, 780)), "09:00, 13:00"),
        (CameraPlan("per_shift", times=3), "3 times"),
        (CameraPlan(), "switched on"),
    ):
        html = notice(camera=camera(plan, operator="Ward 3"))
        for words in (when, "No picture is stored", "No sound is recorded", "Whom to ask", "do not want it", "Ward 3"):
            assert words in html
    assert "stay on this computer" in notice(camera=camera(plan))


def test_the_words_of_camera_sessions_are_plain():
    sentences = [
        words.format_map(dict.fromkeys(("day", "start", "end", "n", "seconds", "times", "minutes", "operator"), "ten"))
        for words in WORDS.values()
        if len(words.split()) >= 5
    ]
    assert grade("\n".join(sentences)) <= 8.0
    assert all(key.startswith("appoint.") for key in WORDS)


@pytest.mark.browser
def test_banner_form_and_notice_are_accessible_in_every_width_and_the_notice_fills_one_page(tmp_path, browser):
    """The fragments with the page's style, in Chromium: axe, targets, nothing cut; a planted fault is found."""
    sessions = [{"start_utc_s": FIRST_S, "end_utc_s": FIRST_S + 600, "state": one} for one in camera_words.STATES]
    keep_style(tmp_path)
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Camera</title><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="page.css"></head><body>'  # fmt: skip
    asks = camera(CameraPlan("at", 10, (540, 780)), sessions)
    for phase in ("announced", "open"):
        body = drawn(
            "{{ appointments.banner(now) }}<main><h1>{{ t('appoint.title') }}</h1>{{ appointments.settings(camera) }}</main>",
            camera=asks,
            now=now(phase),
        )
        (tmp_path / f"{phase}.html").write_text(head + body)
    (tmp_path / "notice.html").write_text(f"{head}<main>{notice(camera=asks)}</main>")
    (tmp_path / "fault.html").write_text(
        f"{head}<main><h1>x</h1><input type='time'><button style='min-height:0;height:20px'></button></main>"
    )
    small = "[...document.querySelectorAll('button, input:not([type=radio]), a')].filter((one) => one.offsetParent && one.tagName !== 'A' && one.getBoundingClientRect().height < 44).length"
    wide = "document.documentElement.scrollWidth > innerWidth"
    for width, scheme in itertools.product((320, 360, 768, 1440), ("light", "dark")):
        browser("new", width=width, scheme=scheme)
        for name in ("announced", "open", "notice"):
            browser("goto", url=(tmp_path / f"{name}.html").as_uri())
            assert browser("axe") == [], (name, width, scheme)
            assert browser("eval", js=wide) is False, (name, width)
            assert browser("eval", js=small) == 0, (name, width)
    browser("new", width=658, scheme="light")  # an A4 page without its margins: 658 by 986 px, in print type of 13 pt
    browser("goto", url=(tmp_path / "notice.html").as_uri())
    assert browser("eval", js="document.querySelector('.paper').offsetHeight") * (13 / 12) ** 2 < 986
    browser("goto", url=(tmp_path / "fault.html").as_uri())
    assert browser("axe") != []
    assert browser("eval", js=small) >= 1


@pytest.mark.browser
def test_the_banner_counts_down_from_the_stream_and_says_what_it_does(tmp_path, browser):
    keep_style(tmp_path)
    fill = re.search(r"^export function fill.*?^}", (STATIC / "call.js").read_text(), re.DOTALL | re.MULTILINE)
    script = "\n".join([fill.group(), *((STATIC / name).read_text() for name in ("local.js", "appoint.js"))])
    script = re.sub(r"^import .*$|^export ", "", script, flags=re.MULTILINE)  # of a file no module is imported
    body = drawn(
        "{{ appointments.banner(now) }}<main>{{ appointments.settings(camera) }}</main>",
        now=now(),
        camera=camera(CameraPlan("at", 10, (540,))),
    )
    (tmp_path / "page.html").write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title><link rel="stylesheet" href="page.css"></head><body>{body}<script>{script}</script></body></html>'
    )
    browser("new", width=768, scheme="light")
    browser("goto", url=(tmp_path / "page.html").as_uri())
    hidden = "document.getElementById('camera-banner').hidden"
    assert browser("eval", js=hidden) is True
    for phase, left, words in (
        ("announced", 60, "opens in 60 s"),
        ("announced", 7, "opens in 7 s"),
        ("open", 599, "on for 599 s more"),
    ):
        browser("eval", js=f"draw({json.dumps(now(phase, seconds_left=left))})")
        assert browser("eval", js=hidden) is False
        assert words in browser("text", sel="#camera-banner")
    assert browser("eval", js="document.querySelector('#camera-banner').innerText.includes('opens in')") is False
    browser("eval", js=f"draw({json.dumps(now('waiting'))})")
    assert browser("eval", js=hidden) is True
    form = browser(
        "eval", js="JSON.stringify(wanted(document.querySelector('form[data-form=camera-plan]'), {value: 'no'}))"
    )
    assert json.loads(form) == {"how": "at", "at": [540], "times": 3, "minutes": 10, "keep": False}
