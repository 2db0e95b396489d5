"""`make screenshots`: the care view over the ten synthetic people of the team's demo; nothing on them is anybody's."""

import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from agent.demo.site import OPERATOR, SITE, free_port
from agent.demo.team import hurried, members, year
from agent.demo.team.people import WALKED
from hub import site
from hub.alerts.follower import Follower
from tests.support.care_browser import Viewed
from tests.support.care_view import port_of
from tests.support.page_agent import Browser
from tests.support.processes import start_wardbeat

DOCS = Path(__file__).parents[2] / "docs"
SHOTS = (("people", 1240, 900, "light"), ("person", 1240, 1500, "light"), ("alerts", 390, 844, "dark"))
HOUR_S = 0.01


def main() -> int:
    """Draw all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        people = made(folder)
        log = folder / "view.log"
        log.touch()
        process = start_wardbeat("hub", "view", folder / "hub", "--care", "--listen", "127.0.0.1:0", log=log)
        view = Viewed(Browser(), port_of(process, log), members.add(folder))
        paths = {"people": "/", "person": f"/people/{people[WALKED].identity.device}", "alerts": "/alerts"}
        try:
            for page, width, height, scheme in SHOTS:
                view.enter(width, scheme, height=height)
                view.go(paths[page])
                view.browser("eval", js="document.activeElement.blur()")
                view.browser("shot", path=str(DOCS / f"care-{page}.png"), full=False)
                print(f"docs/care-{page}.png")
        finally:
            view.browser.close()
            process.stop()
    return 0


def made(folder: Path) -> list[year.Member]:
    """The demo's people and their year, and what `hub alerts` makes of it."""
    today = int(time.time()) // 86_400
    site.init(folder / "hub", site.Site(SITE, OPERATOR, "127.0.0.1", free_port(), synthetic=True))
    people = year.enroll(folder, today)
    for taken in year.take(folder / "hub", people, 1, today):
        print(f"{taken.windows} windows", flush=True)
    ahead = iter(range(1000))
    with closing(Follower(folder / "hub", now=lambda: time.time() + next(ahead))) as follower:
        rules = tuple(hurried.hurried(rule, HOUR_S) for rule in follower.rules.rules)
        follower.rules = replace(follower.rules, rules=rules)
        for _ in range(20):  # the rules' leads are over within some turns of that clock
            follower.follow_once()
    return people


if __name__ == "__main__":
    sys.exit(main())
