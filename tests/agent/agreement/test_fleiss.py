"""Fleiss' kappa: published tables, another computation, and units without one."""

import itertools

import numpy as np
import pytest

from agent.agreement.fleiss import NO_UNITS, ONE_CATEGORY, fleiss

DIAGNOSES = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
"""Fleiss (1971), table 1: 30 patients, six psychiatrists each, five diagnoses."""
FOURTEEN = "0,0,0,0,14 0,2,6,4,2 0,0,3,5,6 0,3,9,2,0 2,2,8,1,1 7,7,0,0,0 3,2,6,3,0 2,5,3,2,2 6,5,2,1,0 0,2,2,3,7"
"""The other usual example: ten units, fourteen raters, five categories."""


def by_pairs(counts):
    """The same from every two ratings of a unit, and any two ratings with a unit's weight of 1."""
    ratings = [[place for place, count in enumerate(row) for _ in range(count)] for row in counts.tolist()]
    ratings = [row for row in ratings if len(row) >= 2]
    differ = np.mean([np.mean([a != b for a, b in itertools.combinations(row, 2)]) for row in ratings])
    shares = np.mean([[row.count(place) / len(row) for place in range(counts.shape[1])] for row in ratings], axis=0)
    return 1 - differ / (1 - np.sum(shares**2))


def test_the_diagnoses_of_1971_give_430():
    counts = np.array([[int(digit) for digit in row] for row in DIAGNOSES.split()])

    assert counts.sum(axis=0).tolist() == [26, 26, 30, 55, 43]
    assert fleiss(counts).value == pytest.approx(0.430, abs=5e-4)
    assert fleiss(counts).units == 30


def test_fourteen_raters_give_210():
    counts = np.array([[int(count) for count in row.split(",")] for row in FOURTEEN.split()])

    assert fleiss(counts).value == pytest.approx(0.210, abs=5e-4)


def test_random_studies_with_missing_ratings_equal_a_computation_by_pairs():
    rng = np.random.default_rng(3)
    for _ in range(100):
        chances = rng.dirichlet(np.ones(4), size=40)
        counts = np.array([rng.multinomial(rng.integers(0, 6), row) for row in chances])
        found = fleiss(counts)
        assert found.value == pytest.approx(by_pairs(counts), abs=1e-12)
        assert found.units == int(np.count_nonzero(counts.sum(axis=1) >= 2))
        assert found.low <= found.value <= found.high


def test_every_rating_in_one_category_has_no_number():
    counts = np.zeros((30, 3), dtype=int)
    counts[:, 1] = 4
    found = fleiss(counts)

    assert (found.value, found.low, found.reason) == (None, None, ONE_CATEGORY)


def test_units_that_were_rated_once_have_no_number():
    assert fleiss(np.eye(30, dtype=int)).reason == NO_UNITS
