"""'Days' in a real Chromium: empty, full and in trouble; writing, removing, a calendar, forgetting; where words go."""

import json
import time

import pytest

from agent.tables.days import MOODS
from agent.weeks.days import of
from tests.support import drawn_days, page_agent
from tests.support.page_agent import LOOKS, one_look
from tests.support.page_caller import Caller
from tests.support.processes import wait_for

WORDS_CANARY = "Kanarienvogel im Tagebuch 4711"
TITLE_CANARY = "Kanarienvogel im Kalender 4712"
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living(tmp_path_factory.mktemp("days"), profile="personal", enrolled=False, sensors=()) as made:
        yield made


def emptied(living):
    def work(agent):
        agent.days.erase()

    living.in_agent(work)


def filled(living):
    emptied(living)
    living.in_agent(lambda agent: drawn_days.kept(agent.days, int(time.time())))


def count(living, what):
    return living.in_agent(lambda agent: len(getattr(agent.days, what)()))


def is_well(browser, state):
    browser("eval", js=UNFOLD)
    assert browser.violations() == [], state
    assert browser("metrics")["wide"] <= 0, state
    cut = browser("eval", js="""[...document.querySelectorAll('#main button, #main p, #main h2, #main label')].filter((one) =>
        one.offsetParent && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).map((one) => one.textContent)""")  # fmt: skip
    assert cut == [], state
    small = browser("eval", js="""[...document.querySelectorAll('#main button, #main summary, #main .tick label')].filter((one) =>
        one.offsetParent && one.getBoundingClientRect().height < 44).map((one) => one.textContent)""")  # fmt: skip
    assert small == [], state


def upload(browser, text):
    browser("upload", sel="#calendar", name="roster.ics", text=text)
    browser("click", sel="form[data-form=calendar] button")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.long
def test_empty_full_and_in_trouble_there_is_no_axe_violation(living, browser, width, scheme):
    emptied(living)
    browser.enter(living, width, scheme)
    browser.go("days")
    assert browser("count", sel="#main .plot") == 0
    assert browser("count", sel="#main .sketch") == 3
    is_well(browser, "empty")
    upload(browser, "this is no calendar")
    browser("wait", js="document.getElementById('said').textContent.includes('No entry with a title and hours')")
    is_well(browser, "trouble")
    filled(living)
    browser.go("today")
    browser.go("days")
    assert browser("count", sel="#main figure") == 5
    upload(browser, drawn_days.calendar(int(time.time())))
    browser("wait", js="document.querySelector('#titles h3') !== null")
    browser("click", sel="button[value=distressed]")
    browser("wait", js="document.getElementById('help').hidden === false")
    is_well(browser, "full")
    sideways = (
        "[...document.querySelectorAll('#main .scrolls')].filter((one) => one.scrollWidth > one.clientWidth).length"
    )
    assert browser("eval", js=sideways) == 0, "no table scrolls sideways"
    # every picture has its sentence, and its table
    assert browser("eval", js="""[...document.querySelectorAll('figure')].every((one) =>
        one.querySelector('figcaption').textContent.length > 20 && one.querySelector('details table'))""")  # fmt: skip
    # each picture says its days by the arrow keys
    says = browser("eval", js="""[...document.querySelectorAll('figure .reads')].map((one) => {
        one.querySelector('.field').focus();
        one.querySelector('.field').dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
        return one.parentElement.querySelector('.readout').textContent; })""")  # fmt: skip
    assert len(says) == 5
    assert all(": " in one for one in says), says
    for name in ("sleep_h", "shift_hours_h", "journal_positive_n"):
        browser.go(f"about/{name}")
        assert browser.violations() == [], name
    assert "Evidence" not in browser("text", sel="#main") or "No grade" in browser("text", sel="#main")


@one_look(0)
def test_one_tap_keeps_an_entry_and_distressed_alone_shows_whom_to_call(living, browser, width, scheme):
    emptied(living)
    browser.enter(living, width, scheme)
    browser.go("days")
    for number, mood in enumerate(MOODS, start=1):
        browser("fill", sel="#entry-words", text=f"{WORDS_CANARY} <b>{mood}</b>")
        browser("click", sel=f"button[value={mood}]")
        browser("wait", js=f"document.querySelectorAll('[data-do=unjournal]').length === {number}")
        is_shown = browser("eval", js="!document.getElementById('help').hidden")
        assert is_shown == (mood == "distressed")
    assert "In an emergency" in browser("text", sel="#help")
    assert browser("eval", js="document.activeElement.id") == "help"
    assert f"{WORDS_CANARY} <b>positive</b>" in browser("text", sel="#main"), "words are words, not HTML"
    entries = living.in_agent(lambda agent: agent.days.entries())
    assert [one.mood for one in entries] == list(MOODS)
    browser.go("today")
    browser.go("days")
    assert browser("eval", js="document.getElementById('help').hidden"), "shown with the choice, and never again"
    for left in (3, 2, 1, 0):
        browser("click", sel="[data-do=unjournal]")
        browser("wait", js=f"document.querySelectorAll('[data-do=unjournal]').length === {left}")
    assert count(living, "entries") == 0
    assert browser("troubles") == []


@one_look(3)
def test_a_calendar_becomes_a_roster_and_is_forgotten(living, browser, width, scheme):
    emptied(living)
    now_s = int(time.time())
    browser.enter(living, width, scheme)
    browser.go("days")
    upload(browser, "x" * (16 * 2**20 + 1))
    assert "larger than 16 MB" in browser.said()
    upload(browser, drawn_days.calendar(now_s, (TITLE_CANARY, drawn_days.today(now_s) - 1, 12, 13)))
    browser("wait", js="document.querySelector('#titles h3') !== null")
    assert TITLE_CANARY in browser("text", sel="#titles")
    assert browser("count", sel="[name=title]:checked") == 0
    tick = "[...document.querySelectorAll('#titles .tick')].filter((one) => /dienst/.test(one.textContent)).forEach((one) => one.querySelector('input').click())"
    browser("eval", js=tick)
    browser("click", sel="form[data-form=shifts] button")
    browser("wait", js="document.getElementById('said').textContent.startsWith('Imported shifts: ')")
    browser("wait", js="document.getElementById('roster-h') !== null")
    assert TITLE_CANARY not in browser("eval", js="document.documentElement.outerHTML"), "titles are shown once"
    assert len(living.in_agent(lambda agent: of(agent.days)).shifts) > 10
    assert set(living.in_agent(lambda agent: agent.days.marks("calendar")).values()) == {"shift"}
    assert "7 of 7" in browser("text", sel="#counts-h ~ table")
    browser("eval", js=UNFOLD)
    browser("click", sel="form[data-form=forget-source] button")  # the tick is required
    assert count(living, "days") > 0
    browser("check", sel="#sure-1")
    browser("click", sel="form[data-form=forget-source] button")
    wait_for(lambda: count(living, "days") == 0, what="the source to be forgotten")
    browser("wait", js="document.querySelector('form[data-form=forget-source]') === null")
    assert living.in_agent(lambda agent: agent.days.marks("calendar")) == {}
    assert browser("troubles") == []
    assert not any("4712" in url for url in browser("asked"))


def sent(head, data: bytes) -> bytes:
    return json.dumps(head).encode() + b"\n" + data


def test_words_and_titles_reach_no_log_no_header_and_no_other_answer(living, caplog):
    """By a program of the person's, with the page's own key: each address, each question of a page, the export of numbers."""
    emptied(living)
    caplog.set_level("DEBUG")
    call = Caller(living)
    now_s = int(time.time())
    data = drawn_days.calendar(now_s, (TITLE_CANARY, drawn_days.today(now_s) - 1, 12, 13)).encode()
    heard = []

    def said(method, path, **options):
        status, body = call(method, path, timeout=90, **options)
        heard.append(json.dumps(call.headers) + ("" if path == "/calendar/titles" else body.decode()))
        return status, body.decode()

    body = json.dumps({"mood": "distressed", "words": WORDS_CANARY, "country": "DE"})
    assert said("POST", "/do/journal", body=body)[0] == 200
    status, html = said("POST", "/calendar/titles", body=sent({}, data))
    assert status == 200
    assert TITLE_CANARY in html
    digests = [part.split('"')[0] for part in html.split('value="')[1:]]
    status, words = said("POST", "/calendar/shifts", body=sent({"shifts": digests[:2], "others": digests[2:]}, data))
    assert (status, json.loads(words)["words"][:17]) == (200, "Imported shifts: ")
    for path in ("/page/today", "/page/weeks", "/page/sharing", "/page/privacy", "/page/check-in", "/page/first", "/words.json",
                 "/found?search=4711", "/file/ledger.json", "/file/everything.csv", "/page/about/sleep_h"):  # fmt: skip
        assert said("GET", path)[0] == 200, path
    status, page = call("GET", "/page/days", timeout=90)
    assert status == 200
    assert WORDS_CANARY in page.decode()
    assert TITLE_CANARY not in page.decode()
    assert "4711" not in json.dumps(call.headers)
    for canary in (WORDS_CANARY, TITLE_CANARY):
        assert canary not in "".join(heard).replace(f"search={canary}", "")
        assert canary not in caplog.text
        stored = b"".join(file.read_bytes() for file in living.state.rglob("*") if file.is_file())
        assert canary.encode() not in stored


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b"no JSON\n", b"[]\n", b'{"shifts": 5}\n', b"{" * 70_000, sent({"shifts": [], "others": [], "job": "weeks"}, b""),
     sent({"shifts": ["ff"], "others": []}, b""), sent({}, b"x" * (16 * 2**20 + 1))],
    ids=["nothing", "a line", "no JSON", "a list", "no list", "deep", "a job", "no digest", "too large"],
)  # fmt: skip
def test_forged_uploads_are_refused_and_change_nothing(living, body):
    filled(living)
    before = living.in_agent(lambda agent: (agent.days.days(), agent.days.marks("calendar")))
    status, words = Caller(living)("POST", "/calendar/shifts", body=body, timeout=90)
    assert status == 409
    assert set(json.loads(words)) == {"words", "remedy"}
    assert living.in_agent(lambda agent: (agent.days.days(), agent.days.marks("calendar"))) == before
    assert Caller(living)("POST", "/calendar/shifts", key=None, body=body[:100])[0] == 401
    assert Caller(living)("POST", "/calendar/titles", body=body[:100], Origin="http://evil.example")[0] == 403


def test_a_workplace_has_no_journal_and_refuses_it(tmp_path, browser):
    with page_agent.living(tmp_path, profile="eu-workplace", enrolled=False, sensors=()) as living:
        living.in_agent(lambda agent: drawn_days.kept(agent.days, int(time.time())))
        browser.enter(living)
        browser.go("days")
        words = browser("eval", js="document.documentElement.outerHTML").lower()
        assert not [word for word in (*MOODS, "journal", "mood", drawn_days.WORDS.lower()) if word in words]
        assert browser("count", sel="#main figure") == 4
        status, answer = Caller(living)("POST", "/do/journal", body='{"mood": "neutral"}')
        assert (status, "no journal" in answer.decode()) == (409, True)
