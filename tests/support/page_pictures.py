"""`make screenshots`: the page of a made-up person, as pictures for the documents; nothing on them is anybody's."""

import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.support import page_agent

DOCS = Path(__file__).parents[2] / "docs"
SHOTS = (
    ("page-today", "today", 1440, 1000, "light"),
    ("page-weeks", "weeks", 1440, 1240, "light"),
    ("page-days", "days", 1440, 1240, "light"),
    ("page-sharing", "sharing", 1440, 1000, "light"),
    ("page-privacy", "privacy", 1440, 1240, "light"),
    ("page-check-in", "check-in", 1440, 900, "light"),
    ("page-first", "first", 1440, 900, "light"),
    ("page-today-dark", "today", 1440, 1000, "dark"),
)
"""File, page, width and height in px, scheme."""
PHONES = (
    ("page-phone", ("today", "weeks", "check-in", "days"), "light"),
    ("page-phone-dark", ("today", "weeks", "sharing", "privacy"), "dark"),
)
"""File, pages that stand side by side at 390 px, scheme."""
WHOLE = (
    ("after/today", "today", 1440),
    ("after/weeks", "weeks", 1440),
    ("after/sharing", "sharing", 1440),
    ("after/privacy", "privacy", 1440),
    ("after/first", "first", 1440),
    ("after/help", "help", 1440),
    ("after/today-390", "today", 390),
    ("after/weeks-390", "weeks", 390),
    ("after/check-in-390", "check-in", 390),
)
"""Whole pages for docs/page_before_after.md: file, page, width in px."""
EMPTY = (("after/today-empty", "today", 1440), ("after/weeks-empty", "weeks", 1440))
"""The same of a person without a past."""
_MADE = "document.querySelector('[aria-busy=true]') === null"  # what the reader makes comes later than the page
_PHONE_PX = (390, 844)
_BETWEEN_PX = 24
_WHOLE_PX = 720  # wide at most
_COLOURS, _COLOURS_WHOLE = 96, 32  # flat areas and text: what a palette loses is not seen


def main() -> int:
    """Draw all."""
    browser = page_agent.Browser()
    with tempfile.TemporaryDirectory() as name, page_agent.living_with_days(Path(name)) as living:
        time.sleep(65)  # a minute of beats
        for file, page, width, height, scheme in SHOTS:
            browser.enter(living, width, scheme, height=height)
            _save(_shot(browser, page, Path(name)), file)
        for file, pages, scheme in PHONES:
            browser.enter(living, _PHONE_PX[0], scheme, height=_PHONE_PX[1])
            _save(_side_by_side([_shot(browser, page, Path(name)) for page in pages]), file)
        _whole_pages(browser, living, WHOLE)
    with tempfile.TemporaryDirectory() as name, page_agent.living(Path(name), window_s=20.0) as living:
        time.sleep(25)  # until there are beats
        _whole_pages(browser, living, EMPTY)
    browser.close()
    return 0


def _whole_pages(
    browser: page_agent.Browser, living: page_agent.Living, pages: tuple[tuple[str, str, int], ...]
) -> None:
    for file, page, width in pages:
        browser.enter(living, width, "light")
        browser.go(page)
        browser("wait", js=_MADE)
        high = browser("eval", js="document.documentElement.scrollHeight")
        browser("zoom", width=width, height=high, factor=1)  # the bar of a phone stands at the end of the whole page
        shot = _shot(browser, page, living.folder)
        shot.thumbnail((_WHOLE_PX, shot.height), Image.Resampling.LANCZOS)
        _save(shot, file, _COLOURS_WHOLE)


def _shot(browser: page_agent.Browser, page: str, folder: Path) -> Image.Image:
    browser.go(page)
    browser("wait", js=_MADE)
    browser("eval", js="document.activeElement.blur()")
    time.sleep(2)
    path = folder / "shot.png"
    browser("shot", path=str(path), full=False)
    return Image.open(path).convert("RGB")


def _side_by_side(shots: list[Image.Image]) -> Image.Image:
    width = sum(shot.width for shot in shots) + _BETWEEN_PX * (len(shots) - 1)
    made = Image.new("RGB", (width, shots[0].height), "white")
    for place, shot in enumerate(shots):
        made.paste(shot, (place * (shot.width + _BETWEEN_PX), 0))
    return made


def _save(picture: Image.Image, file: str, colours: int = _COLOURS) -> None:
    path = DOCS / f"{file}.png"
    picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"docs/{file}.png: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
