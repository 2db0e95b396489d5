"""The care team at the worker's page, in a real Chromium: looks, asking to be seen, alerts; nothing where nothing may leave."""

import time

import pytest

from agent.control.ask_words import encode_wish
from agent.outbox import alerts, asks, consents, ledger
from tests.support import page_agent, team_answers
from tests.support.page_agent import LOOKS, one_look
from tests.support.processes import wait_for
from tests.support.team_answers import TeamAnswers
from tests.support.world import PIN

UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
CANARY = "<img src=x onerror=document.title='pwned'>"


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living(tmp_path_factory.mktemp("team"), sensors=(), slot_s=60.0) as made:
        made.hub = TeamAnswers(made.world, made.receiver.keys, made.receiver.store.store_id)
        yield made


def hear(living, *answers):
    payload = living.hub.payload(*answers)
    living.in_agent(lambda agent: agent.publisher.answers.take(payload))


def serial(living):
    return living.in_agent(lambda agent: consents.in_force(agent.outbox).serial)


def is_well(browser, state):
    browser("eval", js=UNFOLD)
    assert browser.violations() == [], state
    assert browser("metrics")["wide"] <= 0, state
    small = browser("eval", js="""[...document.querySelectorAll('#main button, #main summary, #main .tick label')].filter((one) =>
        one.offsetParent && one.getBoundingClientRect().height < 44).map((one) => one.textContent)""")  # fmt: skip
    assert small == [], state


@one_look(0)
def test_an_alert_stands_first_is_held_and_marked_as_read(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("today")
    assert browser("count", sel="#alerts section") == 0
    now_utc_s, number = int(time.time()), 10 + LOOKS.index((width, scheme))
    hear(living, living.hub.alert(serial(living), now_utc_s, number))
    browser("wait", js="document.querySelector('#alerts section') !== null")  # the open page hears of it
    text = browser("text", sel="#alerts")
    assert "your index was clearly above your normal" in text
    assert "only you know of it" in text
    assert "The care team can read it from" in text
    is_well(browser, "alert")
    browser("click", sel="#alerts button:first-of-type")
    browser("wait", js="document.querySelector('#alerts').textContent.includes('You held it')")
    assert f"Alert {number} is held" in browser("text", sel="#said")
    said = living.in_agent(lambda agent: [row.said for row in ledger.rows(agent.outbox) if row.kind == "ask"])
    assert said[-1] == (f"held alert {number} back for 24 hours",)
    hear(living, living.hub.alert(serial(living), now_utc_s, number, revision=2, state="with_team"))
    browser("wait", js="document.querySelector('#alerts').textContent.includes('the team can read it')")
    assert "Hold for 24 hours" not in browser("text", sel="#alerts")
    hear(living, living.hub.alert(serial(living), now_utc_s, number, revision=3, state="closed"))
    browser("wait", js="document.querySelector('#alerts section') === null")
    hear(living, living.hub.alert(serial(living), now_utc_s, number + 10, rule="change_alarm", team_utc_s=0))
    browser("wait", js="document.querySelector('#alerts section') !== null")
    assert "No team reads this" in browser("text", sel="#alerts")
    browser("click", sel="#alerts button")
    browser("wait", js="document.querySelector('#alerts').textContent.includes('You read it')")
    assert browser("count", sel="#alerts button") == 0
    hear(
        living,
        living.hub.alert(serial(living), now_utc_s, number + 10, revision=2, rule="change_alarm", state="closed"),
    )
    assert browser("troubles") == []


@one_look(3)
def test_a_person_asks_to_be_seen_and_takes_it_back(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("privacy")
    words = f"I sleep badly.\n{CANARY}"
    browser("fill", sel="#asked-words", text=words)
    is_well(browser, "ask")
    browser("click", sel="form[data-form=ask] button")
    browser(
        "wait",
        js="document.querySelector('#asked-words') === null && document.querySelector('[aria-labelledby=asked-h] .own')",
    )
    assert browser("text", sel="[aria-labelledby=asked-h] .own") == words
    assert browser("eval", js="document.title").startswith("Privacy & controls")
    assert living.in_agent(lambda agent: asks.asked(agent.outbox)).words == words
    is_well(browser, "asked")
    browser.go("sharing")
    assert "You asked the care team to look at your weeks: I sleep badly." in browser("text", sel="#rows")
    browser.go("privacy")
    browser("click", sel="[aria-labelledby=asked-h] button")
    browser("wait", js="document.querySelector('#asked-words') !== null")
    assert living.in_agent(lambda agent: asks.asked(agent.outbox)) is None
    reply = living.ask("ask", encode_wish(asks.Wish("see", words="from a terminal")))  # over the control socket
    assert "You ask the care team of" in reply.words
    assert living.ask("ask", '{"what": "shout"}').exit_code == 2
    browser.go("today")
    browser.go("privacy")
    assert browser("text", sel="[aria-labelledby=asked-h] .own") == "from a terminal"
    living.ask("ask", encode_wish(asks.Wish("take_back")))
    assert browser("troubles") == []


@one_look(1)
def test_who_looked_is_listed_and_a_look_that_does_not_fit_is_named(tmp_path, browser, width, scheme):
    with page_agent.living(tmp_path, sensors=(), slot_s=60.0) as living:
        living.hub = TeamAnswers(living.world, living.receiver.keys, living.receiver.store.store_id)
        browser.enter(living, width, scheme)
        browser.go("sharing")
        assert "No look at your values has been reported to you" in browser("text", sel="[aria-labelledby=looked-h]")
        hear(living, team_answers.looks(int(time.time()), *(f"Member {n}" for n in range(1, 20)), CANARY))
        browser.go("today")
        browser.go("sharing")
        assert (
            browser("count", sel="[aria-labelledby=looked-h] .looks:visible > li") == 5
        )  # the newest; older ones on a click
        browser("eval", js=UNFOLD)
        text = browser("text", sel="[aria-labelledby=looked-h]")
        assert "The list is whole" in text
        assert "Saw your own page there" in text
        assert text.index(CANARY) < text.index("Member 19") < text.index("Member 1 ")
        assert "Member 7 member of the care team" in text
        is_well(browser, "looks")
        hear(living, team_answers.looks(int(time.time()), "Eve"))
        browser.go("today")
        browser("wait", js="document.getElementById('main').textContent.includes('List of looks at your values')")
        browser.go("sharing")
        text = browser("text", sel="[aria-labelledby=looked-h]")
        assert "does not fit together" in text
        assert "the hub reported another look with this number before: look 1, Eve" in text
        assert "is whole" not in text
        assert browser("count", sel="[aria-labelledby=looked-h] .looks > li") == 20
        is_well(browser, "broken")
        browser.go("privacy")
        browser("click", sel="[data-do=withdraw]")
        browser("wait", js="document.querySelector('[data-do=withdraw]') === null")
        assert "This needs your consent to care" in browser("text", sel="[aria-labelledby=asked-h]")
        is_well(browser, "withdrawn")
        assert browser("troubles") == []


@one_look(4)
def test_the_index_for_the_team_is_refused_without_a_score_before_any_pin(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("privacy")
    browser("click", sel="#consent-open")
    tick = "[...document.querySelectorAll('[name=grants]')].find((one) => one.value === {!r}).click()"
    browser("eval", js="document.querySelectorAll('[name=grants]:checked').forEach((one) => { one.checked = false; })")
    for grant in ('["heart", "care"]', '["index", "care"]'):
        browser("eval", js=tick.format(grant))
    browser("click", sel="#consent-next")
    assert "Choose a signal for score" in browser.said()
    assert browser("eval", js="document.getElementById('consent-form').dataset.step") == "1"
    for grant in ('["heart", "score"]', '["context", "care"]'):
        browser("eval", js=tick.format(grant))
    browser("click", sel="#consent-next")
    browser("wait", js="document.getElementById('consent-form').dataset.step === '2'")
    text = browser("text", sel="#consent-text")
    assert "the index of each week with its interval and its parts" in text
    assert "Every look at them is written down" in text
    before = serial(living)
    browser("click", sel="#consent-next")
    browser("fill", sel="#pin", text=PIN)
    browser("click", sel="#consent-next")
    wait_for(lambda: serial(living) > before, what="the consent")
    grants = living.in_agent(lambda agent: {(g.signal, g.purpose) for g in consents.consented(agent.outbox).grants})
    assert grants == {("heart", "care"), ("index", "care"), ("context", "care"), ("heart", "score")}


@pytest.mark.parametrize("profile", ["personal", pytest.param("eu-workplace", marks=pytest.mark.long)])
def test_where_nothing_goes_to_a_team_there_is_no_word_of_one(tmp_path, browser, profile):
    enrolled = profile == "eu-workplace"
    with page_agent.living(tmp_path, profile=profile, sensors=(), enrolled=enrolled, slot_s=60.0) as living:
        if enrolled:  # a hub that sends one nevertheless
            living.hub = TeamAnswers(living.world, living.receiver.keys, living.receiver.store.store_id)
            hear(
                living, living.hub.alert(serial(living), int(time.time())), team_answers.looks(int(time.time()), "Ada")
            )
            assert living.in_agent(lambda agent: alerts.kept(agent.outbox)) == []
        browser.enter(living)
        for page in ("today", "sharing", "privacy"):
            browser.go(page)
            shown = browser("text", sel="#main").lower()
            assert "team" not in shown, page
            assert "looked at your values" not in shown
            assert browser("count", sel="#alerts section, [aria-labelledby=asked-h], [aria-labelledby=looked-h]") == 0
        assert browser("troubles") == []
