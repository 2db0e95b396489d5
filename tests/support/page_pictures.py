"""`make screenshots`: the page of a made-up person, as pictures for the documents; nothing on them is anybody's."""

import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.support import drawn_days, page_agent

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
_PHONE_PX = (390, 844)
_BETWEEN_PX = 24
_COLOURS = 96  # flat areas and text: what a palette loses is not seen


def main() -> int:
    """Draw all."""
    browser = page_agent.Browser()
    with tempfile.TemporaryDirectory() as name, page_agent.living(Path(name), days=100, window_s=20.0) as living:
        living.in_agent(lambda agent: drawn_days.kept(agent.days, int(time.time())))
        time.sleep(65)  # a minute of beats
        for file, page, width, height, scheme in SHOTS:
            browser.enter(living, width, scheme, height=height)
            _save(_shot(browser, page, Path(name) / f"{file}.png"), file)
        for file, pages, scheme in PHONES:
            browser.enter(living, _PHONE_PX[0], scheme, height=_PHONE_PX[1])
            _save(_side_by_side([_shot(browser, page, Path(name) / f"{file}-{page}.png") for page in pages]), file)
    browser.close()
    return 0


def _shot(browser: page_agent.Browser, page: str, path: Path) -> Image.Image:
    browser.go(page)
    browser("wait", js="document.querySelector('[aria-busy=true]') === null")  # what the reader makes comes later
    browser("eval", js="document.activeElement.blur()")
    time.sleep(2)
    browser("shot", path=str(path), full=False)
    return Image.open(path).convert("RGB")


def _side_by_side(shots: list[Image.Image]) -> Image.Image:
    width = sum(shot.width for shot in shots) + _BETWEEN_PX * (len(shots) - 1)
    made = Image.new("RGB", (width, shots[0].height), "white")
    for place, shot in enumerate(shots):
        made.paste(shot, (place * (shot.width + _BETWEEN_PX), 0))
    return made


def _save(picture: Image.Image, file: str) -> None:
    path = DOCS / f"{file}.png"
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"docs/{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
