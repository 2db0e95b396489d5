"""What `wardbeat weeks`, `check-in`, `note` and `audit` do: scores in words, and what the person says of themself."""

import argparse
import json
import math
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.system.status import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.config import Settings
    from agent.scoring.instruments import Instrument
    from agent.scoring.weeks import Week
    from agent.weeks.scores import Scores
    from agent.windows.history import Told

_ABOUT: Final = (
    "Each week is compared with your own 60 days before it. 50 is your normal; above means more strain, below means\n"
    "calmer. The bracket contains the true value nine times in ten. This measures neither stress nor burnout: in\n"
    "studies, physiology explains little of either."
)
_SHORT: Final = "Each week is compared with your own 60 days before it."
_HIGH: Final = "more strain than usual"
# of drawn people: found within 28 days, and false messages a quarter (bench-scoring PART=alarm, gate)
_FOUND_01, _FALSE_A_QUARTER = 0.6, 0.25


def weeks(arguments: argparse.Namespace) -> int:
    """`wardbeat weeks`: the weekly log."""
    from agent import config
    from agent.weeks import scores

    settings, profile = config.load(arguments.config)
    made = scores.log(settings, profile, arguments.weeks)
    if arguments.json:
        print(json.dumps(made.as_json(), allow_nan=False))
        return 0
    for line in in_words(made):
        say(line)
    return 0


def in_words(made: "Scores") -> list[str]:
    """The log as lines for a terminal."""
    from agent.scoring.index import NAME

    if not made.log.weeks:
        return ["Nothing to compare yet: a first week has to pass, then 42 readings on 14 days."]
    lines = [
        NAME.upper() if made.with_index else "YOUR WEEKS",
        "",
        *(_ABOUT if made.with_index else _SHORT).split("\n"),
    ]
    index = f"{'of 100':>8}{'90 %':>11}" if made.with_index else ""
    lines += ["", f"{'week of':<12}{'measured':>9}{index}{'HRV':>8}{'heart':>11}"]
    for week, words in zip(made.log.weeks, made.as_json()["weeks"], strict=True):
        lines += _row(made, week, words)
    lines += ["", *_today(made)]
    if made.quiet_until_utc_s:
        lines.append("You are on a shift. New results appear when it has ended.")
    elif made.log.weeks[-1].notable == _check_in_words():
        lines += ["", *_message(made)]
    newest = {report["short"]: report for report in made.reports}
    return lines + [_said(report) for report in newest.values()]


def _row(made: "Scores", week: "Week", words: dict[str, Any]) -> list[str]:
    name = "last 7 days" if week.rolling else str(words["first_day"])
    start = f"{name:<12}{week.worn_h:7.0f} h"
    if not week.channels:
        return [f"{start}  ░░░ {words['reason']}"]
    heart, rate = week.channels.get("ln_rmssd"), week.channels.get("hr_bpm")
    hrv = "" if heart is None else f"{_signed(100.0 * (math.exp(heart.deviation) - 1.0), 0)} %"
    bpm = "" if rate is None else f"{_signed(rate.deviation, 1)}/min"
    index = ""
    if week.strain is not None:
        index = f"{week.strain.index:8.0f}{f'{week.strain.low:.0f} to {week.strain.high:.0f}':>11}"
    elif made.with_index:
        index = " " * 19
    notable = made.notable(week)
    shown = _HIGH if notable and notable != _check_in_words() else notable
    lines = [f"{start}{index}{hrv:>8}{bpm:>11}  {shown}".rstrip()]
    if notable and week.strain is not None:
        lines.append(f"{'':<12}{_most(week.strain.points)}")
    return lines


def _check_in_words() -> str:
    from agent.scoring.instruments import CHECK_IN

    return CHECK_IN


def _most(points: "Mapping[str, float]") -> str:
    from agent.scoring.channels import CHANNELS

    largest = sorted(points.items(), key=lambda one: -abs(one[1]))[:3]
    return "parts: " + ", ".join(f"{CHANNELS[name].words} {_signed(value, 0)}" for name, value in largest)


def _signed(value: float, digits: int) -> str:
    words = f"{value:+.{digits}f}"
    return words[1:] if float(words) == 0.0 else words


def _today(made: "Scores") -> list[str]:
    lines = []
    today = made.log.baseline
    if today is not None and today.low is not None and today.high is not None:
        low_ms, high_ms = math.exp(today.low), math.exp(today.high)
        lines.append(f"Your usual RMSSD at rest: {low_ms:.0f} to {high_ms:.0f} ms ({today.state}, {today.days} days).")
    if made.log.drift is not None and made.log.drift.clear:
        share = _signed(100.0 * (math.exp(made.log.drift.over_all) - 1.0), 0)
        lines.append(
            f"Over {made.log.drift.weeks} weeks your RMSSD has drifted by {share} %. A slow drift is no alarm."
        )
    return lines


def _message(made: "Scores") -> list[str]:
    from agent.scoring.messages import predictive_value_01, predictive_words, suggestions

    lines = [
        f"This week is {_check_in_words()} (wardbeat check-in {made.instruments[0]}):",
        "your variability has been below your usual level for several days.",
        predictive_words(predictive_value_01(_FOUND_01, _FALSE_A_QUARTER)),
    ]
    return lines + [f"  * {one.text}" for one in suggestions(["change"])]


def _said(report: dict[str, Any]) -> str:
    parts = [f"{one['scale']} {one['value']:.0f}" for one in report["scores"] if one["value"] is not None]
    return f"{report['day']}  {report['instrument']}: {', '.join(parts)}"


# ---- what the person says


def check_in(arguments: argparse.Namespace) -> int:
    """`wardbeat check-in`: ask an instrument's items on the terminal; every item may be skipped."""
    from agent import config
    from agent.commands import terminal
    from agent.errors import NoTerminal, NotScored
    from agent.scoring import instruments
    from agent.weeks import scores
    from agent.windows.history import Told

    settings, profile = config.load(arguments.config)
    asked = scores.require(profile, arguments.instrument)
    try:
        answers = _answers(asked)
    except NoTerminal as error:
        raise NoTerminal("a check-in needs a terminal", remedy="Run this command in your own terminal.") from error
    if not answers:
        raise NotScored(
            "no question was answered, so nothing was saved",
            remedy="Answer at least one question, or leave the check-in.",
        )
    made = instruments.scores(asked, answers)
    _tell(settings, Told(int(time.time()), "check-in", asked.short, answers))
    # on the terminal itself: not where output is kept
    terminal.show_words("\n".join(scores.result(asked, made)))
    return 0


def _answers(asked: "Instrument") -> dict[str, int]:
    from agent.commands import terminal

    answers: dict[str, int] = {}
    terminal.show_words(
        f"{asked.name}. Only you see it. Press Enter to skip a question, or type s to skip the rest of a scale."
    )
    for scale in asked.scales:
        for item in scale.items:
            line = len(item.answers) > 6
            choices = "" if line else "".join(f"\n  {n}  {one}" for n, one in enumerate(item.answers, 1))
            least = 0 if line else 1
            last = least + len(item.answers) - 1
            answer = terminal.ask_words(f"\n{item.text}{choices}\n> ")
            while (
                answer
                and answer != "s"
                and not (answer.isascii() and answer.isdigit() and least <= int(answer) <= last)
            ):
                answer = terminal.ask_words(f"A whole number from {least} to {last}, please.\n> ")
            if answer == "s":
                break
            if answer:
                answers[item.item_id] = int(answer) - least
    return answers


def note(arguments: argparse.Namespace) -> int:
    """`wardbeat note`: a shift, or a change after which your normal is another one; the list, and taking back."""
    from agent import config
    from agent.errors import WrongUse
    from agent.weeks import scores

    settings, _ = config.load(arguments.config)
    now_s = int(time.time())
    if arguments.what in ("list", "remove"):
        return _noted(settings, arguments)
    begins_s = now_s if arguments.begins is None else _utc_s(arguments.begins)
    ends_s = None if arguments.ends is None else _utc_s(arguments.ends)
    if arguments.what == "shift":
        if ends_s is None:
            raise WrongUse(
                "the end of the shift is missing", remedy="Example: --from 2026-11-22T21:00 --until 2026-11-23T07:00"
            )
        told = scores.shift(begins_s, ends_s, arguments.kind or "day", _told(settings), now_s)
        _tell(settings, told)
        say(f"Noted: {_told_words(told)}. It is compared with your other shifts of this kind; no messages come in it.")
        return 0
    if arguments.kind is not None:
        raise WrongUse("--kind is only for shifts", remedy="Leave it out.")
    told = scores.change(arguments.what, begins_s, ends_s, now_s)
    _tell(settings, told)
    say(f"Noted: {_told_words(told)}.")
    if ends_s is None:
        say("Wardbeat learns your normal again from that day; it gives no result until it has 42 readings on 14 days.")
        say("When it is over, remove the note ('wardbeat note list') and add it again with --until.")
    else:
        say("Those days are left out; earlier days still count.")
    return 0


def _noted(settings: "Settings", arguments: argparse.Namespace) -> int:
    from agent.errors import WrongUse
    from agent.privacy.vault import existing_vault
    from agent.windows.history import History

    notes = [one for one in _told(settings) if one.what in ("shift", "change")]
    if arguments.what == "list":
        for number, one in enumerate(notes, 1):
            say(f"{number:>4}  {_told_words(one)}")
        if not notes:
            say("There are no notes.")
        return 0
    if arguments.number is None or not 1 <= arguments.number <= len(notes):
        raise WrongUse(
            "the number of the note is missing",
            remedy="Find it with 'wardbeat note list', then run 'wardbeat note remove N'.",
        )
    history = History(settings.state_dir / "history.db", existing_vault(settings.state_dir, settings.key_store))
    history.untell(notes[arguments.number - 1])
    history.close()
    say(f"Removed: {_told_words(notes[arguments.number - 1])}.")
    return 0


def _told_words(told: "Told") -> str:
    begins = datetime.fromtimestamp(told.at_utc_s).astimezone()
    words = f"{told.name} shift" if told.what == "shift" else told.name
    ends = told.numbers.get("until_utc_s")
    until = "" if ends is None else f" to {datetime.fromtimestamp(ends).astimezone():%a %d %b %H:%M}"
    return f"{words}, {begins:%a %d %b %Y %H:%M}{until}"


def audit(arguments: argparse.Namespace) -> int:
    """`wardbeat audit`: what the scorer does to groups of people."""
    from agent.errors import Missing, WrongUse

    try:
        from hub import audit as audits
    except ModuleNotFoundError as error:
        raise Missing("the packages for the audit are not installed", remedy="pip install 'wardbeat[audit]'") from error
    say(f"Drawing and scoring {arguments.people:,} simulated people four times; 10,000 take a minute or two.")
    made = audits.report(arguments.people, arguments.seed)
    try:
        files = audits.write(made, arguments.into)
    except OSError as error:
        raise WrongUse(
            f"{arguments.into} cannot be written: {error.strerror}", remedy="Choose another folder."
        ) from error
    if arguments.json:
        print(json.dumps(audits.as_json(made)))
    for name, one in made.audits.items():
        say(f"{name}: {one.verdict}")
        for finding in one.findings:
            if finding.verdict != "passes":
                say(f"  {finding.verdict}: {finding.rate} by {finding.grouping}: {finding.words}")
    say(f"written: {' '.join(str(file) for file in files)}")
    return 0 if made.holds else 1


def _utc_s(words: str) -> int:
    from agent.errors import WrongUse

    try:
        return int(datetime.fromisoformat(words).astimezone().timestamp())
    except ValueError as error:
        raise WrongUse(
            f"{words!r} is not a valid time", remedy="Write it as 2026-11-22T21:00, in local time."
        ) from error


def _told(settings: "Settings") -> "list[Told]":
    from agent.privacy.vault import existing_vault
    from agent.windows.history import History

    if not (settings.state_dir / "history.db").exists():
        return []
    history = History(settings.state_dir / "history.db", existing_vault(settings.state_dir, settings.key_store))
    try:
        return history.told()
    finally:
        history.close()


def _tell(settings: "Settings", told: "Told") -> None:
    from agent.errors import StorageFull
    from agent.privacy.vault import open_vault
    from agent.system import host
    from agent.windows.history import History

    try:
        folder = host.private_dir(Path(settings.state_dir))
        history = History(folder / "history.db", open_vault(folder, settings.key_store))
        history.tell(told)
        history.close()
    except StorageFull as error:
        raise StorageFull(
            "it was not saved: the disk is full or read-only", remedy="Free disk space, then try again."
        ) from error
