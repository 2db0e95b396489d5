"""Hours with a radio that is against us, in virtual time."""

import numpy as np
import pytest

from tests.support import hostile_radio, virtual_time


@pytest.mark.long
@pytest.mark.parametrize("watched", [True, False], ids=["the daemon's death is told", "only the silence tells"])
def test_three_hours_of_bad_links_and_a_dying_daemon_lose_nothing(watched):
    lived = virtual_time.run(hostile_radio.lived("a", 3 * 3600, seed=3, watched=watched))
    assert (lived.lost, lived.doubled) == (0, 0)
    assert lived.taken > 8000
    assert lived.faults["daemon restarts"] > 3
    assert lived.gaps == lived.losses > 50
    assert lived.worst_gap_s <= 1
    assert lived.left == []
    if watched:
        assert np.percentile(lived.reconnects_s, 99) < 5  # virtual seconds: nothing of this machine is in them


def test_the_detectors_find_a_beat_taken_away_and_a_beat_doubled():
    delivered = list(range(800, 1000))
    assert hostile_radio.differences(delivered, delivered) == (0, 0, 0)
    assert hostile_radio.differences(delivered, delivered[:50] + delivered[51:])[0] == 1
    assert hostile_radio.differences(delivered, delivered[:50] + delivered[49:])[1] == 1
