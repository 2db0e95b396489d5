"""What a demo prints at its end: what the hub opened and stored, and the counts."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.config import Settings
from agent.demo.site import hub_file
from agent.features import FEATURES
from agent.outbox import Outbox
from agent.privacy.vault import open_vault
from agent.system.output import say


def made_report(folder: Path, settings: Settings) -> dict[str, Any]:
    with Outbox(settings.state_dir / "outbox.db", open_vault(settings.state_dir, "file"), None) as outbox:
        sealed, receipted = outbox.rows_made(), outbox.counts().get("receipted", 0)
    with hub_file(folder / "hub") as store:
        settled, summaries = store.settled(), store.summaries()

    def utc(second: int) -> str:
        return dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    starts = Counter((summary.message.start_utc_s, summary.message.purpose) for summary in summaries)
    windows = [
        {
            "start_utc": utc(summary.message.start_utc_s),
            "end_utc": utc(summary.message.end_utc_s),
            "features": {name: {"value": value, "n": n} for name, (value, n) in summary.features().items()},
        }
        for summary in summaries
    ]
    return {
        "sealed": sealed,
        "stored": len(settled),
        "receipted": receipted,
        "lost": sealed - len(settled),
        "doubled": sum(n - 1 for n in starts.values()),
        "windows": windows,
    }


def print_report(report: dict[str, Any]) -> None:
    say("\nA synthetic person under the profile 'care'. The hub opened and stored:")
    if not report["windows"]:
        say("  no summary: a summary needs five minutes of beats, and no window was complete")
    for window in report["windows"]:
        say(f"  {window['start_utc']}")
        for line in _window_lines(window["features"]):
            say(f"    {line}")
    say(
        f"{report['sealed']} envelopes sealed (covers included), {report['stored']} stored, "
        f"{report['receipted']} receipted, {report['lost']} lost, {report['doubled']} doubled. "
        f"First beat {report['first_beat_s'] or 'never; expected about'} s after the start.",
    )
    say(_week_line(report["week"]))


def _week_line(week: dict[str, Any]) -> str:
    """The last seven days of a made-up roster and made-up sleep."""
    words = "The person's last seven days (a made-up roster and made-up sleep):"
    if week["index"] is None or week["usual_sleep_h"] is None:
        return f"{words} no result."
    slept = f"{week['sleep_h']:.1f} h of sleep a night (usually {week['usual_sleep_h']:.1f})"
    rests = f"{week['short_rests']:.0f} short rests (usually {week['usual_short_rests']:.1f})"
    return (
        f"{words} {slept}, {rests}: {week['index']:.0f} of 100, {week['low']:.0f} to {week['high']:.0f}; 50 is normal."
    )


def _window_lines(told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Heart, movements and tiredness, each in a line; then what was withheld."""
    for kind in ("recovery", "expression", "fatigue", "affect"):
        here = [
            f"{name} {seen['value']:g} (n {seen['n']})"
            for name, seen in told.items()
            if FEATURES[name].kind == kind and seen["value"] is not None
        ]
        if here:
            yield f"{kind:<11}{', '.join(here)}"
    withheld = [name for name, seen in told.items() if seen["value"] is None]
    if withheld:
        yield f"withheld   {', '.join(withheld)}"


def show_folder(folder: Path) -> None:
    """Where a curious person can look."""
    say(
        f"""
Kept in {folder}; delete it when you no longer need it.
  state/outbox.db      the ledger and the sealed rows     state/strap.json   the strap that may be read
  state/history.db     the person's summaries             state/keys         the device's keys
  hub/                 the hub's data; inspect it with:     wardbeat hub show {folder / "hub"} --summaries""",
    )
