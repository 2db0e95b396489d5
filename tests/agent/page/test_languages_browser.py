"""The page's languages in a real Chromium: which one comes first, switching, what stays English by mistake, and plurals."""

import json
import re
from pathlib import Path

import pytest

from agent.outbox import page_language
from agent.page.web import catalogue
from agent.page.web.catalogue import FIRST, LANGUAGES, Catalogue
from tests.support import page_agent
from tests.support.layout import in_words, layout_faults

OTHERS = [name for name in LANGUAGES if name != FIRST]
SAME = json.loads((Path(__file__).parents[2] / "laws/same_in_languages.json").read_text(encoding="utf-8"))
UNFOLD = "document.querySelectorAll('#main details').forEach((one) => { one.open = true; })"
TEXTS = """(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  const isEnglish = (one) => document.documentElement.lang !== 'en' && one.closest('[lang]').lang === 'en'; // marked so
  while (walker.nextNode()) if (!isEnglish(walker.currentNode.parentElement)) found.push(walker.currentNode.textContent);
  for (const one of document.querySelectorAll('[aria-label], [title], [data-says], [placeholder]'))
    found.push(one.getAttribute('aria-label'), one.title, one.placeholder, ...JSON.parse(one.dataset.says ?? '[]'));
  return found.filter(Boolean).map((one) => one.replace(/\\s+/g, ' ').trim()).filter(Boolean);
})()"""
LEAST_WORDS = 4
PAGES = (*page_agent.PAGES, "notice", "about/rmssd_ms", "about/sleep_h", "about/index")


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living_with_days(tmp_path_factory.mktemp("languages")) as made:
        yield made


def switch(browser, language: str) -> None:
    if browser("eval", js="document.getElementById('more').getAttribute('aria-expanded')") != "true":
        browser("click", sel="#more")
    browser("select", sel="#language", value=language)
    browser("wait", js=f"document.documentElement.lang === {language!r}")
    browser("wait", js="document.querySelector('#main > h1') !== null")


def english(language: str) -> dict[str, re.Pattern[str]]:
    """English sentences of four words or more, of the catalogue and of the agent, that the language says otherwise."""
    ours, theirs = catalogue.read(FIRST), catalogue.read(language)
    texts = [
        text
        for key, entry in ours.items()
        if key not in SAME[language]
        for text in ([entry] if isinstance(entry, str) else entry.values())
        if theirs[key] != entry
    ]
    texts += [text for text, made in catalogue.read_sentences(language).items() if text != made]
    return {
        text: re.compile(re.sub(r"\\\{\w+\\\}", r".{1,80}?", re.escape(text)))
        for text in texts
        if len(re.findall(r"[^\W\d_]+", re.sub(r"\{\w*\}", "", text))) >= LEAST_WORDS
    }


def left_in_english(browser, sentences: dict[str, re.Pattern[str]]) -> list[str]:
    shown = browser("eval", js=TEXTS)
    return [text for text, pattern in sentences.items() if any(pattern.search(one) for one in shown)]


# ---- choosing


def test_the_browser_chooses_the_first_language(tmp_path, browser):
    with page_agent.living(tmp_path, profile="personal", enrolled=False, sensors=(), is_bound=False) as fresh:
        for locale, language, title in (
            ("fr-CA", "fr", "Premiers pas"),
            ("de-AT", "de", "Erste Schritte"),
            ("pt-BR", "en", "First steps"),
        ):
            browser.enter(fresh, 768, "light", locale=locale)
            assert browser("eval", js="document.documentElement.lang") == language
            assert browser("text", sel="#main > h1") == title
        assert fresh.in_agent(lambda agent: page_language.chosen(agent.outbox)) == ""


def test_switching_changes_everything_and_the_agent_remembers_it(living, browser):
    browser.enter(living, 1440, "light", locale="en-GB")
    browser("wait", js="document.getElementById('chip-words').textContent === 'Measuring'")
    browser.go("weeks")
    for language, chip, last, measuring in (
        ("de", "Misst", "letzte 7 Tage", "Herzschläge kommen an"),
        ("fr", "Mesure en cours", "7 derniers jours", "battements reçus"),
    ):
        words = Catalogue(language, {})
        switch(browser, language)
        browser("wait", js=f"document.querySelector('#main > h1').textContent === {words.t('weeks.title')!r}")
        browser("wait", js=f"document.getElementById('chip-words').textContent === {chip!r}")
        menu = browser(
            "eval",
            js="[...document.querySelectorAll('nav a')].map((one) => [one.dataset.page, one.textContent.trim()])",
        )
        assert dict(menu) == {page: words.t(f"page.{page}") for page, _ in menu}
        assert browser("text", sel="#pause") == words.t("app.pause_now")
        browser("eval", js="document.querySelector('.plot.reads .field').focus()")
        browser("press", key="End")
        browser("wait", js=f"document.querySelector('.readout').textContent.startsWith({last!r})")
        browser.go("today")
        assert browser("text", sel="#main > h1").startswith(words.t("today.title"))
        today = browser(
            "eval",
            js=f"new Intl.DateTimeFormat({language!r}, {{ weekday: 'short', day: 'numeric', month: 'short' }}).format(new Date())",
        )
        assert today in browser("text", sel="#main")
        browser("wait", js=f"[...document.querySelectorAll('#main li.chip')].some((one) => one.textContent.endsWith({measuring!r}))")  # fmt: skip
        browser.go("weeks")
    assert living.in_agent(lambda agent: page_language.chosen(agent.outbox)) == "fr"
    browser.enter(living, 1440, "light", locale="de-DE")  # opened again, from another browser
    assert browser("eval", js="document.documentElement.lang") == "fr"
    assert browser("eval", js="document.getElementById('language').value") == "fr"


def test_dates_and_numbers_are_those_of_the_region(living, browser):
    browser.enter(living, 1440, "light", locale="de-CH")
    switch(browser, "de")
    browser.go("days")
    steps = browser("eval", js="(15000).toLocaleString('de-CH')")
    assert steps != browser("eval", js="(15000).toLocaleString('de')")
    browser("wait", js=f"document.getElementById('main').textContent.includes({steps!r})")
    browser.go("today")
    beats = "[...document.querySelectorAll('#main svg text')].map((one) => one.textContent)"
    browser("wait", js=f"{beats}.includes((1000).toLocaleString('de-CH'))")  # drawn by the page's own script


def test_plural_forms_are_those_of_the_browser(browser):
    browser("new", width=390)
    for language, row in LANGUAGES.items():
        theirs = browser("eval", js=f"(() => {{ const rules = new Intl.PluralRules({language!r}); return Array.from({{ length: 1001 }}, (_, n) => rules.select(n)); }})()")  # fmt: skip
        assert [row.plural(n) for n in range(1001)] == theirs, language


# ---- every page


def faults_of(browser, page: str, sentences: dict[str, re.Pattern[str]], widths: tuple[int, ...]) -> list[str]:
    browser.go(page)
    if page == "today":
        browser("wait", js="document.querySelector('#standing-h') !== null")
    browser("eval", js=UNFOLD)
    found = [f"{page}: English: {text}" for text in left_in_english(browser, sentences)]
    layout = layout_faults(browser, widths)
    if layout:
        found.append(f"{page}: {in_words(layout)}")
    found += [f"{page}: {one}" for one in browser.violations()]
    return found


def test_a_page_says_nothing_in_english_and_a_planted_sentence_is_found(living, browser):
    browser.enter(living, 320, "light", locale="de-DE")
    switch(browser, "de")
    sentences = english("de")
    assert len(sentences) > 800
    assert faults_of(browser, "sharing", sentences, (320,)) == []
    browser("eval", js="void document.querySelector('#main').insertAdjacentHTML('beforeend', '<p>There are 3 notices. A message about looks cannot be read. Nothing leaves this machine.</p>')")  # fmt: skip
    assert set(left_in_english(browser, sentences)) == {"Nothing leaves this machine."}


@pytest.mark.long
@pytest.mark.parametrize("language", OTHERS)
def test_every_page_is_well_in_every_language(living, browser, language):
    browser.enter(living, 1440, "light", locale=language)
    switch(browser, language)
    sentences, found = english(language), []
    for page in PAGES:
        browser("zoom", width=1440, height=900, factor=1)
        found += faults_of(browser, page, sentences, (320, 1440))
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("language", OTHERS)
def test_every_page_without_data_is_well_in_every_language(tmp_path, browser, language):
    with page_agent.living(tmp_path, profile="personal", enrolled=False, sensors=(), is_bound=False) as fresh:
        browser.enter(fresh, 1440, "light", locale=language)
        sentences, found = english(language), []
        for page in page_agent.PAGES:
            browser("zoom", width=1440, height=900, factor=1)
            found += faults_of(browser, page, sentences, (320, 1440))
        assert not found, "\n".join(found)
