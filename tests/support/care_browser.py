"""The care view as its own process over a hub of `cared`, at that hub's time, and Chromium with a member's certificate.

python -m tests.support.care_browser FOLDER
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import time_machine

from agent.demo.team import members
from agent.system import output
from hub.care.pages import ACTIONS, PAGES
from hub.care.pages.frame import STATIC
from hub.care.web.app import Site
from hub.care.web.serve import Life, Options, serve_folder
from tests.support.care_view import port_of
from tests.support.cared import NOW_UTC_S
from tests.support.page_agent import Browser
from tests.support.processes import start_process


@dataclass
class Viewed:
    """A browser in front of a running care view."""

    browser: Browser
    port: int
    staff: members.Staff

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def enter(self, width: int, scheme: str, **options) -> None:
        """A new browser that signs in with the keyboard alone."""
        certificate = {"origin": self.origin, "pfxPath": str(self.staff.p12), "passphrase": self.staff.passphrase}
        self.browser("new", width=width, scheme=scheme, certificate=certificate, **options)
        self.go("/")
        self.reach("form[action='/sign-in'] button")
        self.browser("press", key="Enter")
        self.at("/")

    def go(self, path: str) -> None:
        self.browser("goto", url=f"{self.origin}{path}")

    def at(self, path: str) -> None:
        """Wait for an address."""
        self.browser("wait", js=f"location.pathname === {path!r} && document.readyState === 'complete'")

    def holds(self, words: str, count: int = 1) -> None:
        """Wait for a page whose text holds these words, or with ``count`` 0 does not."""
        found = f"document.querySelector('main').innerText.includes({json.dumps(words)})"
        self.browser("wait", js=f"document.readyState === 'complete' && {found} === {'true' if count else 'false'}")

    def reach(self, selector: str, most: int = 80) -> None:
        """Press Tab until the first element of a selector has the focus."""
        for _ in range(most):
            if self.browser("eval", js=f"document.activeElement === document.querySelector({selector!r})"):
                return
            self.browser("press", key="Tab")
        raise AssertionError(f"{selector} cannot be reached with the keyboard")


@contextlib.contextmanager
def viewed(folder: Path) -> Iterator[Viewed]:
    """The care view of ``folder/hub``, and a browser.

    Args:
        folder: Holds the hub.
    """
    staff, log = members.add(folder), folder / "view.log"
    log.write_bytes(b"")
    process = start_process(sys.executable, "-m", "tests.support.care_browser", folder / "hub", log=log)
    browser = Browser()
    try:
        yield Viewed(browser, port_of(process, log), staff)
    finally:
        browser.close()
        process.stop()


if __name__ == "__main__":
    with time_machine.travel(NOW_UTC_S, tick=True):
        serve_folder(
            Path(sys.argv[1]),
            Options.parsed("127.0.0.1:0"),
            Site(PAGES, ACTIONS, STATIC),
            Life(lambda: None, 30.0),
            lambda where: output.say(f"The care view is at {where}."),
        )
