"""Requests of machines without an identity, through the broker: noted for the operator, or admitted at once.

message ─▶ known code ─▶ opened ─▶ its own pass ─▶ keys sign for themselves ─▶ waiting ─▶ reply under the code's key
└ anonymous: counted, never answered ┘            └──── refused: the machine and the operator are told ────┘
"""

import logging
import time
from collections import Counter
from pathlib import Path

from agent.errors import WardbeatError, WireRefused
from agent.wire import bootstrap, labels
from agent.wire.bootstrap import Said
from agent.wire.enroll import verified_request
from hub.enroll import admit_paper, known_device
from hub.keys.codes import KnownCode
from hub.keys.keystore import KeyStore

log = logging.getLogger(__name__)


def reply(folder: Path, keys: KeyStore, topic: str, data: bytes, counts: Counter[str]) -> tuple[str, bytes] | None:
    """What the hub says to a message of a pass: (topic, reply); None where nobody can be told.

    Args:
        folder: The hub's, with the CA.
        keys: Codes, devices and waiting requests.
        topic: Where it was published; the broker lets each pass publish to its own alone.
        data: The message.
        counts: Counted here by what became of it.
    """
    name, now_utc_s = topic.rpartition("/")[2], int(time.time())
    at = keys.site, name
    try:
        code = keys.codes.known(bootstrap.code_name_of(data), now_utc_s)
        if code is None:
            raise WireRefused("unknown_key", "the code is unknown, void or ended")
        said = bootstrap.opened_message(code.seal, at, data)
    except WireRefused as refused:
        counts[f"enroll_{refused.reason}"] += 1
        return None
    status, body = _decided(folder, keys, name, code, said, counts)
    down = labels.down_topic(keys.site, name)
    return down, bootstrap.sealed_reply(code.seal, at, said.nonce, status, body)


def _decided(
    folder: Path, keys: KeyStore, name: str, code: KnownCode, said: Said, counts: Counter[str]
) -> tuple[int, bytes]:
    """Status and body of the reply."""
    try:
        if said.what == bootstrap.OBJECTION:
            _note_objection(keys, code, said, counts)
            return bootstrap.PENDING, b""
        if said.what != bootstrap.REQUEST:
            raise WireRefused("malformed", "a message of an unknown kind")
        if name != code.pass_name:
            raise WireRefused("wrong_site", "the message came by the pass of another bundle")
        return _asked(folder, keys, code, said.body, counts)
    except WireRefused as refused:
        counts[f"enroll_{refused.reason}"] += 1
        log.warning("a request to enroll was refused (%s); see 'wardbeat hub admit SITE --pending'", refused.reason)
        return bootstrap.REFUSED, bootstrap.reason_body(refused.reason)
    except WardbeatError as failed:  # the CA is not here, the disk is full: the machine asks again
        log.error("a request to enroll waits: %s. %s", failed, failed.remedy)
        return bootstrap.PENDING, b""


def _asked(folder: Path, keys: KeyStore, code: KnownCode, paper: bytes, counts: Counter[str]) -> tuple[int, bytes]:
    request = verified_request(paper)
    waiting = keys.waiting.note(paper, code.hash, int(time.time()))
    if waiting.answer is not None and known_device(keys, request) is not None:
        return bootstrap.ADMITTED, waiting.answer
    try:
        if known_device(keys, request) is not None or (code.is_open and code.at_once):
            answer = admit_paper(folder, keys, paper)
            counts["enroll_admitted"] += 1
            return bootstrap.ADMITTED, answer
        if not code.is_open:
            raise WireRefused("bad_code", "another machine was enrolled with this bundle")
    except WireRefused as refused:
        keys.waiting.refuse(paper, refused.reason)
        raise
    counts["enroll_waiting"] += 1
    return bootstrap.PENDING, b""


def _note_objection(keys: KeyStore, code: KnownCode, said: Said, counts: Counter[str]) -> None:
    """A machine refused its answer: the operator reads why. Its body: the hash of its request, and the reason."""
    which, reason = said.body[:-1], bootstrap.reason_of(said.body[-1:])
    for waiting in keys.waiting.all(which, code.hash):
        keys.waiting.refuse(waiting.paper, f"answer refused: {reason}")
        counts["enroll_objection"] += 1
        log.warning("a machine refused the answer to its request (%s): void the bundle, and invite again", reason)
