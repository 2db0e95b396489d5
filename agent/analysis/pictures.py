"""The report's pictures: beats over time, spectrum, beat against beat, a number window by window.

Colours are classes of report.css; a fault has a shape too.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from agent.analysis.recorded import Ints, Recorded
from agent.report.axes import ACROSS, Axes, Scale, mark, path, plot, round_numbers, stretched
from agent.report.markup import Markup, inside, tag
from agent.signal.heart import rr
from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import Bools, Floats
from agent.signal.heart.spectrum import HF_HZ, LF_HZ, VLF_HZ

SHAPES: Final = {
    Label.ECTOPIC: ("early beat", "M0-5a5 5 0 1 0 .01 0z"),
    Label.LONG: ("long", "M0-5.5 5.5 4.5H-5.5z"),
    Label.SHORT: ("short", "M0 5.5 5.5-4.5H-5.5z"),
    Label.MISSED: ("missed beat", "M-4.5-4.5H4.5V4.5H-4.5z"),
    Label.EXTRA: ("extra beat", "M-5-5 5 5M-5 5 5-5"),
    Label.EXCLUDED: ("excluded", "M0-6 6 0 0 6-6 0z"),
}
"""What a fault is called, and its mark."""

_COLUMNS: Final = 700  # parts of a long tachogram, each with its lowest and highest interval
_MOST_MARKS: Final = 400
_FEW_DOTS, _MOST_DOTS = 40, 180
_MOST_PAIRS: Final = 1500
_PSD_TO_HZ: Final = 0.5


def marks() -> Markup:
    """The shapes, once a document."""
    symbols = [
        tag("symbol", tag("path", d=path), id=f"m-{label.name.lower()}", overflow="visible")
        for label, (_, path) in SHAPES.items()
    ]
    dots = [
        tag("symbol", tag("circle", r=r), id=f"m-{name}", overflow="visible")
        for name, r in (("dot", 4), ("point", 2.2))
    ]
    return tag("svg", symbols, dots, width=0, height=0, aria_hidden="true", class_="defs")


def tachogram(recorded: Recorded, height: int = 220) -> Markup:
    """Each interval at its time; faults with their mark, at the edge where they lie beyond; gaps break the line."""
    minutes, normal = (recorded.t_s - recorded.start_s) / 60, recorded.label == Label.NORMAL
    shown = recorded.rr_ms[normal] if normal.any() else recorded.rr_ms
    margin = 0.12 * float(np.ptp(shown)) + 20
    scale = Scale(float(shown.min()) - margin, float(shown.max()) + margin, 8, height - 24)
    last = max(recorded.length_s / 60, 1e-9)
    across = minutes / last
    joined = np.ones(minutes.size, dtype=bool)
    joined[1:] = rr.neighbours(recorded.t_s * 1000.0, recorded.rr_ms)
    if minutes.size > 4 * _COLUMNS:
        lines = _envelope(across, recorded.rr_ms, normal, scale)
    else:
        lines = _runs(across, recorded.rr_ms, normal & joined, normal, scale)
    faults = [
        mark(
            label.name.lower(),
            100 * float(across[at]),
            scale.y(float(np.clip(recorded.rr_ms[at], scale.low, scale.high))),
        )
        for label in SHAPES
        for at in _thinned(np.flatnonzero(recorded.label == label))
    ]
    unit, per = ("min", 1.0) if last >= 3 else ("s", 60.0)
    if last >= 180:
        unit, per = "h", 1 / 60
    return plot(Axes(scale, "ms", 0.0, last * per, unit), stretched(lines, height), faults, _sentence(recorded))


def spectrum(f_hz: Floats, psd_ms2_hz: Floats, height: int = 330) -> Markup:
    """Power by frequency, with its three bands."""
    near = f_hz <= _PSD_TO_HZ
    f_hz, psd = f_hz[near], psd_ms2_hz[near]
    scale = Scale(0.0, float(psd.max()) * 1.08 or 1.0, 22, height - 24)
    bands = [
        tag("rect", x=ACROSS * low / _PSD_TO_HZ, y=scale.top, width=ACROSS * (high - low) / _PSD_TO_HZ,
            height=scale.bottom - scale.top, class_=kind)
        for kind, (low, high) in (("vlf", VLF_HZ), ("lf", LF_HZ), ("hf", HF_HZ))
    ]  # fmt: skip
    names = [
        tag("text", name, x=f"{100 * (low + high) / 2 / _PSD_TO_HZ:.2f}%", y=16, text_anchor="middle", class_="band")
        for name, (low, high) in (("VLF", VLF_HZ), ("LF", LF_HZ), ("HF", HF_HZ))
    ]
    points = [(float(f) / _PSD_TO_HZ, scale.y(float(power))) for f, power in zip(f_hz, psd, strict=True)]
    area = [(points[0][0], scale.bottom), *points, (points[-1][0], scale.bottom)]
    lines = [*bands, path(area, "area"), path(points, "line")]
    peak = float(f_hz[int(psd.argmax())])
    said = f"Power by frequency; it is highest at {peak:.2f} Hz."
    return plot(Axes(scale, "ms²/Hz", 0.0, _PSD_TO_HZ, "Hz"), stretched(lines, height), names, said)


def poincare(recorded: Recorded) -> Markup:
    """Each normal interval against the next one, on equal axes."""
    normal = recorded.label == Label.NORMAL
    pair = normal[1:] & normal[:-1] & rr.neighbours(recorded.t_s * 1000.0, recorded.rr_ms)
    at = _thinned(np.flatnonzero(pair), _MOST_PAIRS)
    first, second = recorded.rr_ms[at], recorded.rr_ms[at + 1]
    low, high = (float(np.concatenate([first, second]).min()), float(np.concatenate([first, second]).max()))
    margin = 0.06 * (high - low) + 5
    low, high, left, size = low - margin, high + margin, 44, 268
    scale = Scale(low, high, 6, 6 + size)
    ticks = round_numbers(low, high, 4)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * size

    axis = [
        (
            tag("line", x1=left, x2=left + size, y1=f"{scale.y(tick):.1f}", y2=f"{scale.y(tick):.1f}", class_="grid"),
            tag("text", f"{tick:g}", x=left - 8, y=f"{scale.y(tick) + 4:.1f}", text_anchor="end"),
            tag("text", f"{tick:g}", x=f"{x(tick):.1f}", y=scale.bottom + 18, text_anchor="middle"),
        )
        for tick in ticks
    ]
    equal = tag("line", x1=left, y1=scale.bottom, x2=left + size, y2=scale.top, class_="equal")
    dots = "".join(f"M{x(a):.1f} {scale.y(b):.1f}h0" for a, b in zip(first.tolist(), second.tolist(), strict=True))
    unit = tag("text", "ms", x=left + size, y=scale.bottom + 34, text_anchor="end")
    said = f"{int(pair.sum())} pairs of neighbouring normal intervals, each against the next."
    return tag("svg", tag("title", said), axis, equal, tag("path", d=dots, class_="cloud"), unit, role="img",
               viewBox=f"0 0 {left + size + 8} {scale.bottom + 40:.0f}", class_="square")  # fmt: skip


Triple = tuple[float, float | None, float | None]
"""A value with the ends of its 95 % interval."""


def trend(
    at_s: Sequence[float], triples: Sequence[Triple | None], unit: str, length_s: float, height: int = 150
) -> Markup:
    """A number window by window: a dot with its 95 % interval; a window without one leaves its place empty.

    Args:
        at_s: Middle of each window.
        triples: What each gave, or None; at least one gave it.
        unit: Of the number.
        length_s: Of the recording.
        height: Of the picture, in px.
    """
    ends = [end for one in triples if one is not None for end in one if end is not None]
    low, high = min(ends), max(ends)
    margin = 0.1 * (high - low) + 1e-3 * abs(high) + 1e-9
    scale = Scale(low - margin, high + margin, 8, height - 24)
    shares_01 = [middle_s / max(length_s, 1e-9) for middle_s in at_s]
    given = [(share_01, one) for share_01, one in zip(shares_01, triples, strict=True) if one is not None]
    unit_of_time, per = ("min", 1 / 60) if length_s < 10_800 else ("h", 1 / 3600)
    axes = Axes(scale, unit, 0.0, length_s * per, unit_of_time)
    values = [value for _, (value, _, _) in given]
    said = f"{len(given)} of {len(triples)} windows gave this number, {min(values):.4g} to {max(values):.4g} {unit}."
    if len(triples) > _MOST_DOTS:
        return plot(axes, stretched(_broken(shares_01, triples, scale), height), None, said)
    shape, bar = ("dot", "interval") if len(triples) <= _FEW_DOTS else ("point", "interval thin")
    bars = [
        tag("line", x1=f"{100 * share_01:.2f}%", x2=f"{100 * share_01:.2f}%", y1=f"{scale.y(upper):.1f}",
            y2=f"{scale.y(lower):.1f}", class_=bar)
        for share_01, (_, lower, upper) in given
        if lower is not None and upper is not None
    ]  # fmt: skip
    dots = [mark(shape, 100 * share_01, scale.y(value)) for share_01, (value, _, _) in given]
    return plot(axes, Markup(""), [bars, dots], said)


# ---- parts


def _runs(across: Floats, rr_ms: Floats, goes_on: Bools, normal: Bools, scale: Scale) -> Markup:
    parts, is_open = [], False
    rows = zip(across.tolist(), rr_ms.tolist(), goes_on.tolist(), normal.tolist(), strict=True)
    for share_01, value, follows, is_normal in rows:
        if is_normal:
            parts.append(f"{'L' if is_open and follows else 'M'}{ACROSS * share_01:.1f} {scale.y(value):.1f}")
        is_open = is_normal
    return tag("path", d="".join(parts), class_="line")


def _envelope(across: Floats, rr_ms: Floats, normal: Bools, scale: Scale) -> Markup:
    """Each part of the time from its lowest to its highest normal interval, and a line through their means."""
    at = np.flatnonzero(normal)
    column = np.minimum((across[at] * _COLUMNS).astype(int), _COLUMNS - 1)
    begins = np.flatnonzero(np.diff(column, prepend=-1))
    highest, lowest = (reduce(rr_ms[at], begins).tolist() for reduce in (np.maximum.reduceat, np.minimum.reduceat))
    means = (np.add.reduceat(rr_ms[at], begins) / np.diff([*begins, at.size])).tolist()
    places = column[begins].tolist()
    bars = [
        f"M{ACROSS * (place + 0.5) / _COLUMNS:.1f} {scale.y(high):.1f}V{scale.y(low) + 0.5:.1f}"
        for place, high, low in zip(places, highest, lowest, strict=True)
    ]
    line, before = [], -2
    for place, mean in zip(places, means, strict=True):
        line.append(f"{'L' if place == before + 1 else 'M'}{ACROSS * (place + 0.5) / _COLUMNS:.1f} {scale.y(mean):.1f}")
        before = place
    return inside((tag("path", d="".join(bars), class_="line dense"), tag("path", d="".join(line), class_="line")))


def _broken(shares_01: Sequence[float], triples: Sequence[Triple | None], scale: Scale) -> list[Markup]:
    """A line through the values; a window without one breaks it."""
    runs: list[list[tuple[float, float]]] = [[]]
    for share_01, one in zip(shares_01, triples, strict=True):
        if one is None:
            runs.append([])
        else:
            runs[-1].append((share_01, scale.y(one[0])))
    return [path(run if len(run) > 1 else run * 2, "line") for run in runs if run]


def _thinned(places: Ints, most: int = _MOST_MARKS) -> Ints:
    """At most so many, evenly spread."""
    return places if places.size <= most else places[np.linspace(0, places.size - 1, most).astype(int)]


def _sentence(recorded: Recorded) -> str:
    faulty = int(np.count_nonzero(recorded.label))
    return f"{recorded.rr_ms.size} intervals over {recorded.length_s:.0f} s; {faulty} of them are faulty."
