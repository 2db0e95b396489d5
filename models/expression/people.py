"""Photos and clips, and who may be learnt from: the split goes by a hash of the person, never by the photo."""

import csv
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SHARED = Path(os.environ.get("WARDBEAT_SHARED", str(Path(__file__).parents[3] / "shared")))
FACES = SHARED / "data" / "faces"
FOLDS = 4
TEST_FOLD = 0


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the London set.

    Attributes:
        person_id: As in the set.
        fold: 0 to 3, by hash; fold 0 is the test of the model that ships.
        age, gender, ethnicity: Self-reported; empty where not told.
    """

    person_id: str
    fold: int
    age: str
    gender: str
    ethnicity: str

    @property
    def is_stranger(self) -> bool:
        """Whether the model that ships never saw this person."""
        return self.fold == TEST_FOLD

    def photo(self, kind: str) -> np.ndarray:
        """``neutral`` or ``smiling``, uint8, shape (540, 540, 3)."""
        picture = cv2.imread(str(FACES / "london" / f"{self.person_id}_{kind}.jpg"))
        if picture is None:
            raise FileNotFoundError(f"photo of person {self.person_id} ({kind})")
        return picture


def fold_of(person_id: str) -> int:
    """0 to 3.

    >>> fold_of("001") == fold_of("001")
    True
    """
    return hashlib.sha256(f"wardbeat/{person_id}".encode()).digest()[0] % FOLDS


def people() -> list[Person]:
    """All people of the folder, by id."""
    with (FACES / "london" / "info.csv").open(encoding="utf-8") as file:
        rows = {row["face_id"]: row for row in csv.DictReader(file)}
    ids = sorted({path.name[:3] for path in (FACES / "london").glob("*_neutral.jpg")})
    return [Person(one, fold_of(one), *(rows[one][name] for name in ("age", "gender", "ethnicity"))) for one in ids]
