"""A reader for one question of the page over everything that is kept; a process of its own that ends with its answer.

    stdin: {"job", "with", "state_dir", "key_store", "profile"}      stdout: the answer, JSON or CSV

The running agent is not held up by 400 days of windows, and what this one needed is given back when it ends.
"""

import csv
import io
import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.config import Settings
from agent.control import export
from agent.enrollment import identity
from agent.errors import LedgerBroken, WardbeatError
from agent.outbox import Outbox, ledger
from agent.privacy.vault import existing_vault
from agent.system import host
from agent.tables.profiles import Profile
from agent.weeks import beside, days, report
from agent.windows.history import History

_FOUND_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked, and where it lies."""

    settings: Settings
    profile: Profile
    with_: dict[str, Any]

    def outbox(self) -> Outbox:
        folder = self.settings.state_dir
        return Outbox(folder / "outbox.db", existing_vault(folder, self.settings.key_store), None)

    def history(self) -> History:
        folder = self.settings.state_dir
        return History(folder / "history.db", existing_vault(folder, self.settings.key_store))


def main() -> int:
    """Read the question, write the answer; 1 with words and remedy as JSON where there is none."""
    host.no_core_dumps()
    asked = json.loads(sys.stdin.buffer.readline())
    profile = Profile.from_json(asked["profile"])
    settings = Settings(state_dir=Path(asked["state_dir"]), key_store=asked["key_store"], profile=profile.name)
    try:
        sys.stdout.write(JOBS[asked["job"]](Wanted(settings, profile, asked["with"])))
    except WardbeatError as error:
        sys.stdout.write(json.dumps({"refused": {"words": str(error), "remedy": error.remedy}}))
        return 1
    return 0


def _weeks(wanted: Wanted) -> str:
    with closing(wanted.history()) as history:
        hub = beside.of_hub(wanted.settings)
        known = days.known(wanted.settings)
        return json.dumps(report.weeks(history, wanted.profile, hub=hub, known=known), allow_nan=False)


def _found(wanted: Wanted) -> str:
    """Rows whose words, kind, state or number hold what was typed, newest first."""
    typed = str(wanted.with_["search"]).lower()
    found = []
    with wanted.outbox() as outbox:
        for row in ledger.rows_before(outbox, sys.maxsize, sys.maxsize):
            words = " ".join((str(row.idx), row.kind, row.state, row.digest.hex(), *row.said)).lower()
            if typed in words:
                found.append(ledger.as_json(row))
            if len(found) >= _FOUND_MOST:
                break
    return json.dumps({"rows": found, "most": _FOUND_MOST})


def _proof(wanted: Wanted) -> str:
    with wanted.outbox() as outbox:
        try:
            enrolled = identity.load_enrolled(wanted.settings.state_dir, outbox.vault)
            proven = ledger.verify(outbox, enrolled.open_answers)
        except LedgerBroken as broken:
            return json.dumps({"broken": str(broken)})
    return json.dumps({"how_far": proven.words, "receipted": proven.receipted, "breaks": list(proven.breaks)})


def _ledger_json(wanted: Wanted) -> str:
    with wanted.outbox() as outbox:
        return json.dumps([ledger.as_json(row) for row in ledger.rows(outbox)], indent=1)


def _ledger_csv(wanted: Wanted) -> str:
    out = io.StringIO()
    columns = ("idx", "made_utc_s", "kind", "state", "bytes_sent", "digest", "said")
    rows = csv.writer(out)
    rows.writerow(columns)
    with wanted.outbox() as outbox:
        for row in ledger.rows(outbox):
            shown = ledger.as_json(row)
            rows.writerow([_cell(shown[name]) for name in columns])
    return out.getvalue()


def _cell(value: object) -> object:
    """A word that a spreadsheet would take for a formula is marked as words (OWASP, CSV injection)."""
    if isinstance(value, tuple | list):
        value = "; ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _everything_json(wanted: Wanted) -> str:
    with wanted.outbox() as outbox:
        return json.dumps(export.everything_held(wanted.settings, outbox), indent=1)


def _everything_csv(wanted: Wanted) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("start_utc_s", "end_utc_s", "number", "value", "n", "coverage_01", "edited_01", "ci_low", "ci_high",
                   "withheld"))  # fmt: skip
    with closing(wanted.history()) as history:
        for summary in history.summaries():
            for one in summary.values:
                rows.writerow((summary.start_utc_s, summary.end_utc_s, one.name, one.value, one.n, one.coverage_01,
                               one.edited_01, one.ci_low, one.ci_high, one.reason))  # fmt: skip
    return out.getvalue()


JOBS: Final[dict[str, Callable[[Wanted], str]]] = {
    "weeks": _weeks,
    "found": _found,
    "proof": _proof,
    "ledger.json": _ledger_json,
    "ledger.csv": _ledger_csv,
    "everything.json": _everything_json,
    "everything.csv": _everything_csv,
}

if __name__ == "__main__":
    sys.exit(main())
