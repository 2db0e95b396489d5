"""Consent, pure: the words a person reads, and the record that says yes to exactly those words."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from agent.errors import PolicyDenied
from agent.features import FEATURES
from agent.tables.day_spec import DaySpec
from agent.tables.days import DAYS
from agent.tables.feature_spec import FeatureSpec
from agent.tables.profiles import PROFILES, Profile
from agent.wire import schema
from agent.wire.consent import INDEX, NOTHING, ConsentRecord
from agent.wire.context import SIGNAL as CONTEXT
from agent.wire.message import FIRST_PURPOSES, NOTHING_SENT, SCORE, Grant

TEXT_VERSION: Final = 2
_FIRST_TEXT: Final = 1  # of release 0.1.0
_INDEX_KIND: Final = "strain"  # where a policy denies it, there is no index
CARE: Final = "care"  # the purpose under which a care team sees a person
PURPOSE_WORDS: Final = {
    SCORE: " a program there computes your weeks; nobody there reads them, and the result comes back to you alone.",
    INDEX: " a program there computes your weeks; the result comes back to you, and the care team sees its index, as "
    "this text says below.",
    "group": " Counts of many people are published with noise. No number of yours is in them. Nothing more is sent.",
}
FOR_TEAM: Final = (INDEX, CONTEXT)  # what a care team sees only where it is granted beside the signals
TEAM_WORDS: Final = {
    "": "the random name of this machine, until when you consent, the day on which it was last heard, days without "
    "data, and what you write when you ask to be seen",
    "heart": "how many hours you wore the strap on each of the last 28 days",
    INDEX: "the index of each week with its interval and its parts, and the daily readings that it is made of",
    CONTEXT: "your check-ins, your shifts, and changes such as a new medicine",
}
LOOKS_WORDS: Final = (
    "Every look at them is written down before it is answered, and listed for you: 'wardbeat looks', or the page "
    '"Sharing". The team reads an alert only after you could.'
)
DAYS_WORDS: Final = "Values of a day are sent when the day is over, and again when they change; never words or titles."
EXPIRES_DAYS: Final = 90  # notes/delivery_and_privacy.md R2
_DAY_S: Final = 86_400
_FIRST_GRANTS_MOST: Final = 4  # no profile of release 0.1.0 has more signals to grant
_FIRST_KINDS: Final = frozenset({"recovery", "fatigue", "expression", "affect", "strain", "self_report"})  # of 0.1.0

Spec = FeatureSpec | DaySpec


def releasable(profile: Profile) -> tuple[Spec, ...]:
    """Features of windows and of days that this profile may release."""
    every: tuple[Spec, ...] = (*FEATURES.values(), *DAYS.values())
    return tuple(spec for spec in every if spec.release != "live_only" and profile.may_release(spec.signal, spec.kind))


def releasable_signals(profile: Profile) -> tuple[str, ...]:
    """Signals with at least one of them."""
    return tuple(sorted({spec.signal for spec in releasable(profile)}))


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent with the features that it names: nothing else may leave under it.

    Attributes:
        record: As the person's key signed it.
        feature_ids: Ids of features; empty when it cannot be known what the person read.
        stated: Grants of the statement beside the record.
    """

    record: ConsentRecord
    feature_ids: frozenset[int]
    stated: frozenset[Grant] = frozenset()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Everything that is granted."""
        return (*(grant for grant in self.record.grants if grant.signal != NOTHING), *sorted(self.stated))

    @property
    def sends(self) -> bool:
        """Whether anything may leave under it; a consent to be counted sends nothing."""
        return any(grant.purpose not in NOTHING_SENT for grant in self.grants)

    def grants_context(self, purpose: str) -> bool:
        """Whether what the person notes may leave for a purpose."""
        return any(grant.signal == CONTEXT and grant.purpose == purpose for grant in self.grants)

    def covers(self, spec: Spec, purpose: str, recipient: str, start_utc_s: int, end_utc_s: int) -> bool:
        """Whether a number of [start, end) may go to a recipient for a purpose."""
        grant = Grant(spec.signal, purpose, recipient)
        return spec.feature_id in self.feature_ids and self.record.covers(grant, start_utc_s, end_utc_s, self.stated)

    def releasable(self, profile: Profile) -> tuple[Spec, ...]:
        """The features that it names, of those that this profile may release now."""
        granted = {grant.signal for grant in self.grants if grant.purpose not in NOTHING_SENT}
        return tuple(
            spec for spec in releasable(profile) if spec.feature_id in self.feature_ids and spec.signal in granted
        )

    def signals(self, profile: Profile) -> frozenset[str]:
        """The signals of those features."""
        return frozenset(spec.signal for spec in self.releasable(profile))


def named_features(record: ConsentRecord, stated: Sequence[int] | None) -> frozenset[int]:
    """The features that a consent names.

    A record of release 0.1.0 names signals and the SHA-256 of the text that the person read. That text followed from
    the profile, the kinds that the machine's policy denied, and that release's table, so each such text is made again
    and compared. When none has that hash, nobody knows what the person read, and nothing is named.

    Args:
        record: The record in force.
        stated: The ids that the person's key named for it; None for a record of release 0.1.0.
    """
    if stated is not None:
        return frozenset(stated)
    return _first_features(record)


@cache
def _first_features(record: ConsentRecord) -> frozenset[int]:
    profile = PROFILES.get(record.profile)
    if profile is None or len(record.grants) > _FIRST_GRANTS_MOST:
        return frozenset()
    days = (record.until_utc_s - record.from_utc_s) // _DAY_S
    kinds = sorted(profile.kinds & _FIRST_KINDS)
    for many in range(len(kinds) + 1):
        for denied in itertools.combinations(kinds, many):
            tightened = profile.without(denied)
            specs = tuple(spec for spec in releasable(tightened) if spec.feature_id in schema.FIRST_FEATURES)
            for grants in itertools.permutations(record.grants):
                first = _text(profile, specs, grants, days, _FIRST_TEXT)
                if hashlib.sha256(first.encode()).digest() == record.text_hash:
                    granted = {grant.signal for grant in grants}
                    return frozenset(spec.feature_id for spec in specs if spec.signal in granted)
    return frozenset()


def text(profile: Profile, grants: Sequence[Grant], days: int) -> str:
    """What the person is asked, in full; its hash stands in the record."""
    return _text(profile, releasable(profile), grants, days, TEXT_VERSION)


def _text(profile: Profile, specs: Sequence[Spec], grants: Sequence[Grant], days: int, version: int) -> str:
    lines = [
        f"Wardbeat consent, text {version}. {profile.words}",
        "What would leave this machine: five-minute summaries, sealed so that only the recipient opens them:",
    ]
    for grant in grants:
        if grant.purpose in NOTHING_SENT:
            continue
        more = PURPOSE_WORDS.get(_words_of(grant, grants), "")
        lines.append(f"- {_what(grant)}, for {grant.purpose}, to {grant.recipient}:{more}")
        lines += [f"    {spec.name}: {spec.words}" for spec in specs if spec.signal == grant.signal]
    sent = {grant.signal for grant in grants if grant.purpose not in NOTHING_SENT}
    if any(isinstance(spec, DaySpec) and spec.signal in sent for spec in specs):
        lines.append(DAYS_WORDS)
    if version > _FIRST_TEXT:
        lines += _team_lines(grants)
    counted = sorted({grant.recipient for grant in grants if grant.purpose in NOTHING_SENT})
    lines += [f"You would be counted by {recipient}.{PURPOSE_WORDS['group']}" for recipient in counted]
    lines += [
        "Never: heart beats one by one, pictures, sound, names, addresses.",
        f"Valid for {days} days from the moment you agree.",
        "You can withdraw at any moment, without a PIN.",
    ]
    return "\n".join(lines)


def _words_of(grant: Grant, grants: Sequence[Grant]) -> str:
    """The key in PURPOSE_WORDS: a score that a care team sees, too, does not come back to the person alone."""
    is_seen = any((one.signal, one.purpose, one.recipient) == (INDEX, CARE, grant.recipient) for one in grants)
    return INDEX if grant.purpose == SCORE and is_seen else grant.purpose


def _team_lines(grants: Sequence[Grant]) -> Iterator[str]:
    """What the care team of each recipient sees on its pages."""
    for recipient in sorted({grant.recipient for grant in grants if grant.purpose == CARE}):
        granted = {grant.signal for grant in grants if (grant.purpose, grant.recipient) == (CARE, recipient)}
        yield f"The care team of {recipient} then sees on its pages:"
        yield from (f"    {words}" for signal, words in TEAM_WORDS.items() if not signal or signal in granted)
        yield LOOKS_WORDS


def _what(grant: Grant) -> str:
    if grant.signal == CONTEXT:
        return "what you note (shifts, changes, check-ins) and your clock's time zone"
    if grant.signal == INDEX:
        return "the index of your weeks, which the hub computes from what you send for score"
    return f"signal {grant.signal}"


def record_grants(profile: Profile, grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """Grants that stand in the record: a hub of release 0.1.0 refuses a record that names another purpose."""
    first = tuple(sorted(grant for grant in grants if grant.purpose in FIRST_PURPOSES))
    return first or (Grant(NOTHING, profile.purposes[0], grants[0].recipient),)


def stated_grants(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """Grants that stand in the statement beside the record."""
    return tuple(sorted(grant for grant in grants if grant.purpose not in FIRST_PURPOSES))


def may_grant(profile: Profile, grant: Grant) -> bool:
    """Whether a profile allows a grant."""
    if grant.purpose not in profile.purposes:
        return False
    if grant.signal == CONTEXT:  # without a score or a care team nobody needs it
        return grant.purpose in (SCORE, CARE)
    if grant.signal == INDEX:
        return grant.purpose == CARE and SCORE in profile.purposes and _INDEX_KIND in profile.kinds
    return grant.signal in releasable_signals(profile)


def give(
    profile: Profile, device: str, serial: int, grants: Sequence[Grant], from_utc_s: int, days: int = EXPIRES_DAYS
) -> ConsentRecord:
    """A record that says yes; it is worth nothing before the person's key signs it.

    Raises:
        PolicyDenied: As `check`.
    """
    check(profile, grants)
    until_utc_s = from_utc_s + days * _DAY_S
    words = text(profile, grants, days)
    text_hash = hashlib.sha256(words.encode()).digest()
    within = record_grants(profile, grants)
    return ConsentRecord(serial, "give", device, profile.name, text_hash, from_utc_s, until_utc_s, within)


def check(profile: Profile, grants: Sequence[Grant]) -> None:
    """Whether a person can be asked for these grants together.

    Raises:
        PolicyDenied: The profile does not allow a grant, or one of them needs another.
    """
    for grant in grants:
        if not may_grant(profile, grant):
            raise PolicyDenied(
                f"the profile {profile.name!r} does not release {grant.signal!r} for {grant.purpose!r}",
                remedy="'wardbeat consent show' lists what you can release.",
            )
    is_scored = any(grant.purpose == SCORE and grant.signal != CONTEXT for grant in grants)
    if not is_scored and any(grant.signal == INDEX for grant in grants):
        raise PolicyDenied(
            "the hub computes the index from what you send for score, and this consent sends nothing for it",
            remedy="Choose a signal for score beside it, such as heart.",
        )
    if not any(grant.signal != CONTEXT for grant in grants):
        raise PolicyDenied(
            "a consent to what you note alone gives nobody anything to score",
            remedy="Choose a signal beside it, such as heart.",
        )


def withdrawal(profile: str, device: str, serial: int, at_utc_s: int) -> ConsentRecord:
    """A record that takes everything back, from now on."""
    return ConsentRecord(serial, "withdraw", device, profile, bytes(32), at_utc_s, at_utc_s, ())
