"""The page's part with the switches of notifications."""

import html
import json
import re

import pytest

from agent.notices.rows import NOTICES
from agent.page.web.pages import Pages
from agent.tables.profiles import PROFILES
from tests.agent.page.test_words import ROOM, grade

WORDS = json.loads((ROOM / "words" / "en" / "notices.json").read_text(encoding="utf-8"))


def drawn(on=(), problem=None):
    pages = Pages({"profile": PROFILES["care"].as_json(), "names": WORDS})
    kinds = [{"kind": kind, "on": kind in on, "begins": "", "ends": ""} for kind in NOTICES]
    return pages.fragment("notices", pages.local(), notices={"kinds": kinds, "problem": problem})


def switches(page):
    """(kind, whether it is on, what a click asks for) of each switch."""
    asked = re.findall(
        r'role="switch" aria-checked="(\w+)" data-do="notice" data-with=\'(.*?)\' aria-label="(.*?)"', page
    )
    kinds = {words: key.removeprefix("notice.") for key, words in WORDS.items() if key.startswith("notice.")}
    return [(kinds[words], state == "true", json.loads(html.unescape(body))) for state, body, words in asked]


@pytest.mark.parametrize("on", [(), ("strap",), tuple(NOTICES)])
def test_each_kind_has_a_switch_that_shows_its_state_and_asks_for_the_other(on):
    page = drawn(on)
    assert switches(page) == [(kind, kind in on, {"kind": kind, "on": kind not in on}) for kind in NOTICES]
    assert page.count('data-do="notice"') == len(NOTICES)
    assert "unknown" not in page


def test_why_none_can_be_shown_stands_above_them():
    problem = {"words": "this desktop shows no notifications", "remedy": "Start <it>."}
    page = drawn(problem=problem)
    assert "Notifications cannot be shown now. This desktop shows no notifications. Start &lt;it&gt;." in page
    assert "cannot be shown" not in drawn()


def test_its_words_read_easily_and_name_no_machine():
    assert grade("\n".join(words for words in WORDS.values() if len(words.split()) >= 5)) <= 8
    assert [words for words in WORDS.values() if "_" in words] == []
