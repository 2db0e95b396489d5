"""The worker's page in a real Chromium, over a real agent: every flow; three widths, light and dark.

`make test-page` goes through every flow in all six looks; the suite through each in one.
"""

import csv
import io
import json
import time

import pytest

from agent.outbox import consents, pauses
from tests.support import page_agent
from tests.support.page_agent import LOOKS, PAGES, one_look
from tests.support.processes import wait_for
from tests.support.world import PIN

every_look = pytest.mark.parametrize(("width", "scheme"), LOOKS)


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living(tmp_path_factory.mktemp("page"), days=100) as made:
        yield made


# ---- for everybody


@every_look
@pytest.mark.long
def test_every_page_has_no_axe_violation_and_no_trouble(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    for page in (*PAGES, "about/rmssd_ms"):
        browser.go(page)
        browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert browser.violations() == [], page
        assert browser("metrics")["wide"] <= 0, page
    assert browser("troubles") == []
    assert browser("cookies") == []
    outside = [url for url in browser("asked") if not url.startswith(("http://127.0.0.1:", "file:", "blob:"))]
    assert outside == []
    # the same detectors on planted breaches
    browser("eval", js="""document.querySelector('#main').insertAdjacentHTML('beforeend',
        '<img src="/static/icon.svg"><p id="faint">pale</p><div id="far">far</div>');
        document.getElementById('faint').style.color = '#888'; document.getElementById('faint').style.background = '#777';
        document.getElementById('far').style.width = '3000px'; 1""")  # fmt: skip
    assert {"image-alt", "color-contrast"} <= {name for name, *_ in browser.violations()}
    assert browser("metrics")["wide"] > 0


@one_look(5)
def test_by_keyboard_alone(living, browser, width, scheme):
    """Skip link, menu, a decision and back: by Tab and Enter, with the focus always to be seen."""
    browser.enter(living, width, scheme)
    seen = []
    for _ in range(12):
        browser("press", key="Tab")
        seen.append(browser("eval", js="(document.activeElement.id || document.activeElement.textContent).trim()"))
        outline = browser("eval", js="getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", seen
        if seen[-1] == "What left":
            break
    assert "What left" in seen
    browser("press", key="Enter")
    browser("wait", js="document.querySelector('#prove') !== null")
    assert browser("eval", js="document.activeElement.tagName") == "H1"  # read first, by a reader of screens
    for _ in range(30):
        browser("press", key="Tab")
        if browser("eval", js="document.activeElement.id") == "prove":
            break
    browser("press", key="Enter")
    browser("wait", js="document.querySelector('#proof').textContent.includes('whole')")


@pytest.mark.parametrize("width", [320, 384, 720])
def test_at_twice_the_size_nothing_is_cut(living, browser, width):
    """Zoom of 200 % is half the viewport, of 640, 768 and 1440: WCAG 2.2, 1.4.4; 1.4.10 goes down to 320 px, no further."""
    browser.enter(living, width)
    for page in PAGES:
        browser.go(page)
        assert browser("metrics")["wide"] <= 0, page
        cut = browser(
            "eval",
            js="""[...document.querySelectorAll('#main button, #main p, #main h2, nav a')].filter((one) => one.offsetParent
            && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
            && !one.closest('.wide')).map((one) => one.textContent)""",
        )
        assert cut == [], page
        small = browser(
            "eval",
            js="""[...document.querySelectorAll('button, nav a, select, summary, .tick label')].filter((one) => one.offsetParent
            && one.getBoundingClientRect().height < 44).map((one) => one.textContent)""",
        )
        assert small == [], page


# ---- now


@one_look(0)
def test_now_shows_each_beat_what_does_not_count_and_why(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser("wait", js="Number(document.getElementById('rate').textContent) > 40")
    browser("wait", js="document.querySelectorAll('#beats [data-t]').length > 1")
    newest = "Math.max(...[...document.querySelectorAll('#beats [data-t]')].map((one) => Number(one.dataset.t)))"
    before = browser("eval", js=newest)
    browser("wait", js=f"{newest} > {before} + 2")
    browser("wait", js="document.querySelectorAll('#beats path.bad').length > 0", within=60)
    assert "early" in browser("text", sel="#rejected")
    assert "rejected" in browser("text", sel="#beats-said")
    browser("wait", js="document.getElementById('rmssd').textContent.length > 0")
    assert browser("text", sel="#states").count("OK") >= 2
    browser("click", sel="figure details summary")
    browser("wait", js="document.querySelectorAll('#beats-t tr').length > 5")


@one_look(1)
def test_a_frozen_page_stays_as_it_is(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser("wait", js="document.querySelectorAll('#beats circle').length > 3")
    browser("click", sel="#freeze")
    first = browser("eval", js="document.getElementById('beats').innerHTML")
    time.sleep(2.5)
    assert browser("eval", js="document.getElementById('beats').innerHTML") == first
    assert "not live" in browser("text", sel="#frozen")
    browser("click", sel="#freeze")
    browser("wait", js="document.getElementById('frozen').hidden")
    browser("wait", js=f"document.getElementById('beats').innerHTML !== {json.dumps(first)}")


def test_whoever_wants_less_motion_gets_a_still_page(living, browser):
    browser.enter(living, 768, "light", reduced=True)
    browser("wait", js="document.querySelectorAll('#beats circle').length > 0")
    assert browser("text", sel="#freeze") == "Unfreeze"
    first = browser("eval", js="document.getElementById('beats').innerHTML")
    time.sleep(2.5)
    assert browser("eval", js="document.getElementById('beats').innerHTML") == first


@one_look(2)
def test_a_number_leads_to_its_count_formula_and_source_in_three_clicks(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser("wait", js="document.querySelector('#window table') !== null", within=40)
    browser("click", sel="#window a[href='#about/rmssd_ms']")
    browser("wait", js="document.querySelector('#source-h') !== null")
    text = browser("text", sel="#main")
    assert "10.1161/01.CIR.93.5.1043" in text
    assert "beats" in text
    assert "withheld" in text  # windows of the test are 20 s long, and say so
    browser.go("weeks")
    browser("click", sel=".week-parts:not([hidden]) summary")
    browser("click", sel=".week-parts:not([hidden]) details[open] a[href='#about/rmssd_ms']")
    browser("wait", js="document.querySelector('#source-h') !== null")


# ---- what left


@one_look(5)
def test_what_left_can_be_searched_saved_and_proven(living, browser, width, scheme):
    wait_for(lambda: living.in_agent(lambda agent: agent.outbox.counts().get("receipted", 0)) > 3, what="receipts")
    wait_for(lambda: living.in_agent(lambda agent: agent.last_summary is not None), 40, what="a window")
    time.sleep(3)
    browser.enter(living, width, scheme)
    browser.go("sharing")
    assert "To Test service." in browser("text", sel="#main")
    assert browser("count", sel=".rows > .cover") > 0
    browser("fill", sel="#search", text="you gave consent")
    browser("press", key="Enter")
    browser("wait", js="document.querySelector('#rows [role=status]') !== null")
    assert ": 1." in browser("text", sel="#rows")
    browser("click", sel="#prove")
    browser("wait", js="document.querySelector('#proof').textContent.includes('whole')")
    made = browser("download", sel="[data-file='ledger.json']")
    rows = json.loads(made["text"])
    assert [row["idx"] for row in rows] == list(range(1, len(rows) + 1))
    table = list(csv.reader(io.StringIO(browser("download", sel="[data-file='ledger.csv']")["text"])))
    assert table[0][:4] == ["idx", "made_utc_s", "kind", "state"]
    assert len(table) > len(rows) - 3


# ---- your say


@one_look(0)
def test_pauses_are_shown_and_end(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser("click", sel="#pause")
    browser("wait", js="!document.getElementById('paused').hidden")
    assert living.agent.paused
    browser.go("privacy")
    browser("click", sel="[data-do=resume]")
    browser("wait", js="document.querySelectorAll('[data-do=pause]').length === 3")
    browser("click", sel="[data-do=pause]:nth-of-type(2)")
    browser("wait", js="document.querySelector('[data-do=resume]') !== null")
    until = living.in_agent(lambda agent: pauses.ends_utc_s(agent.outbox))
    assert 3500 < until - time.time() <= 3600
    assert "Paused until" in browser("text", sel="#main")
    browser("click", sel="[data-do=resume]")
    browser("wait", js="document.querySelectorAll('[data-do=pause]').length === 3")
    begin, end = time.localtime(time.time() + 3 * 3600), time.localtime(time.time() + 4 * 3600)
    browser("fill", sel="#hours-from", text=time.strftime("%H:%M", begin))
    browser("fill", sel="#hours-until", text=time.strftime("%H:%M", end))
    browser("click", sel="form[data-form=hours] button")
    browser("wait", js="document.querySelector('[data-do=hours]') !== null")
    browser("fill", sel="#hours-from", text="02:00")
    browser("fill", sel="#hours-until", text="02:30")
    browser("click", sel="form[data-form=hours] button")
    browser("wait", js="document.querySelectorAll('[data-do=hours]').length === 2")
    browser("click", sel="li:nth-of-type(2) [data-do=hours]")
    browser("wait", js="document.querySelectorAll('[data-do=hours]').length === 1")
    assert len(living.in_agent(lambda agent: pauses.hours(agent.outbox))) == 1
    browser("click", sel="[data-do=hours]")
    browser("wait", js="document.querySelector('[data-do=hours]') === null")


def serial(agent):
    record = consents.in_force(agent.outbox)
    return 0 if record is None else record.serial


@one_look(1)
def test_consent_is_ticked_read_and_signed_by_the_pin_and_withdrawn_without(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("privacy")
    assert browser("count", sel="[name=grants]:checked") == 0  # nothing is ticked for anybody
    browser("click", sel="form[data-form=consent] button")
    assert "Nothing was ticked" in browser.said()
    browser(
        "eval",
        js="""[...document.querySelectorAll('[name=grants]')].find((one) => one.value.includes('heart')).click()""",
    )
    browser("click", sel="form[data-form=consent] button")
    browser("wait", js="!document.getElementById('consent-text').hidden")
    text = browser("text", sel="#consent-text pre")
    assert "Wardbeat consent, text 2" in text
    assert "to Test service" in text
    before = living.in_agent(serial)
    tick = """[...document.querySelectorAll('[name=grants]')].find((one) => one.value.includes('face')).click()"""
    browser("eval", js=tick)
    browser("wait", js="document.getElementById('consent-text').hidden")  # other ticks are another text
    browser("eval", js=tick)
    browser("click", sel="form[data-form=consent] button")
    browser("wait", js="!document.getElementById('consent-text').hidden")
    browser("fill", sel="#pin", text="not the pin")
    browser("click", sel="[name=agree]")
    browser("wait", js="document.getElementById('said').textContent.includes('PIN')")
    assert living.in_agent(serial) == before
    browser("fill", sel="#pin", text=PIN)
    browser("click", sel="[name=agree]")
    browser("wait", js="document.getElementById('said').textContent.includes('Consent is given')")
    assert living.in_agent(serial) > before
    browser("click", sel="[data-do=withdraw]")
    browser("wait", js="document.getElementById('said').textContent.includes('Withdrawn')")
    assert living.in_agent(lambda agent: consents.in_force(agent.outbox)) is None
    browser("wait", js="document.getElementById('main').textContent.includes('not consented to anything')")


@one_look(2)
def test_everything_is_saved(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("privacy")
    made = json.loads(browser("download", sel="[data-file='everything.json']")["text"])
    assert len(made["summaries"]) > 500
    assert {"told", "ledger", "pauses", "strap"} <= set(made)
    rows = list(csv.DictReader(io.StringIO(browser("download", sel="[data-file='everything.csv']")["text"])))
    assert {"hr_mean_bpm", "rmssd_ms"} <= {row["number"] for row in rows}


# ---- check-in


@one_look(3)
def test_a_check_in_is_left_taken_up_and_done(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("check-in")
    assert "Only you see" in browser("text", sel="#main .lead")
    browser("click", sel="section:nth-of-type(3) details summary")
    browser("click", sel="label[for='cbi-p1-1']")
    wait_for(lambda: any(one.what == "draft" for one in living.in_agent(lambda agent: agent.history.told())),
                   what="what was begun")  # fmt: skip
    browser.go("today")
    browser.go("check-in")
    assert "1 of 19 answered" in browser("text", sel="#main")
    assert browser("eval", js="document.getElementById('cbi-p1-1').checked")
    for item in ("p2", "p3", "p4", "p5", "p6"):
        browser("click", sel=f"label[for='cbi-{item}-1']")
    browser("eval", js="document.querySelector('form[data-short=cbi] button[type=submit]').click()")
    browser("wait", js="!document.getElementById('result').hidden")
    assert "75 (" in browser("text", sel="#result")
    assert "someone you trust" in browser("text", sel="#result")
    assert "no total" in browser("text", sel="#result")
    told = living.in_agent(lambda agent: agent.history.told())
    assert {one.what for one in told if one.name == "cbi"} == {"check-in"}  # nothing begun is left


# ---- sessions


def test_a_page_that_is_loaded_again_is_closed(living, browser):
    browser.enter(living)
    browser("reload")
    browser("wait", js="document.querySelector('#main .why') !== null")
    assert "wardbeat open" in browser("text", sel="#main")
    assert "works only once" in browser("text", sel="#main")


# ---- last, since nothing is left after it


def test_erasing_takes_everything_and_shows_the_receipt(living, browser):
    browser.enter(living)
    browser.go("privacy")
    browser("click", sel="button.grave")  # the tick is required
    assert living.in_agent(lambda agent: len(list(agent.history.summaries()))) > 0
    browser("check", sel="#sure")
    browser("click", sel="button.grave")
    assert "were deleted here" in browser.said()
    assert living.in_agent(lambda agent: len(agent.history.told())) == 0
    wait_for(lambda: not living.in_agent(lambda agent: agent.outbox.unconfirmed()), what="the hub's erase receipt")
    browser.go("today")
    browser.go("privacy")
    browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert "BEGIN WARDBEAT" in browser("text", sel="#main")
    assert "signed" in browser("text", sel="#main")
