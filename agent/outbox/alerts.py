"""Alerts of the hub about its person, who hears of them first: judged, and kept under the data key.

Of each number the highest revision is kept, with when it came, and what the person said about it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from agent.errors import KeysMissing, WireRefused, WrongUse
from agent.outbox import consent_records, consents, named_features
from agent.outbox.file import Outbox
from agent.outbox.rows import HUB_ALERTS
from agent.privacy.consent import CARE
from agent.system.storage import storing
from agent.wire import codec
from agent.wire.alert import Alert, decode_alert, is_signed
from agent.wire.codec import Fields, Item
from agent.wire.consent import decode_record
from agent.wire.directory import Directory
from agent.wire.message import SCORE
from agent.wire.receipt import AlertMessage

MOST: Final = 100
HOLD_S: Final = 86_400
REFUSALS: Final = {
    "alert_signature": "it is not signed by a score key of the hub",
    "alert_malformed": "it cannot be read",
    "alert_too_new": "a newer hub wrote it",
    "alert_other_device": "it is for another machine",
    "alert_no_consent": "the consent that it names is not in force any more",
    "alert_old": "a newer one of that number is here",
}
NEWS: Final = "an alert about you came: your page shows it under Today, and so does 'wardbeat looks --alerts'"
_OPEN_TO_HOLD: Final = ("with_person", "held")


@dataclass(frozen=True, slots=True)
class Heard:
    """An alert as it is kept.

    Attributes:
        alert: As the hub signed it, at its newest revision.
        came_utc_s: When its first revision came.
        held_utc_s, seen_utc_s: When the person said so; 0: not yet.
    """

    alert: Alert
    came_utc_s: int
    held_utc_s: int = 0
    seen_utc_s: int = 0

    def may_be_held(self, now_utc_s: int) -> bool:
        """Whether the team does not read it yet, and is to."""
        is_to_come = self.alert.state in _OPEN_TO_HOLD and self.alert.team_utc_s > now_utc_s
        return is_to_come and not self.held_utc_s


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of alerts.

    Attributes:
        first: Those whose number was not here.
        refused: Why the others were refused, by names of `REFUSALS`.
    """

    first: tuple[Alert, ...] = ()
    refused: tuple[str, ...] = ()


def take(
    outbox: Outbox, messages: Iterable[AlertMessage], directory: Directory, site: str, device: str, now_utc_s: int
) -> Taken:
    """Keep what is right. An alert that is here already is neither kept again nor refused: answers may come twice.

    Args:
        outbox: The file.
        messages: As they came.
        directory: The newest believed one.
        site, device: Who this is.
        now_utc_s: The session's UTC now.
    """
    arrived = list(messages)
    if not arrived:
        return Taken()
    first: list[Alert] = []
    refused: list[str] = []
    with storing(outbox.db):
        known = _by_number(outbox)
        before = dict(known)
        for message in arrived:
            try:
                alert = _judged(outbox, message, directory, site, device)
                last = known.get(alert.number)
                if last is not None and alert.revision < last.alert.revision:
                    raise WireRefused("alert_old")
                if last is None or alert.revision > last.alert.revision:
                    known[alert.number] = replace(last, alert=alert) if last else Heard(alert, now_utc_s)
                    first += [] if last else [alert]
            except WireRefused as error:
                refused.append(error.reason)
        if known != before:
            _keep(outbox, known)
    return Taken(tuple(first), tuple(refused))


def kept(outbox: Outbox) -> list[Heard]:
    """Every alert that is kept, by number; none where they were altered."""
    try:
        words = outbox.sealed_meta(HUB_ALERTS)
        item = [] if words is None else codec.decode(words)
        found = []
        for listed in Fields(item, len(item) if isinstance(item, list) else 0).left():
            row = Fields(listed, 4)
            found.append(Heard(decode_alert(row.raw()), row.uint(), row.uint(), row.uint()))
    except (KeysMissing, WireRefused):
        return []
    return found


def stamp(outbox: Outbox) -> str:
    """Changes whenever an alert came, changed, or was answered."""
    return " ".join(
        f"{heard.alert.number}.{heard.alert.revision}.{heard.held_utc_s}.{heard.seen_utc_s}" for heard in kept(outbox)
    )


def check(outbox: Outbox, what: str, number: int, now_utc_s: int) -> None:
    """Whether the person can say this about an alert.

    Raises:
        WrongUse: There is none of that number, or it is too late to hold it.
    """
    heard = _by_number(outbox).get(number)
    if heard is None:
        raise WrongUse(f"there is no alert {number}", remedy="'wardbeat looks --alerts' lists them.")
    if what == "hold" and not heard.may_be_held(now_utc_s):
        raise WrongUse(
            f"alert {number} cannot be held: you held it already, the team has it, or it never goes to a team",
            remedy="'wardbeat consent withdraw' ends every alert.",
        )


def note(outbox: Outbox, what: str, number: int, now_utc_s: int) -> None:
    """Remember what the person said about an alert. The caller holds the transaction."""
    known = _by_number(outbox)
    heard = known[number]
    held = heard.held_utc_s or (now_utc_s if what == "hold" else 0)
    known[number] = replace(heard, held_utc_s=held, seen_utc_s=heard.seen_utc_s or now_utc_s)
    _keep(outbox, known)


def _by_number(outbox: Outbox) -> dict[int, Heard]:
    return {heard.alert.number: heard for heard in kept(outbox)}


def _keep(outbox: Outbox, known: dict[int, Heard]) -> None:
    rows: list[Item] = [
        [heard.alert.encode(), heard.came_utc_s, heard.held_utc_s, heard.seen_utc_s]
        for heard in (known[number] for number in sorted(known)[-MOST:])
    ]
    outbox.put_sealed_meta(HUB_ALERTS, codec.encode(rows))


def _judged(outbox: Outbox, message: AlertMessage, directory: Directory, site: str, device: str) -> Alert:
    if not any(is_signed(message, public, site) for public in directory.score_keys()):
        raise WireRefused("alert_signature")
    try:
        alert = decode_alert(message.body)
    except WireRefused as refused:
        raise WireRefused("alert_too_new" if refused.reason == "schema_too_new" else "alert_malformed") from refused
    if alert.device != device:
        raise WireRefused("alert_other_device")
    if not _rests_on_consent(outbox, alert.serial):
        raise WireRefused("alert_no_consent")
    return alert


def _rests_on_consent(outbox: Outbox, serial: int) -> bool:
    """Whether a consent to care or to a score is still kept under this serial, and none was withdrawn since: an erasure
    forgets both.
    """
    if consents.consented(outbox) is None:
        return False
    later = outbox.db.execute("SELECT serial, record FROM consent WHERE serial >= ? ORDER BY serial", (serial,))
    try:
        records = [
            decode_record(consent_records.opened(outbox.vault, at, bytes(record))) for at, record in later.fetchall()
        ]
    except (KeysMissing, WireRefused):  # altered: the safe side
        return False
    if not records or records[0].serial != serial or any(record.action != "give" for record in records):
        return False
    stated = named_features.of(outbox, records[0].hash)
    granted = {grant.purpose for grant in (*records[0].grants, *(stated.grants if stated else ()))}
    return bool(granted & {CARE, SCORE})
