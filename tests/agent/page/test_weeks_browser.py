"""'Weeks' in a real Chromium: a week is chosen by pointer, touch, keys and buttons; days, hours and faces are read; print."""

import json
import time

import pytest

from tests.support import page_agent
from tests.support.page_agent import LOOKS, one_look

every_look = pytest.mark.parametrize(("width", "scheme"), LOOKS)
FIELD = ".plot[data-name=choose] .field"
CHOSEN = "[...document.querySelectorAll('.week')].findIndex((one) => one.classList.contains('is-chosen'))"
WEEKS = "document.querySelectorAll('.week').length"
HEAD = ".week.is-chosen h2"


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living_with_days(tmp_path_factory.mktemp("weeks")) as made:
        yield made


def weeks(browser, living, width, scheme="light", **options):
    browser.enter(living, width, scheme, **options)
    browser.go("weeks")
    browser("wait", js=f"document.querySelector('{FIELD}') !== null", within=60)
    return browser("eval", js=WEEKS)


# ---- for everybody


@every_look
@pytest.mark.long
def test_weeks_have_no_axe_violation_and_nothing_is_cut_or_small(living, browser, width, scheme):
    weeks(browser, living, width, scheme)
    browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.violations() == []
    assert browser("troubles") == []


CUT = """[...document.querySelectorAll('#main, #main h2, #main h3, #main p, #main li, #main button, #main svg text')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width > 0 && !one.closest('.scrolls') && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
}).map((one) => one.textContent.trim().slice(0, 40))"""
SMALL_TEXT = """[...document.querySelectorAll('#main *')].filter((one) => one.childElementCount === 0 && one.textContent.trim()
  && one.getClientRects().length && parseFloat(getComputedStyle(one).fontSize) < 14).map((one) => one.textContent)"""
SMALL_TARGET = """[...document.querySelectorAll('#main button, #main select, #main input, #main summary, #main .button')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width > 0 && (box.height < 43.9 || box.width < 43.9);
}).map((one) => one.textContent)"""
TOUCHING = """[...document.querySelectorAll('#main .field > svg')].flatMap((svg) => {
  const axis = [...svg.querySelectorAll('text')].filter((one) => one.getBoundingClientRect().width);
  return axis.flatMap((one, n) => axis.slice(n + 1).filter((other) => {
    const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
    return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  }).map((other) => `${one.textContent} | ${other.textContent}`));
})"""


def test_a_page_that_is_drawn_again_keeps_the_week_that_was_chosen(living, browser):
    weeks(browser, living, 1440)
    for _ in range(3):
        browser("click", sel="[data-step='-1']")
    chosen = browser("text", sel=".chosen-name")
    browser("eval", js="document.querySelector('.hero').drawn = true")
    browser("click", sel="#pause")
    browser("wait", js="document.querySelector('.hero') !== null && !document.querySelector('.hero').drawn")
    browser("click", sel="#pause")
    assert browser("text", sel=".chosen-name") == chosen
    browser.go("today")
    browser.go("weeks")
    browser("wait", js=f"document.querySelector('{FIELD}') !== null", within=60)
    assert browser("text", sel=".chosen-name") == "last 7 days"


@pytest.mark.parametrize(
    "width", [320, *(pytest.param(one, marks=pytest.mark.long) for one in (360, 390, 640, 768, 1024, 1440, 1920))]
)
def test_at_every_width_nothing_is_cut_small_or_touching(living, browser, width):
    weeks(browser, living, width)
    browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for name, js in (("cut", CUT), ("text", SMALL_TEXT), ("target", SMALL_TARGET), ("touching", TOUCHING)):
        assert browser("eval", js=js) == [], name
    # the same measures on planted breaches
    browser("eval", js="""document.querySelector('#main').insertAdjacentHTML('beforeend',
        '<p id="far">far out</p><button id="tiny">x</button>');
        document.getElementById('far').style.cssText = 'position:absolute;left:99%;width:400px;font-size:11px';
        document.getElementById('tiny').style.cssText = 'min-height:0;min-width:0;padding:0;height:20px';
        const text = document.querySelector('#main .field > svg text'); text.after(text.cloneNode(true)); 1""")  # fmt: skip
    for js in (CUT, SMALL_TEXT, SMALL_TARGET, TOUCHING):
        assert browser("eval", js=js) != []


# ---- a week


@one_look(0)
def test_a_week_is_chosen_by_pointer_and_its_parts_stand_beside_it(living, browser, width, scheme):
    n = weeks(browser, living, width, scheme)
    assert browser("eval", js=CHOSEN) == n - 1
    assert "last 7 days" in browser("text", sel=HEAD).lower()
    browser("hover", sel=FIELD, x=2.5 / n, y=0.5)
    first = browser("text", sel=".hero .readout")
    assert "of 100" in first
    assert browser("eval", js=CHOSEN) == n - 1  # pointing reads; it does not choose
    browser("point", sel=FIELD, x=2.5 / n, y=0.5)
    assert browser("eval", js=CHOSEN) == 2
    name = browser("text", sel=".chosen-name")
    assert first.startswith(name)
    assert browser("count", sel=".week-parts:not([hidden])") == 1
    parts = browser("eval", js="""[...document.querySelectorAll('.week-parts:not([hidden]) .part-value')]
        .map((one) => Number(one.textContent.replace('−', '-')))""")  # fmt: skip
    assert len(parts) >= 3
    assert sum(parts[:-1]) == parts[-1]
    index = int(first.split(" of 100")[0].split()[-1])
    assert index - 50 == parts[-1]
    assert browser("eval", js="document.querySelector('.contributions').textContent.includes('-')") is False


def test_on_a_phone_the_read_out_stands_above_the_menu_moves_nothing_and_goes_with_a_touch_beside(living, browser):
    n = weeks(browser, living, 390, "light")
    high = browser("eval", js="document.documentElement.scrollHeight")
    browser("hover", sel=FIELD, x=2.5 / n, y=0.5)
    assert "of 100" in browser("text", sel=".hero .readout")
    places = browser("eval", js="""(() => { const box = (name) => document.querySelector(name).getBoundingClientRect();
        return [box('.hero .readout').bottom, box('nav').top, innerHeight] })()""")  # fmt: skip
    assert places[0] <= places[1] < places[2]
    browser("point", sel=".hero figcaption", x=0.5, y=0.5)
    assert browser("text", sel=".hero .readout") == ""
    assert browser("eval", js="document.documentElement.scrollHeight") == high


@one_look(1)
def test_a_week_is_chosen_by_keys_alone_and_by_the_buttons(living, browser, width, scheme):
    n = weeks(browser, living, width, scheme)
    for key in ("ArrowLeft", "ArrowLeft"):
        browser("eval", js=f"document.querySelector('{FIELD}').focus()")
        browser("press", key=key)
    assert browser("eval", js=CHOSEN) == n - 3
    browser("eval", js=f"document.querySelector('{FIELD}').focus()")
    browser("press", key="Home")
    assert browser("eval", js=CHOSEN) == 0
    assert browser("eval", js="document.querySelector('[data-step=\"-1\"]').disabled")
    assert browser("text", sel=".hero .readout")
    browser("press", key="End")
    assert browser("eval", js=CHOSEN) == n - 1
    browser("click", sel="[data-step='-1']")
    assert browser("eval", js=CHOSEN) == n - 2
    assert browser("text", sel=".chosen-name") != "last 7 days"
    browser("click", sel="[data-step='1']")
    assert browser("text", sel=".chosen-name") == "last 7 days"


@pytest.mark.parametrize("width", [390, *(pytest.param(one, marks=pytest.mark.long) for one in (320, 768, 1440))])
def test_a_read_out_moves_nothing_below_it(living, browser, width):
    weeks(browser, living, width)
    high = "document.querySelector('#main').scrollHeight"
    before = browser("eval", js=high)
    plots = browser("eval", js="""[...document.querySelectorAll('.plot.reads')].filter((one) => one.getBoundingClientRect().width)
        .map((one) => [one.dataset.name, JSON.parse(one.dataset.says)])""")  # fmt: skip
    assert len(plots) >= 5
    for name, says in plots:
        longest = says.index(max(says, key=len))
        browser("hover", sel=f".plot[data-name={name}] .field", x=(longest + 0.5) / len(says), y=0.5)
        assert browser("eval", js=high) == before, (name, says[longest])


def test_a_week_is_chosen_by_touch(living, browser):
    n = weeks(browser, living, 390, touch=True)
    browser("tap", sel=FIELD, x=4.5 / n, y=0.5)
    assert browser("eval", js=CHOSEN) == 4
    assert browser("text", sel=".hero .readout")


def test_the_week_without_the_strap_is_a_gap_with_its_reason(living, browser):
    n = weeks(browser, living, 1440)
    says = json.loads(browser("eval", js="document.querySelector('.plot[data-name=choose]').dataset.says"))
    gaps = [one for one in says if "no result" in one]
    assert len(gaps) == browser("count", sel="rect[fill='url(#choose-hatch)']") == 1
    browser("point", sel=FIELD, x=(says.index(gaps[0]) + 0.5) / n, y=0.5)
    assert "no result" in browser("text", sel=HEAD)
    assert "strap" in browser("text", sel=".week.is-chosen p")
    assert f"{n - 1} weeks and the last 7 days" in browser("text", sel="#choose-h")


# ---- days, hours, faces


@one_look(2)
def test_days_say_all_lanes_at_once_and_the_chosen_week_is_marked_in_them(living, browser, width, scheme):
    n = weeks(browser, living, width, scheme)
    plot = ".plot[data-name=lanes]" if width > 640 else ".plot[data-name=recent]"
    says = json.loads(browser("eval", js=f"document.querySelector('{plot}').dataset.says"))
    full = next(place for place, one in enumerate(says) if "sleep" in one and "shift" in one and "ms from" in one)
    browser("hover", sel=f"{plot} .field", x=(full + 0.5) / len(says), y=0.3)
    out = f"document.querySelector('{plot}').parentElement.querySelector('.readout').textContent"
    assert browser("eval", js=out) == says[full]
    before = browser("eval", js=f"document.querySelector('{plot} .chosen-days').getAttribute('x')")
    browser("point", sel=FIELD, x=(n - 1.5) / n, y=0.5)
    assert browser("eval", js=f"document.querySelector('{plot} .chosen-days').getAttribute('x')") != before


def test_a_phone_shows_28_days_and_the_days_before_at_a_touch(living, browser):
    weeks(browser, living, 390)
    assert browser("visible", sel="#recent")
    assert not browser("visible", sel=".lanes.wide")
    assert not browser("visible", sel="#before")
    browser("click", sel="[data-days-part=before]")
    assert browser("visible", sel="#before")
    assert not browser("visible", sel="#recent")
    assert (
        browser("eval", js="document.querySelector('[data-days-part=before]').getAttribute('aria-pressed')") == "true"
    )


@one_look(3)
def test_an_hour_is_read_by_pointer_and_by_keys_in_both_directions(living, browser, width, scheme):
    weeks(browser, living, width, scheme)
    browser("hover", sel=".cells .field", x=0.5, y=0.1)
    out = "document.querySelector('.cells').parentElement.querySelector('.readout').textContent"
    first = browser("eval", js=out)
    assert first
    browser("eval", js="document.querySelector('.cells').focus()")
    seen = set()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight"):
        browser("press", key=key)
        seen.add(browser("eval", js=out))
    assert len(seen) == 4
    signs = browser("eval", js="""[...document.querySelectorAll('.cells text.from-480')].filter((one) => one.getBoundingClientRect().width).length""")  # fmt: skip
    assert (signs > 0) == (width > 640)  # readable signs where there is room; place and colour on a phone


def test_every_picture_has_its_table_and_its_sentence(living, browser):
    weeks(browser, living, 1440)
    assert browser("count", sel=".multiples figure") == browser("count", sel="[aria-labelledby=faces-h] table") == 3
    for sel in (".hero", "section[aria-labelledby=lanes-h]", "figure[aria-labelledby=hours-h]"):
        assert browser("count", sel=f"{sel} details table") > 0, sel
    browser("click", sel="a[href='#about/index']")
    browser("wait", js="document.querySelector('#source-h') !== null")


# ---- print


def test_print_shows_the_headline_the_picture_the_weeks_and_what_is_not_measured(living, browser):
    n = weeks(browser, living, 794)
    browser("media", kind="print")
    try:
        assert browser("visible", sel=HEAD)
        assert browser("visible", sel=FIELD)
        assert browser("eval", js="document.querySelectorAll('.print-only tbody tr').length") == n
        text = browser("text", sel=".print-only")
        assert "does not measure how you feel" in text
        assert "Made on" in text
        for sel in (".week-parts", ".cells", "#notes-h", "[data-print]", "nav"):
            assert not browser("visible", sel=sel), sel
        assert browser("metrics")["wide"] <= 0
        pages = browser("eval", js="document.documentElement.scrollHeight") / 1123  # A4 at 96 dpi
        assert pages <= 2.2
    finally:
        browser("media", kind=None)
    assert browser("visible", sel="[data-print]")
    browser("eval", js="window.print = () => { window.printed = true; }")
    browser("click", sel="[data-print]")
    assert browser("eval", js="window.printed === true")


# ---- notes


@one_look(4)
def test_a_shift_is_noted_and_taken_back(living, browser, width, scheme):
    weeks(browser, living, width, scheme)
    before = browser("count", sel="[data-do=unnote]")
    browser("click", sel="#note-add summary")
    browser("select", sel="#note-what", value="illness")
    assert not browser("eval", js="document.getElementById('note-until').required")
    browser("select", sel="#note-what", value="shift day")
    assert browser("eval", js="document.getElementById('note-until').required")
    begins = time.localtime(time.time() - 20 * 86_400)
    browser("fill", sel="#note-from", text=time.strftime("%Y-%m-%dT08:00", begins))
    browser("fill", sel="#note-until", text=time.strftime("%Y-%m-%dT16:00", begins))
    browser("click", sel="form[data-form=note] button")
    browser("wait", js=f"document.querySelectorAll('[data-do=unnote]').length === {before + 1}", within=60)
    browser("click", sel="[data-do=unnote]")
    browser("wait", js=f"document.querySelectorAll('[data-do=unnote]').length === {before}", within=60)
