"""The stranger by itself: it shares no line with this program, reads the golden vectors, and refuses what it should."""

import ast
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub import enroll, site
from tests.interop import stranger, stranger_keys, stranger_papers
from tests.interop.stranger_keys import Refused, encode, raw, sha256

HERE = Path(__file__).parent
FEATURES = stranger.schema_features(HERE.parents[1] / "agent" / "wire" / "schema_v1.json")
GOLDEN = {name: json.loads((HERE.parent / "golden" / f"{name}.json").read_text()) for name in ("wire_v1", "wire_v2")}
SEEDS = {name: bytes.fromhex(seed) for name, seed in GOLDEN["wire_v1"]["seeds"].items()}
SITE, UP, DOWN = (GOLDEN["wire_v2"][name] for name in ("site", "topic", "down_topic"))


def imports(source):
    tree = ast.walk(ast.parse(source))
    named = {(node.module or "",) if isinstance(node, ast.ImportFrom) else tuple(a.name for a in node.names)
             for node in tree if isinstance(node, (ast.Import, ast.ImportFrom))}  # fmt: skip
    return {name for names in named for name in names}


def ours(source):
    """The parts of this program that a source imports; the stranger's own files are no such part."""
    return {name for name in imports(source) if name.split(".")[0] in ("agent", "hub", "firmware_sim", "tests")} - {
        "tests.interop",
        "tests.interop.stranger_keys",
        "tests.interop.stranger_papers",
    }


def test_the_stranger_imports_nothing_of_the_program():
    for name in ("stranger.py", "stranger_keys.py", "stranger_papers.py"):
        assert ours((HERE / name).read_text()) == set()
    for planted in ("from agent.wire import codec", "import hub.site", "def f():\n from tests.support import world"):
        assert ours(planted), planted


@pytest.mark.parametrize("release", GOLDEN)
def test_the_stranger_opens_every_golden_envelope(release):
    for row in GOLDEN[release]["envelopes"].values():
        sealed = bytes.fromhex(row["envelope"])
        signer = raw(Ed25519PrivateKey.from_private_bytes(SEEDS["sign"]))
        _stream, seq, words = stranger.open_envelope(sealed, SEEDS["kem"], [signer], SITE, UP)
        assert (seq, encode(words).hex()) == (row["seq"], row["words"])
        turned = sealed[:-1] + bytes([sealed[-1] ^ 1])
        for envelope, topic in ((turned, UP), (sealed, UP + "x")):
            with pytest.raises(Refused, match="bad_signature"):
                stranger.open_envelope(envelope, SEEDS["kem"], [signer], SITE, topic)


def test_the_stranger_reads_the_golden_answers_directory_bundle_and_signatures():
    second, receipt_key = GOLDEN["wire_v2"], raw(Ed25519PrivateKey.from_private_bytes(SEEDS["receipt"]))
    sealed = bytes.fromhex(second["answers"]["envelope"])
    _stream, _seq, words = stranger.open_envelope(sealed, SEEDS["kem"], [receipt_key], SITE, DOWN)
    version, store, answers, place = stranger.read_answers(words)
    assert (version, store, place[0], place[2], place[3]) == (7, bytes(16), 2, 12, bytes(range(32)))
    assert [answer[0] for answer in answers] == ["notice", "receipt", "score", "score"]
    assert stranger.read_answers(stranger_keys.decode(bytes.fromhex(GOLDEN["wire_v1"]["answers"])))[3] is None
    root = raw(Ed25519PrivateKey.from_private_bytes(SEEDS["root"]))
    directory = stranger_papers.Directory.read(bytes.fromhex(GOLDEN["wire_v1"]["directory"]), root, SITE)
    assert directory.kem == stranger_keys.receive_public(SEEDS["kem"])
    assert directory.receipt_keys == [receipt_key]
    consent_key = raw(Ed25519PrivateKey.from_private_bytes(SEEDS["consent"]))
    said = stranger_keys.decode(bytes.fromhex(second["envelopes"]["features"]["words"]))[4][0]
    record = bytes.fromhex(second["record"])
    stranger_keys.verify(consent_key, said[4], "wardbeat/2/consent-features", SITE, sha256(record), said[2], said[3])
    with pytest.raises(Refused, match="bad_signature"):
        stranger_keys.verify(consent_key, said[4], "wardbeat/2/consent-features", SITE, sha256(record), [1], said[3])


@pytest.mark.parametrize(
    "bad",
    [b"", b"\x18\x01", b"\x80\x00", b"\xa0", b"\xf5", b"\xf6", b"\x20", b"\x9f\xff", b"\x1b\x00\x20" + bytes(6)],
    ids=bytes.hex,
)
def test_the_stranger_refuses_what_is_not_in_the_profile(bad):
    with pytest.raises(Refused, match="malformed"):
        stranger_keys.decode(bad)


def test_values_are_coded_to_the_nearest_step_and_withheld_as_nothing():
    rate = FEATURES[1]
    assert [stranger.coded(rate, value) for value in (None, 20.0, 60.0, 60.04, 250.0)] == [0, 1, 401, 401, 2301]


def test_the_stranger_refuses_papers_of_another_site_bundle_or_machine(tmp_path):
    places = []
    for name in ("one", "two"):
        site.init(
            tmp_path / name, site.Site("test-site", "Test service", "127.0.0.1", 1883, synthetic=True, database="")
        )
        bundle, keys = stranger_papers.Bundle.read(site.invite(tmp_path / name)), stranger_papers.Keys()
        answer = enroll.admit(tmp_path / name, stranger_papers.request(keys, bundle))
        assert stranger_papers.read_answer(answer, keys, bundle)[0]
        places.append((answer, keys, bundle))
    (answer, keys, bundle), (other_answer, other_keys, other_bundle) = places
    code_of_other = stranger_papers.Bundle.read(site.invite(tmp_path / "one"))
    floor = stranger_papers.Bundle([*bundle.paper[:6], 2**40, *bundle.paper[7:]])
    real = stranger_papers.Bundle([*bundle.paper[:7], 0, bundle.code])
    cases = [
        ("bad_signature", other_answer, keys, bundle),
        ("bad_signature", answer, keys, code_of_other),
        ("bad_signature", answer, keys, other_bundle),
        ("open_failed", answer, other_keys, bundle),
        ("rolled_back", answer, keys, floor),
        ("malformed", answer, keys, real),
    ]
    for reason, *papers in cases:
        with pytest.raises(Refused, match=reason):
            stranger_papers.read_answer(*papers)
