"""A folder of recordings, as a study has one."""

import pytest

from tests.agent.analysis.test_windowing import heart
from tests.support.studies import written


@pytest.fixture
def folder(tmp_path):
    """Ten recordings: short, long, faulty, in folders, one that is none; and files that are no recordings."""
    for place, length_s in enumerate((62, 161, 300, 420, 700)):
        written(tmp_path / f"study/P{place}/rest.txt", heart(length_s, seed=place))
        written(tmp_path / f"study/P{place}/stress.txt", heart(length_s, rate_bpm=95, seed=place + 10))
    faulty = heart(300, seed=30)
    faulty[40] *= 2
    faulty[90:92] = faulty[90] * 0.6, faulty[91] * 1.4
    written(tmp_path / "study/P2/rest.txt", faulty)
    (tmp_path / "study/P1/stress.txt").write_text("name,age\nsomebody,44\n")
    (tmp_path / "study/protocol.pdf").write_bytes(b"%PDF")
    (tmp_path / "study/.DS_Store").write_bytes(b"\x00")
    return tmp_path / "study"
