"""A reader for one question of the page over everything that is kept; a process of its own that ends with its answer.

    ready: import what the weeks need before the question comes
    stdin: {"job", "with", "state_dir", "key_store", "profile", "usual_hours"}; then a calendar, for jobs that read one
    stdout: the answer, JSON or CSV

The running agent is not held up by 400 days of windows, and what this one needed is given back when it ends.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from agent.days.store import DayStore
from agent.errors import LedgerBroken, WardbeatError, WrongUse
from agent.privacy.vault import KeyStore, existing_vault
from agent.system import host
from agent.tables.profiles import Profile

if TYPE_CHECKING:  # a job imports what it needs: a person waits for the weeks
    from pydantic import BaseModel

    from agent.config import Settings
    from agent.outbox import Outbox
    from agent.page.roster import RosterImport
    from agent.windows.history import History

_FOUND_MOST: Final = 200
Shape = TypeVar("Shape", bound="BaseModel")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked, and where it lies.

    Attributes:
        state_dir, key_store: The agent's folder, and where its data key is.
        profile: The place's.
        usual_hours: From and until which hour of the day the person usually works.
        with_: What comes with the question.
    """

    state_dir: Path
    key_store: KeyStore
    profile: Profile
    usual_hours: tuple[int, int]
    with_: dict[str, Any]

    @property
    def settings(self) -> "Settings":
        from agent.config import Settings
        from agent.days.settings import DaysSettings

        from_h, until_h = self.usual_hours
        days = DaysSettings(usual_from_h=from_h, usual_until_h=until_h)
        return Settings(state_dir=self.state_dir, key_store=self.key_store, profile=self.profile.name, days=days)

    def outbox(self) -> "Outbox":
        from agent.outbox import Outbox

        return Outbox(self.state_dir / "outbox.db", existing_vault(self.state_dir, self.key_store), None)

    def days(self, *, writes: bool = False) -> DayStore:
        return DayStore(self.state_dir / "history.db", existing_vault(self.state_dir, self.key_store), writes=writes)

    def history(self) -> "History":
        from agent.windows.history import History

        return History(self.state_dir / "history.db", existing_vault(self.state_dir, self.key_store))


def main() -> int:
    """Read the question, write the answer; 1 with words and remedy as JSON where there is none."""
    host.no_core_dumps()
    gc.disable()  # it ends before garbage counts
    if "ready" in sys.argv[1:]:
        import agent.outbox.hub_scores
        import agent.weeks.day_report
        import agent.weeks.report  # noqa: F401 - numpy and the scoring with it
    if not (line := sys.stdin.buffer.readline()):
        return 0  # it was started before it was asked, and nobody asked
    asked = json.loads(line)
    from_h, until_h = asked["usual_hours"]
    wanted = Wanted(
        Path(asked["state_dir"]),
        asked["key_store"],
        Profile.from_json(asked["profile"]),
        (from_h, until_h),
        asked["with"],
    )
    try:
        sys.stdout.write(JOBS[asked["job"]](wanted))
    except WardbeatError as error:
        sys.stdout.write(json.dumps({"refused": {"words": str(error), "remedy": error.remedy}}))
        return 1
    return 0


def _weeks(wanted: Wanted) -> str:
    from agent.weeks import beside, days, report

    with closing(wanted.history()) as history:
        hub = beside.of_hub(wanted)
        known = days.known(wanted)
        return json.dumps(report.weeks(history, wanted.profile, hub=hub, known=known), allow_nan=False)


def _days(wanted: Wanted) -> str:
    from agent.weeks import day_report, days, scores

    made = day_report.days(days.known(wanted), wanted.profile, int(time.time()), scores.offset_s)
    return json.dumps(made, allow_nan=False)


def _titles(wanted: Wanted) -> str:
    from agent.page import forms, roster

    roster.require(wanted.profile)
    _form(forms.Nothing, wanted)
    with closing(wanted.days()) as store:
        return json.dumps(_roster(wanted, store).shown_titles(_file(roster.FILE_MOST)))


def _shifts(wanted: Wanted) -> str:
    from agent.page import forms, roster

    roster.require(wanted.profile)
    marked = _form(forms.Marked, wanted)
    with closing(wanted.days(writes=True)) as store:
        return json.dumps(_roster(wanted, store).keep(_file(roster.FILE_MOST), marked))


def _roster(wanted: Wanted, store: DayStore) -> "RosterImport":
    from agent.page.roster import RosterImport
    from agent.weeks import scores

    vault = existing_vault(wanted.settings.state_dir, wanted.settings.key_store)
    key = vault.derive("calendar titles")
    return RosterImport(store, key, wanted.settings.days, int(time.time()), scores.offset_s)


def _form(shape: type[Shape], wanted: Wanted) -> Shape:
    """What comes with a question that writes, or reads a file.

    Raises:
        WrongUse: It has not its shape.
    """
    from pydantic import ValidationError

    try:
        return shape.model_validate(wanted.with_)
    except ValidationError as error:
        raise WrongUse("the form was not valid", remedy="Load the page again.") from error


def _file(most: int) -> bytes:
    """The bytes behind the question."""
    data = sys.stdin.buffer.read(most + 1)
    if len(data) > most:
        raise WrongUse(
            f"the file is larger than {most // 2**20} MB", remedy="Export fewer years, and choose that file."
        )
    return data


def _found(wanted: Wanted) -> str:
    """Rows whose words, kind, state or number hold what was typed, newest first.

    The page names the kinds and states that it calls by what was typed.
    """
    from agent.outbox import ledger, row_heads
    from agent.page import row_parts

    typed = str(wanted.with_["search"]).lower()
    named = {*wanted.with_.get("kinds", ()), *wanted.with_.get("states", ())}
    found = []
    with wanted.outbox() as outbox:
        for row in ledger.rows_before(outbox, sys.maxsize, sys.maxsize):
            words = " ".join((str(row.idx), row.kind, row.state, row.digest.hex(), *row.said)).lower()
            if typed in words or not named.isdisjoint((row.kind, row.state)):
                head = row_heads.RowHead(row.idx, row.made_utc_s, row.kind, row.state, row.words is not None)
                found.append(row_parts.listed(outbox, head))
            if len(found) >= _FOUND_MOST:
                break
    return json.dumps({"rows": found, "most": _FOUND_MOST})


def _proof(wanted: Wanted) -> str:
    from agent.enrollment import identity
    from agent.outbox import ledger

    with wanted.outbox() as outbox:
        try:
            enrolled = identity.load_enrolled(wanted.settings.state_dir, outbox.vault)
            proven = ledger.verify(outbox, enrolled.open_answers)
        except LedgerBroken as broken:
            return json.dumps({"broken": str(broken)})
    return json.dumps({"how_far": proven.words, "receipted": proven.receipted, "breaks": list(proven.breaks)})


def _ledger_json(wanted: Wanted) -> str:
    from agent.outbox import ledger

    with wanted.outbox() as outbox:
        return json.dumps([ledger.as_json(row) for row in ledger.rows(outbox)], indent=1)


def _ledger_csv(wanted: Wanted) -> str:
    import csv
    import io

    from agent.outbox import ledger

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
    from agent.control import export

    with wanted.outbox() as outbox:
        return json.dumps(export.everything_held(wanted.settings, outbox), indent=1)


def _everything_csv(wanted: Wanted) -> str:
    import csv
    import io

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
    "days": _days,
    "titles": _titles,
    "shifts": _shifts,
    "found": _found,
    "proof": _proof,
    "ledger.json": _ledger_json,
    "ledger.csv": _ledger_csv,
    "everything.json": _everything_json,
    "everything.csv": _everything_csv,
}

if __name__ == "__main__":
    sys.exit(main())
