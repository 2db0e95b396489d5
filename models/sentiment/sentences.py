"""Sentences that were written for the card: a ward's, and those of other languages. Each file is read strictly."""

from dataclasses import dataclass
from pathlib import Path

from agent.text.tags import Tag

FOLDER = Path(__file__).parent
GROUPS = ("colleague", "clinical")


@dataclass(frozen=True)
class ProbeSentence:
    """A sentence of a ward: the tag that a sensible colleague would give, and whose sentence it is."""

    tag: Tag
    group: str
    text: str


def probe() -> list[ProbeSentence]:
    """Of probe.tsv.

    Raises:
        ValueError: A line without three columns, or with an unknown tag or group.
    """
    found = []
    for tag, group, text in _rows("probe.tsv", 3):
        if group not in GROUPS:
            raise ValueError(f"probe.tsv: there is no group {group}")
        found.append(ProbeSentence(Tag(tag), group, text))
    return found


def foreign() -> list[tuple[str, str]]:
    """Language and sentence, of foreign.tsv."""
    return [(language, text) for language, text in _rows("foreign.tsv", 2)]


def _rows(name: str, columns: int) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    if wrong := next((row for row in rows if len(row) != columns or not all(row)), None):
        raise ValueError(f"{name}: not {columns} columns: {wrong[0][:20]}")
    return rows
