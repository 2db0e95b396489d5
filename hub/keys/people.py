"""Study labels: what an operator calls a person, such as P07. In the key store alone; erasing the person deletes it."""

from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select

from agent.errors import WrongUse
from hub.database import reading
from hub.keys.tables import LABEL, mark_changed

LABEL_MOST: Final = 40
_MARKS: Final = " ._/-"


def checked_label(label: str) -> str:
    """A label that fits a sheet, a terminal and a table: it begins with a letter or a digit, so no spreadsheet takes it
    for a formula.

    Raises:
        WrongUse: It does not.
    """
    label = label.strip()
    sound = all(letter.isalnum() or letter in _MARKS for letter in label)
    if not (0 < len(label) <= LABEL_MOST and sound and label[0].isalnum()):
        raise WrongUse(
            f"{label[:LABEL_MOST]!r} cannot be a label",
            remedy=f"Use 1 to {LABEL_MOST} letters, digits, blanks and . _ / -, and begin with a letter or a digit.",
        )
    return label


class People:
    """What names people in the key store's file: labels, one for each device.

    Args:
        engine: Of that file.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, reading(engine)

    def labels(self) -> dict[bytes, str]:
        """The labels by kid; devices without one are absent."""
        with self._reads.connect() as db:
            return {row.device: row.label for row in db.execute(select(LABEL))}

    def put_label(self, which: bytes, label: str) -> None:
        """Give a device a label; an empty one takes it away.

        Raises:
            WrongUse: It cannot be a label.
        """
        checked = checked_label(label) if label else ""
        with self._engine.begin() as db:
            put_label(db, which, checked)
            mark_changed(db)


def put_label(db: Connection, which: bytes, label: str) -> None:
    """Give a device a checked label, or with an empty one none, inside a transaction."""
    db.execute(delete(LABEL).where(LABEL.c.device == which))
    if label:
        db.execute(insert(LABEL), {"device": which, "label": label})
