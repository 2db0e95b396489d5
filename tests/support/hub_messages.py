"""Messages to a hub, sealed by hand as a test client with the device's keys would seal them."""

import dataclasses

from agent.outbox import consents
from agent.wire import receipt
from agent.wire.keys import kid, receive_public
from agent.wire.labels import REASONS
from agent.wire.message import Plaintext, SummaryMessage
from agent.wire.plaintext import encode_plaintext
from tests.support.world import CODED, START_UTC_S, deliver

STREAM = b"t" * 16
HEAD = bytes(32)


def seal(world, messages, seq=1, *, stream=STREAM, sender=None, recipient=None, topic=None):
    """An envelope by hand, as a test client with the device's keys would make it."""
    made = sender or world.identity.sender()
    if topic is not None:
        made = dataclasses.replace(made, topic=topic)
    public = recipient or world.identity.directory().directory.kems[-1].public
    words = (
        messages
        if isinstance(messages, bytes)
        else encode_plaintext(Plaintext(bytes(16), 0, seq, HEAD, tuple(messages)))
    )
    return made.seal(receive_public(public), kid(public), (stream, seq), words)


def reasons_by_seq(world, answers):
    """{seq: reason} of all entries."""
    found = {}
    for _topic, payload in answers:
        for answer in world.identity.open_answers(payload).answers:
            if isinstance(answer, receipt.Receipt):
                found |= {entry.seq: REASONS[entry.code] for entry in answer.entries}
    return found


def send_consent(world, receiver):
    """Consent, carried to the hub; the record in force."""
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        return consents.in_force(outbox)


def data_message(record, *, start=START_UTC_S, purpose="care", values=CODED):
    return SummaryMessage(purpose, record.hash, start, start + 300, values)
