"""Lines between the agent and the process that reads an export: JSON, one message a line."""

import json
import math
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Final

from agent.days.health.clock import Offsets
from agent.days.health.found import KINDS, NAMES, Column, ColumnProposal, HealthImport, Options, SourceFound, Unread
from agent.days.health.refusals import REFUSALS, UNREAD, refused
from agent.days.health.table import FORMATS
from agent.errors import ImportRefused
from agent.model import DayValue

LINE_MOST: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Done:
    """Bytes that are read, and bytes in all."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """The formats of an export."""

    names: tuple[str, ...]


Answer = Recognised | HealthImport | ColumnProposal | ImportRefused


def asked(path: str, options: Options | None, offsets: Offsets | None) -> bytes:
    """The question: a look at the format, where there are no options, else a reading."""
    found: dict[str, Any] = {"path": path}
    if options is not None and offsets is not None:
        found |= {
            "now_s": options.now_s,
            "from_s": offsets.from_s,
            "east_s": offsets.east_s,
            "key": options.key.hex(),
            "person": options.person,
            "columns": [(column.role, column.header, column.unit) for column in options.columns],
            "format": options.format,
            "samples_utc": options.samples_utc,
        }
    return _line(found)


def question(line: bytes) -> tuple[str, Options | None, Offsets | None]:
    """The question, read."""
    found = json.loads(line)
    if "now_s" not in found:
        return found["path"], None, None
    offsets = Offsets(tuple(found["from_s"]), tuple(found["east_s"]))
    options = Options(
        now_s=found["now_s"],
        zone=lambda utc_s: offsets.east_at(int(utc_s)),
        key=bytes.fromhex(found["key"]),
        person=found["person"],
        columns=tuple(Column(*column) for column in found["columns"]),
        format=found["format"],
        samples_utc=found["samples_utc"],
    )
    return found["path"], options, offsets


def progressed(done: int, total: int) -> bytes:
    """Bytes read, and in all."""
    return _line({"done": done, "total": total})


def answered(found: Answer) -> bytes:
    """The answer; values travel in one line, which is at its end or not there."""
    if isinstance(found, ImportRefused):
        return _line({"refused": found.reason, "title": str(found).partition(": ")[0]})
    if isinstance(found, Recognised):
        return _line({"formats": found.names})
    if isinstance(found, ColumnProposal):
        columns = [(column.role, column.header, column.unit) for column in found.columns]
        return _line({"proposal": [found.format, columns, found.headers]})
    return _line(
        {
            "import": [
                found.format,
                [(one.day, NAMES.index(one.name), one.value, one.coverage_01) for one in found.values],
                found.covered,
                [(one.reason, one.count) for one in found.unread],
                found.person,
                [(one.kind, one.number, one.records) for one in found.sources],
                found.records,
            ]
        }
    )


def answer(line: bytes) -> Answer | Done:
    """An answer, read; it comes from a process that read foreign bytes, so each part is checked.

    Raises:
        ValueError: No answer of ours.
    """
    try:
        return _answer(json.loads(line))
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError("no answer of ours") from error


def _answer(found: dict[str, Any]) -> Answer | Done:
    if "done" in found:
        return Done(_whole(found["done"]), _whole(found["total"]))
    if "refused" in found:
        titles = {row.title for row in FORMATS.values()} | {"FIT"}
        return refused(_known(found["refused"], REFUSALS), found["title"] if found["title"] in titles else "")
    if "formats" in found:
        return Recognised(tuple(_known(name, FORMATS) for name in found["formats"]))
    if "proposal" in found:
        name, columns, headers = found["proposal"]
        return ColumnProposal(
            _known(name, FORMATS),
            tuple(Column(_text(role), _text(header), _text(unit)) for role, header, unit in columns),
            tuple(_text(header) for header in headers),
        )
    name, values, covered, unread, person, sources, records = found["import"]
    return HealthImport(
        format=_known(name, FORMATS),
        values=tuple(
            DayValue(_whole(day), NAMES[_whole(place)], _finite(value), _finite(coverage))
            for day, place, value, coverage in values
        ),
        covered=tuple(_whole(day) for day in covered),
        unread=tuple(Unread(_known(reason, UNREAD), _whole(count)) for reason, count in unread),
        person=_text(person),
        sources=tuple(
            SourceFound(_known(kind, KINDS), _whole(number), _whole(count)) for kind, number, count in sources
        ),
        records=_whole(records),
    )


def _line(found: dict[str, Any]) -> bytes:
    return json.dumps(found, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _known(name: Any, names: Container[str]) -> str:
    if not isinstance(name, str) or name not in names:
        raise TypeError
    return name


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _finite(value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
