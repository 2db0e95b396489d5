"""The style sheets are one file, none is left out, and what is loaded ahead is what the scripts import."""

import re

from agent.page.web import static_files
from agent.page.web.pages import Pages
from tests.agent.page.test_states import pages_of


def imported(name: str = "page.js") -> set[str]:
    """Every script that a script imports, and theirs."""
    text = (static_files.STATIC / name).read_text(encoding="utf-8")
    near = set(re.findall(r'(?:from|import) "\./([a-z_]+\.js)"', text))
    return near.union(*(imported(one) for one in near))


def test_every_style_sheet_is_in_the_one_file_and_each_once():
    sheets = sorted(file.stem for file in static_files.STATIC.glob("*.css"))
    assert sorted(static_files.SHEETS) == sheets
    assert [one.stem for one in static_files.files()[static_files.STYLE]] == list(static_files.SHEETS)


def test_every_script_is_loaded_ahead_and_imported():
    assert {f"/static/{name}" for name in imported()} == set(static_files.modules())
    assert imported("svg.js") == set()


def test_the_frame_waits_for_one_style_sheet():
    pages: Pages = pages_of("care")
    frame = pages.shell(pages.local())
    assert re.findall(r'rel="stylesheet" href="([^"]*)"', frame) == [static_files.STYLE]
    assert tuple(re.findall(r'rel="modulepreload" href="([^"]*)"', frame)) == static_files.modules()
    assert set(static_files.modules()) < set(static_files.files())
    assert static_files.kind(static_files.STYLE) == "text/css"
