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
    Mutation("agent/enrollment/renewal.py", "certificate.ends_utc_s < _own(folder).ends_utc_s", "certificate.ends_utc_s < _own(folder).begins_utc_s", "tests/agent/session/test_edges.py"),
    Mutation("agent/session/loops.py", "return (Interval(start_utc_s, end_utc_s),)", "return ()", "tests/agent/session/test_edges.py"),
    Mutation("agent/wire/consent.py", "return self.from_utc_s <= utc_s < self.until_utc_s", "return self.from_utc_s <= utc_s <= self.until_utc_s", "tests/agent/session/test_edges.py"),
    Mutation("agent/page/decisions.py", "session.sensors.switch(name, on=False)", "pass", "tests/agent/session/test_edges.py"),
    # loops
    Mutation("agent/publisher/schedule.py", "self._fresh_turn = not self._fresh_turn", "self._fresh_turn = True", "tests/agent/session/test_edges.py"),
    Mutation("agent/publisher/schedule.py", "min(2 ** (tries - 1), MOST_BACKOFF)", "1", "tests/agent/session/test_edges.py"),
    Mutation("agent/session/loops.py", "if session.awake.is_set():", "if True:", "tests/agent/session/test_edges.py -k pause"),
    Mutation("agent/session/loops.py", "(session.paused and not sensors.ends(name)) or", "False or", "tests/attacks/test_attacks.py -k pause"),
    Mutation("agent/session/sensors.py", "consented = not spec.needs_consent or", "consented = True or", "tests/scenarios/test_trial_sensor.py -k does_not_list"),
    Mutation("agent/session/sensors.py", "return not self.barred(name) and self.admits(name)", "return not self.barred(name)", "tests/agent/session/test_appointments.py -k closes_the_camera"),
    Mutation("agent/session/appointment_watch.py", "is_open=counted and", "is_open=", "tests/agent/session/test_appointment_watch.py"),
    Mutation("agent/session/release.py", "while len(self._pending) > PENDING_MOST:", "while len(self._pending) > 2 * PENDING_MOST:", "tests/agent/session/test_edges.py -k day_of_windows"),
    # limits
    Mutation("agent/outbox/limits.py", "max(0, held - limits.rows + 1)", "max(0, held - limits.rows - 1)", "tests/agent/session/test_edges.py -k more_than_its_limit"),
    Mutation("agent/outbox/limits.py", "min(max(0, later_utc_s - made_utc_s), _STEP_S)", "max(0, later_utc_s - made_utc_s)", "tests/agent/session/test_edges.py -k year_ahead"),
    Mutation("agent/outbox/rows.py", "KEEP_SEALED_DAYS * _DAY_S", "0", "tests/agent/outbox/test_outbox.py"),
    Mutation("agent/control/callers.py", "if not part or len(answer) > ANSWER_MOST:", "if not part:", "tests/agent/session/test_edges.py -k without_an_end"),
    Mutation("agent/page/consent.py", "if self._wrong >= _TRIES:", "if self._wrong > _TRIES:", "tests/attacks/test_page.py -k five_wrong"),
    # edges
    Mutation("agent/privacy/gate.py", "if consent is None or consent.record.profile != profile.name:", "if consent is None:", "tests/agent/session/test_edges.py -k another_profile"),
    Mutation("agent/privacy/gate.py", "if any(interval.overlaps(start_utc_s, end_utc_s) for interval in blocked):", "if False:", "tests/agent/privacy/test_privacy.py"),
    Mutation("agent/privacy/gate.py", "if consent is None or profile.name != consent.record.profile:", "if consent is None:", "tests/agent/privacy/test_days.py"),
    Mutation("agent/privacy/gate.py", "for day in range(max(0, today - BACK_DAYS), today):", "for day in range(max(0, today - BACK_DAYS), today + 1):", "tests/agent/privacy/test_days.py"),
    Mutation("agent/privacy/gate.py", 'return spec.release != "live_only" and profile.may_release(spec.signal, spec.kind)', 'return spec.release != "live_only"', "tests/agent/privacy/test_days.py"),
    Mutation("agent/wire/days.py", "return (day - 1) * DAY_S, (day + 2) * DAY_S", "return day * DAY_S, (day + 1) * DAY_S", "tests/agent/privacy/test_days.py tests/hub/receive/test_days.py"),
    Mutation("agent/outbox/statements.py", "or (_is_empty(message) and at not in sent)", "or _is_empty(message)", "tests/agent/session/test_statements.py -k forgotten"),
    Mutation("hub/scoring/said_days.py", "if known is not None and known[0] >= ledger_index:", "if known is not None and known[0] > ledger_index + 99:", "tests/hub/scoring/test_digest.py"),
    Mutation("hub/store/consents.py", "any(covered) if isinstance(message, DaysMessage) and not message.values else all(covered)", "all(covered) or isinstance(message, DaysMessage)", "tests/hub/receive/test_days.py"),
    Mutation("agent/outbox/file.py", 'if self.db.execute("SELECT 1 FROM pause WHERE end_utc_s IS NULL").fetchone():', "if False:", "tests/attacks/test_attacks.py tests/agent/outbox/test_outbox.py -k gate"),
    Mutation("agent/outbox/receipts.py", 'if state != "sent":', "if False:", "tests/agent/outbox/test_outbox.py"),
    Mutation("agent/outbox/consents.py", "return serial_after(_last_serial(outbox), now_utc_s)", "return _last_serial(outbox) + 1", "tests/attacks/test_attacks.py -k restored"),
    Mutation("agent/outbox/pauses.py", "return now_utc_s >= timed.until_utc_s", "return now_utc_s > timed.until_utc_s", "tests/agent/page/test_words.py"),
    Mutation("agent/windows/window.py", "if ring and sample.t_ns <= ring[-1].t_ns:", "if ring and sample.t_ns < ring[-1].t_ns:", "tests/agent/windows/test_windows.py"),
    Mutation("agent/windows/window.py", "inside = [sample for sample in ring if start_ns <= sample.t_ns < end_ns]", "inside = [sample for sample in ring if start_ns <= sample.t_ns <= end_ns]", "tests/agent/windows/test_windows.py"),
    Mutation("agent/control/handlers.py", "if record.from_utc_s < session.utc_s() - _SLOW_HAND_S:", "if False:", "tests/attacks/test_attacks.py -k past"),
    # mends of a second round of attacks: each taken away
    Mutation("agent/wire/erase_receipt.py", "if not is_name(site) or not is_name(erased.device):", "if False:", "tests/attacks/test_receipts.py -k forge_the_words"),
    Mutation("agent/wire/erase_receipt.py", "if not directory.issued_utc_s - _OLDEST_S <= erased_utc_s <= last:", "if False:", "tests/attacks/test_receipts.py -k outside"),
    Mutation("agent/wire/erase_receipt.py", "return not found or of_0_1_0 or found ==", "return True or found ==", "tests/attacks/test_receipts.py -k unsigned_words"),
    Mutation("agent/wire/certificates.py", "if limits.ca or ExtendedKeyUsageOID.CLIENT_AUTH not in usage or strange or not is_same:", "if False:", "tests/attacks/test_certificates.py -k unexpected"),
    Mutation("agent/page/steps.py", "if asked.words.lower().split() != started.bundle.words.split():", "if False:", "tests/attacks/test_page_enrolls.py -k eight_words"),
    Mutation("agent/enrollment/identity.py", "if exists(folder) and not replace_old:", "if False:", "tests/attacks/test_attacks.py -k test_replacing_the_keys_retires_what_the_old_ones_sealed_and_signed"),
    Mutation("agent/windows/history.py", "_padded(packed, WINDOW_BYTES)", "_packed(summary.values)", "tests/attacks/test_at_rest.py -k one_length"),
    Mutation("agent/outbox/consents.py", '"UPDATE pause SET start_utc_s = 0, end_utc_s', 'f"UPDATE pause SET start_utc_s = {start_utc_s}, end_utc_s', "tests/attacks/test_at_rest.py -k in_clear"),
    Mutation("agent/enrollment/identity.py", 'if certificate.public != own_tls_public(host.read_private(folder / "keys" / "tls.key"), vault):', "if False:", "tests/attacks/test_enrollment.py -k not_for_this_request"),
    Mutation("agent/enrollment/identity.py", "if certificate.name != answer.device:", "if False:", "tests/attacks/test_enrollment.py -k not_for_this_request"),
    Mutation("hub/keys/codes.py", "return made_utc_s - _DAY_S <= now_utc_s < made_utc_s + CODE_DAYS * _DAY_S", "return True", "tests/attacks/test_enrollment.py -k two_weeks"),
    Mutation("agent/privacy/vault.py", "    return under_data_key(vault, what, sealed)\n\n\ndef under", "    return sealed\n\n\ndef under", "tests/attacks/test_pins.py -k just_made"),
    Mutation("agent/enrollment/identity.py", "    check_pin(pin)\n    return read_bundle", "    return read_bundle", "tests/attacks/test_pins.py -k usual_pin_makes"),
    Mutation("agent/session/clock_watch.py", "        if fault:\n", "        if False:\n", "tests/attacks/test_wrong_clock_is_told.py -k told_as_that"),
    Mutation("hub/receive/turns.py", "if shares[topic] >= sender.budget.batch or min(sender.tokens, sender.day_tokens) < 1:", "if False:", "tests/hub/receive/test_turns.py"),
    Mutation("hub/receive/turns.py", "            self._order.rotate(-1)\n", "            self._order.rotate(0)\n", "tests/hub/receive/test_turns.py"),
    Mutation("hub/receive/grid.py", "math.ceil(arrived_s / self._tick_s + 0.5)", "math.ceil(arrived_s / self._tick_s)", "tests/hub/receive/test_grid.py -k half_a_tick"),
    # straps that do not send each beat once
    Mutation("agent/sources/strap/quirks/copies.py", "self._is_certain(first, apart_ns) and _fills_time(history)", "False", "tests/agent/sources/strap/test_quirks.py -k quarter_of"),
    Mutation("agent/sources/strap/beat_times.py", "self._doubt_ns += end_ns - start_ns", "pass", "tests/agent/sources/strap/test_quirks.py -k refused"),
    Mutation("agent/sources/strap/quirks/recogniser.py", "_DOUBTED_NS if self.is_doubtful else _HELD_NS", "10**18", "tests/agent/sources/strap/test_quirks.py -k forgotten"),
    # agreement: few units, weights, edges of intervals, what a spreadsheet would run
    Mutation("agent/agreement/estimate.py", "if found.units < FEWEST_FOR_A_VALUE:", "if False:", "tests/agent/agreement/test_kappa.py"),
    Mutation("agent/agreement/kappa.py", '1 if weighting == "linear" else 2', "1", "tests/agent/agreement/test_kappa.py"),
    Mutation("agent/agreement/kappa.py", "agreed - mean_of * (1.0 - value)", "agreed - mean_of", "tests/agent/agreement/test_kappa.py"),
    Mutation("agent/agreement/draws.py", "return min(low, estimate), max(high, estimate)", "return low, high", "tests/agent/agreement/test_kappa.py"),
    Mutation("agent/agreement/fleiss.py", "counts[counts.sum(axis=1) >= 2]", "counts[counts.sum(axis=1) >= 3]", "tests/agent/agreement/test_fleiss.py"),
    Mutation("agent/agreement/icc.py", "if found.error < _ROUNDING or found.within < _ROUNDING:", "if found.within < _ROUNDING:", "tests/agent/agreement/test_icc.py"),
    Mutation("agent/agreement/bland_altman.py", "if float(np.ptp(d)) <= _ROUNDING * largest:", "if float(np.ptp(d)) <= 0:", "tests/agent/agreement/test_bland_altman.py"),
    Mutation("agent/agreement/lines.py", "if faults.lines > MOST_ROWS:", "if faults.lines >= MOST_ROWS:", "tests/agent/agreement/test_reading.py -k million"),
    Mutation("agent/report/cells.py", 'tuple("=+-@")', 'tuple("=+@")', "tests/agent/agreement/test_agreement.py"),
    # health exports
    Mutation("agent/days/health/sleep.py", "asleep += without(without(slept, woke), blocked)", "asleep += without(slept, woke)", "tests/agent/days/health/test_daily.py"),
    Mutation("agent/days/health/sleep.py", "blocked = merged(blocked + merged(slept + woke, _ONE_SLEEP_S))", "blocked = merged(blocked + merged(slept + woke))", "tests/agent/days/health/test_daily.py"),
    Mutation("agent/days/health/counted.py", "if end_s <= midnight_s or stretch.last_day <= stretch.day:", "if True:", "tests/agent/days/health/test_daily.py"),
    Mutation("agent/days/health/counted.py", "parts += round(amount * free_s / -negative_s)", "parts += amount", "tests/agent/days/health/test_daily.py"),
    Mutation("agent/days/health/daily.py", "elif total or facts.worn.get(day):", "else:", "tests/agent/days/health/test_daily.py"),
    Mutation("agent/days/health/clock.py", "return min(fitting) if fitting else", "return max(fitting) if fitting else", "tests/agent/days/health/test_clock.py"),
    Mutation("agent/days/health/facts.py", "if len(self._people) > 1:", "if len(self._people) > 2:", "tests/agent/days/health/test_hostile_exports.py"),
    Mutation("agent/days/health/reading.py", "if options.person and is_other:", "if False:", "tests/agent/days/health/test_hostile_exports.py"),
    Mutation("agent/days/health/apple.py", "parser.EntityDeclHandler = self._entity", "parser.EntityDeclHandler = None", "tests/agent/days/health/test_hostile_exports.py"),
    Mutation("agent/days/health/apple.py", "if quiet > _QUIET_CHUNKS:", "if False:", "tests/agent/days/health/test_hostile_exports.py"),
    Mutation("agent/days/health/fit.py", "check_crc=fitdecode.CrcCheck.RAISE", "check_crc=fitdecode.CrcCheck.DISABLED", "tests/agent/days/health/test_hostile_exports.py -k fit"),
    Mutation("agent/days/health/google_fit.py", "min(end_s, (day + 1) * DAY_S - east_s)", "end_s", "tests/agent/days/health/test_daily.py -k quarter"),
    Mutation("agent/days/health/process.py", "if cancelled is not None and cancelled():", "if False:", "tests/agent/days/health/test_process.py -k cancelled"),
    Mutation("agent/days/health/samsung.py", 'if row.get("source_type", _OF_ALL) != _OF_ALL:', "if False:", "tests/agent/days/health/test_formats.py"),
    Mutation("agent/days/health/fit.py", "is_anew = steps < before", "is_anew = False", "tests/agent/days/health/test_daily.py -k anew"),
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
