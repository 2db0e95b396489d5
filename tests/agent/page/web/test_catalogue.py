"""Languages: which one is shown, and plural forms."""

import pytest

from agent.page.web import catalogue
from agent.page.web.catalogue import LANGUAGES, Catalogue, chosen


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("pt-BR,es;q=0.5", "es"),
        ("FR", "fr"),
        ("zh", "en"),
        ("", "en"),
        (";;,,", "en"),
    ],
)
def test_the_first_language_that_the_page_speaks(wanted, language):
    assert chosen(wanted) == language


@pytest.mark.parametrize(("language", "singular"), [("en", {1}), ("de", {1}), ("es", {1}), ("fr", {0, 1})])
def test_the_form_of_a_count(language, singular):
    assert {n for n in range(200) if LANGUAGES[language].plural(n) == "one"} == singular


def test_a_row_brings_its_words_and_a_catalogue_has_better_ones(tmp_path, monkeypatch):
    folder = tmp_path / "de"
    folder.mkdir()
    (folder / "x.json").write_text('{"signal.heart": "Herz", "n.days": {"one": "{n} Tag", "other": "{n} Tage"}}')
    monkeypatch.setattr(catalogue, "_FOLDER", tmp_path)
    made = Catalogue("de", {"signal.heart": "heart", "signal.breath": "breath"})
    assert (made.t("signal.heart"), made.t("signal.breath")) == ("Herz", "breath")
    assert [made.t("n.days", n=n) for n in (1, 2, 0)] == ["1 Tag", "2 Tage", "0 Tage"]
    with pytest.raises(KeyError):
        made.t("n.weeks")


def test_a_day_with_a_full_stop_ends_its_sentence():
    words = Catalogue("de", {"a.until": "Gilt bis {until}.", "a.waits": "{until}, bitte warten ..."})
    assert words.t("a.until", until="27. Nov.") == "Gilt bis 27. Nov."
    assert words.t("a.until", until="2036") == "Gilt bis 2036."
    assert words.t("a.waits", until="27. Nov.") == "27. Nov., bitte warten ..."
