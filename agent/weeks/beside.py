"""The hub's number beside the person's own: only where they differ by more than a point, with the reason."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from agent.privacy.vault import existing_vault
from agent.scoring.daily import WEEK_DAYS
from agent.scoring.week_rows import MODEL
from agent.weeks.folder import Folder

if TYPE_CHECKING:  # its messages take longer to load than the weeks to be made
    from agent.wire.score import Score

DIFFERS: Final = 1.0  # points
_DAY_S: Final = 86_400
_REASONS: Final = {
    "nothing": "nothing of that week has reached the hub",
    "thin": "too little of that week has reached the hub",
    "learning": "the hub knows fewer of your days, and is still learning your normal",
    "stale": "nothing of the two weeks before has reached the hub",
    "still": "what the hub has of the days before never varied",
}


def of_hub(folder: Folder) -> "list[Score]":
    """The hub's scores that are here; none on a machine that never enrolled.

    Raises:
        KeysMissing: Another data key sealed them.
    """
    file = folder.state_dir / "outbox.db"
    if not file.exists():
        return []
    from agent.outbox import Outbox, hub_scores  # with certificates and consents: for who has enrolled alone

    with Outbox(file, existing_vault(folder.state_dir, folder.key_store), None, writes=False) as outbox:
        return hub_scores.kept(outbox)


def with_hub(weeks: Iterable[Mapping[str, Any]], scores: "Iterable[Score]") -> list[dict[str, Any]]:
    """Rows of the log with ``hub``: the hub's score of those seven days, or None.

    Args:
        weeks: As `agent.weeks.scores.Scores.as_json` gives them.
        scores: As they are kept.
    """
    by_day = {score.day: score for score in scores}
    found = []
    for week in weeks:
        first = datetime.fromisoformat(week["first_day"]).replace(tzinfo=UTC)
        score = by_day.get(int(first.timestamp()) // _DAY_S + WEEK_DAYS - 1)
        found.append({**week, "hub": None if score is None else _as_json(score, week["index"])})
    return found


def _as_json(score: "Score", own: float | None) -> dict[str, Any]:
    differs = (score.index is None) != (own is None) or (
        score.index is not None and own is not None and abs(score.index - own) > DIFFERS
    )
    return {
        "index": score.index,
        "low": score.low,
        "high": score.high,
        "model": score.model,
        "arrivals": score.arrivals,
        "made_utc": datetime.fromtimestamp(score.made_utc_s, tz=UTC).isoformat(),
        "differs": differs,
        "why": why(score, own) if differs else "",
    }


def why(score: "Score", own: float | None) -> str:
    """Why the hub's number is another, as far as it can be known here."""
    from agent.wire.score import CLOCK_KNOWN, SHIFTS_KNOWN

    if score.model != MODEL:
        return "the hub uses another version of the score"
    if score.index is None:
        return _REASONS.get(score.reason, "the hub has no number")
    if own is None:
        return "this machine has too little of that week, and the hub has more: it was measured with another history"
    if not score.known & CLOCK_KNOWN:
        return "the hub does not know your clock's time zone: it splits your days at another hour"
    if not score.known & SHIFTS_KNOWN:
        return "the hub does not know your shifts and what you noted"
    return "data that reached the hub late, or not yet, are missing in one of the two"


def line(week: Mapping[str, Any]) -> str:
    """The hub's number in words, where it is shown; empty otherwise."""
    hub = week["hub"]
    if hub is None or not hub["differs"]:
        return ""
    number = "no number" if hub["index"] is None else f"{hub['index']:.0f} ({hub['low']:.0f} to {hub['high']:.0f})"
    made = f"{hub['model']}, made {hub['made_utc'][:10]}, row {hub['arrivals']}"
    return f"the hub: {number}, because {hub['why']} ({made})"
