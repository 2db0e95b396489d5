"""Pictures as SVG, each with one sentence that says it and the table it is drawn from.

Colour is never the only sign: shape, hatching, position and text say the same. Colours are classes; the style sheet
has them for light and dark (Okabe and Ito's palette).
"""

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from agent.page.web import drawing
from agent.page.web.drawing import BOTTOM, LEFT, WIDE, Chart

Words = Callable[..., str]


def strip(weeks: Sequence[dict[str, Any]], t: Words, *, with_index: bool) -> Chart:
    """The weekly log: a bar is the interval, the dot the week; gaps are hatched.

    Args:
        weeks: Of `Scores.as_json`, oldest first.
        t: The catalogue.
        with_index: Whether the place has an index; else the change of variability stands, in per cent.
    """
    high, top = 220, 14
    low_end, high_end = (0.0, 100.0) if with_index else (-40.0, 40.0)
    rows = [_week_row(week, with_index=with_index) for week in weeks]
    wide = (WIDE - LEFT) / max(len(weeks), 1)

    def at(value: float) -> float:
        share = (min(max(value, low_end), high_end) - low_end) / (high_end - low_end)
        return top + (1.0 - share) * (high - top - BOTTOM)

    middle = (low_end + high_end) / 2
    inside = [drawing.hatch("strip"), drawing.line(LEFT, at(middle), WIDE, at(middle), "normal")]
    inside += [drawing.text(LEFT - 6, at(one) + 4, f"{one:g}", "axis", "end") for one in (low_end, middle, high_end)]
    for place, (week, row) in enumerate(zip(weeks, rows, strict=True)):
        x = LEFT + place * wide
        if row is None:
            inside.append(drawing.gap("strip", x + 3, top, wide - 6, high - top - BOTTOM))
        else:
            value, low, upper = row
            inside.append(drawing.box(x + wide / 2 - 7, at(upper), 14, at(low) - at(upper), "interval"))
            inside.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="5" class="dot"/>').format(x + wide / 2, at(value)))
            if week["notable"]:
                inside.append(drawing.text(x + wide / 2, at(upper) - 5, "!", "note"))
        inside.append(drawing.text(x + wide / 2, high - 8, week["first_day"][5:], "axis"))
    told = [row for row in rows if row is not None]
    last = told[-1] if told else None
    gaps = len(rows) - len(told)
    if last is None:
        summary = t("weeks.strip_none", gaps=gaps)
    else:
        said = {"value": f"{last[0]:.0f}", "low": f"{last[1]:.0f}", "high": f"{last[2]:.0f}", "gaps": gaps}
        said["weeks"] = len(rows)
        summary = t("weeks.strip_index", **said) if with_index else t("weeks.strip_change", **said)
    title = t("weeks.strip_title_index" if with_index else "weeks.strip_title_change")
    table = tuple(
        (week["first_day"], "", "", week["reason"])
        if row is None
        else (week["first_day"], f"{row[0]:.0f}", f"{row[1]:.0f} – {row[2]:.0f}", week["notable"])
        for week, row in zip(weeks, rows, strict=True)
    )
    head = (t("weeks.week_of"), t("weeks.value"), t("weeks.interval"), t("weeks.note"))
    return Chart(
        "strip",
        title,
        summary,
        drawing.picture("strip", high, title, inside),
        head,
        table,
        "index" if with_index else "ln_rmssd",
    )


def _week_row(week: dict[str, Any], *, with_index: bool) -> tuple[float, float, float] | None:
    if with_index:
        return None if week["index"] is None else (week["index"], week["low"], week["high"])
    moved = week["channels"].get("ln_rmssd")
    if moved is None:
        return None
    return tuple(100.0 * (2.718281828459045 ** moved[name] - 1.0) for name in ("deviation", "low", "high"))


def days(shown: Sequence[dict[str, Any]], band: Sequence[float] | None, t: Words) -> Chart:
    """Days against the person's usual range, with the line of each last seven days."""
    high, top = 220, 12
    values = [one[name] for one in shown for name in ("rmssd_ms", "week_ms") if one[name] is not None]
    values += list(band or ())
    low_end, high_end = (min(values) * 0.9, max(values) * 1.1) if values else (0.0, 100.0)
    step = (WIDE - LEFT) / max(len(shown), 1)

    def at(value: float) -> float:
        return top + (1.0 - (value - low_end) / max(high_end - low_end, 1e-9)) * (high - top - BOTTOM)

    inside: list[Markup] = [drawing.hatch("days")]
    if band is not None:
        inside.append(drawing.box(LEFT, at(band[1]), WIDE - LEFT, at(band[0]) - at(band[1]), "band"))
    inside += [drawing.text(LEFT - 6, at(one) + 4, f"{one:.0f}", "axis", "end") for one in (low_end, high_end)]
    runs: list[list[tuple[float, float]]] = [[]]
    for place, one in enumerate(shown):
        x = LEFT + (place + 0.5) * step
        if one["rmssd_ms"] is None:
            inside.append(drawing.gap("days", x - step / 2, top, step, high - top - BOTTOM))
            runs.append([])  # no line over what was not read
        else:
            inside.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" class="dot"/>').format(x, at(one["rmssd_ms"])))
            runs[-1].append((x, at(one["week_ms"])))
        if place % 10 == 0:
            inside.append(drawing.text(x, high - 8, one["day"][5:], "axis"))
    inside += [drawing.path(run, "trend") for run in runs if len(run) > 1]
    seen = [one for one in shown if one["rmssd_ms"] is not None]
    if not seen:
        summary = t("weeks.days_none")
    elif band is None:
        summary = t("weeks.days_learning", days=len(seen))
    else:
        below = sum(one["rmssd_ms"] < band[0] for one in seen)
        summary = t("weeks.days_said", days=len(seen), below=below, low=f"{band[0]:.0f}", high=f"{band[1]:.0f}")
    head = (t("weeks.day"), t("weeks.rmssd"), t("weeks.week_mean"), t("weeks.readings"))
    table = tuple((one["day"], one["rmssd_ms"], one["week_ms"], one["readings"]) for one in shown if one["readings"])
    return Chart(
        "days",
        t("weeks.days_title"),
        summary,
        drawing.picture("days", high, t("weeks.days_title"), inside),
        head,
        table,
        "range",
    )


def contributions(week: dict[str, Any], names: dict[str, str], t: Words) -> Chart:
    """What moved the index from 50: bars that sum to it."""
    points = sorted(week["points"].items(), key=lambda one: -abs(one[1]))
    row_high = 30
    high = row_high * (len(points) + 1) + 8
    zero, reach = 370.0, 220.0
    most = max([abs(value) for _, value in points] + [10.0])
    inside = [drawing.line(zero, 4, zero, high - 4, "normal")]
    for place, (name, value) in enumerate(points):
        y = 6 + place * row_high
        length = reach * abs(value) / most
        inside.append(
            drawing.box(zero if value >= 0 else zero - length, y, length, row_high - 12, "up" if value >= 0 else "down")
        )
        side = (zero - 10, "end") if value >= 0 else (zero + 10, "start")
        inside.append(drawing.text(side[0], y + 13, names.get(name, name), "label", side[1]))
        end = zero + (length + 8 if value >= 0 else -length - 8)
        inside.append(drawing.text(end, y + 13, f"{value:+.1f}", "label", "start" if value >= 0 else "end"))
    total = sum(value for _, value in points)
    inside.append(
        drawing.text(zero, high - 12, t("weeks.sum", total=f"{total:+.1f}", index=f"{week['index']:.1f}"), "label")
    )
    summary = t("weeks.points_said", day=week["first_day"], total=f"{total:+.1f}")
    head = (t("weeks.channel"), t("weeks.points"))
    table = (*((names.get(name, name), f"{value:+.2f}") for name, value in points), (t("weeks.all"), f"{total:+.2f}"))
    title = t("weeks.points_title")
    return Chart("points", title, summary, drawing.picture("points", high, title, inside), head, table, "points")


def hours(told: dict[str, Any], t: Words) -> Chart:
    """Hours by day, or by shift from its beginning: above and below the middle by sign and shade."""
    left, row_high, top = 170, 24, 22
    wide = (WIDE - left) / max(len(told["columns"]), 1)
    high = top + row_high * len(told["rows"]) + 6
    inside = [drawing.hatch("hours")]
    inside += [
        drawing.text(left + (place + 0.5) * wide, 14, words, "axis")
        for place, words in enumerate(told["columns"])
        if place % (1 if wide > 34 else 3) == 0
    ]
    for line, row in enumerate(told["rows"]):
        y = top + line * row_high
        inside.append(drawing.text(left - 8, y + 16, row["label"], "axis", "end"))
        for place, percent in enumerate(row["percent"]):
            x = left + place * wide
            if percent is None:
                inside.append(drawing.gap("hours", x + 1, y + 1, wide - 2, row_high - 2))
            else:
                inside.append(drawing.box(x + 1, y + 1, wide - 2, row_high - 2, f"heat {_shade(percent)}"))
                inside.append(drawing.text(x + wide / 2, y + 16, _sign(percent), "sign"))
            if row["at_work"][place]:
                inside.append(drawing.line(x, y + row_high - 1, x + wide, y + row_high - 1, "work"))
    read = [one for row in told["rows"] for one in row["percent"] if one is not None]
    title = t("weeks.hours_by_shift" if told["by_shift"] else "weeks.hours_by_day")
    summary = (
        t("weeks.hours_said", hours=len(read), below=sum(one < -10 for one in read)) if read else t("weeks.hours_none")
    )
    head = (t("weeks.row"), *told["columns"])
    table = tuple(
        (row["label"], *("" if one is None else f"{one:+d} %" for one in row["percent"])) for row in told["rows"]
    )
    return Chart("hours", title, summary, drawing.picture("hours", high, title, inside), head, table, "hours")


def _shade(percent: int) -> str:
    size = "much" if abs(percent) > 25 else "some" if abs(percent) > 10 else "none"
    return f"{'less' if percent < 0 else 'more'}-{size}" if size != "none" else "same"


def _sign(percent: int) -> str:
    one = "−" if percent < 0 else "+"
    return one * 2 if abs(percent) > 25 else one if abs(percent) > 10 else "·"


def ribbon(name: str, words: str, rows: Sequence[dict[str, Any]], t: Words) -> Chart:
    """The middle half of each week's windows, and its median."""
    high, top = 120, 10
    most = max([one["quartiles"][2] for one in rows if one["quartiles"]] + [1e-9])
    step = (WIDE - LEFT) / max(len(rows), 1)

    def at(value: float) -> float:
        return top + (1.0 - value / float(most)) * (high - top - BOTTOM)

    inside = [
        drawing.hatch(name),
        drawing.text(LEFT - 6, at(most) + 4, f"{most:.2g}", "axis", "end"),
        drawing.text(LEFT - 6, at(0) + 4, "0", "axis", "end"),
    ]
    runs: list[list[tuple[float, Sequence[float]]]] = [[]]
    for place, one in enumerate(rows):
        x = LEFT + (place + 0.5) * step
        if one["quartiles"] is None:
            inside.append(drawing.gap(name, x - step / 2 + 2, top, step - 4, high - top - BOTTOM))
            runs.append([])
        else:
            runs[-1].append((x, one["quartiles"]))
        inside.append(drawing.text(x, high - 8, one["week"][5:], "axis"))
    for run in runs:
        if run:
            upper, lower = [(x, at(q[2])) for x, q in run], [(x, at(q[0])) for x, q in reversed(run)]
            inside.append(drawing.path([*upper, *lower], "ribbon", closed=True))
            inside.append(drawing.path([(x, at(q[1])) for x, q in run], "trend"))
            inside += [
                Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" class="dot"/>').format(x, at(q[1])) for x, q in run
            ]
    read = [one for one in rows if one["quartiles"]]
    summary = t(
        "weeks.ribbon_said", words=words, weeks=len(read), last=f"{read[-1]['quartiles'][1]:.2g}" if read else "–"
    )
    head = (t("weeks.week_of"), t("weeks.median"), t("weeks.middle_half"), t("weeks.windows"))
    table = tuple(
        (
            one["week"],
            f"{one['quartiles'][1]:.3g}",
            f"{one['quartiles'][0]:.3g} – {one['quartiles'][2]:.3g}",
            one["windows"],
        )
        for one in read
    )
    return Chart(name, words, summary, drawing.picture(name, high, words, inside), head, table, "ribbon")
