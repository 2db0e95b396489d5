"""The evidence page in a real browser: a question, the answer, its passage, both sides, feedback; three widths, two schemes."""

import json
import stat
import threading

import pytest

from copilot.answer import DISCLAIMER
from copilot.library import Library
from copilot.pages import feedback
from copilot.pages.serve import FILE, serve
from tests.support import made_papers
from tests.support.page_agent import Browser

pytestmark = pytest.mark.browser

NAPS = "Do naps help nurses on night shifts?"
LOOKS = [(width, scheme) for width in (360, 768, 1440) for scheme in ("light", "dark")]


class Served:
    """The page as a thread, and what its file said."""

    def __init__(self, state):
        self.state, self.file = state, ""
        self.ready, self.loop = threading.Event(), None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(60)

    def _run(self):
        library = Library(self.state, made_papers.corpus(), made_papers.MODEL)
        serve(library, self.state, self._opened)
        library.close()

    def _opened(self, file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        self.file = file.read_text()
        self.ready.set()

    @property
    def address(self) -> str:
        return self.file.partition("url=")[2].partition('"')[0]


@pytest.fixture(scope="module")
def browser():
    made = Browser()
    yield made
    made.close()


def ask(browser, question):
    browser("fill", sel="#question", text=question)
    browser("press", key="Enter")
    browser("wait", js="/found|No answer/.test(document.querySelector('#said').textContent)")


def opened(browser, tmp_path, width=1024, scheme="light") -> Served:
    served = Served(tmp_path / "state")
    browser("new", width=width, scheme=scheme)
    browser("goto", url=served.address)
    browser("wait", js="document.querySelector('#papers').textContent !== ''")
    return served


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_page_has_no_axe_violation_and_does_not_scroll_sideways(browser, tmp_path, width, scheme):
    opened(browser, tmp_path, width, scheme)
    for question in ("", NAPS, "Am I burnt out?"):
        if question:
            ask(browser, question)
        if question == NAPS:
            browser("click", sel="article .row button")
            browser("wait", js="document.querySelector('article mark') !== null")
        assert browser("axe") == []
        assert browser("eval", js="document.documentElement.scrollWidth <= innerWidth")
        small = (
            "[...document.querySelectorAll('button')].filter((one) => one.getBoundingClientRect().height < 44).length"
        )
        assert browser("eval", js=small) == 0
    planted = "document.querySelector('main').append(Object.assign(document.createElement('img'), {src: ''}))"
    browser("eval", js=planted)
    assert browser("axe") != []


def test_a_nurse_asks_reads_the_passage_sees_both_sides_and_says_what_was_useful(browser, tmp_path):
    served = opened(browser, tmp_path)
    ask(browser, NAPS)
    quotes = browser("eval", js="[...document.querySelectorAll('article blockquote')].map((one) => one.textContent)")
    passages = made_papers.corpus().passages()
    assert quotes
    assert all(any(quote in passage.text for passage in passages.values()) for quote in quotes)
    assert browser("count", sel=".sides .side") == 2
    assert "do not agree on naps" in browser("text", sel="#answer")
    assert "Evidence C" in browser("text", sel=".judged")
    assert "no medical advice" in browser("text", sel="#disclaimer")
    browser("click", sel="article .row button")
    browser("wait", js="document.querySelector('article mark') !== null")
    assert browser("eval", js="document.querySelector('article mark').textContent") == quotes[0]
    browser("click", sel="article [role=group] button")
    browser("wait", js="document.querySelector('article [role=group] button').ariaPressed === 'true'")
    (line,) = (served.state / feedback.FILE).read_text().splitlines()
    assert json.loads(line)["question"] == NAPS
    assert json.loads(line)["verdict"] == "useful"
    origin = served.address.partition("/#")[0]
    assert all(url.startswith((origin, "data:")) for url in browser("asked"))
    assert browser("troubles") == []
    assert browser("cookies") == []


def test_an_answer_is_saved_as_a_file_with_the_disclaimer(browser, tmp_path):
    opened(browser, tmp_path)
    ask(browser, NAPS)
    quotes = browser("eval", js="[...document.querySelectorAll('article blockquote')].map((one) => one.textContent)")
    made = browser("download", sel="#answer > .row button")
    assert made["name"] == "wardbeat-evidence.txt"
    assert f"Question: {NAPS}" in made["text"]
    assert all(f"\u201c{quote}\u201d" in made["text"] for quote in quotes)
    assert made["text"].rstrip().endswith(DISCLAIMER)
    assert browser("text", sel="#said") == "Saved as a text file."
    assert browser("troubles") == []


def test_the_keyboard_alone_is_enough(browser, tmp_path):
    opened(browser, tmp_path)
    assert browser("eval", js="document.activeElement.id") == "question"
    browser("type", text=NAPS)
    browser("press", key="Enter")
    browser("wait", js="document.querySelector('article') !== null")
    for _ in range(6):
        browser("press", key="Tab")
        if browser("eval", js="document.activeElement.textContent") == "Show the passage":
            break
    browser("press", key="Enter")
    browser("wait", js="document.querySelector('article mark') !== null")


def test_markup_in_a_question_or_a_refusal_is_text(browser, tmp_path):
    opened(browser, tmp_path)
    ask(browser, "<img src=x onerror=alert(1)> hammocks?")
    assert browser("count", sel="#answer img") == 0
    ask(browser, "Do <b>hammocks</b> help nurses?")
    assert "hammocks" in browser("text", sel="#answer")
    assert browser("count", sel="#answer b") == 0


def test_a_second_use_of_the_file_is_refused_in_words(browser, tmp_path):
    served = opened(browser, tmp_path)
    browser("new", width=1024)
    browser("goto", url=served.address)
    browser("wait", js="document.querySelector('#said').textContent.includes('no longer valid')")


def test_the_leading_file_holds_the_code_behind_the_hash(tmp_path):
    served = Served(tmp_path / "state")
    assert "/#" in served.address
    assert (served.state / FILE).exists()
