"""What a study prints: one JSON object for programs, lines for people."""

import json
from collections.abc import Iterator
from typing import Final

from agent import __version__
from agent.agreement.estimate import FEWEST_FOR_A_VALUE, FEWEST_UNITS, Estimate
from agent.agreement.statistics import STATISTICS
from agent.agreement.study import Pair, Study
from agent.report.cells import no_formula

_FEW: Final = (
    f"Intervals are of 95 %. Below {FEWEST_UNITS} units nothing is given, "
    f"below {FEWEST_FOR_A_VALUE} the interval alone."
)
RULES: Final = (
    _FEW,
    "A kappa depends on how common the categories are: compare it only with kappas of similar units.",
    "Intervals assume units that are independent of each other.",
)
RULES_INTERVAL: Final = (
    _FEW,
    "An ICC depends on how much the units differ: compare it only with ICCs of similar units.",
    "Intervals assume normal variation, and units that are independent of each other.",
)
_SHOWN_PAIRS: Final = 30


def as_json(found: Study) -> str:
    """One object.

    Args:
        found: All numbers.
    """
    grid, scale = found.grid, found.scale
    about = {
        "file": no_formula(grid.name), "form": grid.form, "scale": scale.name, "scale_because": scale.because,
        "categories": [no_formula(one) for one in scale.categories], "raters": [no_formula(one) for one in grid.raters],
        "units": len(grid.units), "units_rated_twice": found.rated_twice, "ratings": found.ratings,
        "missing": grid.missing, "notes": [no_formula(one) for one in grid.notes],
    }  # fmt: skip
    numbers = {"pairs": [_pair(one) for one in found.pairs], "all_raters": _numbers(found.together)}
    rules = {"interval": "95 %", "rules": list(rules_of(found)), "version": __version__}
    return json.dumps({**about, **numbers, **rules}, allow_nan=False, ensure_ascii=False)


def rules_of(found: Study) -> tuple[str, ...]:
    """How the numbers are to be read.

    Args:
        found: All numbers.
    """
    return RULES_INTERVAL if found.scale.name == "interval" else RULES


def _pair(one: Pair) -> dict[str, object]:
    table = None if one.table is None else one.table.tolist()
    return {
        "first": no_formula(one.first), "second": no_formula(one.second), "units": one.units, "table": table,
        "shares_01": one.shares_01,
        "numbers": _numbers(one.numbers), "hints": list(one.hints), "apart_count": one.apart_count,
        "apart": [no_formula(unit) for unit in one.apart],
    }  # fmt: skip


def _numbers(numbers: dict[str, Estimate]) -> dict[str, object]:
    return {name: _number(name, numbers[name]) for name in STATISTICS if name in numbers}


def _number(name: str, one: Estimate) -> dict[str, object]:
    return {
        "value": one.value, "low": one.low, "high": one.high, "units": one.units, "reason": one.reason or None,
        "standard_error": one.standard_error, "source": f"doi:{STATISTICS[name].source}",
    }  # fmt: skip


def lines(found: Study) -> Iterator[str]:
    """For people.

    Args:
        found: All numbers.
    """
    grid = found.grid
    yield f"{no_formula(grid.name)}: {facts(found)}"
    yield f"scale: {found.scale.name}, because {found.scale.because}; --scale chooses another"
    yield from (f"note: {note}" for note in grid.notes)
    if found.together:
        yield ""
        yield f"all {len(grid.raters)} raters"
        yield from _rows(found.together)
    for one in found.pairs[:_SHOWN_PAIRS]:
        yield ""
        yield f"{no_formula(one.first)} and {no_formula(one.second)}, {counted(one.units, 'unit')}"
        yield from _rows(one.numbers)
        yield from _shares(one, found.scale.categories)
        yield from (f"  {hint}" for hint in one.hints)
    if len(found.pairs) > _SHOWN_PAIRS:
        yield f"and {len(found.pairs) - _SHOWN_PAIRS} more pairs of raters: see the JSON"
    yield ""
    yield from rules_of(found)


def facts(found: Study) -> str:
    """What was read, in one line.

    Args:
        found: All numbers.
    """
    grid = found.grid
    parts = (f"{grid.form} form", counted(len(grid.units), "unit"), counted(len(grid.raters), "rater"),
             counted(found.ratings, "rating"), f"{counted(grid.missing, 'cell')} without a rating")  # fmt: skip
    return ", ".join(parts)


def counted(count: int, what: str) -> str:
    """A count with its noun.

    >>> counted(1, "unit"), counted(1200, "unit")
    ('1 unit', '1,200 units')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def shown(value: float | None) -> str:
    """A number with three decimals or four digits; a dash where there is none.

    >>> shown(0.4), shown(-1234.5), shown(None)
    ('0.400', '-1234', '–')
    """
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 10 and (not value or abs(value) >= 0.01) else f"{value:.4g}"


def _rows(numbers: dict[str, Estimate]) -> Iterator[str]:
    for name, row in STATISTICS.items():
        if name not in numbers:
            continue
        one = numbers[name]
        if one.low is None:
            yield f"  {row.title:<34}no number, because {one.reason}"
        else:
            ends = f"({shown(one.low)} to {shown(one.high)})"
            yield f"  {row.title:<34}{shown(one.value):>9}  {ends}, {one.units:,} units; {one.reason}".removesuffix(
                "; "
            )


def _shares(one: Pair, categories: tuple[str, ...]) -> Iterator[str]:
    """How common each category is with either rater."""
    if one.shares_01 is not None and one.units >= FEWEST_UNITS:
        parts = [
            f"{no_formula(name)} {a:.0%} and {b:.0%}" for name, a, b in zip(categories, *one.shares_01, strict=True)
        ]
        yield f"  {'Shares of each category':<34}{', '.join(parts)}"
