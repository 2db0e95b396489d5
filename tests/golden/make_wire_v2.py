"""Add to wire_v2.json what schema 2 adds, from the seeds of schema 1. Entries that are there stay: none is replaced."""

import json
from pathlib import Path

from agent.model import CodedDay, CodedValue
from agent.wire import alert, consent, envelope, looks, message, receipt, score
from agent.wire.keys import ReceiveKey, SignKey, kid, receive_public
from agent.wire.labels import down_topic, up_topic
from agent.wire.plaintext import encode_plaintext
from tests.golden.make_wire_v1 import DEVICE, SEEDS, SITE, STREAM

RECORD = consent.ConsentRecord(
    2, "give", DEVICE, "care", bytes(range(32)), 1_790_000_100, 1_797_776_100,
    (message.Grant("heart", "care", "Golden service"),),
)  # fmt: skip
MORE = (
    message.Grant("context", "score", "Golden service"),
    message.Grant("heart", "group", "Golden service"),
    message.Grant("heart", "score", "Golden service"),
)
SCORE_SEED = bytes([7]) * 32
DAY = 20_718  # 2026-09-22
CONTEXT = message.ContextMessage(
    "score", RECORD.hash, DAY,
    (message.NotedShift(DAY * 86_400 + 72_000, DAY * 86_400 + 104_400, 2),),
    (message.NotedChange(DAY * 86_400 + 3600, 2, DAY * 86_400 + 2 * 86_400), message.NotedChange(DAY * 86_400 + 7200, 1, 0)),
    (message.ClockOffset(DAY * 86_400, 1560),),
    (message.NotedAnswer(DAY * 86_400 + 40_000, 1, 3), message.NotedAnswer(DAY * 86_400 + 40_000, 5, 8)),
)  # fmt: skip
DAYS = message.DaysMessage(
    "score", RECORD.hash, DAY, (CodedDay(302, 2, 1000), CodedDay(303, 35, 1000), CodedDay(321, 65, 930), CodedDay(331, 83, 1000))
)  # fmt: skip
SCORES = (
    score.Score(DEVICE, 2, DAY, 1_790_000_650, 4242, 1_790_000_650, "wardbeat 1", 3, 61.25, 48.0, 73.5,
                points=(("ln_rmssd", 8.2), ("hr_bpm", 3.05))),
    score.Score(DEVICE, 2, DAY - 2, 1_790_000_651, 4242, 1_790_000_651, "wardbeat 1", 4, reason="thin"),
)  # fmt: skip
ANSWERS = receipt.Answers(
    7,
    bytes(16),
    (
        receipt.Notice(23, bytes(16), 0, 0),
        receipt.Receipt(STREAM, 5, bytes(32), (receipt.Entry(1, bytes(32), 0),)),
        *(one.signed(SignKey.of(SCORE_SEED), SITE) for one in SCORES),
    ),
    2,
    1_790_000_700,
    receipt.Place(12, bytes(range(32))),
)


LOOKS = (
    looks.Look(1, 1_790_000_500, "A. Member", "member", "person"), looks.Look(2, 1_790_000_560, "B. Lead", "lead", "print")
)  # fmt: skip
ALERTS = (
    alert.Alert(DEVICE, 2, 1, 1_790_000_600, "index_low_above_50_weeks", "with_person", DAY - 14, 1_790_000_600, 1_790_087_000),
    alert.Alert(DEVICE, 2, 2, 1_790_000_610, "change_alarm", "closed", DAY, 1_790_000_600),
)  # fmt: skip
FOLLOWED = receipt.Answers(
    7,
    bytes(16),
    (
        *(one.signed(SignKey.of(SCORE_SEED), SITE) for one in ALERTS),
        receipt.LooksMessage(looks.FIRST_LINK, tuple(one.encode() for one in LOOKS)),
    ),
    2,
    1_790_000_700,
    receipt.Place(12, bytes(range(32))),
)
FILE = Path(__file__).parent / "wire_v2.json"


def plaintexts() -> dict[str, message.Plaintext]:
    """By kind."""
    yes = RECORD.signed_yes(SignKey.of(SEEDS["consent"]), SITE, (1, 2, 3, 4), MORE)
    values = (CodedValue(1, 481, 300, 998, 4, 471, 491), CodedValue(2, 0))
    said: dict[str, message.Message] = {
        "schema": message.SchemaMessage(2),
        "features": yes.features,
        "context": CONTEXT,
        "summary": message.SummaryMessage("score", RECORD.hash, 1_790_000_400, 1_790_000_700, values),
        "days": DAYS,
        "days_taken_back": message.DaysMessage("score", RECORD.hash, DAY - 1),
        "ask_see": message.AskMessage(RECORD.hash, 1_790_000_400, 1, 0, "Please look at my weeks.\nI sleep badly."),
        "ask_take_back": message.AskMessage(RECORD.hash, 1_790_000_500, 2),
        "ask_hold": message.AskMessage(RECORD.hash, 1_790_000_620, 3, 1),
        "ask_seen": message.AskMessage(RECORD.hash, 1_790_000_630, 4, 2),
    }
    return {
        name: message.Plaintext(bytes(16), 0, number, bytes([number]) * 32, (one,))
        for number, (name, one) in enumerate(said.items(), start=1)
    }


def main() -> None:
    """Add what is missing."""
    kem, topic = ReceiveKey.of(SEEDS["kem"]), up_topic(SITE, DEVICE)
    up = envelope.Sender(SignKey.of(SEEDS["sign"]), b"h" * 32, SITE, topic)
    envelopes = {}
    for seq, (name, plaintext) in enumerate(plaintexts().items(), start=1):
        words = encode_plaintext(plaintext)
        sealed = up.seal(receive_public(kem.public), kid(kem.public), (STREAM, seq), words)
        envelopes[name] = {"words": words.hex(), "envelope": sealed.hex(), "seq": seq}
    # a device's receive key is of the same kind as the hub's; the golden device has the seed of the golden KEM key
    down = envelope.Sender(SignKey.of(SEEDS["receipt"]), b"h" * 32, SITE, down_topic(SITE, DEVICE))
    answers = {}
    for seq, (name, answer) in enumerate((("answers", ANSWERS), ("followed", FOLLOWED)), start=1):
        words = receipt.encode_answers(answer)
        sealed = down.seal(receive_public(kem.public), kid(kem.public), (STREAM, seq), words)
        answers[name] = {"words": words.hex(), "envelope": sealed.hex()}
    links = [link.hex() for _, link in looks.chained(FOLLOWED.answers[-1])]
    golden = {
        "site": SITE, "topic": topic, "down_topic": down_topic(SITE, DEVICE), "record": RECORD.encode().hex(),
        "score_seed": SCORE_SEED.hex(), "envelopes": envelopes, **answers, "links": links,
    }  # fmt: skip
    known = json.loads(FILE.read_text())
    golden |= {**known, "envelopes": {**envelopes, **known["envelopes"]}}
    FILE.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
