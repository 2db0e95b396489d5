"""A number of an offline analysis: it has a value or the reason why it is withheld, is no feature, and never leaves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or why there is none.

    Attributes:
        name: With its unit at the end.
        value: In that unit; None where it is withheld.
        n: Seconds, or responses, that it rests on.
        reason: Code of the `REASONS` of its signal; empty where there is a value.
    """

    name: str
    value: float | None
    n: int
    reason: str = ""
