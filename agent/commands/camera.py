"""`wardbeat camera`: short announced camera sessions, their times, and skipping one."""

import argparse
import json
import re
from typing import TYPE_CHECKING, Any, Final

from agent.commands.loading import load
from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.outbox.camera_plan import CameraPlan

_WHATS: Final = ("show", "always", "at", "per-shift", "skip")
_EXAMPLES: Final = """\
examples:  wardbeat camera at 09:00 13:00 --minutes 10     at these times of the day
           wardbeat camera per-shift 3                     three times in each shift that you noted or imported
           wardbeat camera per-shift 3 --try               only show the times
           wardbeat camera skip [--rest]                   the session that comes next, or the rest of today
           wardbeat camera always                          whenever the camera is switched on
announced: 60 seconds before each session. Pause, private hours, the switch and your consent stand above every session
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.add_argument("what", nargs="?", choices=_WHATS, default="show")
    parser.add_argument(
        "values", nargs="*", metavar="TIME|N", help="for at: times such as 09:00; for per-shift: how often"
    )
    parser.add_argument(
        "--minutes", type=int, default=10, metavar="N", help="length of a session (1 to 30, default 10)"
    )
    parser.add_argument("--try", dest="tries", action="store_true", help="show the times, and change nothing")
    parser.add_argument("--rest", action="store_true", help="with skip: every session of the rest of today")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat camera`: show, choose or skip."""
    from agent.control import client
    from agent.control.camera_words import CameraWish, encode_camera

    wish = CameraWish("show")
    if arguments.what == "skip":
        _only(arguments, values=False)
        wish = CameraWish("rest" if arguments.rest else "skip")
    elif arguments.what == "show":
        _only(arguments, values=False)
    else:
        wish = CameraWish("try" if arguments.tries else "choose", _plan(arguments))
    settings, _ = load(arguments)
    reply = client.carry_out(settings, "camera", encode_camera(wish))
    if reply.exit_code:
        say(reply.words)
        if reply.remedy:
            say(f"  → {reply.remedy}")
        return reply.exit_code
    if arguments.json:
        show(reply.body)
        return 0
    for line in in_words(json.loads(reply.body), reply.words):
        say(line)
    return 0


def in_words(body: dict[str, Any], words: str = "") -> list[str]:
    """The plan and its sessions as lines.

    Args:
        body: As `agent.control.camera_words.as_body` has it.
        words: What was just done.
    """
    from agent.control.camera_words import plan_words, session_lines
    from agent.outbox.camera_plan import CameraPlan
    from agent.session.appointment_list import Listed
    from agent.session.appointment_times import Appointment

    plan = CameraPlan(**body["plan"] | {"at_min": tuple(body["plan"]["at_min"])})
    found = [Listed(Appointment(one["start_utc_s"], one["end_utc_s"]), one["state"]) for one in body["sessions"]]
    said = plan_words(plan)
    lines = [said] if words in ("", said) else [words, said]
    now = body["now"]
    if now is not None and now["phase"] in ("announced", "open"):
        does = "opens" if now["phase"] == "announced" else "closes"
        lines.append(f"Now: the camera {does} in {now['seconds_left']} s. 'wardbeat camera skip' skips this session.")
    lines += [f"  {one}" for one in session_lines(found)]
    if body["why_none"]:
        lines.append(body["why_none"])
    return lines


def _plan(arguments: argparse.Namespace) -> "CameraPlan":
    from agent.errors import WrongUse
    from agent.outbox.camera_plan import CameraPlan

    if arguments.rest:
        raise WrongUse("--rest is only for skip", remedy="Leave it out.")
    if arguments.what == "always":
        _only(arguments, values=False, tries=True)
        return CameraPlan()
    if arguments.what == "at":
        at = tuple(sorted(_minute(one) for one in arguments.values))
        return CameraPlan("at", arguments.minutes, at).checked()
    if len(arguments.values) != 1 or not re.fullmatch(r"\d{1,2}", arguments.values[0]):
        raise WrongUse("how often a shift is missing", remedy="Example: 'wardbeat camera per-shift 3'.")
    return CameraPlan("per_shift", arguments.minutes, times=int(arguments.values[0])).checked()


def _minute(words: str) -> int:
    from agent.errors import WrongUse

    found = re.fullmatch(r"(\d{1,2}):(\d{2})", words)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise WrongUse(f"{words!r} is not a time of the day", remedy="Write it as 09:00.")
    return 60 * int(found[1]) + int(found[2])


def _only(arguments: argparse.Namespace, *, values: bool, tries: bool = False) -> None:
    """What else was given must mean something.

    Raises:
        WrongUse: It does not.
    """
    from agent.errors import WrongUse

    if arguments.values and not values:
        raise WrongUse(f"{arguments.what} takes no {arguments.values[0]!r}", remedy="'wardbeat camera --help'")
    if arguments.tries and not tries:
        raise WrongUse(f"--try says nothing about {arguments.what}", remedy="Leave it out.")
    if arguments.rest and arguments.what != "skip":
        raise WrongUse("--rest is only for skip", remedy="Leave it out.")
