"""A real agent process for delivery tests: made-up summaries through the real gate, seal, outbox and publisher.

    python -P agent.py STATE MADE_LOG STOP_FILE EVERY_S

After each commit one line goes to MADE_LOG, outside the state folder: stream, seq, window start. A window is made
once: each process goes on two windows after the last one logged, for one may have been committed and not logged.
When STOP_FILE appears it makes no more, waits until all is receipted, and ends.
"""

import asyncio
import os
import sys
from pathlib import Path

from agent import pipeline
from agent.config import Mqtt, Settings
from agent.errors import StorageFull
from agent.model import FeatureValue, Summary
from agent.outbox import consents
from agent.privacy import gate
from agent.session.session import Session
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named

WINDOW_S = 300


def next_start(made_log: Path, from_utc_s: int) -> int:
    """Where this process's windows begin: after every one made before, and after the consent's beginning."""
    lines = [line for line in made_log.read_text().splitlines() if line.count(" ") == 2]
    last = max((int(line.split()[2]) for line in lines), default=0)
    return max(last + 2 * WINDOW_S, -(-from_utc_s // WINDOW_S) * WINDOW_S)


async def main(state: Path, made_log: Path, stop_file: Path, every_s: float) -> None:
    stop = asyncio.Event()

    async def feed(agent: Session) -> None:
        log = os.open(made_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        assert agent.identity is not None
        start = 0
        while not stop_file.exists():
            await asyncio.sleep(every_s)
            given = consents.consented(agent.outbox)
            if given is None:
                continue
            start = max(start, next_start(made_log, given.record.from_utc_s)) if not start else start + WINDOW_S
            start = max(start, -(-given.record.from_utc_s // WINDOW_S) * WINDOW_S)
            values = (FeatureValue("hr_mean_bpm", 60.0, 300, 1.0, 0.0), FeatureValue("rmssd_ms", 42.0, 299, 1.0, 0.0))
            summary = Summary(start, start + WINDOW_S, values)
            released = gate.release(summary, agent.profile, given, agent.identity.bundle.operator, ())
            try:
                rows = agent.outbox.put_released(released, agent.utc_s())
            except StorageFull:  # as the releasing path does: what was not committed was not made
                start -= WINDOW_S
                await asyncio.sleep(0.1)
                continue
            for row in rows:
                os.write(log, f"{row.stream.hex()} {row.seq} {start}\n".encode())
        assert agent.publisher is not None
        agent.publisher.draining = True
        while agent.outbox.unsettled():
            await asyncio.sleep(0.05)
        stop.set()

    # a hub answers at ticks of a second, half a second or more after a row has come: no row goes twice for that alone
    settings = Settings(
        state_dir=state, profile="care", key_store="file", mqtt=Mqtt(resend_after_s=3.0, in_flight=100, keepalive_s=5)
    )
    await pipeline.run(
        settings, profile_named("care"), mode=RunMode(slot_s=0.02), stop=stop, extra_tasks={"feed": feed}
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
