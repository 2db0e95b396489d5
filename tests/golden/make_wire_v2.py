"""Print wire_v2.json: what schema 2 adds, from the seeds of schema 1. Run it again only to add entries, never to replace."""

import json
import sys

from agent.wire import consent, envelope, message, receipt
from agent.wire.keys import ReceiveKey, SignKey, kid, receive_public
from agent.wire.labels import down_topic, up_topic
from agent.wire.plaintext import encode_plaintext
from tests.golden.make_wire_v1 import DEVICE, SEEDS, SITE, STREAM

RECORD = consent.ConsentRecord(
    2, "give", DEVICE, "care", bytes(range(32)), 1_790_000_100, 1_797_776_100,
    (consent.Grant("heart", "care", "Golden service"),),
)  # fmt: skip
ANSWERS = receipt.Answers(
    7,
    bytes(16),
    (receipt.Notice(23, bytes(16), 0, 0), receipt.Receipt(STREAM, 5, bytes(32), (receipt.Entry(1, bytes(32), 0),))),
    2,
    1_790_000_700,
    receipt.Place(12, bytes(range(32))),
)


def plaintexts() -> dict[str, message.Plaintext]:
    """By kind."""
    yes = RECORD.signed_yes(SignKey.of(SEEDS["consent"]), SITE, (1, 2, 3, 4))
    said: dict[str, message.Message] = {"schema": message.SchemaMessage(2), "features": yes.features}
    return {
        name: message.Plaintext(bytes(16), 0, number, bytes([number]) * 32, (one,))
        for number, (name, one) in enumerate(said.items(), start=1)
    }


def main() -> None:
    """Print them."""
    kem, topic = ReceiveKey.of(SEEDS["kem"]), up_topic(SITE, DEVICE)
    up = envelope.Sender(SignKey.of(SEEDS["sign"]), b"h" * 32, SITE, topic)
    envelopes = {}
    for seq, (name, plaintext) in enumerate(plaintexts().items(), start=1):
        words = encode_plaintext(plaintext)
        sealed = up.seal(receive_public(kem.public), kid(kem.public), (STREAM, seq), words)
        envelopes[name] = {"words": words.hex(), "envelope": sealed.hex(), "seq": seq}
    words = receipt.encode_answers(ANSWERS)
    # a device's receive key is of the same kind as the hub's; the golden device has the seed of the golden KEM key
    down = envelope.Sender(SignKey.of(SEEDS["receipt"]), b"h" * 32, SITE, down_topic(SITE, DEVICE))
    answer = down.seal(receive_public(kem.public), kid(kem.public), (STREAM, 1), words)
    golden = {
        "site": SITE, "topic": topic, "down_topic": down_topic(SITE, DEVICE), "record": RECORD.encode().hex(),
        "envelopes": envelopes, "answers": {"words": words.hex(), "envelope": answer.hex()},
    }  # fmt: skip
    json.dump(golden, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
