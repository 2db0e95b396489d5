"""PROFILES: what each kind of place may release, pair by pair. A (signal, kind) that is not listed is denied."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from agent.errors import PolicyDenied


@dataclass(frozen=True, slots=True)
class Profile:
    """One row.

    Attributes:
        name: What the configuration says.
        words: What it means, for the person.
        releases: (signal, kind) pairs that may leave at all, as in SIGNALS.
        purposes: Why something may leave; empty: nothing ever leaves. The first is the profile's own; a person chooses
            the others one by one.
        pages: Parts of the worker's page that exist here.
        recipients: Who may receive: ``()`` nobody, ``("scoring-service",)`` the enrolled hub's operator.
        forbidden_words: Words that stand in no payload and on no page of this profile.
        shown_only: Kinds that are kept and shown here, and never leave.
    """

    name: str
    words: str
    releases: frozenset[tuple[str, str]]
    purposes: tuple[str, ...]
    pages: frozenset[str]
    recipients: tuple[str, ...] = ()
    forbidden_words: tuple[str, ...] = ()
    shown_only: frozenset[str] = frozenset()

    def may_release(self, signal: str, kind: str) -> bool:
        """Whether a number of this signal and kind may leave, if the person consents."""
        return (signal, kind) in self.releases

    def shows_number(self, signal: str, kind: str) -> bool:
        """Whether such a number is kept and shown here. Where nothing may leave, nothing need be hidden."""
        return not self.purposes or self.may_release(signal, kind)

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds that may leave, of whatever signal."""
        return frozenset(kind for _, kind in self.releases)

    @property
    def shown_kinds(self) -> frozenset[str] | None:
        """Kinds of weekly values and check-ins that are shown here; None: all."""
        return self.kinds | self.shown_only if self.purposes else None

    def shows(self, kind: str) -> bool:
        """Whether weekly values and check-ins of a kind are shown here."""
        return self.shown_kinds is None or kind in self.shown_kinds

    def without(self, kinds: Iterable[str]) -> Self:
        """This profile, tightened: no pair of these kinds."""
        denied = frozenset(kinds)
        kept = frozenset(pair for pair in self.releases if pair[1] not in denied)
        return replace(self, releases=kept, shown_only=self.shown_only - denied)

    def as_json(self) -> dict[str, Any]:
        """Every field, for another process; `from_json` reads it."""
        return {
            "name": self.name,
            "words": self.words,
            "releases": sorted(map(list, self.releases)),
            "kinds": sorted(self.kinds),
            "purposes": list(self.purposes),
            "pages": sorted(self.pages),
            "recipients": list(self.recipients),
            "forbidden_words": list(self.forbidden_words),
            "shown_only": sorted(self.shown_only),
        }

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Self:
        """The profile that `as_json` described."""
        return cls(
            given["name"],
            given["words"],
            frozenset((signal, kind) for signal, kind in given["releases"]),
            tuple(given["purposes"]),
            frozenset(given["pages"]),
            tuple(given["recipients"]),
            tuple(given["forbidden_words"]),
            frozenset(given["shown_only"]),
        )


_EVERY_PAGE: Final = frozenset({"today", "weeks", "days", "sharing", "privacy", "check-in"})
_SEALED: Final = ("scoring-service",)
_WORKPLACE: Final = frozenset({("heart", "recovery"), ("face", "fatigue")})
_CARE: Final = _WORKPLACE | {
    ("face", "expression"),
    ("self_report", "fatigue"),
    ("self_report", "strain"),
    ("self_report", "self_report"),
    ("schedule", "schedule"),
    ("sleep", "sleep"),
    ("activity", "activity"),
    ("activity", "recovery"),
    ("journal", "text"),
}

PROFILES: Final[dict[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile("personal", "Everything stays on this machine; nothing leaves.", frozenset(), (), _EVERY_PAGE),
        Profile(
            "care",
            "Sealed summaries go to a named care service, if you consent.",
            _CARE,
            ("care", "score", "group"),
            _EVERY_PAGE,
            _SEALED,
        ),
        Profile(
            "research",
            "Sealed summaries go to a named study, if you consent.",
            _CARE | {("affect", "affect")},
            ("research", "score", "group"),
            _EVERY_PAGE,
            _SEALED,
        ),
        Profile(
            "eu-workplace",
            "Heart recovery and fatigue only, sealed to a named service, if you consent.",
            _WORKPLACE,
            ("workplace", "group"),
            frozenset({"today", "weeks", "days", "sharing", "privacy"}),
            _SEALED,
            ("emotion", "expression", "affect", "mood", "stress", "strain", "burnout"),
            frozenset({"schedule", "sleep", "activity"}),
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
    return profile.without(denied_kinds)
