"""What is wrong with a page's layout, measured in a real browser at every width: one function for any page and state."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.page_agent import Browser

WIDTHS = (320, 360, 390, 480, 600, 768, 1024, 1280, 1440, 1920)
HEIGHT = 900
SCRIPT = Path(__file__).parents[1] / "browser" / "layout.js"
_STILL = """new Promise((done) => {
    const frames = (left) => left ? requestAnimationFrame(() => frames(left - 1)) : done(1);
    Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime < 5000).map((one) => one.finished))
        .then(() => frames(3));
})"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: ``scrolls sideways``, ``unlabelled scroller``, ``small text``, ``small target``, ``overlapping targets``, ``cut
            text``, ``outside the width``, ``drawn text outside``, ``drawn texts overlap`` or ``covered text``.
        what: The element, with the beginning of its words.
        where: The nearest part of the page with a name.
        size: How large it is, or by how much it is too far.
        widths: Of the window, at which it was found.
    """

    kind: str
    what: str
    where: str
    size: str
    widths: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} in {self.where}: {self.size} at {', '.join(map(str, self.widths))} px"


def layout_faults(browser: Browser, widths: Iterable[int] = WIDTHS, allowed: Iterable[str] = ()) -> list[Fault]:
    """Faults of the page that is loaded; at each width one planted breach of every kind is found, too.

    Args:
        browser: With the page open.
        widths: Of the window, in CSS px.
        allowed: Beginnings of `Fault.what` that are no faults here.
    """
    found: dict[tuple[str, str, str], tuple[str, list[int]]] = {}
    for width in widths:
        browser("zoom", width=width, height=HEIGHT, factor=1)
        browser("eval", js=_STILL)
        told = browser("eval", js=SCRIPT.read_text(encoding="utf-8"))
        assert told["missed"] == [], f"planted at {width} px and not found: {told['missed']}"
        for one in told["faults"]:
            if not one["what"].startswith(tuple(allowed)):
                found.setdefault((one["kind"], one["what"], one["where"]), (one["size"], []))[1].append(width)
    return [Fault(*key, size, tuple(dict.fromkeys(at))) for key, (size, at) in found.items()]


def in_words(faults: Iterable[Fault]) -> str:
    """One fault a line."""
    return "\n".join(map(str, faults))
