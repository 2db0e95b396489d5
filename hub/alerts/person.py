"""One person inside one transaction: what the team may see, alerts, and what goes to the person and to the team."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.scoring.messages import shown_at
from agent.scoring.observations import Shift
from agent.wire import codes
from agent.wire.alert import Alert
from agent.wire.message import SCORE
from hub.alerts.facts import FACTS, Fact, Known
from hub.alerts.rules import ANY, CARE, DAY_S, RULES, AlertRule
from hub.alerts.settings import SiteRules
from hub.alerts.states import CLOSED, Now, Standing, step
from hub.care.alert_words import AlertWords, decode, encode
from hub.care.consented import ended_serial
from hub.care.picture import Picture
from hub.care.picture import encode as encode_picture
from hub.care.projecting import project
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.scoring.digest import Digest
from hub.scoring.fold import newest_day
from hub.scoring.noted import Noted, Statements, with_statement
from hub.store.alerts import AlertRows
from hub.store.care_rows import CareReads, CareRows
from hub.store.posts import Posts
from hub.store.records import SignedRecord, last_given, standing
from hub.store.rides import ALERT, numbers_riding, put_ride, ride_words
from hub.store.shown import KeptPicture, Shown
from hub.store.team_alerts import KeptAlert, TeamAlerts

_CONTEXT: Final = "context"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is looked at.

    Attributes:
        device: Whose.
        now_utc_s: The hub's clock.
        digest: What scoring keeps; None: nothing.
        alarm_days: Days of change alarms.
    """

    device: Device
    now_utc_s: int
    digest: Digest | None = None
    alarm_days: tuple[int, ...] = ()


class _Reads(CareReads):
    """Of one person: signatures are checked once."""

    _records: list[SignedRecord] | None = None

    def records(self, device: Device) -> list[SignedRecord]:
        """As there."""
        if self._records is None:
            self._records = super().records(device)
        return self._records


def follow(
    db: Any, keys: KeyStore, person: Person, site: SiteRules, number: int, counts: Counter[str]
) -> tuple[int, int]:
    """Bring what follows from a person's rows up to date.

    Args:
        db: The open transaction, which holds the person's lock.
        keys: The hub's, refreshed.
        person: Who.
        site: The rules in force.
        number: Of the next alert.
        counts: What was done is added.

    Returns:
        When time alone changes something (UTC s; 0: it does not), and the number of the next alert.
    """
    kid, now_utc_s = person.device.kid, person.now_utc_s
    reads = _Reads(db, keys)
    picture = project(reads, person.device, now_utc_s)
    _show(Shown(db, keys), kid, picture, now_utc_s)
    rows = AlertRows(db, keys)
    known = _standings(TeamAlerts(db, keys).every([kid]))
    scored = _scored(reads, person)
    if picture is None and not scored and not known:
        return 0, number
    care = reads.rows(kid, ended_serial(person.device))
    facts, free_utc_s = _known(person, picture), _free(care, person, picture)
    riding, held = frozenset(numbers_riding(db, kid, ALERT)), _held(care)
    wakes = [0 if picture is None else picture.until_utc_s]
    for rule in RULES:
        row = next((one for one in site.rules if one.name == rule.name), None)
        serial = 0 if row is None else _serial(row, picture, scored)
        fact = FACTS[rule.name](facts) if serial else Fact(None)
        now = Now(now_utc_s, fact, serial, riding, held, free_utc_s)
        mine = [one for name, one in known if name == rule.name]
        taken = step(row or rule, mine, now, number)
        if taken.dropped:
            rows.drop(taken.dropped)
        number += any(one.number == number for one in taken.changed)
        changed = {one.number: one for one in (*mine, *taken.changed) if one.number not in taken.dropped}
        for one in changed.values():
            if one in taken.changed or one.told_revision != one.revision:
                _keep(db, keys, person.device, row or rule, one, counts)
        if taken.is_new_to_team:
            _post(Posts(db), site, now_utc_s, counts, is_lead=False)
        if taken.is_escalated:
            _post(Posts(db), site, now_utc_s, counts, is_lead=True)
        wakes.append(taken.wake_utc_s)
    return min((one for one in wakes if one > now_utc_s), default=0), number


def _serial(rule: AlertRule, picture: Picture | None, scored: int) -> int:
    """Serial of the consent that grants what a rule needs; 0: none does."""
    if rule.purpose != CARE:
        return scored
    if picture is None or (rule.signal != ANY and rule.signal not in picture.granted):
        return 0
    return picture.serial


def _scored(reads: CareReads, person: Person) -> int:
    """Serial of the consent in force that lets the hub score; 0: there is none."""
    records = reads.records(person.device)
    record = last_given(records)
    if record is None or person.device.revoked or standing(person.device, record, person.now_utc_s) != "in force":
        return 0
    signed = next(one for one in records if one.record is record)
    grants = [*record.grants, *(signed.features.grants if signed.features else ())]
    is_granted = any(grant.purpose == SCORE and grant.recipient == reads.operator for grant in grants)
    return record.serial if is_granted else 0


def _known(person: Person, picture: Picture | None) -> Known:
    digest = person.digest
    today = -1 if digest is None else newest_day(digest, Noted(digest.statements))
    if picture is None:
        return Known(person.now_utc_s, today=today, alarm_days=person.alarm_days)
    contact_day = picture.contact_day
    return Known(person.now_utc_s, picture, contact_day, picture.from_utc_s, today, person.alarm_days)


def _free(care: CareRows, person: Person, picture: Picture | None) -> int:
    """When the shift ends that runs now; now, where none does."""
    said: Statements = {} if person.digest is None else person.digest.statements
    shifts: list[Shift] = list(Noted(said).shifts)
    if picture is not None and _CONTEXT in picture.granted:
        shared: Statements = {}
        for index, message in care.contexts():
            if message.day >= person.now_utc_s // DAY_S - 2:
                shared = with_statement(shared, index, message)
        shifts += Noted(shared).shifts
    return shown_at(person.now_utc_s, shifts)


def _held(care: CareRows) -> frozenset[int]:
    hold = codes.codes("asks")["hold"]
    return frozenset(ask.about for _, ask in care.asks() if ask.what == hold)


def _show(shown: Shown, kid: bytes, picture: Picture | None, now_utc_s: int) -> None:
    if picture is None:
        shown.delete(kid)
    else:
        shown.put(kid, KeptPicture(picture.serial, now_utc_s, encode_picture(picture)))


def _standings(kept: Sequence[KeptAlert]) -> list[tuple[str, Standing]]:
    """The alerts of a person that open, with their rule's name."""
    return [(words.rule, _standing(one, words)) for one in kept if one.words and (words := decode(one.words))]


def _standing(kept: KeptAlert, words: AlertWords) -> Standing:
    return Standing(
        kept.number,
        kept.serial,
        kept.revision,
        kept.state,
        words.since_day,
        words.made_utc_s,
        words.closed_utc_s,
        kept.team_utc_s,
        words.handed_utc_s,
        words.told_revision,
        words.escalated_utc_s,
        words.more,
        kept.acknowledged_by or "",
        kept.acknowledged_utc_s or 0,
    )


def _keep(db: Any, keys: KeyStore, device: Device, rule: AlertRule, alert: Standing, counts: Counter[str]) -> None:
    """Keep an alert; where it says something new, have it ride to its person."""
    if alert.told_revision != alert.revision:
        team_utc_s = alert.team_utc_s if rule.may_team else 0
        said = Alert(
            device.device,
            alert.serial,
            alert.number,
            alert.revision,
            rule.name,
            alert.state,
            alert.since_day,
            alert.made_utc_s,
            team_utc_s,
        )
        answer = ride_words(said.signed(keys.sign_key("score"), keys.site))
        put_ride(db, keys, device.kid, ALERT, alert.number, alert.revision, answer)
        counts["alerts_raised" if alert.revision == 1 else "alerts_changed"] += 1
        counts["alerts_closed"] += alert.state == CLOSED
    words = AlertWords(
        rule.name,
        alert.since_day,
        alert.made_utc_s,
        rule.suggestion,
        alert.closed_utc_s,
        alert.more,
        alert.handed_utc_s,
        alert.revision,
        alert.escalated_utc_s,
    )
    kept = KeptAlert(
        alert.number,
        device.kid,
        alert.serial,
        alert.state,
        alert.revision,
        alert.team_utc_s,
        alert.acknowledged_by or None,
        alert.acknowledged_utc_s or None,
        encode(words),
    )
    TeamAlerts(db, keys).put(kept)


def _post(posts: Posts, site: SiteRules, now_utc_s: int, counts: Counter[str], *, is_lead: bool) -> None:
    """Have the team's channels, or the lead's, say that there is a message."""
    due_utc_s = now_utc_s if site.quiet is None else site.quiet.until(now_utc_s)
    for channel in site.channels:
        if channel.is_lead == is_lead:
            is_own = posts.add(channel.name, channel.a_day, now_utc_s, due_utc_s)
            counts["alerts_posts" if is_own else "alerts_posts_joined"] += 1
