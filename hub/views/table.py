"""Rows of a view as lines for a terminal."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from agent.system.output import one_line

Row = dict[str, Any]
Columns = Sequence[tuple[str, Callable[[Row], str]]]
_BETWEEN: Final = "  "
_NOTHING: Final = "(nothing)"


def lines(rows: Iterable[Row], columns: Columns | None, width: int) -> Iterator[str]:
    """A table with a line for each row; where it does not fit into the width, a block of lines for each row.

    Args:
        rows: The view's rows.
        columns: Title and text of each column; None: every key of the rows.
        width: Letters in a line of the terminal.
    """
    every = list(rows)
    if not every:
        yield _NOTHING
        return
    chosen = columns if columns is not None else [(key, _getter(key)) for key in every[0]]
    titles = [title for title, _ in chosen]
    cells = [[one_line(text(row)) for _, text in chosen] for row in every]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    if sum(widths) + len(_BETWEEN) * (len(widths) - 1) <= width:
        yield _line(titles, widths)
        yield from (_line(row, widths) for row in cells)
        return
    longest = max(map(len, titles))
    for n, row in enumerate(cells):
        if n:
            yield ""
        yield from (f"{title:<{longest}}{_BETWEEN}{cell}".rstrip() for title, cell in zip(titles, row, strict=True))


def _getter(key: str) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        value = row.get(key)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    return text


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _BETWEEN.join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
