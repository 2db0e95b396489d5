"""`wardbeat check-in`: an instrument's questions on the terminal; every one may be skipped."""

import argparse
import time
from typing import TYPE_CHECKING

from agent.commands.self_report import tell

if TYPE_CHECKING:
    from agent.scoring.instruments import Instrument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "instrument",
        nargs="?",
        help="which check-in; an unknown name lists the available ones (default: the usual one)",
    )


def run(arguments: argparse.Namespace) -> int:
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
    tell(settings, Told(int(time.time()), "check-in", asked.short, answers))
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
