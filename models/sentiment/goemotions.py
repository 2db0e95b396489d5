"""GoEmotions: comments with emotions, and the four tags that these are read as.

Source: Demszky et al. (2020), GoEmotions, ACL, doi:10.18653/v1/2020.acl-main.372; Apache-2.0.
"""

import lzma
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.text.tags import TAGS, Tag

EMOTIONS = {
    Tag.POSITIVE: "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief",
    Tag.NEGATIVE: "anger annoyance disappointment disapproval disgust",
    Tag.DISTRESSED: "sadness grief fear nervousness remorse embarrassment",
    Tag.NEUTRAL: "confusion curiosity realization surprise neutral",
}
"""Each emotion of the data set, once."""

WORST_FIRST = (Tag.DISTRESSED, Tag.NEGATIVE, Tag.POSITIVE, Tag.NEUTRAL)
"""A comment with several emotions has the first of these tags that any of them has."""

PARTS = ("train", "dev", "test")
MASKS = ("[NAME]", "[RELIGION]")
"""What the makers of the data set wrote in place of names and religions; not a word that a person writes."""


@dataclass(frozen=True)
class Texts:
    """Comments of one part.

    Attributes:
        raw: As in the file.
        tags: Place in TAGS of each, shape ``(n,)``.
    """

    raw: tuple[str, ...]
    tags: np.ndarray

    def without(self, others: "Texts") -> "Texts":
        """These comments but for those that stand in `others`, too."""
        known = set(others.raw)
        kept = [place for place, text in enumerate(self.raw) if text not in known]
        return Texts(tuple(self.raw[place] for place in kept), self.tags[kept])


def read(folder: Path, part: str) -> Texts:
    """One part of the data set: train, dev or test.

    Raises:
        ValueError: A line is not a text and label numbers, or a number is no label.
    """
    names = (folder / "goemotions_labels.txt").read_text(encoding="utf-8").split()
    tag_of = {emotion: tag for tag, emotions in EMOTIONS.items() for emotion in emotions.split()}
    if set(names) != set(tag_of):
        raise ValueError("the labels are not those of GoEmotions")
    raw, tags = [], []
    with lzma.open(folder / f"goemotions_{part}.tsv.xz", "rt", encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            columns = line.rstrip("\n").split("\t")
            if len(columns) < 2 or not all(
                label.isdigit() and int(label) < len(names) for label in columns[1].split(",")
            ):
                raise ValueError(f"goemotions_{part}, line {number}: not a text and label numbers")
            found = {tag_of[names[int(label)]] for label in columns[1].split(",")}
            raw.append(columns[0])
            tags.append(TAGS.index(next(tag for tag in WORST_FIRST if tag in found)))
    return Texts(tuple(raw), np.array(tags))


def readable(text: str) -> str:
    """A comment without the masks of the data set."""
    for mask in MASKS:
        text = text.replace(mask, " ")
    return text
