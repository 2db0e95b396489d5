"""NOTICES: one row a kind of notification. Its sentence is all that ever reaches the desktop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.privacy.consent import CARE
from agent.tables.profiles import Profile

A_DAY_MOST: Final = 6
"""Notifications a day, of all kinds together."""

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
STRAP_SILENT_S: Final = 600
STRAP_OFF_S: Final = 4 * _HOUR_S
CONSENT_ENDS_DAYS: Final = (14, 3)
_MARKS: Final = " ,.-’"


def _always(_: Profile) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One row.

    Attributes:
        kind: What the person switches.
        title: The notification's first line.
        text: Its sentence, the same each time.
        begins: When it is shown, for the person.
        ends: When it is withdrawn, for the person.
        apart_s: How long after one the next of this kind comes at the earliest.
        stands_s: How long it stands at most.
        is_offered: Whether it can happen under a profile.
        opens: What a click does, where the desktop shows it.
    """

    kind: str
    title: str
    text: str
    begins: str
    ends: str
    apart_s: int
    stands_s: int
    is_offered: Callable[[Profile], bool]
    opens: str = "Open Wardbeat"


NOTICES: Final[dict[str, NoticeRow]] = {
    row.kind: row
    for row in (
        NoticeRow(
            "strap",
            "Your strap",
            "Your strap has been silent for ten minutes. Put it on again, or pause Wardbeat.",
            "the strap sent beats, and then none for ten minutes",
            "beats come again, you pause, or the strap has been off for four hours",
            _HOUR_S,
            STRAP_OFF_S,
            _always,
        ),
        NoticeRow(
            "consent",
            "Your consent",
            "Your consent ends soon. After that, nothing leaves this machine.",
            "14 days and 3 days before your consent ends",
            "you consent again or withdraw, or after a day",
            _DAY_S,
            _DAY_S,
            lambda profile: bool(profile.recipients),
        ),
        NoticeRow(
            "check-in",
            "Your check-in",
            "A check-in is due. Open Wardbeat when you have a minute.",
            "a check-in that you answered before is due again",
            "you answer it, or after a day",
            _DAY_S,
            _DAY_S,
            lambda profile: "check-in" in profile.pages,
        ),
        NoticeRow(
            "message",
            "Your messages",
            "There is a message for you in Wardbeat.",
            "the hub sent an alert about you; what it says stands in Wardbeat alone",
            "you say that you have seen it, it is closed, or after two days",
            _HOUR_S,
            2 * _DAY_S,
            lambda profile: CARE in profile.purposes,
        ),
    )
}

TEST: Final = NoticeRow(
    "test",
    "Wardbeat",
    "Notifications reach this desktop.",
    "you ask for it",
    "you close it",
    0,
    _HOUR_S,
    _always,
)
"""What 'wardbeat notices test' shows."""


def offered(profile: Profile) -> dict[str, NoticeRow]:
    """Kinds that can happen under a profile."""
    return {kind: row for kind, row in NOTICES.items() if row.is_offered(profile)}


def breach(text: str) -> str:
    """What of a text is no plain word or mark: digits, units, braces, addresses; empty where nothing is.

    >>> breach("There is a message for you in Wardbeat."), breach("Your heart rate is 61/min.")
    ('', '6')
    """
    return next((one for one in text if not one.isalpha() and one not in _MARKS), "")
