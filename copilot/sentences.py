"""Where the sentences of a passage begin and end; what is shown is always ``text[start:stop]``.

A full stop that may belong to an abbreviation, a name or a number ends nothing: two sentences quoted as one are whole,
half a sentence is not.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Span(NamedTuple):
    """A slice of a passage's text.

    Attributes:
        start: Place of the first letter.
        stop: Place behind the last one.
    """

    start: int
    stop: int


_END: Final = re.compile(r"[.!?\u2026]+[)\]\"'\u2019\u201d]*(?=\s)")
_BEGIN: Final = re.compile(r"[(\[\"'\u2018\u201c]*[A-Z\u00c0-\u00de0-9\u0391-\u03a9]")
_ABBREVIATIONS: Final = frozenset((
    "e.g", "i.e", "vs", "cf", "al", "etc", "dr", "prof", "mr", "mrs", "ms", "st", "no", "nos", "p", "pp", "fig",
    "figs", "tab", "eq", "ref", "refs", "vol", "ed", "eds", "ca", "approx", "resp", "incl", "excl", "est", "jr",
    "sr", "inc", "ltd", "dept", "univ", "sd", "se", "ci", "md", "phd", "rn", "u.s", "u.k", "a.m", "p.m",
))  # fmt: skip
_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_WORD_BEFORE: Final = re.compile(r"[^\s(\[\"'\u2018\u201c]*$")
_LOOKS_BACK: Final = 40


def spans(text: str) -> tuple[Span, ...]:
    """Sentences in their order; together they hold every letter of the text.

    >>> text = "Sleep was short (e.g., 5.4 h vs. 7 h; P < .001). Naps helped, see Smith et al. They slept."
    >>> [text[start:stop] for start, stop in spans(text)]
    ['Sleep was short (e.g., 5.4 h vs. 7 h; P < .001).', 'Naps helped, see Smith et al. They slept.']
    """
    return tuple(_spans(text))


def _spans(text: str) -> Iterator[Span]:
    start = _skipped(text, 0)
    for end in _END.finditer(text):
        begins = _skipped(text, end.end())
        if end.start() >= start and _BEGIN.match(text, begins) and not _abbreviates(text, end):
            yield Span(start, end.end())
            start = begins
    stop = len(text.rstrip())
    if start < stop:
        yield Span(start, stop)


def _skipped(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _abbreviates(text: str, end: re.Match[str]) -> bool:
    """Whether the stop belongs to the word before it."""
    if end[0] != ".":
        return False
    before = _WORD_BEFORE.search(text, max(0, end.start() - _LOOKS_BACK), end.start())
    word = before[0] if before else ""
    return word.lower() in _ABBREVIATIONS or bool(_INITIALS.fullmatch(word))
