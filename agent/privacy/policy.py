"""PROFILES: what each kind of place allows. A kind that is not listed is denied; IT can only tighten."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from agent.errors import PolicyDenied


@dataclass(frozen=True, slots=True)
class Profile:
    """One row.

    Attributes:
        name: What the configuration says.
        words: What it means, for the person.
        kinds: Feature kinds that may be released at all.
        purposes: Why something may leave; empty: nothing ever leaves.
        pages: Parts of the worker's page that exist here.
        recipients: Who may receive: ``()`` nobody, ``("scoring-service",)`` the enrolled hub's operator.
        forbidden_words: Words that stand in no payload and on no page of this profile.
    """

    name: str
    words: str
    kinds: frozenset[str]
    purposes: frozenset[str]
    pages: frozenset[str]
    recipients: tuple[str, ...] = ()
    forbidden_words: tuple[str, ...] = ()

    @property
    def shown_kinds(self) -> frozenset[str] | None:
        """Kinds that are kept and shown here; None: all. Where nothing may leave, nothing need be hidden either."""
        return self.kinds if self.purposes else None

    def shows(self, kind: str) -> bool:
        """Whether a kind is."""
        return self.shown_kinds is None or kind in self.shown_kinds


_EVERY_PAGE: Final = frozenset({"now", "weeks", "left", "say", "check-in"})
_SEALED: Final = ("scoring-service",)
_CARE_KINDS: Final = frozenset({"recovery", "fatigue", "expression", "strain", "self_report"})

PROFILES: Final[dict[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile("personal", "Everything stays on this machine; nothing leaves.", frozenset(), frozenset(), _EVERY_PAGE),
        Profile(
            "care",
            "Sealed summaries go to a named care service, if you consent.",
            _CARE_KINDS,
            frozenset({"care"}),
            _EVERY_PAGE,
            _SEALED,
        ),
        Profile(
            "research",
            "Sealed summaries go to a named study, if you consent.",
            _CARE_KINDS | {"affect"},
            frozenset({"research"}),
            _EVERY_PAGE,
            _SEALED,
        ),
        Profile(
            "eu-workplace",
            "Heart recovery and fatigue only, sealed to a named service, if you consent.",
            frozenset({"recovery", "fatigue"}),
            frozenset({"workplace"}),
            frozenset({"now", "weeks", "left", "say"}),
            _SEALED,
            ("emotion", "expression", "affect", "mood", "stress", "strain", "burnout"),
        ),
    )
}


def profile_named(name: str, allowed: Iterable[str] | None = None, denied_kinds: Iterable[str] = ()) -> Profile:
    """The profile in force.

    Args:
        name: Row of PROFILES.
        allowed: Names that the machine policy allows; None: all.
        denied_kinds: Kinds that the machine policy takes away. It can add none.

    Raises:
        PolicyDenied: Unknown, or not allowed on this machine.
    """
    profile = PROFILES.get(name)
    if profile is None:
        raise PolicyDenied(f"there is no profile {name[:40]!r}", remedy=f"Choose one of {', '.join(PROFILES)}.")
    if allowed is not None and name not in {*allowed, "personal"}:
        raise PolicyDenied(
            f"this machine's policy does not allow the profile {name!r}",
            remedy="Ask the administrator of this machine.",
        )
    return replace(profile, kinds=profile.kinds - frozenset(denied_kinds))
