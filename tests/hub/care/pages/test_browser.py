"""The care view's pages in a real Chromium: four widths, light and dark, keyboard alone, 200 % zoom."""

import os

import pytest

from agent.wire.context import DAY_S
from hub.care import reading
from hub.store.team_alerts import ACKNOWLEDGED
from tests.support import page_agent
from tests.support.care_page import opened, serving
from tests.support.cared import NOW_UTC_S, alert

LOOKS = [(width, scheme) for width in (360, 390, 768, 1440) for scheme in ("light", "dark")]
SOME = LOOKS if os.environ.get("ALL_LOOKS") else [(360, "dark"), (390, "light"), (768, "dark"), (1440, "light")]


@pytest.fixture(scope="module")
def browser():
    made = page_agent.Browser()
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(everybody):
    with serving(everybody) as found:
        yield found


def pages(hub):
    """One of each kind, of people with everything and with little."""
    device = hub.people[3].name
    yield from ("/", "/?find=nobody", "/alerts", "/group", "/help", "/people/d-unknown", f"/people/{device}/print")
    yield from (f"/people/{hub.people[n].name}" for n in (0, 1, 3, 5, 7))
    yield from (
        "/evidence",
        "/evidence?question=Do+naps+help+nurses+on+night+shifts%3F",
        "/evidence?question=melatonin",
    )


@pytest.mark.parametrize(("width", "scheme"), SOME)
@pytest.mark.long
def test_every_page_has_no_axe_violation_and_fits(everybody, browser, address, width, scheme):
    browser("new", width=width, scheme=scheme)
    for page in pages(everybody):
        browser("goto", url=address + page)
        browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert browser.violations() == [], page
        assert browser("metrics")["wide"] <= 0, page
        if page.startswith("/evidence?question=Do"):
            assert browser("count", sel="blockquote") > 0
    troubles = [one for one in browser("troubles") if "404" not in one]  # of the page about nobody
    assert troubles == []
    assert {url for url in browser("asked") if not url.startswith(address)} == set()
    # the same detectors on planted breaches
    browser("eval", js="""document.querySelector('main').insertAdjacentHTML('beforeend',
        '<img src="/static/care.svg"><p id="faint">pale</p><div id="far">far</div>');
        document.getElementById('faint').style.color = '#888'; document.getElementById('faint').style.background = '#777';
        document.getElementById('far').style.width = '3000px'; 1""")  # fmt: skip
    assert {"image-alt", "color-contrast"} <= {name for name, *_ in browser.violations()}
    assert browser("metrics")["wide"] > 0


def test_at_200_per_cent_nothing_is_cut(everybody, browser, address):
    for width, height in ((1440, 900), (768, 1024)):
        browser("new", width=width, height=height)
        browser("zoom", width=width, height=height, factor=2)
        for page in pages(everybody):
            browser("goto", url=address + page)
            assert browser("metrics")["wide"] <= 0, page
            assert browser.violations() == [], page


def _focused(browser) -> str:
    """What has the focus, which must be seen."""
    seen = browser("eval", js="""(() => { const one = document.activeElement, box = one.getBoundingClientRect();
        return [one.textContent.trim() || one.name, getComputedStyle(one).outlineStyle, box.width * box.height]; })()""")  # fmt: skip
    words, outline, area = seen
    assert outline != "none", words
    assert area > 0, words
    return words


def _tab_to(browser, words: str) -> None:
    seen = []
    for _ in range(40):
        browser("press", key="Tab")
        seen.append(_focused(browser))
        if seen[-1].startswith(words):
            return
    raise AssertionError(f"{words} is not reached: {seen}")


def test_by_keyboard_alone_somebody_is_found_and_an_alert_taken(hub, browser):
    person = hub.person("P01").consents()
    person.asks("Please look.", at_utc_s=NOW_UTC_S - DAY_S)
    hub.project_all()
    alert(person, 1, "asked_for_help")
    with serving(hub) as at:
        browser("new", width=1440)
        browser("goto", url=at)
        _tab_to(browser, "Skip to the content")
        browser("press", key="Enter")
        _tab_to(browser, "find")
        browser("type", text="p01")
        browser("press", key="Enter")
        browser("wait", js="location.search === '?find=p01'")
        _tab_to(browser, "P01")
        browser("press", key="Enter")
        browser("wait", js="document.querySelector('h1').textContent === 'P01'")
        _tab_to(browser, "I will take care of it")
        browser("press", key="Enter")
        browser("wait", js="document.body.textContent.includes('N. Example has been taking care of it')")
        _tab_to(browser, "text")
        browser("type", text="Called.")
        _tab_to(browser, "Save note")
        browser("press", key="Enter")
        browser("wait", js="document.querySelector('.notes .text')?.textContent === 'Called.'")
    assert [one.kept.state for one in reading.alerts(opened(hub))] == [ACKNOWLEDGED]


def test_a_screen_has_one_primary_button_at_most(everybody, browser, address):
    browser("new", width=1440)
    for page in pages(everybody):
        browser("goto", url=address + page)
        primary = browser("eval", js="""[...document.querySelectorAll('button, .button')].filter((one) =>
            getComputedStyle(one).backgroundColor !== 'rgba(0, 0, 0, 0)').map((one) => one.textContent)""")  # fmt: skip
        assert len(primary) <= 1, (page, primary)
