"""Features as the wire format counts them: the table in schema_v1.json, values to whole numbers and back."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from agent.errors import WireRefused

SHARE_STEPS = 1000  # coverage_01 and edited_01 travel in thousandths


@dataclass(frozen=True, slots=True)
class WireFeature:
    """One row of schema_v1.json."""

    feature_id: int
    name: str
    kind: str
    signal: str
    low: float
    high: float
    step: float
    words: str

    @property
    def v_max(self) -> int:
        return 1 + round((self.high - self.low) / self.step)

    def code(self, value: float) -> int:
        """``v = 1 + (value - low) / step``, to the nearest step; value must lie in range."""
        if not self.low <= value <= self.high:
            raise WireRefused("bad_plaintext", f"{self.name} is out of its range")
        return 1 + round((value - self.low) / self.step)

    def value(self, v: int) -> float | None:
        """The number of a code; None for 0 (withheld).

        Raises:
            WireRefused: ``bad_plaintext``, beyond the range.
        """
        if v > self.v_max:
            raise WireRefused("bad_plaintext", f"{self.name} is out of its range")
        return None if v == 0 else round(self.low + (v - 1) * self.step, 9)


# The table of release 0.1.0: what a consent of that release, which names signals alone, can mean at most.
FIRST_FEATURES: Final = frozenset(
    {1, 2, 3, 4}
    | {101, 102, 104, 105, 107, 108, 110, 111, 113, 114, 116, 117, 119, 120, 122, 123}
    | {161, 162, 163, 164, 165, 166, 168}
    | {181, 182, 183, 184, 185, 186, 187, 188}
)


@cache
def features() -> dict[int, WireFeature]:
    """All features, by id."""
    text = resources.files("agent.wire").joinpath("schema_v1.json").read_text(encoding="utf-8")
    return {
        row["id"]: WireFeature(
            row["id"],
            row["name"],
            row["kind"],
            row["signal"],
            row["low"],
            row["high"],
            row["step"],
            row["words"],
        )
        for row in json.loads(text)["features"]
    }


def share_code(share_01: float) -> int:
    """A share of one in thousandths.

    >>> share_code(0.9984)
    998
    """
    return round(share_01 * SHARE_STEPS)
