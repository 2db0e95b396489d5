"""Consent, pure: the words a person reads, and the record that says yes to exactly those words."""

import hashlib
from collections.abc import Sequence
from typing import Final

from agent.errors import PolicyDenied
from agent.features import FEATURES
from agent.tables.feature_spec import FeatureSpec
from agent.tables.profiles import Profile
from agent.wire.consent import ConsentRecord, Grant

TEXT_VERSION: Final = 1
EXPIRES_DAYS: Final = 90  # notes/delivery_and_privacy.md R2
_DAY_S: Final = 86_400


def releasable(profile: Profile) -> tuple[FeatureSpec, ...]:
    """Features that this profile may release."""
    return tuple(
        spec
        for spec in FEATURES.values()
        if spec.release != "live_only" and profile.may_release(spec.signal, spec.kind)
    )


def releasable_signals(profile: Profile) -> tuple[str, ...]:
    """Signals with at least one of them."""
    return tuple(sorted({spec.signal for spec in releasable(profile)}))


def text(profile: Profile, grants: Sequence[Grant], days: int) -> str:
    """What the person is asked, in full; its hash stands in the record."""
    lines = [
        f"Wardbeat consent, text {TEXT_VERSION}. {profile.words}",
        "What would leave this machine: five-minute summaries, sealed so that only the recipient opens them:",
    ]
    for grant in grants:
        lines.append(f"- signal {grant.signal}, for {grant.purpose}, to {grant.recipient}:")
        lines += [f"    {spec.name}: {spec.words}" for spec in releasable(profile) if spec.signal == grant.signal]
    lines += [
        "Never: heart beats one by one, pictures, sound, names, addresses.",
        f"Valid for {days} days from the moment you agree.",
        "You can withdraw at any moment, without a PIN.",
    ]
    return "\n".join(lines)


def give(
    profile: Profile, device: str, serial: int, grants: Sequence[Grant], from_utc_s: int, days: int = EXPIRES_DAYS
) -> ConsentRecord:
    """A record that says yes; it is worth nothing before the person's key signs it.

    Raises:
        PolicyDenied: The profile does not allow a grant.
    """
    allowed = releasable_signals(profile)
    for grant in grants:
        if grant.purpose not in profile.purposes or grant.signal not in allowed:
            raise PolicyDenied(
                f"the profile {profile.name!r} does not release {grant.signal!r} for {grant.purpose!r}",
                remedy="'wardbeat consent show' lists what you can release.",
            )
    until_utc_s = from_utc_s + days * _DAY_S
    words = text(profile, grants, days)
    text_hash = hashlib.sha256(words.encode()).digest()
    ordered = tuple(sorted(grants, key=lambda grant: (grant.signal, grant.purpose, grant.recipient)))
    return ConsentRecord(serial, "give", device, profile.name, text_hash, from_utc_s, until_utc_s, ordered)


def withdrawal(profile: str, device: str, serial: int, at_utc_s: int) -> ConsentRecord:
    """A record that takes everything back, from now on."""
    return ConsentRecord(serial, "withdraw", device, profile, bytes(32), at_utc_s, at_utc_s, ())
