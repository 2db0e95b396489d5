"""The person's main flows in each language: done by selectors, judged by what the agent holds, each screen looked over.

One look a language; all six widths and schemes with ALL_LOOKS (`make test-page`).
"""

import json
import os

import pytest

from agent.outbox import consents, pauses
from agent.page.web.catalogue import LANGUAGES, Catalogue
from tests.agent.page.test_languages_browser import UNFOLD, english, left_in_english, switch
from tests.support import page_agent
from tests.support.layout import in_words, layout_faults
from tests.support.page_agent import LOOKS
from tests.support.processes import wait_for
from tests.support.world import PIN

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.process, pytest.mark.broker]
WAYS = [
    (language, *look)
    for number, language in enumerate(LANGUAGES)
    for look in (LOOKS if os.environ.get("ALL_LOOKS") else [LOOKS[(number + 3) % len(LOOKS)]])
]
ENTRY = "Wir waren nur zu zweit. Éramos dos. À deux."


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living_with_days(tmp_path_factory.mktemp("flows")) as made:
        yield made


class Walk:
    """One person's way through the page in one language and look.

    Args:
        living: The agent.
        browser: With nothing open.
        language, width, scheme: Of this way.
    """

    def __init__(self, living, browser, language, width, scheme):
        self.living, self.browser, self.width = living, browser, width
        self.words, self.faults = Catalogue(language, {}), []
        self.sentences = english(language) if language != "en" else {}
        browser.enter(living, width, scheme, locale=language)
        switch(browser, language)

    def go(self, page):
        self.browser.go(page)
        self.browser("wait", js="document.querySelector('#main [aria-busy=true]') === null")

    def looked_over(self, where):
        """Whatever is wrong with the screen as it is now: cut, small, in English, or against WCAG."""
        found = [f"English: {text}" for text in left_in_english(self.browser, self.sentences)]
        layout = layout_faults(self.browser, (self.width,))
        found += [in_words(layout)] if layout else []
        self.browser("eval", js="scrollTo(0, 0)")  # what lies below the head is not hidden from who scrolls
        self.faults += [f"{where}: {one}" for one in (*found, *self.browser.violations())]

    def held(self, of):
        return self.living.in_agent(of)

    # ---- the flows

    def today(self):
        self.go("today")
        self.browser("wait", js="document.querySelectorAll('#beats circle').length > 3")
        self.browser("click", sel="#freeze")
        self.browser("wait", js="!document.getElementById('frozen').hidden")
        self.browser("click", sel="#beats-unit")
        self.looked_over("today, frozen")
        self.browser("click", sel="#freeze")

    def weeks(self):
        self.go("weeks")
        self.browser("eval", js="document.querySelector('.plot.reads .field').focus()")
        for key in ("End", "ArrowLeft"):
            self.browser("press", key=key)
        self.browser("wait", js="document.querySelector('.readout')?.textContent.length > 5")
        self.looked_over("weeks, a week chosen by keys")

    def days(self):
        def written():
            return [one.words for one in self.held(lambda agent: agent.days.entries())]

        self.go("days")
        self.browser("fill", sel="form[data-form=journal] textarea", text=ENTRY)
        self.browser("click", sel="form[data-form=journal] button[name=mood]")
        wait_for(lambda: ENTRY in written(), what="an entry")
        ours = (
            f"[...document.querySelectorAll('#main li')].find((one) => one.textContent.includes({json.dumps(ENTRY)}))"
        )
        self.browser("wait", js=f"{ours} !== undefined")
        self.looked_over("days, with an entry")
        self.browser("eval", js=f"{ours}.querySelector('[data-do=unjournal]').click()")
        wait_for(lambda: ENTRY not in written(), what="no entry")

    def check_in(self):
        def answered():
            return sum(one.what == "check-in" for one in self.held(lambda agent: agent.history.told()))

        self.go("check-in")
        before = answered()
        self.browser("eval", js=UNFOLD)  # what was answered before is not due, and stands in a fold
        self.browser("click", sel="[data-check=tired]")
        self.looked_over("check-in, a question")
        self.browser("click", sel="label:has(#tired-t1-7)")
        self.browser("click", sel="form[data-short=tired] [type=submit]")
        self.browser("wait", js="!document.getElementById('result').hidden")
        assert answered() == before + 1
        self.looked_over("check-in, the result")

    def sharing(self):
        self.go("sharing")
        self.browser("click", sel="#rows .rows > .consent summary")
        self.browser("wait", js="document.querySelectorAll('#rows .hex').length === 2")
        self.browser("click", sel="#proofs > summary")
        self.browser("click", sel="#prove")
        self.browser("wait", js="document.querySelector('#proof').textContent.length > 20")
        self.looked_over("sharing, proven")

    def consent(self):
        def serial(agent):
            record = consents.in_force(agent.outbox)
            return 0 if record is None else record.serial

        self.go("privacy")
        before = self.held(serial)
        self.browser("click", sel="#consent-open")
        wanted = json.dumps(json.dumps(["heart", "care"]))
        ticks = f"[...document.querySelectorAll('[name=grants]')].find((one) => one.value === {wanted})"
        if not self.browser("eval", js=f"{ticks}.checked"):
            self.browser("eval", js=f"{ticks}.click()")
        self.looked_over("consent, choose")
        self.browser("click", sel="#consent-next")
        self.browser("wait", js="document.getElementById('consent-form').dataset.step === '2'")
        self.looked_over("consent, read")
        self.browser("click", sel="#consent-next")
        self.looked_over("consent, sign")
        self.browser("fill", sel="#pin", text=PIN)
        self.browser("press", key="Enter")
        wait_for(lambda: self.held(serial) > before, what="the consent")
        self.browser("wait", js="document.querySelector('[data-do=withdraw]') !== null")

    def controls(self):
        self.go("privacy")
        self.browser("click", sel="#main [data-do=pause][data-with*=hour]")
        self.browser("wait", js="document.querySelector('#main [data-do=resume]') !== null")
        assert self.held(lambda agent: pauses.ends_utc_s(agent.outbox)) is not None
        self.looked_over("privacy, paused")
        self.browser("click", sel="#main [data-do=resume]")
        self.browser("wait", js="document.querySelector('#main [data-do=resume]') === null")
        self.browser("click", sel="details:has([data-form=hours]) > summary")
        self.browser("fill", sel="#hours-from", text="02:00")
        self.browser("fill", sel="#hours-until", text="02:30")
        self.browser("click", sel="form[data-form=hours] button")
        self.browser("wait", js="document.querySelector('[data-do=hours]') !== null")
        assert len(self.held(lambda agent: pauses.hours(agent.outbox))) == 1
        self.browser("click", sel="#main [data-do=notice]")
        wait_for(lambda: self.held(lambda agent: agent.notices.on), what="a notification that is on")
        self.looked_over("privacy, private hours and a notification")
        self.browser("click", sel="#main [data-do=notice][data-with*=false]")
        self.browser("wait", js="document.querySelector('#main [data-do=notice][data-with*=false]') === null")
        self.browser("click", sel="[data-do=hours]")
        self.browser("wait", js="document.querySelector('[data-do=hours]') === null")
        wait_for(
            lambda: not any(self.held(lambda agent: (pauses.hours(agent.outbox), agent.notices.on))), what="both off"
        )
        self.browser("click", sel="#erase-begin")
        self.looked_over("privacy, before an erasure")
        self.browser("click", sel="#erase-leave")

    def others(self):
        for page in ("first", "help", "notice"):
            self.go(page)
            self.looked_over(page)


@pytest.mark.parametrize(("language", "width", "scheme"), WAYS)
def test_every_flow_is_done_and_every_screen_of_it_is_sound(living, browser, language, width, scheme):
    walk = Walk(living, browser, language, width, scheme)
    for flow in (
        walk.today,
        walk.weeks,
        walk.days,
        walk.check_in,
        walk.sharing,
        walk.consent,
        walk.controls,
        walk.others,
    ):
        flow()
    assert not walk.faults, "\n".join(walk.faults)
    assert browser("troubles") == []


def test_a_sentence_that_stayed_english_and_a_small_target_are_found(living, browser):
    walk = Walk(living, browser, "de", 768, "light")
    walk.go("help")
    walk.looked_over("as it is")
    assert walk.faults == []
    browser("eval", js="void document.querySelector('#main').insertAdjacentHTML('beforeend', '<p>Nothing leaves this machine.</p><button id=\"planted\">x</button>')")  # fmt: skip
    browser("eval", js="document.getElementById('planted').style.cssText = 'min-height: 0; min-width: 0; height: 12px'")
    walk.looked_over("planted")
    assert any("English" in one for one in walk.faults)
    assert any("small target" in one for one in walk.faults)
