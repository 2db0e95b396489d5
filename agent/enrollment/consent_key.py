"""What a yes covers, and the yes that the person's key signs."""

import difflib
from collections.abc import Sequence

from agent.config import Settings
from agent.enrollment import identity
from agent.errors import WrongUse
from agent.features import FEATURES
from agent.privacy import consent
from agent.privacy.policy import Profile
from agent.sources import SOURCES
from agent.wire.consent import Grant
from agent.wire.message import ConsentMessage


def grants(profile: Profile, operator: str, signals: Sequence[str] = ()) -> tuple[Grant, ...]:
    """What a yes would cover: every releasable signal, or those named, for each purpose."""
    chosen = signals or consent.releasable_signals(profile)
    return tuple(Grant(signal, purpose, operator) for purpose in sorted(profile.purposes) for signal in chosen)


def signals(settings: Settings, named: Sequence[str] = ()) -> tuple[str, ...]:
    """What a yes is asked for: what was named, else every signal, but for a camera's that is not switched on."""
    if named:
        known = {spec.signal for spec in SOURCES.values()} | {spec.signal for spec in FEATURES.values()}
        for one in named:
            if one not in known:
                near = difflib.get_close_matches(one, known, n=1)
                raise WrongUse(
                    f"there is no signal {one!r}",
                    remedy=f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))}.",
                )
        return tuple(named)
    on = {name for name, spec in SOURCES.items() if name in settings.sources or not spec.needs_consent}
    return tuple(sorted({SOURCES[name].signal for name in on}))


def signed_yes(
    settings: Settings,
    profile: Profile,
    enrolled: identity.Identity,
    serial: int,
    wanted: Sequence[Grant],
    pin: str,
    from_utc_s: int,
) -> ConsentMessage:
    """A consent record, signed by the key that the PIN opens.

    Raises:
        WrongPin, PolicyDenied: Nothing was signed.
    """
    record = consent.give(profile, enrolled.device, serial, wanted, from_utc_s, settings.consent_days)
    return record.signed(identity.consent_key(settings.state_dir, pin), enrolled.site)
