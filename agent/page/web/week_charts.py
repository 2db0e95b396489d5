"""The picture in which a week is chosen: a bar is the interval, its mark the week; the last seven days stand apart.

Colour is never the only sign: a week clearly above is a triangle that points up, one clearly below points down, one
that is not clearly different is a dot.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.drawing import Chart
from agent.page.web.local import Local
from agent.page.web.week_words import ShownWeek

NAME: Final = "choose"
_HIGH: Final = 312
_TOP, _BOTTOM = 34, _HIGH - draw.LABEL_HIGH - 32
_INDEX_ENDS: Final = (0.0, 100.0)
_STEP_PERCENT: Final = 10.0
_MARK: Final = {"warm": "M0 -9L9 7H-9Z", "cool": "M0 9L9 -7H-9Z"}
_MARK_LOW: Final = {"cool": "M0 -9L9 7H-9Z", "warm": "M0 9L9 -7H-9Z"}
"""Where a profile has no index, what is above is cool."""


def choose(weeks: Sequence[ShownWeek], local: Local, *, with_index: bool) -> Chart:
    """The weeks of the log.

    Args:
        weeks: Oldest first; the last one is the last seven days.
        local: The person's language and region.
        with_index: Whether the profile has the index; else the change of variability stands, in per cent.
    """
    low, high = _INDEX_ENDS if with_index else _ends(weeks)
    n = len(weeks)

    def at(value: float) -> float:
        return _TOP + (1.0 - (min(max(value, low), high) - low) / (high - low)) * (_BOTTOM - _TOP)

    middle = at((low + high) / 2)
    inside: list[Markup] = [
        draw.hatch(NAME),
        draw.box((n - 1) / n, 4, 1 / n, _HIGH - draw.LABEL_HIGH - 4, "chosen chosen-week", 10),
        draw.line(0, middle, 1, middle, "normal"),
    ]
    if n > 1:
        inside.append(draw.line((n - 1) / n, 4, (n - 1) / n, _HIGH - draw.LABEL_HIGH, "apart"))
    for place, week in enumerate(weeks):
        inside += _week(week, (place + 0.5) / n, n, at, with_index=with_index)
    inside += [
        draw.text(0, 18, local.word("side", "above" if with_index else "above_variability"), "axis", "start"),
        draw.text(0, _BOTTOM + 24, local.word("side", "below" if with_index else "below_variability"), "axis", "start"),
    ]
    last = local.t("weeks.last_days")
    first_days = [local.forms.day(week.first_day) for week in weeks[:-1]]
    inside += draw.labels([*first_days, ""], _HIGH - 6, end_px=draw.wide_px(last))
    inside.append(draw.text(1, _HIGH - 6, last, "strong", "end"))
    numbers = [(at(one), local.forms.number(one, sign=not with_index)) for one in (low, (low + high) / 2, high)]
    title = local.t("weeks.choose_title", n=n - 1)
    return Chart(
        NAME,
        title,
        _summary(weeks, local),
        draw.picture(NAME, title, _HIGH, inside, numbers, [week.says for week in weeks]),
        (local.t("weeks.week"), local.t("weeks.value"), local.t("weeks.interval"), local.t("weeks.verdict")),
        tuple(_row(week, local, with_index=with_index) for week in weeks),
        "index" if with_index else "ln_rmssd",
    )


def mark(x_01: float, y: float, tone: str, *, with_index: bool) -> Markup:
    """A week's mark: up, down, or a dot."""
    lines = (_MARK if with_index else _MARK_LOW).get(tone)
    return draw.dot(x_01, y, 7) if lines is None else draw.shape(x_01, y, lines, tone)


def _week(week: ShownWeek, x_01: float, n: int, at: Callable[[float], float], *, with_index: bool) -> list[Markup]:
    if week.value is None or week.low is None or week.high is None:
        return [draw.gap(NAME, x_01 - 0.3 / n, _TOP, 0.6 / n, _BOTTOM - _TOP)]
    made = [
        draw.bar(x_01, at(week.high), 8, at(week.low) - at(week.high), f"{week.tone}-range"),
        mark(x_01, at(week.value), week.tone, with_index=with_index),
    ]
    if week.is_worth_a_check_in:
        made.append(draw.dot(x_01, at(week.value), 12, "ring"))
    return made


def _ends(weeks: Sequence[ShownWeek]) -> tuple[float, float]:
    """Ends of the axis in per cent: round, the same on both sides of 0."""
    far = max((abs(one) for week in weeks for one in (week.low, week.high) if one is not None), default=0.0)
    end = min(max(math.ceil(far / _STEP_PERCENT) * _STEP_PERCENT, 20.0), 100.0)
    return -end, end


def _written(value: float, local: Local, *, with_index: bool) -> str:
    return local.forms.number(value) if with_index else f"{local.forms.number(value, sign=True)}\u202f%"


def _summary(weeks: Sequence[ShownWeek], local: Local) -> str:
    stand_out = sum(week.state in ("above", "below") for week in weeks)
    gaps = sum(week.value is None for week in weeks)
    return " ".join(
        [local.t("weeks.stand_out", n=stand_out, of=len(weeks))] + ([local.t("weeks.gaps", n=gaps)] if gaps else [])
    )


def _row(week: ShownWeek, local: Local, *, with_index: bool) -> tuple[object, ...]:
    if week.value is None or week.low is None or week.high is None:
        return week.name, None, None, week.verdict
    value, low, high = (_written(one, local, with_index=with_index) for one in (week.value, week.low, week.high))
    return week.name, value, local.t("weeks.between", low=low, high=high), week.verdict
