"""What schema 1 once wrote is still read, byte for byte; and a second implementation reads and writes the same."""

import json
import subprocess
from pathlib import Path

import pytest

from agent.wire import alert, armor, directory, enroll, envelope, looks, receipt
from agent.wire.keys import ReceiveKey, SignKey, kid, receive_public
from agent.wire.plaintext import decode_plaintext, encode_plaintext
from tests.support.processes import skip_or_fail, system_tool

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "wire_v1.json").read_text())
SEEDS = {name: bytes.fromhex(seed) for name, seed in GOLDEN["seeds"].items()}
SITE, TOPIC = GOLDEN["site"], GOLDEN["topic"]
SIGN, KEM = SignKey.of(SEEDS["sign"]), ReceiveKey.of(SEEDS["kem"])


@pytest.mark.parametrize("name", GOLDEN["envelopes"])
def test_a_golden_envelope_still_opens_to_its_words(name):
    row = GOLDEN["envelopes"][name]
    read = envelope.decode(bytes.fromhex(row["envelope"]))
    words = read.open(KEM, SITE, TOPIC)
    assert read.signed_by(SIGN.public, SITE, TOPIC)
    assert words.hex() == row["words"]
    assert encode_plaintext(decode_plaintext(words)) == words
    assert read.header.seq == row["seq"]


def test_the_golden_words_are_what_the_types_say():
    from tests.golden import make_wire_v1

    for name, plaintext in make_wire_v1.plaintexts().items():
        assert encode_plaintext(plaintext).hex() == GOLDEN["envelopes"][name]["words"]


def test_golden_directory_answers_and_bundle_are_still_read():
    seen = directory.verified(bytes.fromhex(GOLDEN["directory"]), SITE, SignKey.of(SEEDS["root"]).public, 7)
    assert seen.directory.kems[0].public == KEM.public
    answers = bytes.fromhex(GOLDEN["answers"])
    assert receipt.encode_answers(receipt.decode_answers(answers)) == answers
    bundle = enroll.decode_bundle(armor.dearmor("BUNDLE", GOLDEN["bundle"]))
    assert (bundle.operator, bundle.synthetic) == ("Golden service", True)


# ---- what schema 2 adds

SECOND = json.loads((Path(__file__).parents[2] / "golden" / "wire_v2.json").read_text())


@pytest.mark.parametrize("name", SECOND["envelopes"])
def test_a_golden_envelope_of_schema_2_still_opens_to_its_words(name):
    from tests.golden import make_wire_v2

    row = SECOND["envelopes"][name]
    read = envelope.decode(bytes.fromhex(row["envelope"]))
    assert read.signed_by(SIGN.public, SITE, TOPIC)
    words = read.open(KEM, SITE, TOPIC)
    assert words.hex() == row["words"]
    assert encode_plaintext(decode_plaintext(words)) == words
    assert encode_plaintext(make_wire_v2.plaintexts()[name]) == words


@pytest.mark.parametrize("name", ["answers", "followed"])
def test_golden_answers_of_schema_2_still_open_and_name_the_place(name):
    from tests.golden import make_wire_v2

    read = envelope.decode(bytes.fromhex(SECOND[name]["envelope"]))
    topic = SECOND["down_topic"]
    assert read.signed_by(SignKey.of(SEEDS["receipt"]).public, SITE, topic)
    words = read.open(KEM, SITE, topic)
    assert words.hex() == SECOND[name]["words"]
    made = {"answers": make_wire_v2.ANSWERS, "followed": make_wire_v2.FOLLOWED}
    assert receipt.decode_answers(words) == made[name]


def test_golden_alerts_and_looks_are_signed_and_chained_as_once():
    from tests.golden import make_wire_v2

    *alerts, looked = receipt.decode_answers(bytes.fromhex(SECOND["followed"]["words"])).answers
    public = SignKey.of(bytes.fromhex(SECOND["score_seed"])).public
    assert all(alert.is_signed(one, public, SITE) for one in alerts)
    assert tuple(alert.decode_alert(one.body) for one in alerts) == make_wire_v2.ALERTS
    assert [(look, link.hex()) for look, link in looks.chained(looked)] == list(
        zip(make_wire_v2.LOOKS, SECOND["links"], strict=True)
    )


# ---- a second implementation: Node with @hpke/core and @hpke/hybridkem-x-wing


def node(**asked) -> dict:
    folder = Path(__file__).parents[2] / "interop"
    if not (folder / "node_modules" / "@hpke").exists():
        skip_or_fail("the npm packages are not installed; `make test` brings them")
    done = subprocess.run(
        [system_tool("node"), "hpke.mjs"],
        cwd=folder,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.process
@pytest.mark.parametrize("name", ["summary", "cover"])
def test_the_second_implementation_opens_ours(name):
    row = GOLDEN["envelopes"][name]
    opened = node(
        what="open", envelope=row["envelope"], seed=SEEDS["kem"].hex(), sender=SIGN.public.hex(), site=SITE, topic=TOPIC
    )
    assert opened == {"trusted": True, "words": row["words"], "rest": True}
    other = node(
        what="open",
        envelope=row["envelope"],
        seed=SEEDS["kem"].hex(),
        sender=KEM.public[-32:].hex(),
        site=SITE,
        topic=TOPIC,
    )
    assert other["trusted"] is False


@pytest.mark.process
def test_the_second_implementation_seals_for_us():
    words = bytes.fromhex(GOLDEN["envelopes"]["summary"]["words"])
    sealed = node(
        what="seal",
        words=words.hex(),
        recipient=KEM.public.hex(),
        signSeed=SEEDS["sign"].hex(),
        site=SITE,
        topic=TOPIC,
        stream="ab" * 16,
        seq=2**53 - 1,
    )
    read = envelope.decode(bytes.fromhex(sealed["envelope"]))
    assert read.signed_by(SIGN.public, SITE, TOPIC)
    assert read.open(KEM, SITE, TOPIC) == words
    assert read.header.seq == 2**53 - 1


@pytest.mark.process
def test_a_fresh_envelope_is_read_by_the_second_implementation():
    sender = envelope.Sender(SIGN, b"h" * 32, SITE, TOPIC)
    fresh = sender.seal(receive_public(KEM.public), kid(KEM.public), (bytes(16), 1), b"fresh words")
    opened = node(
        what="open", envelope=fresh.hex(), seed=SEEDS["kem"].hex(), sender=SIGN.public.hex(), site=SITE, topic=TOPIC
    )
    assert bytes.fromhex(opened["words"]) == b"fresh words"
