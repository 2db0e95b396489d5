"""`make screenshots`: the page of a made-up person, as pictures for the README; nothing on them is anybody's."""

import sys
import tempfile
import time
from pathlib import Path

from tests.support import drawn_days, page_agent

DOCS = Path(__file__).parents[2] / "docs"
SHOTS = (
    ("now", 1000, 900, "light"),
    ("weeks", 1000, 1240, "light"),
    ("days", 1000, 1240, "light"),
    ("say", 1000, 900, "dark"),
    ("left", 390, 844, "light"),
)


def main() -> int:
    """Draw all."""
    browser = page_agent.Browser()
    with tempfile.TemporaryDirectory() as name, page_agent.living(Path(name), days=100, window_s=20.0) as living:
        living.in_agent(lambda agent: drawn_days.kept(agent.days, int(time.time())))
        time.sleep(65)  # a minute of beats
        for page, width, height, scheme in SHOTS:
            browser.enter(living, width, scheme, height=height)
            browser.go(page)
            browser("eval", js="document.activeElement.blur()")
            time.sleep(2)
            browser("shot", path=str(DOCS / f"page-{page}.png"), full=False)
            print(f"docs/page-{page}.png")
    browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
