"""The one parser of a corpus file: one JSON object a line; each fault names line, field, reason and remedy."""

import json
import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from agent.errors import CorpusRefused
from agent.system import host
from agent.system.output import show
from copilot.papers import (
    DESIGNS,
    DIRECTIONS,
    LICENCES,
    OWN,
    SECTIONS,
    Corpus,
    Finding,
    Paper,
    Passage,
    Retraction,
    sha256_of,
)

FOLDER: Final = Path(__file__).parent / "corpus"
FILE: Final = "papers.jsonl"
DIGESTS: Final = "DIGESTS"
_FILE_MOST: Final = 64 * 2**20
_LINE_MOST: Final = 2**18
_TEXT_MOST: Final = 4000
_PASSAGES_MOST: Final = 40
_YEARS: Final = range(1950, 2101)
_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_DOI: Final = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_REFERENCE_NUMBER: Final = re.compile(r"\[\d+(?:[,\u2013-]\s?\d+)*\]")
_PLAIN: Final = ("id", "year", "title", "journal", "doi", "licence", "licence_words", "design", "n", "n_of",
                 "population", "country", "edits")  # fmt: skip
_MEND: Final = "Mend this line of the file."

Check = Callable[[Any], str]
"""The reason against a value; empty where it is right."""


def load(folder: Path = FOLDER) -> Corpus:
    """The shipped corpus, equal to its digest to the last letter.

    Raises:
        CorpusRefused: A file is missing, changed, or not of the form.
    """
    try:
        raw, digests = (folder / FILE).read_bytes(), (folder / DIGESTS).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusRefused(f"the papers cannot be read: {error}", remedy="Install Wardbeat again.") from error
    if digests != digest_line(raw):
        raise CorpusRefused(
            f"{FILE} is not the file that {DIGESTS} names: at least one letter differs",
            remedy="Install Wardbeat again. After a change that was meant: 'make evidence-digests'.",
        )
    return parsed(raw)


def digest_line(raw: bytes) -> str:
    """What DIGESTS holds for these bytes, in the form of sha256sum."""
    return f"{sha256(raw).hexdigest()}  {FILE}\n"


def parsed(raw: bytes) -> Corpus:
    """The papers of a file.

    Raises:
        CorpusRefused: With line, field, reason and remedy.
    """
    if len(raw) > _FILE_MOST:
        raise CorpusRefused(f"{FILE} is larger than {_FILE_MOST} bytes", remedy="Split it.")
    lines = raw.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    papers = tuple(_paper(line, number) for number, line in enumerate(lines, 1))
    _refuse_twice("id", (paper.id for paper in papers))
    _refuse_twice("doi", (paper.doi.lower() for paper in papers))
    _refuse_twice("passages.id", (passage.id for paper in papers for passage in paper.passages))
    return Corpus(papers, sha256(raw).hexdigest())


def _paper(line: bytes, number: int) -> Paper:
    row = _object(line, number)
    _check_fields(row, _FIELDS, number, "")
    if not isinstance(row["passages"], list) or not 1 <= len(row["passages"]) <= _PASSAGES_MOST:
        raise _fault(number, "passages", f"not a list of 1 to {_PASSAGES_MOST}")
    for passage in row["passages"]:
        if not isinstance(passage, dict):
            raise _fault(number, "passages", "not an object")
        _check_fields(passage, _PASSAGE_FIELDS, number, "passages.")
        if not passage["id"].startswith(f"{row['id']}-"):
            raise _fault(number, "passages.id", "does not begin with the paper's id")
    retracted = row["retracted"]
    plain: dict[str, Any] = {name: row[name] for name in _PLAIN}
    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("authors", "read_at", "outcomes")}
    return Paper(
        **plain,
        **lists,
        findings=tuple(Finding(exposure, direction) for exposure, direction in row["direction"].items()),
        retraction=None if retracted is None else Retraction(retracted["year"], retracted.get("notice_doi") or ""),
        passages=tuple(
            Passage(one["id"], one["section"], one["text"], sha256_of(one["text"]), tuple(one["asked"]))
            for one in row["passages"]
        ),
    )


def _object(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > _LINE_MOST:
        raise _fault(number, "line", f"longer than {_LINE_MOST} bytes")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name stands twice")
        return dict(pairs)

    def no_number(name: str) -> float:
        raise ValueError(f"{name} is no number")

    try:
        row = json.loads(line.decode(), object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise _fault(number, "line", f"not JSON in UTF-8 ({type(error).__name__})") from error
    if not isinstance(row, dict):
        raise _fault(number, "line", "not an object")
    return row


def _check_fields(row: dict[str, Any], fields: dict[str, Check], number: int, above: str) -> None:
    for name in (*fields, *row):
        if name not in row:
            raise _fault(number, f"{above}{name}", "missing")
        if name not in fields:
            raise _fault(number, f"{above}{name}", "not a field of this form")
        if above or name != "passages":
            reason = fields[name](row[name])
            if reason:
                raise _fault(number, f"{above}{name}", reason)


def _fault(number: int, field: str, reason: str) -> CorpusRefused:
    return CorpusRefused(f"{FILE}, line {number}, field {field}: {reason}", remedy=_MEND)


def _refuse_twice(field: str, values: Iterable[str]) -> None:
    known: set[str] = set()
    for number, value in enumerate(values, 1):
        if value in known:
            where = f"line {number}, " if "." not in field else ""
            raise CorpusRefused(f"{FILE}, {where}field {field}: {value} stands twice", remedy=_MEND)
        known.add(value)


# ---- one check a field


def _text(most: int, least: int = 1) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value) <= most:
            return f"not a text of {least} to {most} characters"
        if not value.isprintable():  # a terminal would show another letter, or turn the text round
            return "holds a control character, a line break or an unusual space"
        if value != value.strip() or "  " in value:
            return "holds white space at an end, or twice"
        return ""

    return check


def _passage_text(value: Any) -> str:
    found = _text(_TEXT_MOST)(value)
    return found or ("holds a reference number in brackets" if _REFERENCE_NUMBER.search(value) else "")


def _of(allowed: Iterable[str]) -> Check:
    known = tuple(allowed)
    return lambda value: "" if isinstance(value, str) and value in known else f"not one of: {', '.join(known)}"


def _form(pattern: re.Pattern[str], what: str) -> Check:
    return lambda value: "" if isinstance(value, str) and pattern.fullmatch(value) else f"not {what}"


def _optional(check: Check) -> Check:
    return lambda value: "" if value is None else check(value)


def _whole(allowed: range) -> Check:
    def check(value: Any) -> str:
        is_right = isinstance(value, int) and not isinstance(value, bool) and value in allowed
        return "" if is_right else f"not a whole number from {allowed.start} to {allowed.stop - 1}"

    return check


def _list(check: Check, most: int, least: int = 1) -> Check:
    def checked(value: Any) -> str:
        if not isinstance(value, list) or not least <= len(value) <= most:
            return f"not a list of {least} to {most}"
        return next(filter(None, map(check, value)), "")

    return checked


def _direction(value: Any) -> str:
    if not isinstance(value, dict) or len(value) > 20:
        return "not an object of at most 20 exposures"
    name, direction = _text(120), _of(DIRECTIONS)
    return next((name(key) or direction(one) for key, one in value.items() if name(key) or direction(one)), "")


def _retracted(value: Any) -> str:
    if not isinstance(value, dict) or not {"year"} <= set(value) <= {"year", "notice_doi"}:
        return "not null, nor an object with year and notice_doi"
    return _whole(_YEARS)(value["year"]) or _optional(_form(_DOI, "a DOI"))(value.get("notice_doi"))


def _own_id(value: Any) -> str:
    return (
        "begins as an own paper's" if isinstance(value, str) and value.startswith(OWN) else _form(_ID, "an id")(value)
    )


_FIELDS: Final[dict[str, Check]] = {
    "id": _own_id,
    "authors": _list(_text(120), 40),
    "year": _whole(_YEARS),
    "title": _text(500),
    "journal": _text(200),
    "doi": _form(_DOI, "a DOI"),
    "licence": _of(LICENCES),
    "licence_words": _text(600),
    "read_at": _list(_text(300), 10),
    "design": _of(DESIGNS),
    "n": _optional(_whole(range(1, 10**8))),
    "n_of": _optional(_text(120)),
    "population": _optional(_text(300)),
    "country": _optional(_text(120)),
    "outcomes": _list(_text(120), 30, 0),
    "direction": _direction,
    "retracted": _optional(_retracted),
    "edits": _text(600, 0),
    "passages": _list(lambda _: "", _PASSAGES_MOST),
}
_PASSAGE_FIELDS: Final[dict[str, Check]] = {
    "id": _form(re.compile(rf"{_ID.pattern}-\d+[a-z]?"), "an id"),
    "section": _of(SECTIONS),
    "text": _passage_text,
    "asked": _list(_text(200), 24, 0),
}


if __name__ == "__main__":  # make evidence-digests
    content = (FOLDER / FILE).read_bytes()
    show(f"{len(parsed(content).papers)} papers, {len(parsed(content).passages())} passages")
    host.write_durable(FOLDER / DIGESTS, digest_line(content).encode())
