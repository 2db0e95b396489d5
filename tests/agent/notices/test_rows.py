"""The table: fixed sentences without a value; each kind has its words, and is offered where it can happen."""

import dataclasses
import re
from pathlib import Path

import pytest

from agent.notices.languages import OPENS, WORDS, in_language
from agent.notices.rows import NOTICES, TEST, breach, offered
from agent.page.web.catalogue import FIRST, LANGUAGES
from agent.tables.profiles import PROFILES

ROWS = [*NOTICES.values(), TEST]
SPOKEN = {f"{language}-{row.kind}": in_language(row, language) for row in ROWS for language in ("en", *WORDS)}


def row_faults(row):
    faults = [f"{text!r} holds {breach(text)!r}" for text in (row.title, row.text) if breach(text)]
    if not row.text.endswith(".") or len(row.text) > 90:
        faults.append("text")
    if row.kind != "test" and not (row.apart_s >= 3600 and row.stands_s > 0):
        faults.append("pace")
    return faults


@pytest.mark.parametrize("row", SPOKEN.values(), ids=SPOKEN)
def test_a_notification_is_a_plain_sentence_without_a_value(row):
    assert row_faults(row) == []


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Your heart rate is 61."},
        {"text": "An alert about {name} came."},
        {"text": "Ihr Puls ist ⁶¹."},
        {"title": "rmssd_ms"},
        {"text": "Write to ward@example.org."},
        {"text": "Your strap"},
        {"apart_s": 0},
    ],
)
def test_a_row_with_a_value_or_a_name_is_found(change):
    assert row_faults(dataclasses.replace(NOTICES["strap"], **change)) != []


def test_every_language_of_the_page_has_every_sentence_and_no_other():
    kinds = [row.kind for row in ROWS]
    assert sorted(WORDS) == sorted(OPENS) == sorted(set(LANGUAGES) - {FIRST})
    assert {language: list(words) for language, words in WORDS.items()} == dict.fromkeys(WORDS, kinds)
    said = [row.text for row in SPOKEN.values()]
    assert len(set(said)) == len(said), "none is that of another language"


def test_a_message_of_the_hub_says_only_that_there_is_one():
    assert NOTICES["message"].text == "There is a message for you in Wardbeat."


def test_no_forbidden_word_of_a_profile_stands_in_a_notification():
    for profile in PROFILES.values():
        said = " ".join(f"{row.title} {row.text}" for row in offered(profile).values()).lower()
        assert [word for word in profile.forbidden_words if word in said] == []


def test_each_place_offers_what_can_happen_there():
    assert {name: list(offered(profile)) for name, profile in PROFILES.items()} == {
        "personal": ["strap", "check-in"],
        "care": ["strap", "consent", "check-in", "message"],
        "research": ["strap", "consent", "check-in"],
        "eu-workplace": ["strap", "consent"],
    }


def test_the_document_has_the_rows_of_the_table():
    text = (Path(__file__).parents[3] / "docs" / "notices.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([\w-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert listed == [(row.kind, row.text, row.begins, row.ends) for row in NOTICES.values()]
