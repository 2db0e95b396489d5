"""The frame of the page in a real Chromium: the bar of a phone, what is under "More", the chip, the waiting part."""

import pytest

from tests.support import page_agent
from tests.support.page_agent import one_look


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living(tmp_path_factory.mktemp("shell"), days=100) as made:
        yield made


def visible(browser, selector: str) -> list[str]:
    return browser(
        "eval",
        js=f"""[...document.querySelectorAll({selector!r})].filter((one) => one.checkVisibility())
        .map((one) => one.dataset.page ?? one.id)""",
    )


def test_a_phone_has_a_bar_and_the_rest_under_more(living, browser):
    browser.enter(living, 360, "light")
    assert visible(browser, "nav a") == ["today", "weeks", "days", "check-in"]
    bar = browser("eval", js="JSON.stringify(document.querySelector('nav').getBoundingClientRect())")
    assert '"bottom":' in bar
    assert browser("eval", js="innerHeight - document.querySelector('nav').getBoundingClientRect().bottom") == 0
    browser("click", sel="#more")
    assert visible(browser, "#more-list a") == ["sharing", "privacy", "help"]
    browser("press", key="Escape")
    assert visible(browser, "#more-list a") == []
    assert browser("eval", js="document.activeElement.id") == "more"
    browser("click", sel="#more")
    browser("click", sel="[data-page=privacy]")
    browser("wait", js="document.querySelector('[data-page=privacy]').getAttribute('aria-current') === 'page'")
    assert visible(browser, "#more-list a") == []
    assert browser("eval", js="document.querySelector('#menu > .more').classList.contains('holds')")


def test_a_wide_screen_shows_every_page_and_a_turn_moves_them(living, browser):
    browser.enter(living, 1440, "dark")
    assert visible(browser, "nav a") == ["today", "weeks", "days", "check-in", "sharing", "privacy"]
    browser("click", sel="#more")
    assert visible(browser, "#more-list a") == ["help"]  # first steps are done: a strap is bound


@one_look(4)
def test_what_waits_for_the_reader_comes_after_the_live_part(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser("wait", js="document.querySelector('#standing-h') !== null")
    assert browser("text", sel="#standing-h").strip()
    browser("wait", js="document.querySelectorAll('#rate-m .band').length === 1")  # the usual range came with it
    assert "usual at rest" in browser("text", sel="#rate-w")
    browser("eval", js="document.querySelector('.plot.reads .field').focus()")
    browser("press", key="End")
    newest = browser("text", sel=".readout")
    browser("press", key="ArrowLeft")
    browser("wait", js=f"document.querySelector('.readout').textContent !== {newest!r}")
    assert browser("count", sel=".cursor") == 1


def test_the_chip_says_what_the_agent_does_on_every_page(living, browser):
    browser.enter(living, 768, "light")
    browser("wait", js="document.getElementById('chip-words').textContent === 'Measuring'")
    browser.go("help")
    browser("click", sel="#pause")
    browser("wait", js="document.getElementById('chip-words').textContent === 'Paused'")
    assert living.agent.paused
    assert browser("text", sel="#pause") == "Resume"
    browser("click", sel="#pause")
    browser("wait", js="document.getElementById('chip-words').textContent !== 'Paused'")
    assert not living.agent.paused
