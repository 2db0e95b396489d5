"""A few thousand mutations of everything on the wire; `make fuzz ROOM=wire` makes a million."""

import pytest

from tests.fuzz import wire
from tests.support.wire_rules import is_alert, is_answers, is_directory, is_look, is_plaintext, is_request, is_score


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    made = wire.Room(tmp_path_factory.mktemp("wire"))
    yield made
    made.world.close()


def sound(tally):
    return not tally.wrong and not tally.crashed


@pytest.mark.slow
def test_mutated_envelopes_are_refused_by_name(room):
    outside, inside = wire.envelopes(room, 6000, seed=1)
    assert sound(outside), (outside.wrong, outside.crashed)
    assert sound(inside), (inside.wrong, inside.crashed)
    assert len(outside.refused) >= 4, outside.refused
    assert inside.refused["bad_plaintext"] > 500
    assert inside.right > 50, "some mutations say something else, validly: the decoder was reached"


@pytest.mark.slow
def test_mutated_papers_are_refused_by_name(room):
    for name, tally in wire.papers(room, 3000, seed=2).items():
        assert sound(tally), (name, tally.wrong[:3], tally.crashed)


@pytest.mark.slow
def test_wrong_readers_would_be_found(room):
    trusting, loose, crashed = wire.planted(room, seed=3)
    assert trusting
    assert loose
    assert crashed


def test_the_second_reading_takes_what_is_right_and_refuses_what_is_not(room):
    body = wire.codec.decode(room.keys.published())[2]
    for words, rule in [
        *((one, is_plaintext) for one in room.words),
        (room.answers, is_answers), (body, is_directory), (room.request, is_request),
        (wire.SCORE.encode(), is_score), (wire.NO_SCORE.encode(), is_score),
        (wire.ALERT.encode(), is_alert), (wire.LOOK.encode(), is_look),
    ]:  # fmt: skip
        assert rule(words)
        assert not rule(words + b"\0")
        assert not rule(words[:-1])
        assert not rule(bytes([words[0] - 1]) + words[1:])
