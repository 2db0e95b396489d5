"""`make sentiment-model`: train, measure words of who a person is, and write table, manifest row and card.

No seed: nothing is drawn. Two runs on one machine give the same bytes.
"""

import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

from agent.text import identity
from agent.text.table import Table
from models.sentiment import card, figures, goemotions, training
from models.sentiment.movement import FOLDS, Movement, measured, movement, without_fold


def folder() -> Path:
    """Where the texts lie."""
    return Path(os.environ.get("WARDBEAT_SHARED", "../shared")) / "data/signals/text"


def trained(texts: Path) -> tuple[Table, list[Movement]]:
    """The table that ships, and the movement of each third of the terms with a table made without that third."""
    train_texts = goemotions.read(texts, "train")
    dev = goemotions.read(texts, "dev").without(train_texts)
    sha256 = hashlib.sha256(identity.list_bytes()).hexdigest()
    table = training.train(train_texts, dev, identity.shipped_words(), sha256)
    beyond = []
    for fold in range(FOLDS):
        left_out = without_fold(fold)
        without = training.train(train_texts, dev, left_out, sha256)
        held_out = [term for term in measured() if term.word not in left_out]
        beyond.append(movement(without, held_out, left_out))
    largest = round(max(one.largest_01 for one in (*figures.shipped_movements(table), *beyond)), 4)
    return replace(table, constants=replace(table.constants, identity_max_01=largest)), beyond


def main() -> int:
    texts = folder()
    if not texts.exists():
        print(f"no texts at {texts}: set WARDBEAT_SHARED")
        return 3
    table, beyond = trained(texts)
    content = card.write_table(table)
    found = card.measured(table, content, texts, beyond)
    card.write(found)
    print(card.tables(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
