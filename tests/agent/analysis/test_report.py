"""`--report`: one file, no request, no script, nothing unescaped; what it says is what the numbers say."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from agent import cli
from agent.analysis import pictures
from agent.analysis.columns import heart_numbers, meaning_of
from agent.analysis.report_words import name_of
from agent.report.axes import round_numbers
from agent.report.markup import tag
from agent.signal.heart.artifacts import Label
from tests.agent.analysis.test_windowing import heart
from tests.support.studies import run, written

VOID = {"meta", "br", "link", "img"}


class Page(HTMLParser):
    """Elements, words and links of a report; fails where an element is not closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.attributes, self.ids = [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.tags.append(name)
        self.attributes += [(name, *one) for one in attributes]
        self.ids += [value for key, value in attributes if key == "id"]
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def report(tmp_path, *words):
    out = tmp_path / "report.html"
    code = run(*words, "--report", out)
    return code, out.read_text(encoding="utf-8")


def test_a_report_loads_nothing_runs_nothing_and_names_no_folder(folder, tmp_path):
    code, text = report(tmp_path, folder)
    page = Page(text)
    assert code == 1
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & set(page.tags)
    assert not [one for one in page.attributes if one[1].startswith("on")]
    targets = [value for _, key, value in page.attributes if key in ("href", "src", "action", "data")]
    assert targets
    assert all(target.startswith("#") for target in targets)
    assert {target[1:] for target in targets} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"url\(|@import|https?:", text)
    assert "default-src 'none'" in text
    assert str(tmp_path) not in text
    assert str(tmp_path.parent) not in text


def test_a_study_opens_with_a_table_of_all_and_one_that_cannot_be_read(folder, tmp_path):
    _, text = report(tmp_path, folder)
    page = Page(text)
    assert "10 recordings" in page.text
    assert "9 were read, 1 could not be." in page.text
    assert "P1/stress.txt Not read: stress.txt, line 2" in page.text
    assert page.tags.count("article") == 10  # the table, nine recordings
    assert page.text.count("Beat by beat") == 9


def test_every_number_stands_with_its_interval_or_its_reason(tmp_path):
    _, text = report(tmp_path, written(tmp_path / "reading.txt", heart(161)))
    page = Page(text)
    for spec in heart_numbers():
        assert meaning_of(spec) in page.text
        assert name_of(spec.name)[0] != spec.name  # a name for people
    assert page.text.count("Needs 300 s; this is 161 s") == 4
    assert page.text.count("Needs 1200 s; this is 161 s") == 2
    assert "Too few valid beats (needs 256; there are 201)" in page.text
    assert "161 s, 201 intervals, none of them faulty." in page.text


def test_faults_gaps_and_notes_are_shown(tmp_path):
    rr_ms = heart(300)
    rr_ms[60] *= 2
    rr_ms[120:122] = rr_ms[120] * 0.6, rr_ms[121] + 0.4 * rr_ms[120]
    _, text = report(tmp_path, written(tmp_path / "faulty.txt", rr_ms))
    assert text.count('<use href="#m-missed"') == 2  # in the picture and in its key
    assert text.count('<use href="#m-ectopic"') == 3
    assert "missed beat: 1" in text
    assert "early beat: 2" in text
    line = re.search(r'<path d="([^"]*)" class="line"', text)[1]
    assert line.count("M") == 3  # each fault breaks the line
    seconds = np.round(np.random.default_rng(1).normal(0.8, 0.02, 60), 3)
    _, text = report(tmp_path, written(tmp_path / "seconds.txt", seconds))
    assert "No unit is stated" in Page(text).text


def test_a_long_recording_is_shown_window_by_window_and_stays_small(tmp_path):
    _, text = report(tmp_path, written(tmp_path / "hours.txt", heart(14_400)))
    page = Page(text)
    assert "48 of 5 min" in page.text
    assert "Window by window" in page.text
    assert "48 of 48 windows gave this number" in page.text
    assert "Mean of 48 windows" in page.text
    assert len(text) < 250_000
    _, text = report(tmp_path, tmp_path / "hours.txt", "--window", "60")
    assert "240 of 240 windows gave this number" in text


def test_words_of_strangers_are_words_in_a_report(tmp_path):
    name = "<img src=x onerror=alert(1)>&\"'.txt"
    try:
        written(tmp_path / "s" / name, heart(62))
    except OSError:
        pytest.skip("this file system takes no such name")
    written(tmp_path / "s" / "<b>bad.txt", [0.5])
    _, text = report(tmp_path, tmp_path / "s")
    page = Page(text)
    assert "img" not in page.tags
    assert "b" not in page.tags[page.tags.index("main") :]
    assert name in page.text
    assert tag("p", "<i>", title='"') == '<p title="&quot;">&lt;i&gt;</p>'


def test_two_recordings_stand_side_by_side_with_the_rule(tmp_path):
    calm, busy = written(tmp_path / "calm.txt", heart(320)), written(tmp_path / "busy.txt", heart(300, rate_bpm=95))
    code, text = report(tmp_path, calm, busy, "--compare")
    page = Page(text)
    assert code == 0
    assert "Heart rate" in page.text.split(" differ")[0]
    assert "A is calm.txt, B is busy.txt; the first" in page.text
    assert "do not overlap" in page.text
    assert page.tags.count("article") == 3


@pytest.mark.parametrize("rr_ms", [[800.0], [800.0, 805.0], [2400.0] * 30, [800.0] * 400, [700.0, 1900.0] * 40])
def test_any_series_has_a_report(tmp_path, rr_ms):
    _, text = report(tmp_path, written(tmp_path / "odd.txt", rr_ms))
    page = Page(text)
    assert "nan" not in text.lower().replace("finance", "")
    assert "inf" not in [value for _, key, value in page.attributes if key in ("x", "y", "d")]


def test_every_kind_of_fault_has_its_shape():
    assert set(pictures.SHAPES) == set(Label) - {Label.NORMAL}
    assert len({path for _, path in pictures.SHAPES.values()}) == len(pictures.SHAPES)


def test_an_axis_has_a_few_round_numbers():
    for low, high in ((0, 0.5), (612, 1080), (-3, 2), (0, 83_000), (59.1, 59.2), (0, 7.3)):
        ticks = round_numbers(low, high)
        assert 2 <= len(ticks) <= 5
        assert all(low <= tick <= high for tick in ticks)


@pytest.mark.browser
@pytest.mark.long
def test_a_report_fits_every_width_in_light_and_dark_and_keeps_the_rules_of_access(folder, tmp_path):
    from tests.support.page_agent import Browser

    written(folder / "P9/hours.txt", heart(7000))
    report(tmp_path, folder)
    run(folder / "P0/rest.txt", folder / "P2/rest.txt", "--compare", "--report", tmp_path / "compared.html")
    browser = Browser()
    try:
        for file in ("report.html", "compared.html"):
            for width in (360, 390, 768, 1440):
                for scheme in ("light", "dark"):
                    browser("new", width=width, scheme=scheme)
                    browser("goto", url=(tmp_path / file).as_uri())
                    browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                    look = (file, width, scheme)
                    assert browser("metrics")["wide"] == 0, look
                    assert browser("troubles") == [], look
                    assert browser("asked") == [(tmp_path / file).as_uri()], look
                    if width in (390, 1440):
                        assert browser("axe") == [], look
    finally:
        browser.close()


def test_the_command_s_help_names_every_output(capsys):
    with pytest.raises(SystemExit):
        cli.main(["analyze", "--help"])
    out = capsys.readouterr().out
    for option in ("--csv", "--long", "--report", "--nn", "--from", "--until", "--compare", "--json"):
        assert option in out
    assert "1 done, but a recording of several could not be read" in out
