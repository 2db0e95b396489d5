"""The bounds of the evidence on questions that were written without the program, with the model that is shipped."""

import dataclasses
import json
from pathlib import Path

import pytest

from copilot import confidence, reading
from copilot.answer import Answer, answer
from copilot.library import Library
from copilot.words import tokens

FILES = ("questions", "unseen")
ROWS = {
    name: [json.loads(line) for line in (Path(__file__).parent / f"{name}.jsonl").read_text().splitlines()]
    for name in FILES
}


def shares(library: Library, file: str) -> tuple[float, float, float]:
    """Right paper first of those answered, answered of those that papers answer, refused of the others."""
    made = [(row["papers"], answer(library, row["question"])) for row in ROWS[file]]
    inside = [one for papers, one in made if papers]
    first = [one.quotes[0].paper.id in papers for papers, one in made if papers and isinstance(one, Answer)]
    outside = [one for papers, one in made if not papers]
    return (
        sum(first) / len(first),
        len(first) / len(inside),
        sum(not isinstance(one, Answer) for one in outside) / len(outside),
    )


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(("floor_01", "holds"), [(None, True), (0.0, False), (0.95, False)])
def test_the_right_paper_is_first_and_what_papers_do_not_say_is_refused(file, floor_01, holds):
    shipped = confidence.shipped()
    model = shipped if floor_01 is None else dataclasses.replace(shipped, floor_01=floor_01)
    library = Library(None, model=model)
    right, answered, refused = shares(library, file)
    library.close()
    assert (right >= 0.85 and answered >= 0.8 and refused >= 0.95) == holds, (right, answered, refused)


@pytest.mark.parametrize("file", FILES)
def test_there_are_eighty_of_each_and_every_paper_is_known(file):
    library = Library(None)
    rows = ROWS[file]
    assert sum(bool(row["papers"]) for row in rows) == sum(not row["papers"] for row in rows) == 80
    assert {name for row in rows for name in row["papers"]} <= set(library.papers)
    library.close()


def test_no_question_that_the_model_was_fitted_on_is_among_the_unseen():
    folder = Path(__file__).parent
    fitted = [folder / f"{name}.jsonl" for name in ("own_questions", "questions", "voices")]
    known = {tokens(json.loads(line)["question"]) for file in fitted for line in file.read_text().splitlines()}
    known |= {tokens(line) for passage in reading.load().passages().values() for line in passage.asked}
    assert not known & {tokens(row["question"]) for row in ROWS["unseen"]}
