"""Sentences about raised arousal, at rest, that the page, the running agent and its offline stand-in say."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from agent.errors import WrongUse
from agent.outbox import arousal_choice
from agent.tables.profiles import Profile

if TYPE_CHECKING:
    from agent.session.arousal import ArousalNow

SWITCHED: Final = {
    "on": "Switched on: raised arousal, at rest, is shown to you alone. Nothing of it is kept or leaves.",
    "off": "Switched off. It is not computed any more.",
}
WHYS: Final = {
    "few": "too few minutes of this session, or no heart rate",
    "moves": "the body moves, or moved in the last five minutes",
    "unknown": "it is not known whether the body rests: only the camera shows that",
    "close": "too close to call",
}
"""Words of `agent.session.arousal.WHYS`."""


def switched(now: "ArousalNow | None", profile: Profile, *, on: bool) -> str:
    """Switch it; the answer to the person.

    Raises:
        PolicyDenied: The place has no such reading.
        WrongUse: This run has none.
        StorageFull: It could not be written down; off it is at once.
    """
    arousal_choice.require(profile)
    if now is None:
        raise WrongUse("this run shows no arousal", remedy="Start the agent: 'wardbeat run'.")
    now.switch(on=on)
    return SWITCHED["on" if on else "off"]


def line(live: Mapping[str, Any] | None) -> str:
    """The state of this moment in one line.

    Args:
        live: As `ArousalNow.live` gives it.
    """
    if live is None:
        return "Raised arousal, at rest: switched off. 'wardbeat weeks --arousal on' shows it."
    if live["state"] is None:
        return f"Raised arousal, at rest: no answer now ({WHYS.get(live['why'], live['why'])})."
    word = "raised" if live["state"] == "raised" else "not raised"
    return f"Raised arousal, at rest: {word} now; right in {100 * live['confidence_01']:.0f} of 100 such minutes."
