"""The worker's page in a real Chromium, over a real agent: every flow; three widths, light and dark.

`make test-page` goes through every flow in all six looks; the suite through each in one.
"""

import csv
import hashlib
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
    for page in (*PAGES, "notice", "about/rmssd_ms", "about/index"):
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
        if seen[-1] == (under := "Sharing" if width > 900 else "more"):
            break
    assert under in seen
    if width <= 900:  # on a phone the page is under "More"
        browser("press", key="Enter")
        for _ in range(3):
            browser("press", key="Tab")
            if browser("eval", js="document.activeElement.dataset.page") == "sharing":
                break
    browser("press", key="Enter")
    browser("wait", js="document.querySelector('#proofs') !== null")
    assert browser("eval", js="document.activeElement.tagName") == "H1"  # read first, by a reader of screens
    for reached in ("document.activeElement.parentElement.id === 'proofs'", "document.activeElement.id === 'prove'"):
        for _ in range(60):
            browser("press", key="Tab")
            if browser("eval", js=reached):
                break
        assert browser("eval", js=reached)
        browser("press", key="Enter")
    browser("wait", js="document.querySelector('#proof').textContent.includes('whole')")


@pytest.mark.parametrize("width", [320, *(pytest.param(one, marks=pytest.mark.long) for one in (384, 720))])
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
    browser("click", sel="figure details:has(#rejected) summary")
    assert "early" in browser("text", sel="#rejected")
    assert "rejected" in browser("text", sel="#beats-said")
    browser("wait", js="document.getElementById('rmssd').textContent.length > 0")
    assert browser("text", sel="#states").count("OK") >= 2
    browser("click", sel="figure details:has(#beats-t) summary")
    browser("wait", js="document.querySelectorAll('#beats-t tr').length > 5")


@one_look(3)
def test_beats_are_drawn_in_ms_or_as_a_rate(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser("wait", js="document.querySelectorAll('#beats circle').length > 3")
    marks = "[...document.querySelectorAll('#beats text[text-anchor=end]')].map((one) => Number(one.textContent.replace(/\\D/g, ''))).filter(Boolean)"
    assert min(browser("eval", js=marks)) > 250
    browser("click", sel="#beats-unit")
    assert browser("eval", js="document.querySelector('#beats text').textContent") == "/min"
    assert browser("eval", js="document.getElementById('beats-unit').ariaPressed") == "true"
    assert max(browser("eval", js=marks)) < 250
    assert "a minute" in browser("text", sel="#beats-said")
    browser.go("help")
    browser.go("today")
    browser("wait", js="document.querySelectorAll('#beats circle').length > 3")
    assert max(browser("eval", js=marks)) < 250, "the choice stays"
    browser("click", sel="#beats-unit")
    assert "ms apart" in browser("text", sel="#beats-said")


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
    browser("wait", js="document.querySelector('#window details') !== null", within=40)
    browser("click", sel="#window summary")
    browser("click", sel="#window a[href='#about/rmssd_ms']")
    browser("wait", js="document.querySelector('#source-h') !== null")
    text = browser("text", sel="#main")
    assert "10.1161/01.CIR.93.5.1043" in text
    assert "beats" in text
    assert "Withheld: " in text  # windows of the test are 20 s long, and say so
    browser.go("weeks")
    browser("click", sel=".week-parts:not([hidden]) summary")
    browser("click", sel=".week-parts:not([hidden]) details[open] a[href='#about/rmssd_ms']")
    browser("wait", js="document.querySelector('#source-h') !== null")


# ---- sharing


@one_look(5)
def test_what_left_can_be_searched_saved_and_proven(living, browser, width, scheme):
    wait_for(lambda: living.in_agent(lambda agent: agent.outbox.counts().get("receipted", 0)) > 3, what="receipts")
    wait_for(lambda: living.in_agent(lambda agent: agent.last_summary is not None), 40, what="a window")
    time.sleep(3)
    browser.enter(living, width, scheme)
    browser.go("sharing")
    text = browser("text", sel="#main")
    assert "Test service gets what you agreed to." in text
    assert "A placeholder is an empty message" in text
    assert not any(name in text for name in ("_bpm", "_ms", "cover", "sealed_"))
    assert browser("count", sel="#rows .rows > .cover") > 0
    # what stands on the card is what the list of the day holds
    today = browser("eval", js="document.querySelector('#facts dd').textContent")
    listed = browser("eval", js="document.querySelector('.day .small').textContent")
    assert today == listed
    n = browser("eval", js="document.querySelectorAll('#rows .day [data-row]').length")
    assert n == sum(int(part.split()[0]) for part in listed.split(", "))
    # one row, one level down
    assert browser("count", sel="#rows .hex") == 0
    browser("click", sel="#rows .rows > .consent summary")
    browser("wait", js="document.querySelectorAll('#rows .hex').length === 2")
    opened = browser("text", sel="#rows .consent .part")
    idx = int(browser("eval", js="document.querySelector('#rows .consent [data-row]').dataset.row"))
    exact, digest = living.in_agent(lambda agent: (
        agent.outbox.words(idx).hex(),
        agent.outbox.db.execute("SELECT digest FROM ledger WHERE idx = ?", (idx,)).fetchone()[0].hex(),
    ))  # fmt: skip
    assert exact in opened
    assert digest in opened
    assert browser.violations() == []
    assert not browser("visible", sel="#prove")
    browser("click", sel="#proofs > summary")
    for typed, least in (("you gave consent", 1), ("placeholder", 2), ("arrived", 3)):  # of the ledger, and of the page
        browser("fill", sel="#search", text=typed)
        browser("press", key="Enter")
        browser("wait", js=f"document.querySelector('#found [role=status]')?.textContent.includes({json.dumps(typed)})")
        assert browser("count", sel="#found [data-row]") >= least
        said = browser("text", sel="#found [role=status]")
        assert int(said.split()[0]) == browser("count", sel="#found [data-row]")
    browser("click", sel="#prove")
    browser("wait", js="document.querySelector('#proof').textContent.includes('whole')")
    assert browser.violations() == []
    made = browser("download", sel="[data-file='ledger.json']")
    rows = json.loads(made["text"])
    assert [row["idx"] for row in rows] == list(range(1, len(rows) + 1))
    table = list(csv.reader(io.StringIO(browser("download", sel="[data-file='ledger.csv']")["text"])))
    assert table[0][:4] == ["idx", "made_utc_s", "kind", "state"]
    assert len(table) > len(rows) - 3


# ---- privacy & controls


@one_look(0)
def test_pauses_are_shown_and_end(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser("click", sel="#pause")
    browser("wait", js="!document.getElementById('paused').hidden")
    assert living.agent.paused
    browser.go("privacy")
    browser("click", sel="#main [data-do=resume]")
    browser("wait", js="document.querySelectorAll('#main [data-do=pause]').length === 3")
    browser("click", sel="#main [data-do=pause][data-with*=hour]")
    browser("wait", js="document.querySelector('#main [data-do=resume]') !== null")
    until = living.in_agent(lambda agent: pauses.ends_utc_s(agent.outbox))
    assert 3500 < until - time.time() <= 3600
    assert "Paused until" in browser("text", sel="#main")
    browser("click", sel="#main [data-do=resume]")
    browser("wait", js="document.querySelector('#main [data-do=resume]') === null")
    browser("click", sel="details:has([data-form=hours]) > summary")
    begin, end = time.localtime(time.time() + 3 * 3600), time.localtime(time.time() + 4 * 3600)
    browser("fill", sel="#hours-from", text=time.strftime("%H:%M", begin))
    browser("fill", sel="#hours-until", text=time.strftime("%H:%M", end))
    browser("click", sel="form[data-form=hours] button")
    browser("wait", js="document.querySelector('[data-do=hours]') !== null")
    browser("click", sel="details:has([data-form=hours]) > summary")
    browser("fill", sel="#hours-from", text="02:00")
    browser("fill", sel="#hours-until", text="02:30")
    browser("click", sel="form[data-form=hours] button")
    browser("wait", js="document.querySelectorAll('[data-do=hours]').length === 2")
    browser("click", sel=".hours li:nth-of-type(2) [data-do=hours]")
    browser("wait", js="document.querySelectorAll('[data-do=hours]').length === 1")
    assert len(living.in_agent(lambda agent: pauses.hours(agent.outbox))) == 1
    browser("click", sel="[data-do=hours]")
    browser("wait", js="document.querySelector('[data-do=hours]') === null")


def serial(agent):
    record = consents.in_force(agent.outbox)
    return 0 if record is None else record.serial


CHECKED = "[...document.querySelectorAll('[name=grants]:checked')].map((one) => one.value)"
STEP = "document.getElementById('consent-form').dataset.step"


def tick(browser, signal, purpose):
    wanted = json.dumps(json.dumps([signal, purpose]))
    browser("eval", js=f"[...document.querySelectorAll('[name=grants]')].find((one) => one.value === {wanted}).click()")


@one_look(1)
def test_consent_is_ticked_read_and_signed_by_the_pin_and_withdrawn_without(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("privacy")
    living.ask("withdraw")
    browser.go("today")
    browser.go("privacy")
    assert "You have not consented to anything" in browser("text", sel="#consent-now")
    assert browser("count", sel="[data-do=withdraw]") == 0
    assert browser("count", sel="#main .primary") >= 1
    browser("click", sel="#consent-open")
    assert browser("count", sel="[name=grants]:checked") == 0  # nothing is ticked for anybody who has not consented
    assert "Step 1 of 3" in browser("text", sel="#consent-form")
    browser("click", sel="#consent-next")
    assert "Nothing was ticked" in browser.said()
    assert browser("eval", js=STEP) == "1"
    tick(browser, "heart", "care")
    browser("click", sel="#consent-next")
    browser("wait", js=f"{STEP} === '2'")
    text = browser("eval", js="document.getElementById('consent-text').textContent")
    assert "Wardbeat consent, text 2" in text
    assert "to Test service" in text
    assert browser("text", sel="#consent-digest") == hashlib.sha256(text.encode()).hexdigest()
    assert "Heart, for care" in browser("text", sel="[data-compared=new]")
    assert not browser("visible", sel="[data-compared=same]")
    assert browser.violations() == []
    before = living.in_agent(serial)
    tick(browser, "face", "care")
    browser("wait", js=f"{STEP} === '1'")  # other ticks are another text
    assert "Your choices changed" in browser.said()
    tick(browser, "face", "care")
    browser("click", sel="#consent-next")
    browser("wait", js=f"{STEP} === '2'")
    browser("click", sel="#consent-next")
    assert "Step 3 of 3" in browser("text", sel="#consent-form")
    browser("fill", sel="#pin", text="half a pin")
    browser("click", sel="#consent-back")
    assert browser("eval", js="document.getElementById('pin').value") == ""  # a PIN is not left lying about
    browser("click", sel="#consent-next")
    browser("fill", sel="#pin", text="not the pin")
    browser("press", key="Enter")
    browser("wait", js="document.getElementById('said').textContent.includes('PIN')")
    assert browser("eval", js="document.getElementById('pin').value") == ""
    assert living.in_agent(serial) == before
    browser("fill", sel="#pin", text=PIN)
    browser("press", key="Enter")
    browser("wait", js="document.getElementById('said').textContent.includes('Consent is given')")
    assert living.in_agent(serial) > before
    browser("wait", js="document.querySelector('.signals')?.textContent.includes('On until')")
    # what stands is shown, and can be changed: its own ticks, and no other
    browser("click", sel="#consent-open")
    assert browser("eval", js=CHECKED) == ['["heart", "care"]']
    tick(browser, "heart", "score")
    tick(browser, "heart", "care")
    browser("click", sel="#consent-next")
    browser("wait", js=f"{STEP} === '2'")
    assert "for a score of your weeks" in browser("text", sel="[data-compared=new]")
    assert "Heart, for care" in browser("text", sel="[data-compared=gone]")
    browser("click", sel="#consent-leave")
    browser("click", sel="#consent-open")
    assert browser("eval", js=CHECKED) == ['["heart", "care"]']
    browser("click", sel="#consent-leave")
    assert browser("eval", js="document.querySelector('[data-do=withdraw]').className") == ""  # quiet, and no "Save"
    browser("click", sel="[data-do=withdraw]")
    browser("wait", js="document.getElementById('said').textContent.includes('Withdrawn')")
    assert living.in_agent(lambda agent: consents.in_force(agent.outbox)) is None
    browser("wait", js="document.getElementById('main').textContent.includes('not consented to anything')")
    assert browser("troubles") == [] or browser("troubles") == [one for one in browser("troubles") if "409" in one]


@one_look(4)
def test_sensors_are_switched_by_toggles_and_the_focus_stays(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("privacy")
    strap = "#main [role=switch][aria-label=Strap]"
    assert browser("eval", js=f"document.querySelector('{strap}').getAttribute('aria-checked')") == "true"
    browser("eval", js=f"document.querySelector('{strap}').focus()")
    for state in ("false", "true"):
        browser("press", key="Space")
        browser("wait", js=f"document.querySelector('{strap}')?.getAttribute('aria-checked') === '{state}'")
        browser("wait", js=f"document.activeElement === document.querySelector('{strap}')")
    assert living.in_agent(lambda agent: pauses.switches(agent.outbox)) == {"ble_strap": True}


@one_look(2)
def test_everything_is_saved(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("privacy")
    made = json.loads(browser("download", sel="[data-file='everything.json']")["text"])
    assert len(made["summaries"]) > 500
    assert {"told", "ledger", "pauses", "strap"} <= set(made)
    rows = list(csv.DictReader(io.StringIO(browser("download", sel="[data-file='everything.csv']")["text"])))
    assert {"hr_mean_bpm", "rmssd_ms"} <= {row["number"] for row in rows}


@one_look(5)
def test_what_is_unfolded_or_typed_stays_when_the_page_is_drawn_again(living, browser, width, scheme):
    fold = "document.querySelector('details:has([data-form=hours])').open"
    redrawn = "document.querySelector('#main > h1').isBefore !== true"
    browser.enter(living, width, scheme)
    browser.go("privacy")
    browser("click", sel="details:has([data-form=hours]) > summary")
    browser("fill", sel="#hours-from", text="02:00")
    browser("click", sel="#erase-begin")
    browser("check", sel="#sure")
    for state in ("true", "false"):  # a switch elsewhere on the page
        browser("eval", js="void (document.querySelector('#main > h1').isBefore = true)")
        browser("click", sel="#main [data-do=notice]")
        browser("wait", js=f"{redrawn} && document.querySelector('#main [data-do=notice]').ariaChecked === '{state}'")
        browser("wait", js=f"{fold} && document.getElementById('hours-from').value === '02:00'")
    assert not browser("visible", sel="button.grave"), "what cannot be taken back begins from the start"
    assert browser("eval", js="document.getElementById('sure').checked") is False
    browser("fill", sel="#hours-until", text="02:30")
    browser("click", sel="form[data-form=hours] button")
    browser("wait", js="document.querySelector('[data-do=hours]') !== null")
    assert browser("eval", js=f"{fold} || document.getElementById('hours-from').value") == "", "sent and done with"
    browser("click", sel="[data-do=hours]")
    browser("wait", js="document.querySelector('[data-do=hours]') === null")


def test_a_still_picture_stays_still_when_the_page_is_drawn_again_and_not_for_who_comes_back(living, browser):
    browser.enter(living, 1100)
    browser("click", sel="#freeze")
    browser("wait", js="!document.getElementById('frozen').hidden")
    for state in ("pause", "resume"):
        browser("eval", js="void (document.querySelector('#main > h1').isBefore = true)")
        browser("click", sel=f"#pause[data-do={state}]")
        browser(
            "wait", js="document.querySelector('#main > h1')?.isBefore !== true && !!document.getElementById('freeze')"
        )
        browser("wait", js="!document.getElementById('frozen').hidden")
    browser.go("help")
    browser.go("today")
    browser("wait", js="document.getElementById('frozen')?.hidden === true")


# ---- check-in


def told(living) -> list:
    return living.in_agent(lambda agent: agent.history.told())


def asked_now(browser) -> str:
    """The question that is on the screen: one, and its heading has the focus."""
    assert browser("count", sel=".ask:not([hidden]) fieldset:not([hidden])") == 1
    assert browser("eval", js="document.activeElement.closest('fieldset:not([hidden])') !== null")
    return browser("text", sel=".ask:not([hidden]) fieldset:not([hidden]) h2")


@one_look(3)
def test_a_check_in_is_left_taken_up_and_done(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("check-in")
    assert "saved on this machine" in browser("text", sel="#what-h ~ p")
    assert browser("count", sel=".ask:not([hidden])") == 0
    browser("click", sel="[data-check=cbi]")
    assert asked_now(browser).split() == ["1", "of", "19", "How", "often", "do", "you", "feel", "tired?"]
    assert browser("eval", js="document.activeElement.querySelector('[lang=en]') !== null")
    rows = "[...document.querySelectorAll('.ask:not([hidden]) fieldset:not([hidden]) label')].map((one) => one.getBoundingClientRect())"
    assert browser("eval", js=f"Math.min(...{rows}.map((one) => one.height))") >= 56
    assert browser("eval", js=f"Math.min(...{rows}.map((one) => one.width))") > 200, "the whole row is the target"
    browser("click", sel="form[data-short=cbi] [type=submit]")
    assert "Choose an answer" in browser.said()
    browser("click", sel="label:has(#cbi-p1-1)")
    wait_for(lambda: any(one.what == "draft" for one in told(living)), what="what was begun")
    browser.go("today")
    browser.go("check-in")
    assert "1 of 19 answered" in browser("text", sel="#main")
    assert browser.violations() == []
    browser("click", sel="[data-check=cbi]")
    assert asked_now(browser).startswith("2 of 19"), "taken up where it was left"
    browser("click", sel="form[data-short=cbi] [data-check-back]")
    assert asked_now(browser).startswith("1 of 19")
    assert browser("eval", js="document.getElementById('cbi-p1-1').checked")
    browser("click", sel="form[data-short=cbi] [type=submit]")
    for item in ("p2", "p3", "p4", "p5", "p6"):
        browser("click", sel=f"label:has(#cbi-{item}-1)")
        browser("click", sel="form[data-short=cbi] [type=submit]")
    assert browser.violations() == []
    for _ in range(13):
        browser("click", sel="form[data-short=cbi] [data-check-skip]")
    browser("wait", js="!document.getElementById('result').hidden")
    assert browser("eval", js="document.activeElement.id") == "result-h"
    assert "75 (" in browser("text", sel="#result")
    assert "someone you trust" in browser("text", sel="#result")
    assert browser("count", sel="#result li") > 1
    assert "no total" in browser("text", sel="#result")
    assert {one.what for one in told(living) if one.name == "cbi"} == {"check-in"}  # nothing begun is left
    # answered, it is not due, and its result is one of the past
    assert browser("count", sel="#due-h ~ .due-row [data-check=cbi]") == 0
    assert browser("count", sel="#due-h ~ details [data-check=cbi]") == 1
    assert "75 (" in browser("text", sel="#past-h ~ ul")
    assert browser("troubles") == []


@one_look(4)
def test_a_check_in_by_keyboard_alone(living, browser, width, scheme):
    """From the button to the result: digits, arrow keys and Enter; what is skipped is not kept."""
    browser.enter(living, width, scheme)
    browser.go("check-in")
    pressed = "document.activeElement.dataset.check"
    for _ in range(40):
        browser("press", key="Tab")
        if browser("eval", js=pressed) == "tired":
            break
    browser("press", key="Enter")
    assert asked_now(browser).startswith("How tired are you")
    browser("press", key="7")  # answers that are numbers: the key is the number
    assert browser("eval", js="document.getElementById('tired-t1-7').checked")
    browser("press", key="ArrowRight")
    assert browser("eval", js="document.getElementById('tired-t1-8').checked")
    assert browser("eval", js="getComputedStyle(document.activeElement.closest('label')).outlineStyle") == "solid"
    browser("press", key="Enter")
    browser("wait", js="!document.getElementById('result').hidden")
    assert "8" in browser("text", sel="#result-lines")
    assert [dict(one.numbers) for one in told(living) if one.name == "tired"] == [{"t1": 8}]
    for _ in range(40):
        browser("press", key="Tab")
        if browser("eval", js=pressed) == "single":
            break
    browser("press", key="Enter")
    browser("press", key="2")  # else the number of the row
    assert browser("eval", js="document.getElementById('single-s1-1').checked")
    wait_for(lambda: any(one.what == "draft" for one in told(living)), what="what was begun")
    while browser("eval", js="document.activeElement.dataset.checkSkip") is None:
        browser("press", key="Tab")
    browser("press", key="Enter")
    assert "nothing was saved" in browser.said().lower()
    assert not any(one.name == "single" for one in told(living)), "what was skipped is taken back"
    assert all("409" in one for one in browser("troubles")), "the refusal of an empty check-in, and nothing else"


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
    assert not browser("visible", sel="button.grave")  # two steps, and a tick
    browser("click", sel="#erase-begin")
    browser("click", sel="#erase-leave")
    assert not browser("visible", sel="button.grave")
    browser("click", sel="#erase-begin")
    browser("click", sel="button.grave")
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
