"""The layout of every screen that the tests of states render, in each language, where each kind of element is longest.

A running agent is in few of its states, and in some of them on some days only; `test_layout` measures those with their scripts.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import layout, screens

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
RENDERING = ("test_states.py", "test_days.py")
WIDTHS = (320, 1024)


def measured(browser, folder: Path) -> str:
    every = sorted(folder.iterdir())
    pages = ((file.name, file.name.split(".")[0], file.read_text(encoding="utf-8")) for file in every)
    found = []
    for name in screens.worth_measuring(pages):
        browser("goto", url=(folder / name).as_uri())
        browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        faults = layout.layout_faults(browser, WIDTHS)
        if faults:
            found.append(f"== {name}\n{layout.in_words(faults)}")
    return "\n".join(found)


@pytest.mark.long
@pytest.mark.process
def test_no_state_of_a_page_has_a_fault_of_layout_in_any_language(tmp_path, browser):
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.support.screens"]
    made = subprocess.run(
        [*words, *(str(HERE / name) for name in RENDERING)],
        env=os.environ | {screens.VARIABLE: str(tmp_path)},
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout[-2000:]
    pages = {file.name.split(".")[0] for file in tmp_path.iterdir()}
    assert pages >= {"today", "weeks", "days", "check-in", "sharing", "privacy", "first", "about"}, pages
    browser("new", width=1024, scheme="light")
    assert measured(browser, tmp_path) == ""


def test_one_state_with_a_link_that_is_too_small_or_with_words_too_long_is_found(tmp_path, browser):
    whole = '<!doctype html><html lang="en"><head><style>.tight { white-space: nowrap }</style></head><body><main><p>%s</p></main></body></html>'
    for number in range(20):
        (tmp_path / f"weeks.en.{number}.html").write_text(whole % f"Week {number}.", encoding="utf-8")
    (tmp_path / "weeks.en.small.html").write_text(whole % '<a href="#x">?</a>', encoding="utf-8")
    for name, text in (("short", "refused"), ("long", "refused: the hub was restored from an older copy")):
        tight = whole % f'<span class="tight">{text}</span>'
        (tmp_path / f"weeks.en.{name}.html").write_text(tight, encoding="utf-8")
    browser("new", width=1024, scheme="light")
    found = measured(browser, tmp_path)
    assert 'small target: a "?"' in found
    assert "outside the width: span[class=tight]" in found
    assert found.count("== ") == 2
