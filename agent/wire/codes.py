"""Numbers for words on the wire: shifts, scales, reasons, rules of alerts. The tables in codes_v2.json only grow."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from agent.errors import WireRefused


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale of a check-in.

    Attributes:
        code: On the wire.
        name: The instrument's short name, a space, and the scale's.
        low, high, step: Its range, and the distance of two codes, in points.
    """

    code: int
    name: str
    low: float
    high: float
    step: float

    @property
    def v_max(self) -> int:
        return 1 + round((self.high - self.low) / self.step)

    def v(self, value: float) -> int:
        """``1 + (value - low) / step``, to the nearest step.

        Raises:
            WireRefused: ``bad_plaintext``, out of range.
        """
        if not self.low <= value <= self.high:
            raise WireRefused("bad_plaintext", f"{self.name} is out of its range")
        return 1 + round((value - self.low) / self.step)

    def value(self, v: int) -> float:
        """The number of a code from 1 to `v_max`."""
        return round(self.low + (v - 1) * self.step, 9)


@cache
def _tables() -> dict[str, list[dict[str, float | str]]]:
    text = resources.files("agent.wire").joinpath("codes_v2.json").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, float | str]]] = json.loads(text)
    return found


@cache
def names(table: str) -> dict[int, str]:
    """Names by code.

    Args:
        table: A name in codes_v2.json, such as ``shifts`` or ``reasons``.
    """
    return {int(row["id"]): str(row["name"]) for row in _tables()[table]}


@cache
def codes(table: str) -> dict[str, int]:
    """Codes by name; see `names`."""
    return {name: code for code, name in names(table).items()}


@cache
def scales() -> dict[int, Scale]:
    """Scales of check-ins by code."""
    rows = _tables()["scales"]
    return {
        int(row["id"]): Scale(int(row["id"]), str(row["name"]), *(float(row[key]) for key in ("low", "high", "step")))
        for row in rows
    }
