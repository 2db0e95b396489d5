"""kill -9 of agent, broker and hub in turn while rows are made at high rate: nothing committed is lost or stored twice.

And a short storm of other faults; the long ones are `make chaos`.
"""

import os
import random
import socket
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from agent.outbox import ledger
from hub.site import open_keys
from hub.store import Store
from tests.chaos import __main__ as chaos
from tests.chaos.storm import Storm
from tests.support.machine import within_s
from tests.support.processes import Process, start_process, start_wardbeat, wait_for
from tests.support.world import make_world, start_site_broker

pytestmark = pytest.mark.process

KILLS = int(os.environ.get("KILLS", "8"))
SEED = int(os.environ.get("SEED", "1"))

Made = dict[tuple[bytes, int], int]


def made_rows(log: Path) -> Made:
    """(stream, seq) → window start, as the agent wrote it down after each commit."""
    rows = (line.split() for line in log.read_text().splitlines() if line.count(" ") == 2)
    return {(bytes.fromhex(stream), int(seq)): int(start) for stream, seq, start in rows}


def account(made: Made, stored: set[tuple[bytes, int]], states: dict[tuple[bytes, int], str]) -> Counter[str]:
    """Where every made row is; whatever is nowhere is lost."""
    where: Counter[str] = Counter()
    for at in made:
        state = states.get(at, "nowhere")
        if at in stored:
            where["stored"] += 1
        elif state in ("sealed", "sent"):
            where["kept"] += 1
        elif state == "dropped":
            where["gap"] += 1
        elif state.startswith("refused"):
            where["refused"] += 1
        elif state == "withdrawn":
            where["withdrawn"] += 1
        else:
            where["lost"] += 1
    return where


def doubled(starts: list[int]) -> int:
    """Windows that the hub holds more than once."""
    return sum(n - 1 for n in Counter(starts).values())


@pytest.mark.long
def test_nothing_committed_is_lost_or_doubled_by_kill_9(tmp_path):
    world = make_world(tmp_path)
    kills: Counter[str] = Counter()
    dice = random.Random(SEED)
    made_log, stop_file = tmp_path / "made.log", tmp_path / "stop"
    made_log.touch()
    log = tmp_path / "processes.log"

    def agent():
        return start_process(
            sys.executable,
            "-P",  # else its own folder would come first, where it stands itself under the package's name
            Path(__file__).with_name("agent.py"),
            world.settings.state_dir,
            made_log,
            stop_file,
            0.01,
            log=log,
        )

    def hub():
        return start_wardbeat("hub", "run", world.hub, log=log)

    starters = {"agent": agent, "broker": lambda: start_site_broker(world), "hub": hub}
    running: dict[str, Process] = {}
    try:
        for name in ("broker", "hub", "agent"):
            running[name] = starters[name]()
        wait_for(lambda: made_log.read_text().count("\n") > 5, what="the first rows")
        for _ in range(KILLS):
            for name in ("agent", "broker", "hub"):
                before = made_log.read_text().count("\n")
                wait_for(lambda seen=before: made_log.read_text().count("\n") > seen + 4, 120, "more rows")
                time.sleep(dice.uniform(0.0, 0.6))
                assert running[name].popen.poll() is None, f"{name} ended by itself: {log.read_text()[-2000:]}"
                running[name].kill()
                kills[name] += 1
                running[name] = starters[name]()
        time.sleep(1.0)
        stop_file.touch()
        running["agent"].popen.wait(within_s(120))
    finally:
        for process in reversed(running.values()):
            process.stop()
    assert running["agent"].popen.returncode == 0, log.read_text()[-2000:]

    made = made_rows(made_log)
    keys = open_keys(world.hub)
    with Store(world.hub, keys) as store:
        settled, summaries, counters = store.settled(), store.summaries(), store.counters()
    keys.close()
    with world.outbox() as outbox:
        rows = {(row.stream, row.seq): row for row in ledger.rows(outbox)}
        assert ledger.verify(outbox, world.identity.open_answers).rows == len(rows)
    states = {at: row.state for at, row in rows.items()}
    where = account(made, set(settled), states)
    starts = [summary.message.start_utc_s for summary in summaries]

    # the same detectors on planted breaches
    one = next(iter(made))
    assert account(made, set(settled) - {one}, {at: state for at, state in states.items() if at != one})["lost"] == 1
    assert doubled([*starts, starts[0]]) == 1

    print(f"\nkill -9: {dict(kills)}; made {len(made)} = {dict(where)}; committed in all (covers too) {len(rows)}")
    print(f"hub: {counters}; windows stored twice: {doubled(starts)}")
    assert sum(kills.values()) == 3 * KILLS
    assert where["lost"] == 0
    assert sum(where.values()) == len(made) > 10 * KILLS
    assert doubled(starts) == 0
    assert {at for at, row in rows.items() if row.state == "receipted"} <= set(settled)
    # every committed row, covers too: at the hub with the digest of the ledger
    assert all(settled.get(at) == row.digest for at, row in rows.items() if row.state == "receipted")
    assert not [row.state for row in rows.values() if row.state in ("sealed", "sent")]


@pytest.mark.process
@pytest.mark.skipif(os.geteuid() != 0, reason="a storm mounts small disks: needs root")
def test_a_storm_that_cannot_begin_leaves_no_disk_no_process_and_no_port_behind(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("planted")

    monkeypatch.setattr(Storm, "start_hub", fail)
    storm = Storm(tmp_path, "", SEED, 1)
    with pytest.raises(OSError, match="planted"), storm:
        pass
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    assert storm.running["broker"].popen.poll() is not None
    socket.create_server(("127.0.0.1", storm.world.port)).close()


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="a storm mounts small disks: needs root")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_short_storm_loses_nothing(tmp_path, kind):
    """Ten faults of the 33 kinds; `make chaos` plays 66 on three seeds."""
    played, result, _ = chaos.storm(tmp_path, kind, SEED, count=10, agents=2)
    assert sum(played.did.values()) >= 10
    assert chaos.faults_found(result, least=200) == []
    assert chaos.planted(result) == []
