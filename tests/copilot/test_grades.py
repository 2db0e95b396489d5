"""Grades: design, number, agreement, size."""

import dataclasses

import pytest

from copilot.grades import grade
from copilot.papers import DESIGNS
from tests.support import made_papers

PAPER = made_papers.corpus().papers[0]


def papers(*designs, n=100, n_of="nurses"):
    return [dataclasses.replace(PAPER, design=design, n=n, n_of=n_of) for design in designs]


META, RCT, CROSS = "systematic review with meta-analysis", "randomised controlled trial", "crossover trial"
COHORT, SURVEY = "prospective cohort", "cross-sectional survey"


@pytest.mark.parametrize(
    ("designs", "contradict", "name"),
    [
        ((META,), False, "A"),
        ((META, SURVEY), True, "B"),
        ((RCT, CROSS), False, "A"),
        ((RCT, CROSS), True, "C"),
        ((RCT,), False, "B"),
        (("systematic review",), False, "B"),
        ((COHORT, "case-control"), False, "B"),
        ((COHORT, "case-control"), True, "C"),
        ((COHORT, SURVEY), False, "C"),
        ((SURVEY, SURVEY, SURVEY), False, "C"),
        ((SURVEY,), True, "D"),
        ((SURVEY, META, RCT), False, "C"),  # the grade is of what comes first
        ((COHORT, META, "retrospective cohort"), False, "B"),
        (("repeated measurements",), False, "C"),
        (("qualitative study", "protocol"), False, "D"),
        (("qualitative study",), True, "D"),
    ],
)
def test_the_grade_follows_design_number_and_agreement(designs, contradict, name):
    assert grade(papers(*designs), contradict=contradict, agree_n=2).name == name


def test_trials_of_different_things_do_not_agree():
    assert grade(papers(RCT, CROSS), contradict=False, agree_n=1).name == "B"


def test_few_people_lower_the_grade_and_few_studies_do_not():
    assert grade(papers(RCT, n=49), contradict=False).name == "C"
    assert grade(papers(RCT, n=50), contradict=False).name == "B"
    assert grade(papers(RCT, n=None), contradict=False).name == "B"
    assert grade(papers(META, n=12, n_of="studies"), contradict=False).name == "A"
    assert "fewer than 50 people" in grade(papers(RCT, n=49), contradict=False).words


def test_every_design_has_a_grade():
    assert {grade(papers(design), contradict=False).name for design in DESIGNS} == set("ABCD")
