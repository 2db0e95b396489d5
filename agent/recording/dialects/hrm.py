"""Polar's .hrm: sections like an .ini file; ``[HRData]`` holds intervals in ms where ``Interval=238`` says so.

Any other Interval (1, 5, 15, 60) is how many seconds lie between heart rates. Source: Polar HRM2 file format, 1.4.
"""

from typing import Final

from agent.recording.numbers import with_point
from agent.recording.options import Options
from agent.recording.rows import Rows, numbers
from agent.recording.source import Source

_DATA: Final = "[hrdata]"
_RR: Final = "238"
_SUMMARY: Final = "204"


def knows(source: Source) -> bool:
    """By its sections."""
    if not source.is_text():
        return False
    lines = [line.strip().lower() for line in source.head_lines()]
    return _DATA in lines or (bool(lines) and lines[0] == "[params]")


def rows(source: Source, _: Options) -> Rows:
    """What stands under ``[HRData]``.

    Raises:
        RecordingUnreadable: It holds heart rates.
    """
    found, inside, interval = Rows(unit_ms=1.0), False, ""
    for first, lines in source.batches():
        shown = [(n, line.strip()) for n, line in enumerate(lines, start=first) if line.strip()]
        if not inside:
            begin = next((k for k, (_, line) in enumerate(shown) if line.lower() == _DATA), len(shown))
            for number, line in shown[:begin]:
                name, word = line.partition("=")[::2]
                if name.strip().lower() == "interval":
                    interval = word.strip()
                    _check(source, number, interval)
            inside, shown = begin < len(shown), shown[begin + 1 :]
        if inside and shown:
            texts = [line.split()[0] for _, line in shown if not line.startswith("[")]
            numbered = [n for n, line in shown if not line.startswith("[")]
            found.value.extend(numbers(texts, numbered, with_point, found.faults))
            found.line.extend(numbered)
    if not inside:
        raise source.bad(1, "no section [HRData]", _EXPORT)
    return found


def _check(source: Source, number: int, interval: str) -> None:
    if interval == _SUMMARY:
        raise source.bad(number, "it holds lap times only (Interval=204)", _EXPORT)
    if interval and interval != _RR:
        raise source.bad(
            number,
            f"it holds heart rates, one each {interval[:9]} s (Interval={interval[:9]}), not beat-to-beat intervals",
            _EXPORT,
        )


_EXPORT: Final = "Record with RR data on the watch; its .hrm then has Interval=238."
