"""SIGNALS: what can be measured of a person; one row each, shared by features, consent, page and documents."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal[
    "recovery",
    "fatigue",
    "expression",
    "affect",
    "strain",
    "self_report",
    "schedule",
    "sleep",
    "activity",
    "text",
    "voice",
    "typing",
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One row.

    Attributes:
        name: What the person consents to, as in FEATURES and SOURCES.
        words: What the page calls it.
        counted: What a number of it rests on, in the plural.
        kinds: The kinds that a number of it may have.
        docs: The file whose last table lists its numbers; empty: they are listed with another signal's.
    """

    name: str
    words: str
    counted: str
    kinds: frozenset[str]
    docs: str = ""


SIGNALS: Final[dict[str, SignalSpec]] = {
    spec.name: spec
    for spec in (
        SignalSpec("heart", "heart", "beats or pairs of beats", frozenset({"recovery"}), "docs/heart.md"),
        SignalSpec("face", "face and eyes", "camera frames", frozenset({"fatigue", "expression"}), "docs/face.md"),
        SignalSpec(
            "affect", "feelings that a model of yours names", "camera frames", frozenset({"affect"}), "docs/face.md"
        ),
        SignalSpec("self_report", "your own answers", "answers", frozenset({"fatigue", "strain", "self_report"})),
        SignalSpec("schedule", "your roster", "shifts", frozenset({"schedule"})),
        SignalSpec("sleep", "your sleep, as a device of yours recorded it", "nights", frozenset({"sleep"})),
        SignalSpec("activity", "steps and pulse of a watch or phone", "days", frozenset({"activity", "recovery"})),
        SignalSpec("journal", "how many journal entries of each kind", "entries", frozenset({"text"})),
    )
}
