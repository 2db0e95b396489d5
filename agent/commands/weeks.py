"""`wardbeat weeks`: each week compared with your own normal."""

import argparse
import json
import math
from typing import TYPE_CHECKING, Any, Final

from agent.commands.arguments import up_to
from agent.commands.loading import print_reply
from agent.system.output import say, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.config import Settings
    from agent.scoring.week_rows import Week
    from agent.tables.profiles import Profile
    from agent.weeks.scores import Scores
    from agent.wire.score import Score


_ABOUT: Final = (
    "Each week is compared with your own 60 days before it. 50 is your normal; above means more strain, below means\n"
    "calmer. The bracket contains the true value nine times in ten. This measures neither stress nor burnout: in\n"
    "studies, physiology explains little of either."
)
_SHORT: Final = "Each week is compared with your own 60 days before it."
_HIGH: Final = "more strain than usual"
# of drawn people: found within 28 days, and false messages a quarter (bench-scoring PART=alarm, gate)
_FOUND_01, _FALSE_A_QUARTER = 0.6, 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--weeks", type=up_to(57), default=13, metavar="N", help="show this many weeks (default 13, a year is 52)"
    )
    parser.add_argument(
        "--arousal",
        nargs="?",
        choices=("show", "on", "off"),
        const="show",
        help="print raised arousal, at rest, of this moment, or switch it on or off (off by default; never kept)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat weeks`: the weekly log."""
    from agent import config
    from agent.weeks import scores
    from agent.weeks.beside import of_hub, with_hub

    settings, profile = config.load(arguments.config)
    if arguments.arousal is not None:
        return _arousal(settings, profile, arguments)
    made = scores.log(settings, profile, arguments.weeks)
    hub = of_hub(settings) if made.with_index else []
    if arguments.json:
        weeks = made.as_json()
        show(json.dumps(weeks | {"weeks": with_hub(weeks["weeks"], hub)}, allow_nan=False))
        return 0
    for line in in_words(made, hub):
        say(line)
    return 0


def _arousal(settings: "Settings", profile: "Profile", arguments: argparse.Namespace) -> int:
    """What is the case now: nothing of it is kept, so that no week has it."""
    from agent.control import arousal_words, client
    from agent.outbox import arousal_choice

    arousal_choice.require(profile)
    reply = client.carry_out(settings, "arousal", "" if arguments.arousal == "show" else arguments.arousal)
    if reply.exit_code or reply.words:
        return print_reply(reply)
    live = json.loads(reply.body)
    if arguments.json:
        show(json.dumps({"arousal": live}))
        return 0
    say(arousal_words.line(live))
    if live is not None:
        from agent.scoring.arousal import rests_on

        say(rests_on())
    return 0


def in_words(made: "Scores", hub: "Sequence[Score]" = ()) -> list[str]:
    """The log as lines for a terminal; the hub's scores stand beside where they differ."""
    from agent.scoring.index import NAME
    from agent.weeks.beside import line, with_hub

    if not made.log.weeks:
        return ["Nothing to compare yet: a first week has to pass, then 42 readings on 14 days."]
    lines = [
        NAME.upper() if made.with_index else "YOUR WEEKS",
        "",
        *(_ABOUT if made.with_index else _SHORT).split("\n"),
    ]
    index = f"{'of 100':>8}{'90 %':>11}" if made.with_index else ""
    lines += ["", f"{'week of':<12}{'measured':>9}{index}{'HRV':>8}{'heart':>11}"]
    for week, words in zip(made.log.weeks, with_hub(made.as_json()["weeks"], hub), strict=True):
        lines += _row(made, week, words)
        lines += [f"{'':<12}{beside}" for beside in (line(words),) if beside]
    lines += ["", *_today(made), *_of_days(made.log.weeks[-1])]
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


def _of_days(week: "Week") -> list[str]:
    """The newest week's sleep and roster, where they were imported; with the days that are known of seven."""
    from agent.scoring.channels import CHANNELS

    lines = []
    for name, unit in (("sleep_h", "h a night"), ("short_rests_per_week", ""), ("night_shifts_per_week", "")):
        channel = week.channels.get(name)
        if channel is None:
            continue
        amount = f"{week.means[name]:.1f} {unit}, usually {channel.usual:.1f}".replace(" ,", ",")
        words = CHANNELS[name].words
        lines.append(f"{words[:1].upper()}{words[1:]}: {amount} ({channel.readings} of 7 days imported).")
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
