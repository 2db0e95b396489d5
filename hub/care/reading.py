"""Whom the team sees at this moment, and what of them: the signed consent decides, whatever was kept before."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from agent.errors import WireRefused
from hub.care.alert_words import AlertWords
from hub.care.alert_words import decode as decode_alert
from hub.care.consented import Consented, consented
from hub.care.picture import Picture, decode, decode_head
from hub.care.rows import Opened
from hub.keys.devices import Device
from hub.store.care_view import CareView
from hub.store.team_alerts import ACKNOWLEDGED, WITH_TEAM, KeptAlert
from hub.store.team_notes import TeamNote

CLOSED: Final = "closed"
_NEVER: Final = "change_alarm"  # a rule that never comes to a team


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """One person who lets this team see them.

    Attributes:
        kid: The device.
        label: The operator's study label; empty: none.
        picture: What they granted to this team, as it was made last.
    """

    kid: bytes
    label: str
    picture: Picture

    @property
    def name(self) -> str:
        """What the team calls them: the label, or the first letters of the device's random name."""
        return self.label or self.picture.device[:8]


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """One alert that came to the team.

    Attributes:
        person: Whose.
        kept, words: Its state, and what it says.
    """

    person: SeenPerson
    kept: KeptAlert
    words: AlertWords


def people(opened: Opened) -> list[SeenPerson]:
    """Everybody whose consent lets this team see them now, in no order; without lines and check-ins.

    Args:
        opened: The request's.
    """
    with opened.store.connected() as db:
        return list(_people(CareView(db, opened.keys), opened).values())


def person(opened: Opened, device: str) -> SeenPerson | None:
    """One person; None: there is nobody of that name who lets this team see them now.

    Args:
        opened: The request's.
        device: The random name.
    """
    known = opened.keys.devices.named(device)
    if known is None:
        return None
    with opened.store.connected() as db:
        view = CareView(db, opened.keys)
        kept = view.pictures([known.kid]).get(known.kid)
        consent = consented(known, view.records([known])[known.kid], opened.keys.operator, opened.now_utc_s)
    if kept is None or consent is None:
        return None
    try:
        return _seen(known, opened.keys.people.labels(), within(decode(kept.words), consent))
    except WireRefused:
        return None  # it is made again by `hub alerts`


def notes(opened: Opened, kid: bytes) -> list[TeamNote]:
    """The team's notes on somebody, newest first.

    Args:
        opened: The request's.
        kid: Of a person that `person` gave.
    """
    with opened.store.connected() as db:
        return CareView(db, opened.keys).notes(kid)


def alerts(opened: Opened) -> list[SeenAlert]:
    """Alerts that came to the team, of people whom it sees now; newest first.

    Args:
        opened: The request's.
    """
    with opened.store.connected() as db:
        view = CareView(db, opened.keys)
        by_kid, kept = _people(view, opened), view.alerts()
    return _came_of(by_kid, kept)


def alerts_of(opened: Opened, seen: SeenPerson) -> list[SeenAlert]:
    """The same of one person.

    Args:
        opened: The request's.
        seen: Of `person`.
    """
    with opened.store.connected() as db:
        return _came_of({seen.kid: seen}, CareView(db, opened.keys).alerts([seen.kid]))


def within(picture: Picture, consent: Consented) -> Picture:
    """What of a kept picture the consent in force still grants; its bounds are the consent's.

    Args:
        picture: As it was made, perhaps under an earlier consent.
        consent: In force now.
    """
    granted = set(picture.granted) & set(consent.granted)
    shown = replace(
        picture,
        granted=consent.granted,
        from_utc_s=consent.record.from_utc_s,
        until_utc_s=consent.record.until_utc_s,
    )
    if "heart" not in granted:
        shown = replace(shown, worn_h=(), gaps=())
    if "index" not in granted or not consent.shows_index:
        shown = replace(shown, weeks=(), lines=(), state="no_index")
    return shown if "context" in granted else replace(shown, check_ins=())


def _people(view: CareView, opened: Opened) -> dict[bytes, SeenPerson]:
    kept, labels = view.pictures(), opened.keys.people.labels()
    devices = [device for kid in kept if (device := opened.keys.devices.of(kid)) is not None]
    records = view.records(devices)
    found = {}
    for device in devices:
        consent = consented(device, records.get(device.kid, ()), opened.keys.operator, opened.now_utc_s)
        if consent is None:
            continue
        try:
            picture = decode_head(kept[device.kid].words)
        except WireRefused:
            continue  # it is made again by `hub alerts`
        found[device.kid] = _seen(device, labels, within(picture, consent))
    return found


def _seen(device: Device, labels: dict[bytes, str], picture: Picture) -> SeenPerson:
    return SeenPerson(device.kid, labels.get(device.kid, ""), picture)


def _words(kept: KeptAlert) -> AlertWords | None:
    try:
        return None if kept.words is None else decode_alert(kept.words)
    except WireRefused:
        return None


def _came_of(by_kid: dict[bytes, SeenPerson], kept: Iterable[KeptAlert]) -> list[SeenAlert]:
    """Those that came to the team, newest first."""
    found = (SeenAlert(by_kid[one.kid], one, words) for one in kept if (words := _words(one)) and one.kid in by_kid)
    return sorted((one for one in found if _came(one)), key=lambda one: -one.kept.number)


def _came(alert: SeenAlert) -> bool:
    """Whether it came to the team: one that was closed before did not, and one that the person still holds has not."""
    kept = alert.kept
    if alert.words.rule == _NEVER or not kept.team_utc_s:
        return False
    return kept.state in (WITH_TEAM, ACKNOWLEDGED) or (
        kept.state == CLOSED and kept.team_utc_s <= alert.words.closed_utc_s
    )
