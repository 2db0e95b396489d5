"""Recordings: played at their own pace, and refused with the line and the reason."""

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import sources
from agent.errors import ConfigInvalid, RecordingUnreadable
from agent.model import NS_PER_S
from agent.recording import files
from agent.sources import replay
from agent.system.clock import VirtualClock


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "recording.txt"
    file.write_text(text)
    return file


def test_a_text_of_intervals_is_played_from_the_first_intervals_start(tmp_path):
    file = written(tmp_path, "# rest\n1000\n\n 500.5 \n")

    async def play():
        clock = VirtualClock(900 * NS_PER_S)
        driving = asyncio.create_task(clock.drive())
        seen = [
            (sample.t_ns, sample.value, clock.now_ns())
            async for sample in sources.samples(
                "replay", replay.Settings(file), sources.Surroundings(clock, file.parent, print)
            )
        ]
        driving.cancel()
        return seen

    assert asyncio.run(play()) == [
        (901 * NS_PER_S, 1000.0, 901 * NS_PER_S),
        (901_500_500_000, 500.5, 901_500_500_000),
    ]


def test_a_csv_keeps_its_holes(tmp_path):
    file = written(tmp_path, "t_s,rr_ms\n10.0,800\n10.8,800\n15.8,900\n")
    assert [round(beat.end_s, 6) for beat in files.beats(file)] == [0.8, 1.6, 6.6]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no beat"),
        ("# only words\n", "no beat"),
        ("800\nabc\n", "line 2: 'abc' is not a number"),
        ("800\nnan\n", "line 2: not a finite number"),
        ("800\n\n-5\n", "line 3: -5 cannot be an interval"),
        ("70\n71\n", "line 1: these look like heart rates"),
        ("t_s,rr_ms\n1,800\n2,\n3,x\n4,y\n", "line 4: 'x' is not a number"),
        ("t_s,rr_ms\n1,800\n0.5,800\n", "line 3: the time does not increase"),
        ("t_s,rr_ms\n", "no beat"),
    ],
)
def test_a_malformed_recording_is_refused_with_line_and_reason(tmp_path, text, says):
    with pytest.raises(RecordingUnreadable, match=says) as refused:
        files.beats(written(tmp_path, text))
    assert refused.value.remedy
    assert refused.value.exit_code == 2


def test_a_missing_or_binary_file_is_refused(tmp_path):
    with pytest.raises(RecordingUnreadable, match="No such file"):
        files.beats(tmp_path / "none.txt")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x80\x81\xfe\x00" * 10)
    with pytest.raises(RecordingUnreadable, match="not a text file"):
        files.beats(binary)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("any") / "file"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        beats = files.beats(file)
    except RecordingUnreadable:
        return
    assert all(later.end_s > earlier.end_s for earlier, later in itertools.pairwise(beats))


def test_an_unknown_source_is_named():
    with pytest.raises(ConfigInvalid, match="no source 'strap9'"):
        sources.settings_type("strap9")
