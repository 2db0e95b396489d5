"""Lines broken one at a time: does a test notice? Each row names a promise about order, limits or edges.

    make mutations          every row; ONLY=publisher for those whose file holds that word

Exit 1 when a broken line survives, or when a row's line is no longer in its file.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("agent", "hub", "firmware_sim", "tests", "models", "docs")


@dataclass(frozen=True)
class Mutation:
    """One broken line, and the tests that should notice."""

    file: str
    old: str
    new: str
    tests: str


ROWS = (
    # survivors of an earlier round: promises about order and edges in the loops
    Mutation("agent/publisher/schedule.py", "self._newest_turn = not self._newest_turn", "self._newest_turn = True", "tests/agent/session/test_edges.py"),
    Mutation("agent/enrollment/renewal.py", "certificate.not_valid_after_utc < old.not_valid_after_utc", "certificate.not_valid_after_utc < old.not_valid_before_utc", "tests/agent/session/test_edges.py"),
    Mutation("agent/session/loops.py", "return (Interval(start_utc_s, end_utc_s),)", "return ()", "tests/agent/session/test_edges.py"),
    Mutation("agent/session/release.py", "<= self._utc_s() < record.until_utc_s", "<= self._utc_s() <= record.until_utc_s", "tests/agent/session/test_edges.py"),
    Mutation("agent/page/decisions.py", "session.sensors.switch(name, on=False)", "pass", "tests/agent/session/test_edges.py"),
    # loops
    Mutation("agent/publisher/schedule.py", "self._fresh_turn = not self._fresh_turn", "self._fresh_turn = True", "tests/agent/session/test_edges.py"),
    Mutation("agent/publisher/schedule.py", "min(2 ** (tries - 1), MOST_BACKOFF)", "1", "tests/agent/session/test_edges.py"),
    Mutation("agent/session/loops.py", "if session.awake.is_set():", "if True:", "tests/agent/session/test_edges.py -k pause"),
    Mutation("agent/session/loops.py", "(session.paused and not sensors.ends(name)) or", "False or", "tests/attacks/test_attacks.py -k pause"),
    Mutation("agent/session/sensors.py", "return not spec.needs_consent or", "return True or", "tests/scenarios/test_trial_sensor.py -k does_not_list"),
    Mutation("agent/session/release.py", "while len(self._pending) > PENDING_MOST:", "while len(self._pending) > 2 * PENDING_MOST:", "tests/agent/session/test_edges.py -k day_of_windows"),
    # limits
    Mutation("agent/outbox/limits.py", "max(0, held - limits.rows + 1)", "max(0, held - limits.rows - 1)", "tests/agent/session/test_edges.py -k more_than_its_limit"),
    Mutation("agent/outbox/limits.py", "min(max(0, later_utc_s - made_utc_s), _STEP_S)", "max(0, later_utc_s - made_utc_s)", "tests/agent/session/test_edges.py -k year_ahead"),
    Mutation("agent/outbox/rows.py", "KEEP_SEALED_DAYS * _DAY_S", "0", "tests/agent/outbox/test_outbox.py"),
    Mutation("agent/control/channel.py", "if not part or len(line) > _ANSWER_MOST:", "if not part:", "tests/agent/session/test_edges.py -k without_an_end"),
    Mutation("agent/page/consent.py", "if self._wrong >= _TRIES:", "if self._wrong > _TRIES:", "tests/attacks/test_page.py -k five_wrong"),
    # edges
    Mutation("agent/privacy/gate.py", "if consent is None or consent.profile != profile.name:", "if consent is None:", "tests/agent/session/test_edges.py -k another_profile"),
    Mutation("agent/privacy/gate.py", "if any(interval.overlaps(start_utc_s, end_utc_s) for interval in blocked):", "if False:", "tests/agent/privacy/test_privacy.py"),
    Mutation("agent/outbox/file.py", "if not paused and in_force == (summary.consent_hash,):", "if in_force == (summary.consent_hash,):", "tests/attacks/test_attacks.py tests/agent/outbox/test_outbox.py -k gate"),
    Mutation("agent/outbox/receipts.py", 'if state != "sent":', "if False:", "tests/agent/outbox/test_outbox.py"),
    Mutation("agent/outbox/consents.py", "return serial_after(_last_serial(outbox), now_utc_s)", "return _last_serial(outbox) + 1", "tests/attacks/test_attacks.py -k restored"),
    Mutation("agent/outbox/pauses.py", "over = until is not None and now_utc_s >= until", "over = until is not None and now_utc_s > until", "tests/agent/page/test_words.py"),
    Mutation("agent/windows/window.py", "if ring and sample.t_ns <= ring[-1].t_ns:", "if ring and sample.t_ns < ring[-1].t_ns:", "tests/agent/windows/test_windows.py"),
    Mutation("agent/windows/window.py", "inside = [sample for sample in ring if start_ns <= sample.t_ns < end_ns]", "inside = [sample for sample in ring if start_ns <= sample.t_ns <= end_ns]", "tests/agent/windows/test_windows.py"),
    Mutation("agent/control/handlers.py", "if record.from_utc_s < session.utc_s() - _SLOW_HAND_S:", "if False:", "tests/attacks/test_attacks.py -k past"),
)  # fmt: skip


def main() -> int:
    """Break each line in a copy of the tree and run its tests."""
    only = os.environ.get("ONLY", "")
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for part in PARTS:
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        for file in ROOT.glob("*.*"):
            if file.is_file():
                shutil.copy(file, tree / file.name)
        for row in ROWS:
            if only not in row.file:
                continue
            began_s = time.monotonic()
            verdict = broken(tree, row)
            survived += verdict != "caught"
            print(f"{verdict:<9} {time.monotonic() - began_s:5.0f} s  {row.file}: {row.old[:70]}", flush=True)
    print(f"{survived} of {len(ROWS)} were not caught")
    return int(bool(survived))


def broken(tree: Path, row: Mutation) -> str:
    """What the tests say of one broken line."""
    path = tree / row.file
    text = path.read_text(encoding="utf-8")
    if text.count(row.old) != 1:
        return "not found"
    path.write_text(text.replace(row.old, row.new), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *row.tests.split()]
    try:
        done = subprocess.run(words, cwd=tree, env=env, capture_output=True, text=True, timeout=300)
        code = done.returncode
    except subprocess.TimeoutExpired:
        code = 1  # a loop that does not end is noticed, too
    finally:
        path.write_text(text, encoding="utf-8")
    return {0: "SURVIVED", 1: "caught"}.get(code, f"exit {code}")


if __name__ == "__main__":
    sys.exit(main())
