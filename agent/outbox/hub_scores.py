"""Scores that the hub sent back: judged, and kept under the data key, the newest of each day."""

from collections.abc import Iterable
from typing import Final

from agent.errors import KeysMissing, WireRefused
from agent.outbox import consents, named_features
from agent.outbox.file import Outbox
from agent.outbox.rows import HUB_SCORES
from agent.system.storage import storing
from agent.wire import codec
from agent.wire.codec import Fields
from agent.wire.directory import Directory
from agent.wire.message import SCORE
from agent.wire.receipt import ScoreMessage
from agent.wire.score import Score, decode_score, is_signed

MOST: Final = 60  # days
REFUSALS: Final = {
    "score_signature": "it is not signed by a score key of the hub",
    "score_malformed": "it cannot be read",
    "score_too_new": "a newer hub wrote it",
    "score_other_device": "it is for another machine",
    "score_no_consent": "you have not consented to a score",
    "score_old": "a newer one for that day is here",
}


def take(outbox: Outbox, messages: Iterable[ScoreMessage], directory: Directory, site: str, device: str) -> list[str]:
    """Keep what is right; returns why the others were refused, by names of `REFUSALS`.

    A score that is here already is neither kept again nor refused: answers may come twice.

    Args:
        outbox: The file.
        messages: As they came.
        directory: The newest believed one.
        site, device: Who this is.
    """
    arrived = list(messages)
    if not arrived:
        return []
    refused: list[str] = []
    with storing(outbox.db):
        known = {score.day: score for score in kept(outbox)}
        before = dict(known)
        for message in arrived:
            try:
                score = _judged(outbox, message, directory, site, device)
                last = known.get(score.day)
                if last is not None and score.revision < last.revision:
                    raise WireRefused("score_old")
                if last is None or score.revision > last.revision:
                    known[score.day] = score
            except WireRefused as error:
                refused.append(error.reason)
        if known != before:
            newest = sorted(known)[-MOST:]
            outbox.put_sealed_meta(HUB_SCORES, codec.encode([known[day].encode() for day in newest]))
    return refused


def _judged(outbox: Outbox, message: ScoreMessage, directory: Directory, site: str, device: str) -> Score:
    if not any(is_signed(message, public, site) for public in directory.score_keys()):
        raise WireRefused("score_signature")
    try:
        score = decode_score(message.body)
    except WireRefused as refused:
        raise WireRefused("score_too_new" if refused.reason == "schema_too_new" else "score_malformed") from refused
    if score.device != device:
        raise WireRefused("score_other_device")
    if consents.consented(outbox) is None or not _granted(outbox, score.serial):
        raise WireRefused("score_no_consent")
    return score


def _granted(outbox: Outbox, serial: int) -> bool:
    """Whether a consent that is still kept granted a score, and none was withdrawn since: an erasure forgets both."""
    later = outbox.db.execute("SELECT serial, hash FROM consent WHERE serial >= ?", (serial,)).fetchall()
    statements = {at: named_features.of(outbox, consent) for at, consent in later}
    own = statements.get(serial)
    is_granted = own is not None and any(grant.purpose == SCORE for grant in own.grants)
    return is_granted and None not in statements.values()  # a withdrawal has no statement


def kept(outbox: Outbox) -> list[Score]:
    """The newest score of each day, oldest first; none where they were altered: the hub sends newer ones."""
    try:
        words = outbox.sealed_meta(HUB_SCORES)
        item = [] if words is None else codec.decode(words)
        rows = Fields(item, len(item) if isinstance(item, list) else 0)
        return [decode_score(body) for body in rows.left() if isinstance(body, bytes)]
    except (KeysMissing, WireRefused):
        return []
