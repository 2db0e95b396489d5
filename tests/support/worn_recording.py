"""A recording through strap, agent, mosquitto and hub, and how far the hub's numbers are from its own."""

import asyncio
from pathlib import Path

import numpy as np

from agent import pipeline
from agent.signal.heart.artifacts import Label, labels
from agent.sources.strap import ble_strap
from agent.system.run_mode import RunMode
from agent.wire import schema
from firmware_sim import packets, recording
from tests.support import straps
from tests.support.processes import until
from tests.support.world import World, running_hub


async def play(way: str, world: World, file: Path, speed: float = 10.0):
    """Wear a recording; (what the hub stored, the intervals that the agent took over, places after a gap)."""
    pace = straps.clock(speed)
    worn = straps.strap(pace, body=recording.beats(file), from_first=True)
    straps.bind(world.settings.state_dir)
    settings = world.settings.model_copy(update={"sources": {"ble_strap": ble_strap.Settings()}})
    taken: list[int] = []
    after_gap: list[int] = []

    seen_ns = 0

    def is_over(agent) -> bool:
        nonlocal seen_ns  # the agent keeps only what its windows need, so look again and again
        for sample in agent.windows.ring._channels.get("rr_ms", ()):
            if sample.t_ns > seen_ns:
                if seen_ns and sample.t_ns - seen_ns - sample.value * 1e6 > 25e6:
                    after_gap.append(len(taken))
                seen_ns = sample.t_ns
                taken.append(round(sample.value * 1.024))
        return worn.body_ended.is_set()

    async def until_over(agent) -> None:
        await until(lambda: is_over(agent), 900, "the end of the recording")
        await pace.sleep_until(pace.now_ns() + 4 * 10**9)
        is_over(agent)
        agent.stop_sensors.set()
        await asyncio.Event().wait()

    with running_hub(world) as receiver:
        async with straps.air(way, [worn], pace) as (_, radio):
            await pipeline.run(
                settings,
                world.profile,
                pace,
                mode=RunMode(slot_s=0.3, one_shot=True),
                radio=radio,
                extra_tasks={"over": until_over},
            )
        stored = [(one.message.start_utc_s, one.features()) for one in receiver.store.summaries()]
    return stored, taken, after_gap


def differences(stored, rr_ms, after_gap=(), *, rounded: bool = True) -> dict[str, float]:
    """By how many rounding steps the hub differs from numpy over the intervals, cut by the hub's own n; the largest.

    Values are rounded to a step, so what is right differs by at most half a step.
    """
    rr = np.array([packets.ticks(one) for one in rr_ms]) / 1.024 if rounded else np.array(rr_ms)
    joined = np.ones(rr.size, dtype=bool)
    joined[list(after_gap)] = False
    good = (
        labels(rr, joined) == Label.NORMAL
    )  # which beats are right is judged in tests/agent/signal/heart/test_artifacts.py
    pair = np.concatenate([[False], good[1:] & good[:-1]])
    pair[list(after_gap)] = False  # where the agent saw a gap (a machine that woke late, at ten times the speed)
    diffs = np.concatenate([[0.0], np.diff(rr)])
    steps = {row.name: row.step for row in schema.features().values() if row.signal == "heart"}
    worst, at = dict.fromkeys(steps, 0.0), 0
    for _, features in stored:
        end = at + int(np.searchsorted(np.cumsum(good[at:]), features["hr_mean_bpm"][1])) + 1
        nn, dd = rr[at:end][good[at:end]], diffs[at:end][pair[at:end]]
        expected = {
            "hr_mean_bpm": 60_000 / nn.mean(),
            "rmssd_ms": np.sqrt((dd**2).mean()),
            "sdnn_ms": nn.std(ddof=1),
            "pnn50_01": (np.abs(dd) > 50).mean(),
        }
        for name, step in steps.items():
            if features[name][0] is not None:
                worst[name] = max(worst[name], abs(features[name][0] - expected[name]) / step)
        at = end
    return worst
