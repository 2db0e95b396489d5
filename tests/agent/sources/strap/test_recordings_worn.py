"""Recordings and a whole night worn on a simulated strap, in time that passes only while everybody waits."""

import asyncio
import itertools

import pytest

from agent.recording import files as recordings
from agent.system.clock import VirtualClock
from firmware_sim import packets, physiology
from firmware_sim.physiology import Beat
from tests.support import straps
from tests.support.processes import shared_file, until


async def worn_in_virtual_time(folder, body, condition, **spec):
    """A strap on the simulated radio of this process, in time that passes only while everybody waits; (reader, strap)."""
    pace = VirtualClock(straps.START_NS)
    strap = straps.strap(pace, body=body, from_first=True, **spec)
    async with straps.air("a", [strap], pace) as (_, radio):
        reader = straps.Reader(straps.bind(folder), pace, radio)
        async with straps.reading(reader):
            await until(lambda: strap._listening, what="the strap to be listened to")
            drive = asyncio.create_task(pace.drive(turns=64))
            await until(
                lambda: condition(reader, strap), 900, "the end"
            )  # a deadline, not a pace: a busy machine is slow
            drive.cancel()
    return reader, strap


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    ["pyhrv_nni_5min.txt", "bartels_rest_rri.txt", "bartels_noisy_rri.hrm", "bartels_exercise_rri.hrm",
     "mghdb1003_clean10min_beats.csv", "mitdb_100_beats.csv", "nsr2db_nsr001_ectopic60min_beats.csv"],
)  # fmt: skip
@pytest.mark.long
def test_every_interval_of_every_real_recording_arrives_once_in_order_and_unchanged(file, tmp_path):
    rr_ms = [beat.rr_ms for beat in recordings.beats(shared_file(f"data/hrv/{file}"))]
    sent = [packets.ticks(one) for one in rr_ms]
    body = [Beat(end / 1000, one) for end, one in zip(itertools.accumulate(rr_ms), rr_ms, strict=True)]
    reader, _ = straps.run(
        worn_in_virtual_time(tmp_path / "s", body, lambda reader, _: len(reader.beats) >= len(sent)), 900
    )
    assert reader.rr_1024 == sent
    assert reader.gaps == []


@pytest.mark.long
def test_a_night_of_eight_hours_has_no_gap_and_no_drift(tmp_path):
    body = physiology.Physiology(physiology.phases("sleep:14000,rest:14000,mental_load:2000"), 5).beats()

    def over(_, strap):
        return bool(strap.felt) and strap.felt[-1].end_ns > straps.START_NS + 8 * 3600 * 10**9

    reader, strap = straps.run(worn_in_virtual_time(tmp_path / "s", body, over), 900)
    assert len(reader.beats) > 27_000
    assert reader.gaps == []
    wrong = straps.unfaithful(reader, strap.felt)
    assert wrong.pop("missing at the end") <= 3  # on their way when the reading stopped
    assert not any(wrong.values())
    apart_s = [(got.t_ns - felt.end_ns) / 1e9 for got, felt in zip(reader.beats, strap.felt, strict=False)]
    assert -0.1 < min(apart_s[500:]) < max(apart_s[500:]) < 0.3  # beats stay where they were felt, all night
