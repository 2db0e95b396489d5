"""Screens that the page's tests render in this process: kept as files, and the few that show each kind of element at its longest.

A plug-in of pytest, too: `KEPT_SCREENS=FOLDER pytest -p tests.support.screens tests/agent/page` keeps every screen in every
language, as one document without scripts.
"""

import functools
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

from agent.page.web import static_files
from agent.page.web.catalogue import LANGUAGES
from agent.page.web.local import Local
from agent.page.web.pages import Pages

VARIABLE = "KEPT_SCREENS"
_VOID = frozenset(("br", "hr", "img", "input", "link", "meta", "wbr"))
_NAME = re.compile(r"[^a-z0-9-]+")

Kind = tuple[str, ...]
"""The page, then the element's parent and the element: tag, classes and whether it is hidden or disabled."""


def pytest_configure() -> None:
    """Keep every screen, where a folder is named."""
    if os.environ.get(VARIABLE):
        Pages.render = _keeping(Path(os.environ[VARIABLE]))


def _keeping(folder: Path):
    render = Pages.render

    @functools.wraps(render)
    async def kept(self, name, query, ask, long_query, local=None):
        made = await render(self, name, query, ask, long_query, local)
        if made is not None:
            for language in LANGUAGES:
                here = self.local(language)
                html = await render(self, name, query, ask, long_query, here)
                document = _document(self, html, here)
                page = _NAME.sub("-", name.partition("/")[0])
                number = hashlib.sha256(document.encode()).hexdigest()[:16]
                (folder / f"{page}.{language}.{number}.html").write_text(document, encoding="utf-8")
        return made

    return kept


def _document(pages: Pages, html: str, local: Local) -> str:
    """The frame with this screen in it, and its style sheets inside."""
    sheets = static_files.files()[static_files.STYLE]
    style = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    frame = re.sub(r"<script.*?</script>|<link [^>]*>", "", pages.shell(local), flags=re.DOTALL)
    begin, end = frame.index("<main"), frame.index("</main>")
    frame = frame[:begin] + '<main id="main" tabindex="-1">' + html + frame[end:]
    return frame.replace("</head>", f"<style>{style}</style></head>")


class _Kinds(HTMLParser):
    """The kinds of one document, and how many characters the longest of each has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.open, self.longest = page, [], {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = dict(attrs)
        states = [name for name in ("hidden", "disabled", "checked") if name in marks]
        here = " ".join((tag, marks.get("class") or "", *states))
        kind = (self.page, self.open[-1][0] if self.open else "", here)
        self.longest.setdefault(kind, 0)
        if tag not in _VOID:
            self.open.append([here, kind, 0])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        for one in self.open:
            one[2] += len(data.strip())

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            here, kind, length = self.open.pop()
            self.longest[kind] = max(self.longest[kind], length)
            if here.split(" ", maxsplit=1)[0] == tag:
                return


def kinds(page: str, document: str) -> Mapping[Kind, int]:
    """By kind of element in the main part, the characters of the longest."""
    made = _Kinds(page)
    made.feed(document[document.index("<main") : document.index("</main>")])
    return made.longest


def worth_measuring(screens: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Names of the screens that together show every kind of element where its words are longest.

    Args:
        screens: Name, page and document of each.
    """
    best: dict[Kind, tuple[int, str]] = {}
    for name, page, document in screens:
        for kind, length in kinds(page, document).items():
            if length > best.get(kind, (-1, ""))[0]:
                best[kind] = (length, name)
    return iter(sorted({name for _, name in best.values()}))
