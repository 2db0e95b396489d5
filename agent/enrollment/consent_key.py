"""What a yes covers, and the yes that the person's key signs."""

import difflib
from collections.abc import Mapping, Sequence

from agent.config import Settings
from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.errors import WrongUse
from agent.privacy import consent
from agent.privacy.vault import existing_vault
from agent.sources import SOURCES
from agent.tables.profiles import Profile
from agent.tables.signals import SIGNALS
from agent.wire.consent import SignedYes
from agent.wire.context import SIGNAL as CONTEXT
from agent.wire.message import SCORE, Grant


def grants(
    profile: Profile,
    operator: str,
    signals: Sequence[str] = (),
    purposes: Sequence[str] = (),
    *,
    context: bool = False,
    team: Sequence[str] = (),
) -> tuple[Grant, ...]:
    """What a yes would cover.

    Args:
        profile: The policy in force.
        operator: The enrolled hub's.
        signals: Those that are wanted; none: every releasable one.
        purposes: Those that are wanted; none: the profile's own.
        context: Whether what the person notes goes with a score.
        team: What the care team may see beside the signals: `consent.FOR_TEAM`.

    Raises:
        WrongUse: The profile has no such purpose, or a care team is not among those that are wanted.
    """
    wanted = tuple(dict.fromkeys(purposes)) or profile.purposes[:1]
    for purpose in wanted:
        if purpose not in profile.purposes:
            known = ", ".join(profile.purposes) or "none"
            raise WrongUse(f"the profile {profile.name!r} has no purpose {purpose!r}", remedy=f"There are: {known}.")
    chosen = signals or consent.releasable_signals(profile)
    found = [Grant(signal, purpose, operator) for purpose in wanted for signal in chosen]
    if context and SCORE in wanted:
        found.append(Grant(CONTEXT, SCORE, operator))
    if team and consent.CARE not in wanted:
        raise WrongUse(
            "what a care team may see needs the purpose 'care'",
            remedy="Add --purpose care, or leave --team out." if consent.CARE in profile.purposes else "",
        )
    found += [Grant(word, consent.CARE, operator) for word in dict.fromkeys(team)]
    return tuple(found)


def signals(
    settings: Settings, named: Sequence[str] = (), switches: Mapping[str, bool] | None = None
) -> tuple[str, ...]:
    """What a yes is asked for: the signals that were named, else those of every sensor that is on.

    Args:
        settings: Sensors that are configured are on.
        named: Signals, as in SIGNALS.
        switches: Sensors that the person switched on or off at the page, see `outbox.pauses.switches`.

    Raises:
        WrongUse: There is no such signal, or no sensor is on.
    """
    if named:
        for name in named:
            if name not in SIGNALS:
                near = difflib.get_close_matches(name, SIGNALS, n=1)
                raise WrongUse(
                    f"there is no signal {name!r}",
                    remedy=f"Did you mean {near[0]}?" if near else f"There are {', '.join(SIGNALS)}.",
                )
        return tuple(named)
    on = {name: name in settings.sources for name in SOURCES} | dict(switches or {})
    chosen = {row.signal for row in SOURCES.values() if on.get(row.name)}
    if not chosen:
        raise WrongUse(
            "no sensor is switched on, so there is nothing to ask for",
            remedy=f"Switch one on, or name what may leave: --signal {next(iter(SIGNALS))}.",
        )
    return tuple(sorted(chosen))


def signed_yes(
    settings: Settings,
    profile: Profile,
    enrolled: Identity,
    serial: int,
    wanted: Sequence[Grant],
    pin: str,
    from_utc_s: int,
) -> SignedYes:
    """A consent record and the features that it names, signed by the key that the PIN opens.

    Raises:
        WrongPin, PolicyDenied: Nothing was signed.
    """
    record = consent.give(profile, enrolled.device, serial, wanted, from_utc_s, settings.consent_days)
    granted = {grant.signal for grant in wanted}
    named = (spec.feature_id for spec in consent.releasable(profile) if spec.signal in granted)
    vault = existing_vault(settings.state_dir, settings.key_store)
    key = identity.consent_key(settings.state_dir, pin, vault)
    return record.signed_yes(key, enrolled.site, named, consent.stated_grants(wanted))
