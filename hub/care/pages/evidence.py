"""Evidence: what papers say, word for word, or a refusal. No value of anybody is in it, and no question is kept."""

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from copilot import scope, shown
from copilot.answer import DISCLAIMER, answer
from copilot.library import Library
from hub.care.pages.frame import page
from hub.care.rows import Made, Opened

_ASKED_MOST: Final = 4 * scope.LONGEST


class _Here(threading.local):
    """One library of each thread that answers; its index is in memory."""

    def __init__(self) -> None:
        self.library = Library(None)


@cache
def _here() -> _Here:
    return _Here()


def evidence(opened: Opened, asked: Mapping[str, str]) -> Made:
    """The page.

    Args:
        opened: The request's.
        asked: ``question``: what is asked; without it there is the form alone.
    """
    question = asked.get("question", "").strip()[:_ASKED_MOST]
    library = _here().library
    made = shown.as_json(answer(library, question)) if question else None
    return page(
        opened,
        "evidence",
        "Evidence",
        path="/evidence",
        question=question,
        longest=scope.LONGEST,
        papers=len(library.papers),
        disclaimer=DISCLAIMER,
        made=made,
        quotes=[_quote(library, one) for one in made.get("quotes", ())] if made else [],
    )


def _quote(library: Library, one: dict[str, Any]) -> dict[str, Any]:
    """A quotation with the words of its passage before and behind it."""
    stored = library.index.passage(one["passage"])
    text = stored.passage.text if stored is not None else one["text"]
    around = (text[: one["start"]], text[one["stop"] :]) if stored is not None else ("", "")
    paper = library.papers[one["paper"]]
    return one | {
        "before": around[0],
        "behind": around[1],
        "citation": shown.citation(paper),
        "facts": shown.facts(paper),
    }
