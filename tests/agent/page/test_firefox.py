"""The page's main flows in Debian's Firefox: opened, beats drawn, every page of the menu, pause and resume, a form."""

import pytest

from agent.outbox import consents
from tests.support import page_agent
from tests.support.firefox import Firefox
from tests.support.processes import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.broker, pytest.mark.slow]
WORDS = "Two of us for the whole ward"


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living(tmp_path_factory.mktemp("page"), days=30) as made:
        yield made


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    made = Firefox(tmp_path_factory.mktemp("firefox"))
    yield made
    made.close()


@pytest.fixture
def page(living, firefox):
    """The page as the file leads a person in."""
    firefox.goto(living.open().as_uri())
    firefox.wait("document.querySelector('main h1') !== null && location.protocol === 'http:'")
    return firefox


def go(page, name):
    """A click on the menu, opened where the page's row stands in "More"; the heading stands when it returns."""
    page.eval("document.querySelector('main h1').isBefore = true")
    if not page.eval(f"document.querySelector(\"nav [data-page='{name}']\").checkVisibility()"):
        page.click("#more")
    page.click(f"nav [data-page='{name}']")
    page.wait(f"document.querySelector('nav [aria-current]')?.dataset.page === '{name}' && (document.querySelector('main h1') ?? {{ isBefore: true }}).isBefore !== true && document.getElementById('more-list').hidden")  # fmt: skip


def test_the_page_opens_and_draws_beats_as_they_come(page):
    page.wait("document.querySelectorAll('main [data-t]').length > 3")
    newest = page.eval(
        "Math.max(...[...document.querySelectorAll('main [data-t]')].map((one) => Number(one.dataset.t)))"
    )
    page.wait(f"Math.max(...[...document.querySelectorAll('main [data-t]')].map((one) => Number(one.dataset.t))) > {newest}")  # fmt: skip


def test_every_page_of_the_menu_has_its_heading_and_nothing_wider_than_the_window(page, tmp_path):
    menu = page.eval(
        "[...document.querySelectorAll('nav li:not([hidden]) > [data-page]')].map((one) => one.dataset.page)"
    )
    assert len(menu) >= 4
    headings = []
    for width in (500, 1100):  # Firefox makes no window narrower than 450 px
        page.resize(width)
        for name in menu:
            if page.eval(f"location.hash !== '#{name}'"):
                go(page, name)
            headings.append(page.eval("document.querySelector('main h1').textContent.trim()"))
            assert page.eval("document.scrollingElement.scrollWidth - document.documentElement.clientWidth") <= 0, name
    assert all(headings)
    assert len(set(headings)) == len(menu)
    assert page.eval("performance.getEntriesByType('resource').every((one) => one.name.startsWith(location.origin))")
    page.eval("document.querySelector('main').append(Object.assign(document.createElement('div'), {id: 'far'}))")
    page.eval("document.getElementById('far').style.cssText = 'width: 3000px; height: 1px'")  # planted
    assert page.eval("document.scrollingElement.scrollWidth - document.documentElement.clientWidth") > 0
    page.shot(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_pause_and_resume_take_effect_in_the_agent(page, living):
    def is_paused():
        return living.in_agent(lambda agent: consents.is_paused(agent.outbox))

    assert not is_paused()
    page.click("#pause[data-do=pause]")
    wait_for(is_paused, what="the pause")
    page.click("#pause[data-do=resume]")
    wait_for(lambda: not is_paused(), what="the end of the pause")


def test_a_form_is_typed_and_sent_and_what_it_kept_is_shown(page, living):
    go(page, "days")
    page.keys("form[data-form=journal] textarea", WORDS)
    page.click("form[data-form=journal] button[name=mood]")
    wait_for(lambda: living.in_agent(lambda agent: [one.words for one in agent.days.entries()]) == [WORDS], what="the entry")  # fmt: skip
    page.wait("document.querySelector('main [data-do=unjournal]') !== null")
    assert WORDS in page.eval("document.querySelector('main').textContent")
