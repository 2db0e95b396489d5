"""Hours as a map of colours, and movements of the face as small pictures of one form."""

import json
from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.drawing import Chart
from agent.page.web.local import Local

Answer = dict[str, Any]

_MUCH, _SOME = 25, 10
"""Per cent from the median: what is beyond has another colour."""

_ROW: Final = 26
_HOURS_OF_DAY: Final = 24
_DAY_LABELS: Final = (0, 6, 12, 18)
_SHIFT_LABELS: Final = (0, 4, 8, 12)
_NARROW_EVERY: Final = (12, 8)  # of these labels, on a phone: by hour of the day, by hour of the shift
_FACE_HIGH: Final = 112
_FACE_TOP, _FACE_BOTTOM = 8, _FACE_HIGH - draw.LABEL_HIGH
_ROUND: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)


def hours(told: Answer, local: Local) -> Chart:
    """Hours by day, or by shift from its beginning, against the median of all that are shown.

    Args:
        told: Of `agent.weeks.report`: integer columns, and rows with their per cent.
        local: The person's language and region.
    """
    columns, rows, by_shift = told["columns"], told["rows"], told["by_shift"]
    names = [_row_name(row, local) for row in rows]
    title = local.t("weeks.hours_by_shift" if by_shift else "weeks.hours_by_day")
    read = [one for row in rows for one in row["percent"] if one is not None]
    below = sum(one < -_SOME for one in read)
    summary = local.t("weeks.hours_said", n=len(read), below=below) if read else local.t("weeks.hours_none")
    head = (local.t("weeks.row"), *(_column_name(one, local, by_shift=by_shift) for one in columns))
    table = tuple((name, *map(_percent(local), row["percent"])) for name, row in zip(names, rows, strict=True))
    made = _map(rows, names, columns, local, title, by_shift=by_shift)
    return Chart("hours", title, summary, made, head, table, "hours")


def _map(
    rows: Sequence[Answer], names: Sequence[str], columns: Sequence[int], local: Local, title: str, *, by_shift: bool
) -> Markup:
    n, high = max(len(columns), 1), _ROW * len(rows) + draw.LABEL_HIGH
    inside, says = [draw.hatch("hours")], []
    for line, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = line * _ROW
        for place, percent in enumerate(row["percent"]):
            inside += _cell(percent, place / n, y, 1 / n)
            if row["at_work"][place]:
                inside.append(draw.line(place / n, y + _ROW - 2, (place + 1) / n, y + _ROW - 2, "work"))
        hours_of = [_column_name(one, local, by_shift=by_shift) for one in columns]
        says.append([_cell_says(name, hour, percent, local, at_work=at_work) for hour, percent, at_work in
                     zip(hours_of, row["percent"], row["at_work"], strict=True)])  # fmt: skip
    for place, one in enumerate(columns):
        if one in (_SHIFT_LABELS if by_shift else _DAY_LABELS):
            anchor = "start" if place == 0 else "end" if place > n - 3 else "middle"  # none stands beyond an edge
            x_01 = 0.0 if place == 0 else 1.0 if place > n - 3 else (place + (0.5 if by_shift else 0.0)) / n
            kind = "axis" if one % _NARROW_EVERY[by_shift] == 0 else "axis from-320"
            inside.append(draw.text(x_01, high - 6, _column_name(one, local, by_shift=by_shift), kind, anchor))
    scale = [(line * _ROW + _ROW / 2, name) for line, name in enumerate(names)]
    plain = draw.picture("hours", title, high, inside, scale, scale_px=draw.scale_px(names))
    return Markup(
        '<div class="cells" data-cells="{}" data-row="{}" tabindex="0" role="group" aria-labelledby="hours-t">{}</div>'
        '<output class="readout" aria-live="polite"></output>'
    ).format(json.dumps(says, ensure_ascii=False), _ROW, plain)


def _cell(percent: int | None, x_01: float, y: float, wide_01: float) -> list[Markup]:
    if percent is None:
        return [draw.gap("hours", x_01, y + 1, wide_01, _ROW - 4)]
    shade = shade_of(percent)
    kind = "on-dark from-480" if shade in ("less-much", "more-much") else "from-480"
    return [
        draw.box(x_01 + wide_01 * 0.03, y + 1, wide_01 * 0.94, _ROW - 4, f"heat {shade}", 3),
        draw.text(x_01 + wide_01 / 2, y + _ROW / 2 + 4, sign_of(percent), kind),
    ]


def shade_of(percent: int) -> str:
    """Class of a cell.

    >>> shade_of(-26), shade_of(-11), shade_of(10), shade_of(40)
    ('less-much', 'less-some', 'same', 'more-much')
    """
    size = "much" if abs(percent) > _MUCH else "some" if abs(percent) > _SOME else ""
    return f"{'less' if percent < 0 else 'more'}-{size}" if size else "same"


def sign_of(percent: int) -> str:
    """What a cell says without its colour.

    >>> sign_of(-26), sign_of(-11), sign_of(3), sign_of(40)
    ('−−', '−', '·', '++')
    """
    one = "−" if percent < 0 else "+"
    return one * 2 if abs(percent) > _MUCH else one if abs(percent) > _SOME else "·"


def _cell_says(name: str, hour: str, percent: int | None, local: Local, *, at_work: bool) -> str:
    if percent is None:
        return local.t("weeks.hour_none", row=name, hour=hour)
    fields = {"row": name, "hour": hour, "value": _percent(local)(percent)}
    said = local.t("weeks.hour_says", **fields)
    return f"{said} · {local.t('weeks.at_work')}" if at_work else said


def _percent(local: Local) -> Any:
    return lambda one: None if one is None else f"{local.forms.number(one, sign=True)}\u202f%"


def _row_name(row: Answer, local: Local) -> str:
    if "day" in row:
        return local.forms.full_day(row["day"])
    return local.word("shift_row", row["kind"], day=local.forms.day(row["start_utc_s"]))


def _column_name(column: int, local: Local, *, by_shift: bool) -> str:
    return (
        local.t("weeks.hour_of_shift", hour=local.forms.number(column, sign=True))
        if by_shift
        else local.forms.minutes(60 * column)
    )


def face(name: str, rows: Sequence[Answer], local: Local) -> Chart:
    """The middle half of each week's windows, and its median.

    Args:
        name: A row of `agent.scoring.channels.CHANNELS`.
        rows: By week, oldest first; without quartiles where nothing was read.
        local: The person's language and region.
    """
    n, most = len(rows), max([one["quartiles"][2] for one in rows if one["quartiles"]] + [1e-4])
    top = next((one for one in _ROUND if one >= most), most)

    def at(value: float) -> float:
        return _FACE_TOP + (1.0 - min(value / top, 1.0)) * (_FACE_BOTTOM - _FACE_TOP)

    inside, says = [draw.hatch(name)], []
    runs: list[list[tuple[float, Sequence[float]]]] = [[]]
    for place, one in enumerate(rows):
        x_01, week = (place + 0.5) / n, local.forms.day(one["week"])
        if one["quartiles"] is None:
            inside.append(draw.gap(name, (place + 0.1) / n, _FACE_TOP, 0.8 / n, _FACE_BOTTOM - _FACE_TOP))
            runs.append([])
            says.append(local.t("weeks.face_none", week=week))
        else:
            runs[-1].append((x_01, one["quartiles"]))
            low, middle, high = (_amount(name, value, local) for value in one["quartiles"])
            says.append(local.t("weeks.face_says", week=week, value=middle, low=low, high=high))
    for run in runs:
        upper, lower = [(x, at(q[2])) for x, q in run], [(x, at(q[0])) for x, q in reversed(run)]
        if len(run) > 1:
            inside.append(draw.path([*upper, *lower], _FACE_BOTTOM, "ribbon", closed=True))
            inside.append(draw.path([(x, at(q[1])) for x, q in run], _FACE_BOTTOM, "trend"))
        elif run:
            inside.append(draw.bar(run[0][0], upper[0][1], 8, lower[0][1] - upper[0][1], "ribbon"))
        inside += [draw.dot(x, at(q[1]), 3.5) for x, q in run]
    inside += draw.labels([local.forms.day(one["week"]) for one in rows], _FACE_HIGH - 6)
    read = [one for one in rows if one["quartiles"]]
    last = _amount(name, read[-1]["quartiles"][1], local) if read else "–"
    title = local.word("channel", name)
    scale = [(at(one), _amount(name, one, local)) for one in (0.0, top)]
    head = tuple(map(local.t, ("weeks.week", "weeks.median", "weeks.middle_half", "weeks.windows")))
    table = tuple(
        (
            local.forms.day(one["week"]),
            _amount(name, one["quartiles"][1], local),
            local.t(
                "weeks.between",
                low=_amount(name, one["quartiles"][0], local),
                high=_amount(name, one["quartiles"][2], local),
            ),
            local.forms.number(one["windows"]),
        )
        for one in reversed(read)
    )
    summary = local.t("weeks.face_said", n=len(read), last=last)
    return Chart(
        name, title, summary, draw.picture(name, title, _FACE_HIGH, inside, scale, says), head, table, "ribbon"
    )


def _amount(name: str, value: float, local: Local) -> str:
    """A share in per cent, anything else as it is."""
    if not name.endswith("_01"):
        return local.forms.short(value)
    percent = 100.0 * value
    return f"{local.forms.number(percent, 0 if percent >= 1 or not percent else 1)}\u202f%"
