"""The page's layout at every width from 320 to 1920 px, page by page and state by state, measured in a real Chromium.

A new page is found in the menu; a new state is a row of STATES. WIDTHS=390,1440 looks at some of them.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.support import layout, page_agent
from tests.support.layout import in_words, layout_faults

pytestmark = pytest.mark.browser
SAMPLE = layout.SCRIPT.with_name("layout_sample.html")
WIDTHS = tuple(map(int, os.environ["WIDTHS"].split(","))) if os.environ.get("WIDTHS") else layout.WIDTHS


@dataclass(frozen=True, slots=True)
class State:
    """A state of the page.

    Attributes:
        name: Of the test.
        agent: Arguments of `page_agent.living`.
        prepare: What happens before it is looked at.
        unfolds: Whether everything folded is opened.
        more: Pages that no menu has, as the address's last part.
        shows: By page, a selector of what must be there to be measured.
    """

    name: str
    agent: dict[str, object]
    prepare: Callable[[page_agent.Browser, page_agent.Living], None] = lambda _browser, _living: None
    unfolds: bool = True
    more: tuple[str, ...] = field(default=("notice", "about/rmssd_ms", "about/index"))
    shows: dict[str, str] = field(default_factory=dict)


CHECK_IN = {"weeks": "#main .key .ring"}  # a week that is worth a check-in


def pause(_browser, living):
    assert living.ask("pause").exit_code == 0


STATES = (
    State("empty", {"enrolled": False, "profile": "personal", "is_bound": False}),
    State("learning", {"days": 10}),
    State("full", {"days": 112}, shows=CHECK_IN),
    State("folded", {"days": 112}, unfolds=False, shows=CHECK_IN),
    State("paused", {"days": 112}, pause, shows=CHECK_IN),
    State("in trouble", {"days": 30, "is_bound": False}),
    State("workplace", {"days": 30, "profile": "eu-workplace"}, more=("notice", "about/shift_hours_h")),
)


@pytest.mark.long
@pytest.mark.process
@pytest.mark.broker
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_no_page_has_a_fault_of_layout(tmp_path, browser, state):
    with page_agent.living(tmp_path, **state.agent) as living:
        state.prepare(browser, living)
        browser.enter(living, 1100, "light")
        menu = browser(
            "eval", js="[...new Set([...document.querySelectorAll('nav [data-page]')].map((one) => one.dataset.page))]"
        )
        assert len(menu) >= 3
        found = []
        for page in (*menu, *state.more):
            browser("zoom", width=1100, height=900, factor=1)
            browser.go(page)
            if page in state.shows:
                browser("wait", js=f"document.querySelector({json.dumps(state.shows[page])}) !== null")
            if state.unfolds:
                browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            faults = layout_faults(browser, WIDTHS)
            if faults:
                found.append(f"== {page}, {state.name}\n{in_words(faults)}")
        assert not found, "\n".join(found)


# ---- the detector itself


def test_a_page_without_faults_has_none_and_a_planted_one_of_each_kind_is_found(browser):
    browser("new", width=1100)
    browser("goto", url=SAMPLE.as_uri())
    assert in_words(layout_faults(browser)) == ""


WRONG = (
    ("small text", "document.querySelector('h1').style.fontSize = '13.5px'", "h1"),
    ("small text", "document.querySelector('svg').style.width = '200px'", "text"),
    ("small text", "document.querySelector('input[type=text]').style.fontSize = '12px'", "input"),
    ("small target", "document.querySelector('button').style.minHeight = '40px', document.querySelector('button').style.height = '40px'", "button"),
    ("small target", "document.querySelector('label').style.minHeight = '20px'", "input"),
    ("small target", "document.querySelector('nav').style.height = '30px', document.querySelectorAll('nav a').forEach((one) => { one.style.minHeight = '30px'; })", "a"),
    ("small target", "document.querySelector('summary').style.cssText = 'min-height: 0; line-height: 20px'", "summary"),
    ("overlapping targets", "document.querySelector('summary').style.marginTop = '-30px'", "input"),
    ("cut text", "Object.assign(document.querySelector('.chip').style, {width: '60px', whiteSpace: 'nowrap'})", "p"),
    ("unlabelled scroller", "document.querySelector('.table').removeAttribute('aria-label')", "div"),
    ("unlabelled scroller", "document.querySelector('pre').removeAttribute('tabindex')", "pre"),
    ("scrolls sideways", "document.querySelector('.table').style.overflow = 'visible'", "html"),
    ("drawn text outside", "document.querySelector('text').setAttribute('x', '220')", "text"),
    ("drawn texts overlap", "document.querySelectorAll('text')[1].setAttribute('y', '44')", "text"),
    ("covered text", "document.body.style.paddingBottom = '10px', document.querySelector('h1').style.marginTop = '900px'", "p"),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "wrong", "element"), WRONG, ids=lambda one: str(one)[:30])
def test_a_fault_of_the_page_itself_is_named(browser, kind, wrong, element):
    browser("new", width=320)
    browser("goto", url=SAMPLE.as_uri())
    browser("eval", js=f"void ({wrong})")
    faults = layout_faults(browser, (320,))
    assert any(one.kind == kind and one.what.startswith(element) for one in faults), in_words(faults)
