"""What `wardbeat weeks`, `check-in`, `note` and `audit` do: scores in words, and what the person says of themself."""

import argparse
import json
import math
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.status import say

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.history import Told
    from agent.scores import Scores
    from agent.scoring.weeks import Week

_ABOUT: Final = (
    "Each week against your own 60 days before it; the bracket holds the truth nine times in ten. 50 is your normal. "
    "This is no measure of stress and none of burnout: in studies, physiology explains little of either."
)


def weeks(arguments: argparse.Namespace) -> int:
    """`wardbeat weeks`: the weekly log."""
    from agent import config, scores

    settings, profile = config.load(arguments.config)
    made = scores.log(settings, profile, arguments.weeks)
    if arguments.json:
        print(json.dumps(made.as_json()))
        return 0
    for line in in_words(made):
        say(line)
    return 0


def in_words(made: "Scores") -> list[str]:
    """The log as lines for a terminal."""
    from agent.scoring.change import BUDGETS
    from agent.scoring.index import NAME
    from agent.scoring.instruments import CHECK_IN
    from agent.scoring.messages import predictive_value_01, predictive_words, suggestions

    if not made.log.weeks:
        return ["Nothing to compare yet: a first week has to pass."]
    heads = [NAME.upper(), "", _ABOUT, ""]
    if not made.with_index:
        heads = ["YOUR WEEKS, each against your own 60 days before it", ""]
    lines = [*heads, f"{'week of':<12}{'of 100':>7}{'90 %':>10}{'HRV':>8}{'heart':>11}{'worn':>8}"]
    lines += [_row(week, day) for week, day in zip(made.log.weeks, made.as_json()["weeks"], strict=True)]
    today = made.log.baseline
    if today is not None and today.low is not None and today.high is not None:
        low_ms, high_ms = math.exp(today.low), math.exp(today.high)
        lines += [
            "",
            f"Your normal RMSSD at rest: {low_ms:.0f} to {high_ms:.0f} ms ({today.state}, {today.days} days).",
        ]
    if made.log.drift is not None and made.log.drift.clear:
        share = 100.0 * (math.exp(made.log.drift.over_all) - 1.0)
        lines.append(f"Over these weeks it has drifted by {share:+.0f} %. A slow drift is no alarm.")
    if made.log.weeks[-1].notable == CHECK_IN:
        found_01, false_alarms = 0.6, min(BUDGETS)
        lines += ["", f"This week is {CHECK_IN}: your variability fell, and stayed down for days."]
        lines.append(predictive_words(predictive_value_01(found_01, false_alarms)))
        lines += [f"  * {one.text} (evidence {one.grade}: {one.grade_words})" for one in suggestions(["change"])]
    for report in made.reports[-3:]:
        parts = [f"{one['scale']} {one['value']:g}" for one in report["scores"] if one["value"] is not None]
        lines.append(f"{report['day']}  {report['instrument']}: {', '.join(parts)}")
    return lines


def _row(week: "Week", words: dict[str, object]) -> str:
    worn = f"{week.worn_h:6.0f} h"
    if not week.channels:
        return f"{words['first_day']!s:<12}  ░░░ {words['reason']}"
    heart, rate = week.channels.get("ln_rmssd"), week.channels.get("hr_bpm")
    hrv = "" if heart is None else f"{100.0 * (math.exp(heart.deviation) - 1.0):+.0f} %"
    bpm = "" if rate is None else f"{rate.deviation:+.1f}/min"
    index = bracket = ""
    if week.strain is not None:
        index, bracket = f"{week.strain.index:.0f}", f"{week.strain.low:.0f} to {week.strain.high:.0f}"
    return f"{words['first_day']!s:<12}{index:>7}{bracket:>10}{hrv:>8}{bpm:>11}{worn:>8}  {week.notable}".rstrip()


def check_in(arguments: argparse.Namespace) -> int:
    """`wardbeat check-in`: ask an instrument's items on the terminal; every item may be skipped."""
    from agent import config, decisions, scores
    from agent.history import Told
    from agent.scoring import instruments

    settings, profile = config.load(arguments.config)
    asked = scores.require(profile, arguments.instrument)
    say(f"{asked.name}. Only you see it; it stays on this machine. Leave a line empty to skip. {asked.note}")
    answers: dict[str, int] = {}
    for item in asked.items:
        choices = "" if len(item.answers) > 6 else "".join(f"\n  {n}  {one}" for n, one in enumerate(item.answers, 1))
        least = 0 if len(item.answers) > 6 else 1
        answer = decisions.ask_words(f"\n{item.text}{choices}\n> ")
        if answer:
            answers[item.item_id] = _place(answer, least, len(item.answers))
    made = instruments.scores(asked, answers)
    _tell(settings, Told(int(time.time()), "check-in", asked.short, answers))
    for one in made:
        told = f"{one.value:g}  {one.band}" if one.value is not None else f"no number: {one.reason}"
        say(f"{one.scale}: {told}")
    return 0


def _place(answer: str, least: int, count: int) -> int:
    from agent.errors import WrongUse

    if not answer.isascii() or not answer.isdigit() or not least <= int(answer) < least + count:
        raise WrongUse(f"an answer is a number from {least} to {least + count - 1}", remedy="Nothing was kept; again.")
    return int(answer) - least


def note(arguments: argparse.Namespace) -> int:
    """`wardbeat note`: a shift, or a change after which your normal is another one."""
    from agent import config
    from agent.errors import WrongUse
    from agent.history import Told

    settings, _ = config.load(arguments.config)
    begins_s = int(time.time()) if arguments.begins is None else _utc_s(arguments.begins)
    if arguments.what == "shift":
        if arguments.ends is None or _utc_s(arguments.ends) <= begins_s:
            raise WrongUse("when does the shift end?", remedy="--from 2026-11-22T21:00 --until 2026-11-23T07:00")
        _tell(settings, Told(begins_s, "shift", arguments.kind or "day", {"until_utc_s": _utc_s(arguments.ends)}))
        say("Noted. Readings in it are compared with your other shifts of that kind, and no message comes during it.")
        return 0
    _tell(settings, Told(begins_s, "change", arguments.what, {}))
    say("Noted. What was before is no longer compared with: your normal is learnt anew from that day.")
    return 0


def audit(arguments: argparse.Namespace) -> int:
    """`wardbeat audit`: what the scorer does to groups of people."""
    from agent.errors import Missing

    try:
        from hub import audit as audits
    except ModuleNotFoundError as error:
        raise Missing("the audit's parts are not installed", remedy="pip install 'wardbeat[hub]'") from error
    made = audits.report(arguments.people, arguments.seed)
    files = audits.write(made, arguments.into)
    if arguments.json:
        print(json.dumps(audits.as_json(made)))
    for name, one in made.audits.items():
        say(f"{name}: {'passes' if one.passes else 'does not pass'}")
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
        raise WrongUse(f"{words!r} is no time", remedy="Write it as 2026-11-22T21:00, by your own clock.") from error


def _tell(settings: "Settings", told: "Told") -> None:
    from agent import host
    from agent.history import History
    from agent.privacy.vault import open_vault

    folder = host.private_dir(Path(settings.state_dir))
    history = History(folder / "history.db", open_vault(folder, settings.key_store))
    history.tell(told)
    history.close()
