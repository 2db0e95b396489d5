"""The bounds of the evidence on questions that were written without the program, with the model that is shipped."""

import dataclasses
import json
from pathlib import Path

import pytest

from copilot import confidence
from copilot.answer import Answer, answer
from copilot.library import Library

ROWS = [json.loads(line) for line in (Path(__file__).parent / "questions.jsonl").read_text().splitlines()]


def shares(library: Library) -> tuple[float, float, float]:
    """Right paper first of those answered, answered of those that papers answer, refused of the others."""
    made = [(row["papers"], answer(library, row["question"])) for row in ROWS]
    inside = [one for papers, one in made if papers]
    first = [one.quotes[0].paper.id in papers for papers, one in made if papers and isinstance(one, Answer)]
    outside = [one for papers, one in made if not papers]
    return (
        sum(first) / len(first),
        len(first) / len(inside),
        sum(not isinstance(one, Answer) for one in outside) / len(outside),
    )


@pytest.mark.parametrize(("floor_01", "holds"), [(None, True), (0.0, False), (0.95, False)])
def test_the_right_paper_is_first_and_what_papers_do_not_say_is_refused(floor_01, holds):
    shipped = confidence.shipped()
    model = shipped if floor_01 is None else dataclasses.replace(shipped, floor_01=floor_01)
    library = Library(None, model=model)
    right, answered, refused = shares(library)
    library.close()
    assert (right >= 0.85 and answered >= 0.8 and refused >= 0.95) == holds, (right, answered, refused)


def test_there_are_eighty_of_each_and_every_paper_is_known():
    library = Library(None)
    assert sum(bool(row["papers"]) for row in ROWS) == sum(not row["papers"] for row in ROWS) == 80
    assert {name for row in ROWS for name in row["papers"]} <= set(library.papers)
    library.close()
