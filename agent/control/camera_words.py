"""What the person decides about camera sessions, as it goes to the running agent, and the sentences of its answer."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from agent.errors import WrongUse
from agent.outbox.camera_plan import CameraPlan
from agent.session.appointment_list import NO_SHIFTS, Listed
from agent.system import host

WHATS: Final = ("show", "try", "choose", "skip", "rest")

STATES: Final = {
    "coming": "",
    "announced": "is announced now",
    "open": "runs now",
    "past": "is over",
    "held": "took place",
    "skipped": "skipped by you",
    "paused": "not held: Wardbeat was paused",
    "private": "not held: your private hours",
    "off": "not held: the camera was switched off",
    "consent": "not held: you did not consent to it",
    "missed": "not held: the computer slept, or Wardbeat did not run",
    "clock": "not held: the clock of this computer was changed",
    "changed": "not held: you chose other times",
}
"""Words of a session's state (`agent.session.appointments.Listed`)."""


@dataclass(frozen=True, slots=True)
class CameraWish:
    """What is asked.

    Attributes:
        what: ``show`` the times, ``try`` a plan without keeping it, ``choose`` it, ``skip`` the session that comes
            next, or the ``rest`` of today.
        plan: Of ``try`` and ``choose``.
    """

    what: str
    plan: CameraPlan = field(default_factory=CameraPlan)


def encode_camera(wish: CameraWish) -> str:
    """As JSON."""
    return json.dumps(asdict(wish))


def decode_camera(argument: str) -> CameraWish:
    """Inverse of `encode_camera`.

    Raises:
        WrongUse: It is nothing of that kind, or a plan that cannot be kept.
    """
    try:
        given = json.loads(argument)
        what, plan = given["what"], given["plan"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WrongUse("this is nothing that can be decided about the camera") from error
    if what not in WHATS or set(given) != {"what", "plan"}:
        raise WrongUse("this is nothing that can be decided about the camera")
    return CameraWish(what, CameraPlan.from_json(plan) if what in ("try", "choose") else CameraPlan())


def plan_words(plan: CameraPlan) -> str:
    """A plan in one sentence."""
    if plan.how == "always":
        return "The camera runs whenever it is switched on."
    if plan.how == "per_shift" and plan.times == 1:
        return f"The camera runs once a shift, for {plan.minutes} min, and is closed at all other times."
    if plan.how == "per_shift":
        return f"The camera runs {plan.times} times a shift, for {plan.minutes} min, and is closed at all other times."
    if not plan.at_min:
        return "The camera stays closed: your plan cannot be read. Choose its times again."
    at = ", ".join(f"{one // 60:02d}:{one % 60:02d}" for one in plan.at_min)
    return f"The camera runs at {at}, for {plan.minutes} min, and is closed at all other times."


def skipped_words(until_utc_s: int, *, rest: bool) -> str:
    """What was called off.

    Args:
        until_utc_s: From when the camera may be announced again.
        rest: Whether the rest of today was meant.
    """
    if rest:
        return f"Skipped: no camera session begins before {host.local_time(until_utc_s):%a %H:%M}."
    return f"Skipped: the camera stays closed until {host.local_time(until_utc_s):%H:%M} at least."


def session_lines(found: Sequence[Listed]) -> list[str]:
    """Each session with its times and its state."""
    lines = []
    for one in found:
        start, end = one.appointment.start_utc_s, one.appointment.end_utc_s
        words = f"{host.local_time(start):%a %d %b %H:%M} to {host.local_time(end):%H:%M}"
        lines.append(f"{words}  {STATES[one.state]}".rstrip())
    return lines


def as_body(plan: CameraPlan, found: Sequence[Listed], live: dict[str, Any] | None = None) -> dict[str, Any]:
    """The plan, its sessions of today, and what happens now, for the page and the command line."""
    return {
        "plan": plan.as_json(),
        "sessions": [one.as_json() for one in found],
        "now": live,
        "why_none": NO_SHIFTS if plan.how == "per_shift" and not found else "",
    }
