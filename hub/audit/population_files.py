"""The drawn people as tidy files, each line marked, for whoever checks the audit or tries a method on known truth.

people.csv     a line a person: groups, correlation from day to day, the day of a lasting fall
days.csv       a line a person and day: the true levels, and whether the fall holds
readings.csv   a line a reading: values and context
dictionary.csv a line a column: file, name, unit, words
"""

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.errors import WrongUse
from agent.scoring.daily import CONTEXTS
from agent.scoring.population import WATERMARK, Population
from hub.audit.population import drawn_parts

_MARK: Final = ("watermark", "", "says that nobody was measured")
_PERSON: Final = ("person", "", "number of the drawn person, from 0")
COLUMNS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "people.csv": (
        _PERSON,
        ("age", "years", "age group"),
        ("sex", "", "women or men"),
        ("skin_tone", "", "light, medium or dark: moves the sensor's noise"),
        ("beta_blocker", "", "yes or no: moves level, spread and heart rate"),
        ("nights", "", "none, rotating or new to night shifts"),
        ("phi", "1", "correlation of the true level from day to day"),
        ("fell_on_day", "d", "label: first day of a fall of 20 % that lasts; empty: none"),
        _MARK,
    ),
    "days.csv": (
        _PERSON,
        ("day", "d", "from 0"),
        ("true_ln_rmssd", "ln(ms)", "true level of the logarithm of RMSSD in usual context"),
        ("true_hr_bpm", "1/min", "true level of the heart rate in usual context"),
        ("fallen_01", "1", "label: 1 from the day of the fall on, else 0"),
        _MARK,
    ),
    "readings.csv": (
        _PERSON,
        ("day", "d", "from 0"),
        ("reading", "1", "number within the day, from 0"),
        ("ln_rmssd", "ln(ms)", "reading of the logarithm of RMSSD"),
        ("hr_bpm", "1/min", "reading of the heart rate"),
        *((f"{name.replace(' ', '_')}_01", "1", f"1 in this context: {name}") for name in CONTEXTS),
        _MARK,
    ),
}


def write_population(people: int, seed: int, folder: Path) -> int:
    """Write the people of `hub.audit.report` into a new folder, all files or none; returns how many there are.

    Args:
        people, seed: As of a report: the same seed draws the same people.
        folder: Must not be there.

    Raises:
        WrongUse: It is there, or cannot be written.
    """
    if folder.exists():
        raise WrongUse(f"{folder} is there already", remedy="Name a new folder; nothing is overwritten.")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        written = _write(drawn_parts(people, seed), partial)
        partial.replace(folder)
    except OSError as error:
        raise WrongUse(f"{folder} cannot be written: {error.strerror}", remedy="Choose another folder.") from error
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(partial)
    return written


def _write(drawn: Iterator[Population], folder: Path) -> int:
    with ExitStack() as opened:
        tables = {}
        for name, columns in (*COLUMNS.items(), ("dictionary.csv", (("file",), ("column",), ("unit",), ("words",)))):
            out = opened.enter_context((folder / name).open("w", encoding="utf-8", newline=""))
            tables[name] = csv.writer(out, lineterminator="\n")
            tables[name].writerow([column[0] for column in columns])
        for name, columns in COLUMNS.items():
            tables["dictionary.csv"].writerows((name, *column) for column in columns)
        first = 0
        for part in drawn:
            for name, lines in _LINES.items():
                tables[name].writerows([*line, WATERMARK] for line in lines(part, first))
            first += part.phi.size
    return first


def _people(part: Population, first: int) -> Iterator[list[Any]]:
    for n in range(part.phi.size):
        fell = int(part.fell_on[n])
        groups = [str(part.groups[name][n]) for name in ("age", "sex", "skin tone", "beta-blocker", "nights")]
        yield [first + n, *groups, float(part.phi[n]), fell if fell >= 0 else ""]


def _days(part: Population, first: int) -> Iterator[list[Any]]:
    for n, day in np.ndindex(part.level.shape):
        fallen = int(0 <= part.fell_on[n] <= day)
        yield [first + n, day, f"{part.level[n, day]:.4f}", f"{part.hr_level[n, day]:.2f}", fallen]


def _readings(part: Population, first: int) -> Iterator[list[Any]]:
    for n, day, place in np.argwhere(part.ln_rmssd.is_present).tolist():
        context = part.ln_rmssd.context[n, day, place].astype(int).tolist()
        values = f"{part.ln_rmssd.value[n, day, place]:.4f}", f"{part.hr_bpm.value[n, day, place]:.2f}"
        yield [first + n, day, place, *values, *context]


_LINES: Final[dict[str, Callable[[Population, int], Iterator[list[Any]]]]] = {
    "people.csv": _people,
    "days.csv": _days,
    "readings.csv": _readings,
}
