"""Print wire_v1.json from fixed seeds. Sealing is randomised: run it again only to add entries, never to replace."""

import json
import sys

from agent.model import CodedValue
from agent.wire import armor, consent, directory, enroll, envelope, message, receipt
from agent.wire.keys import ReceiveKey, SignKey, kid, receive_public
from agent.wire.labels import up_topic
from agent.wire.plaintext import encode_plaintext

SITE, DEVICE = "golden", "00112233aabbccdd"
SEEDS = {
    name: bytes([n]) * 32 for n, name in enumerate(("root", "directory", "receipt", "sign", "consent", "kem"), start=1)
}
STREAM = bytes(range(16))


def plaintexts() -> dict[str, message.Plaintext]:
    rows = (
        CodedValue(1, 401, 284, 998, 0),
        CodedValue(2, 654, 283, 998, 0),
        CodedValue(3, 0),
        CodedValue(4, 453, 283, 998, 3, 400, 500),
    )
    given = consent.ConsentRecord(
        1,
        "give",
        DEVICE,
        "care",
        bytes(range(32)),
        1_790_000_100,
        1_797_776_100,
        (consent.Grant("heart", "care", "Golden service"),),
    )
    said: dict[str, tuple[message.Message, ...]] = {
        "summary": (message.SummaryMessage("care", given.hash, 1_790_000_100, 1_790_000_400, rows),),
        "consent": (given.signed(SignKey.of(SEEDS["consent"]), SITE),),
        "gap": (message.GapMessage(STREAM, 3, 9, 7, "age"),),
        "erase": (message.EraseMessage(1, 1_790_000_500),),
        "probe": (message.ProbeMessage(bytes(16)),),
        "cover": (message.CoverMessage(),),
        "several": (message.GapMessage(STREAM, 1, 1, 1, "rows"), message.GapMessage(STREAM, 3, 4, 2, "age")),
    }
    return {
        name: message.Plaintext(bytes(16), 0, number, bytes([number]) * 32, messages)
        for number, (name, messages) in enumerate(said.items(), start=1)
    }


def main() -> None:
    sign, kem = SignKey.of(SEEDS["sign"]), ReceiveKey.of(SEEDS["kem"])
    topic = up_topic(SITE, DEVICE)
    sender = envelope.Sender(sign, b"h" * 32, SITE, topic)
    golden: dict[str, object] = {
        "seeds": {name: seed.hex() for name, seed in SEEDS.items()},
        "site": SITE,
        "topic": topic,
    }
    envelopes = {}
    for seq, (name, plaintext) in enumerate(plaintexts().items(), start=1):
        words = encode_plaintext(plaintext)
        sealed = sender.seal(receive_public(kem.public), kid(kem.public), (STREAM, seq), words)
        envelopes[name] = {"words": words.hex(), "envelope": sealed.hex(), "seq": seq}
    golden["envelopes"] = envelopes
    key = directory.DirectoryKey(1, SignKey.of(SEEDS["directory"]).public, 1_790_000_000, 1_821_536_000)
    listed = directory.Directory(
        7, 1_790_000_000, 1_790_604_800, True, (directory.KemKey(kem.public, 1_793_888_000),),
        (SignKey.of(SEEDS["receipt"]).public,), (), (b"revoked!",),
    )  # fmt: skip
    golden["directory"] = directory.publish(
        SignKey.of(SEEDS["root"]), SignKey.of(SEEDS["directory"]), key, listed, SITE
    ).hex()
    answers = receipt.Answers(
        7,
        bytes(16),
        (receipt.Notice(21, STREAM, 9, 3), receipt.Receipt(STREAM, 5, bytes(32), (receipt.Entry(1, bytes(32), 0),))),
    )
    golden["answers"] = receipt.encode_answers(answers).hex()
    bundle = enroll.Bundle(
        SITE, "Golden service", "127.0.0.1", 8883, b"CA", SignKey.of(SEEDS["root"]).public, 7, True, bytes(16)
    )
    golden["bundle"] = armor.armor("BUNDLE", bundle.encode())
    json.dump(golden, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
