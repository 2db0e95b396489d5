"""First steps, check-ins, help and the pages of numbers in a real Chromium: every width and scheme, nothing cut or small."""

import pytest

from agent import __version__
from tests.support import page_agent
from tests.support.page_agent import LOOKS, one_look

UNFOLD = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
FAULTS = """(() => {
  const shown = (one) => one.checkVisibility() && one.getBoundingClientRect().width > 1; // not what lies folded
  const wide = document.documentElement.clientWidth;
  const found = [];
  for (const one of document.querySelectorAll('main button, main a.button, main summary, main .answers label, main select, main input[type=file]'))
    if (shown(one) && one.getBoundingClientRect().height < 44) found.push(`small: ${one.textContent.trim()}`);
  for (const one of document.querySelectorAll('main *')) {
    if (!shown(one)) continue;
    if (one.getBoundingClientRect().right > wide + 1) found.push(`cut: ${one.tagName} ${one.textContent.trim().slice(0, 30)}`);
    if ([...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && parseFloat(getComputedStyle(one).fontSize) < 14)
      found.push(`tiny: ${one.textContent.trim().slice(0, 30)}`);
  }
  if ([...document.querySelectorAll('main .primary')].filter(shown).length > 1) found.push('two primary buttons');
  if (document.documentElement.scrollWidth > wide) found.push('the page scrolls sideways');
  return found;
})()"""
PLANTED = """document.querySelector('#main').insertAdjacentHTML('beforeend',
    '<p id="tiny">tiny</p><button id="small">small</button><div id="far">far</div><a class="button primary">1</a><a class="button primary">2</a>');
    document.getElementById('tiny').style.fontSize = '12px';
    document.getElementById('small').style.minHeight = document.getElementById('small').style.height = '20px';
    document.getElementById('far').style.width = '3000px'; 1"""


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    with page_agent.living(folder, profile="personal", enrolled=False, is_bound=False, sensors=()) as made:
        yield made


def is_well(browser, state):
    assert browser("eval", js=FAULTS) == [], state
    assert browser.violations() == [], state


@pytest.mark.parametrize(("width", "scheme"), [*LOOKS, (320, "light")])
@pytest.mark.long
def test_nothing_is_cut_small_or_faint_in_any_look(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("first")
    is_well(browser, "first")
    browser("click", sel="[data-step-on]")
    is_well(browser, "second step")
    browser("eval", js=UNFOLD)
    assert [one for one in browser("eval", js=FAULTS) if one != "two primary buttons"] == [], "unfolded"
    for page in ("help", "about/rmssd_ms", "about/sleep_h", "about/index", "check-in"):
        browser.go(page)
        browser("eval", js=UNFOLD)
        is_well(browser, page)
    for short in ("cbi", "mood"):
        browser("click", sel=f"[data-check={short}]")
        is_well(browser, short)
        browser("click", sel=f"form[data-short={short}] [data-check-stop]")
        browser("wait", js="!document.getElementById('check-list').hidden")
        browser("eval", js=UNFOLD)
    browser("click", sel="[data-check=mood]")
    browser("press", key="5")
    browser("press", key="Enter")
    browser("wait", js="!document.getElementById('result').hidden")
    is_well(browser, "result")
    assert browser("troubles") == []
    browser("eval", js=PLANTED)
    found = browser("eval", js=FAULTS)
    for fault in ("small: small", "tiny: tiny", "cut: DIV far", "two primary buttons", "the page scrolls sideways"):
        assert fault in found, fault


@one_look(2)
def test_help_names_the_keys_that_the_menu_has(living, browser, width, scheme):
    browser.enter(living, width, scheme)
    browser.go("help")
    keys = dict(zip(*(browser("eval", js=f"[...document.querySelectorAll('.keys {tag}')].map((one) => one.textContent)")
                      for tag in ("dt", "dd")), strict=True))  # fmt: skip
    menu = browser("eval", js="""Object.fromEntries([...document.querySelectorAll('nav a[accesskey]')]
        .map((one) => [one.accessKey, one.textContent.trim()]))""")  # fmt: skip
    assert len(menu) == 7
    assert {key: keys[key] for key in menu} == menu
    assert browser("eval", js="document.getElementById('pause').accessKey") == "p"
    assert "p" in keys
    assert __version__ in browser("text", sel="#about-h ~ dl")
    assert browser("count", sel=".answers-list details") >= 10


@one_look(4)
def test_a_step_that_is_left_for_later_is_not_ticked(tmp_path, browser, width, scheme):
    with page_agent.living(tmp_path, profile="care", enrolled=False, is_bound=False, sensors=()) as living:
        browser.enter(living, width, scheme)
        states = "[...document.querySelectorAll('.step')].map((one) => one.className.split(' ').at(-1))"
        browser("click", sel="#step-place [data-step-on]")
        assert browser("eval", js=states) == ["done", "now", "later", "later", "later"]
        assert browser("visible", sel="#bundle")
        browser("click", sel="#step-pin [data-step-on]")
        assert browser("eval", js=states) == ["done", "later", "now", "later", "later"]
        assert browser("eval", js="document.querySelector('#step-strap').getAttribute('aria-current')") == "step"
        assert browser("text", sel="#step-pin summary") == "later"
        assert browser("text", sel="#step-place summary") == "done"
