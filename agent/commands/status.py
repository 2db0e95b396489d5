"""`wardbeat status`: what the running agent is doing; with --watch, live."""

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from agent.commands.loading import load
from agent.session.live_view import FACE_PARTS
from agent.system import host
from agent.system.output import clear_screen, say, show

if TYPE_CHECKING:
    from agent.config import Settings


_EVERY_S: Final = 1.0
_BARS: Final = "▁▂▃▄▅▆▇█"
_SHOWN: Final = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--watch", action="store_true", help="show live readings until Ctrl-C")


def run(arguments: argparse.Namespace) -> int:
    from agent.control import channel

    settings, _ = load(arguments)
    if arguments.watch:
        return watch(settings)
    reply = channel.ask(settings.state_dir, channel.Command("status"))
    body = json.loads(reply.body)
    if arguments.json:
        show(reply.body)
        return 0
    say(f"profile {body['profile']}{', paused' if body['paused'] else ''}")
    if body["enrolled"]:
        say(f"enrolled at {body['enrolled']['operator']} as {body['enrolled']['device']}")
    for state in body["states"]:
        say(f"  {state['part']:<16} {state['level']:<8} {state['words']}")
        if state["remedy"] and state["level"] != "ok":
            say(f"  {'':<16} → {state['remedy']}")
    if body["unheard"]:
        say("  note: the hub has not yet confirmed your latest consent, withdrawal or erasure; it will be sent soon")
    for words in body["news"]:
        say(f"  note: {words}")
    return 0


def watch(settings: "Settings") -> int:
    """`wardbeat status --watch`: the page's 'now', drawn again every second; on a pipe, lines."""
    from agent.control import channel

    is_terminal = sys.stdout.isatty()
    while True:
        reply = channel.ask(settings.state_dir, channel.Command("now"))
        lines = in_words(json.loads(reply.body))
        if is_terminal:
            clear_screen()
        show("\n".join(lines), flush=True)
        time.sleep(_EVERY_S)


def in_words(told: dict[str, Any]) -> list[str]:
    """The page's 'now' as lines.

    Args:
        told: As `agent.session.live_view.now` gives it.
    """
    lines = []
    if told["paused"]:
        until = told["pause_until_utc_s"]
        ends = "" if until is None else f" until {host.local_time(until):%a %H:%M}"
        lines.append(f"Paused{ends}: nothing is measured.")
    rate = "--" if told["hr_bpm"] is None else f"{told['hr_bpm']:.0f}"
    rmssd = "withheld" if told["rmssd_ms"] is None else f"{told['rmssd_ms']:.0f} ms"
    covered = "--" if told["coverage_01"] is None else f"{told['coverage_01']:.0%} of {told['listened_s']} s"
    lines.append(f"heart {rate}/min   RMSSD of the last minute {rmssd}   valid beats {covered}")
    lines.append(_beats(told["beats"]))
    rejected = [label for _, _, label in told["beats"] if label not in (None, "normal")]
    if rejected:
        counted = ", ".join(f"{rejected.count(one)} {one}" for one in dict.fromkeys(rejected))
        lines.append(f"rejected in the last minute (x): {counted}")
    if told["face"]:
        lines.append(
            "face  " + "   ".join(f"{FACE_PARTS[name].words} {value:.1f}" for name, value in told["face"].items())
        )
    lines.append("")
    for state in told["states"]:
        lines.append(f"  {state['part']:<18} {state['level']:<8} {state['words']}")
        if state["remedy"] and state["level"] not in ("ok", "off"):
            lines.append(f"  {'':<18} → {state['remedy']}")
    return lines


def _beats(beats: list[list[Any]]) -> str:
    """The newest intervals as bars; a rejected one is an x."""
    newest = beats[-_SHOWN:]
    right = [ms for _, ms, label in newest if label in (None, "normal")]
    if not right:
        return "no beats right now"
    low, high = min(right), max(right)
    bars = [
        "x" if label not in (None, "normal") else _BARS[round((ms - low) / max(high - low, 1.0) * (len(_BARS) - 1))]
        for _, ms, label in newest
    ]
    return f"{''.join(bars)}  {low:.0f} to {high:.0f} ms"
