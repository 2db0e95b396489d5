"""A real agent process for delivery tests: made-up summaries through the real gate, seal, outbox and publisher.

    python -P agent.py STATE GENERATION MADE_LOG STOP_FILE EVERY_S

After each commit one line goes to MADE_LOG, outside the state folder: stream, seq, window start.
When STOP_FILE appears it makes no more, waits until all is receipted, and ends.
"""

import asyncio
import os
import sys
from pathlib import Path

from agent import pipeline
from agent.config import Mqtt, Settings
from agent.model import FeatureValue, Summary
from agent.outbox import consents
from agent.pipeline import Agent, Pace
from agent.privacy import gate
from agent.privacy.policy import profile_named

WINDOWS = 1000  # a process lives for a few hundred


async def main(state: Path, generation: int, made_log: Path, stop_file: Path, every_s: float) -> None:
    stop = asyncio.Event()

    async def feed(agent: Agent) -> None:
        log = os.open(made_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        record = consents.in_force(agent.outbox)
        assert record is not None
        assert agent.identity is not None
        # every process has windows of its own, so that no window is made twice
        start = record.from_utc_s // 300 * 300 + generation * WINDOWS * 300
        while not stop_file.exists():
            start += 300
            values = (FeatureValue("hr_mean_bpm", 60.0, 300, 1.0, 0.0), FeatureValue("rmssd_ms", 42.0, 299, 1.0, 0.0))
            summary = Summary(start, start + 300, values)
            released = gate.release(summary, agent.profile, record, agent.identity.bundle.operator, ())
            for row in agent.outbox.put_released(released, agent.utc_s()):
                os.write(log, f"{row.stream.hex()} {row.seq} {start}\n".encode())
            await asyncio.sleep(every_s)
        assert agent.publisher is not None
        agent.publisher.draining = True
        while agent.outbox.unsettled():
            await asyncio.sleep(0.05)
        stop.set()

    settings = Settings(state_dir=state, profile="care", key_store="file", mqtt=Mqtt(resend_after_s=1.0, in_flight=100))
    await pipeline.run(settings, profile_named("care"), pace=Pace(slot_s=0.02), stop=stop, beside={"feed": feed})


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5])))
