"""Whether the person wants to see raised arousal, at rest: off unless they switch it on; kept under the data key."""

from typing import Final

from agent.errors import KeysMissing, PolicyDenied
from agent.outbox.file import Outbox
from agent.tables.profiles import Profile

KIND: Final = "strain"
"""The kind of number it is: a place that shows none of this kind, by its profile or its policy, has no such reading."""
_NAME: Final = "arousal shown"


def is_allowed(profile: Profile) -> bool:
    """Whether the place has this reading at all."""
    return profile.shows(KIND)


def require(profile: Profile) -> None:
    """The place has this reading.

    Raises:
        PolicyDenied: It has not.
    """
    if not is_allowed(profile):
        raise PolicyDenied(f"there is no such reading under the profile {profile.name}")


def is_on(outbox: Outbox) -> bool:
    """Whether the person switched it on; what cannot be read is off."""
    try:
        return outbox.sealed_meta(_NAME) == b"on"
    except KeysMissing:
        return False


def keep(outbox: Outbox, *, on: bool) -> None:
    """Remember it.

    Raises:
        StorageFull: Nothing was changed.
    """
    outbox.set_sealed_meta(_NAME, b"on" if on else b"off")
