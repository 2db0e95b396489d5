"""CSV files of exports as rows of named cells, decoded and read strictly."""

import csv
import io
from collections.abc import Iterator
from typing import IO, Final, cast

from agent.days.health.container import File
from agent.days.health.refusals import refused

_CELL_MOST: Final = 4096
_COLUMNS_MOST: Final = 500
_LINE_MOST: Final = 256 * 1024


def headers_of(head: bytes, skip: int = 0) -> list[str]:
    """The columns' names in the first line after ``skip`` lines; empty where there are none."""
    text = head.decode("utf-8-sig", errors="replace")
    lines = text.splitlines()[skip : skip + 1]
    try:
        return [name.strip() for name in next(csv.reader(lines, delimiter=_delimiter(lines[0])), [])] if lines else []
    except csv.Error:
        return []


def table(file: File, skip: int = 0) -> Iterator[dict[str, str]]:
    """Rows as cells by column; a row of another length than the header is cut or filled.

    Args:
        file: A text in UTF-8.
        skip: Lines before the header.

    Raises:
        ImportRefused: No such table.
    """
    with file.open() as stream:
        text = io.TextIOWrapper(cast("IO[bytes]", stream), encoding="utf-8-sig", newline="")
        try:
            for _ in range(skip):
                text.readline(_CELL_MOST)
            first = text.readline(_COLUMNS_MOST * 100)
            names = [name.strip() for name in next(csv.reader([first], delimiter=_delimiter(first)), [])]
            if len(names) > _COLUMNS_MOST:
                raise refused("damaged")
            for row in csv.reader(_lines(text), delimiter=_delimiter(first), strict=True):
                yield {name: cell.strip() for name, cell in zip(names, row, strict=False)}
        except (ValueError, csv.Error) as error:
            raise refused("damaged") from error


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines; one without an end is not collected."""
    while line := text.readline(_LINE_MOST):
        if len(line) == _LINE_MOST:
            raise refused("damaged")
        yield line


def _delimiter(line: str) -> str:
    return ";" if line.count(";") > line.count(",") else ","
