"""Some thousand mutations of papers, certificates, opened answers and camera lines; `make fuzz ROOM=papers` makes 400,000."""

import pytest

from tests.fuzz import papers


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    made = papers.Desk(tmp_path_factory.mktemp("papers"))
    yield made
    made.outbox.close()
    made.world.close()


@pytest.mark.long
@pytest.mark.process
def test_mutated_papers_certificates_answers_and_camera_lines_are_refused_by_name(desk):
    found = dict(papers.rows(desk, 1200, seed=1))
    for name, tally in found.items():
        assert not tally.wrong, (name, tally.wrong[:3])
        assert not tally.crashed, (name, tally.crashed)
        assert sum(tally.refused.values()) + tally.right == tally.made > 200
    signed_by_nobody = set(found) - {"answers, opened", "bundles", "certificates, signed", "camera lines"}
    assert {name for name in signed_by_nobody if found[name].right} == set(), "a change of these is never valid"
    assert found["certificates, signed"].right, "the authority may sign other dates: the checks behind it were reached"


@pytest.mark.slow
def test_the_reader_of_release_0_1_0_and_one_that_trusts_would_be_found(desk):
    crashed, trusted = papers.planted(desk, 1200, seed=2)
    assert crashed
    assert trusted == 1200


def test_the_second_reading_of_a_camera_line_takes_what_is_right(desk):
    for line in papers.LINES:
        papers.read_line(line)
        assert papers.is_line(line)
    assert not papers.is_line(papers.LINES[-1].replace(b'"faces":1', b'"faces":"1"'))
