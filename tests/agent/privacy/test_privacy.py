"""Policy, consent, gate and vault: what may leave, and what rests."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import KeysMissing, Missing, PolicyDenied, WrongPin
from agent.features import FEATURES
from agent.model import FeatureValue, Interval, Summary
from agent.privacy import consent, gate
from agent.privacy.vault import Vault, open_vault, open_with_pin, seal_with_pin, under_data_key
from agent.tables.profiles import PROFILES, profile_named
from agent.wire.message import Grant
from tests.support.world import OPERATOR, START_UTC_S, made_up_summary

START = START_UTC_S
CARE = PROFILES["care"]
GRANTS = (Grant("heart", "care", OPERATOR),)
RECORD = consent.give(CARE, "device", 1, GRANTS, START)
NAMED = [spec.feature_id for spec in consent.releasable(CARE)]


def release(summary=None, profile=CARE, record=RECORD, operator=OPERATOR, blocked=()):
    given = None if record is None else consent.Consented(record, frozenset(NAMED))
    return gate.release(summary or made_up_summary(), profile, given, operator, blocked)


def test_what_policy_and_consent_allow_is_released_rounded():
    (released,) = release()
    assert (released.purpose, released.start_utc_s, released.consent_hash) == ("care", START, RECORD.hash)
    assert [(value.feature_id, value.v) for value in released.values] == [(1, 401), (2, 421)]


@pytest.mark.parametrize(
    "denied",
    [
        {"record": None},
        {"profile": PROFILES["personal"]},
        {"profile": PROFILES["eu-workplace"]},  # consent was given under another profile
        {"operator": "Somebody else"},
        {"record": dataclasses.replace(RECORD, from_utc_s=START + 1)},
        {"record": dataclasses.replace(RECORD, until_utc_s=START + 299)},
        {"record": dataclasses.replace(RECORD, action="withdraw", grants=())},
        {"blocked": (Interval(START + 299, START + 299 + 1),)},
        {"blocked": (Interval(START - 100, None),)},
        {"profile": dataclasses.replace(CARE, releases=frozenset({("face", "fatigue")}))},
    ],
)
def test_everything_else_is_not(denied):
    assert release(**denied) == ()


@given(st.integers(-400, 400), st.integers(1, 400))
def test_a_window_that_touches_a_pause_anywhere_is_not_released(begin, length):
    pause = Interval(START + begin, START + begin + length)
    touches = begin < 300 and begin + length > 0
    assert (release(blocked=(pause,)) == ()) == touches


def test_a_window_of_which_nothing_is_known_stays_here():
    withheld = FeatureValue("rmssd_ms", None, 60, 0.2, 0.0, reason="coverage_low")
    assert release(Summary(START, START + 300, (withheld,))) == ()
    known = FeatureValue("hr_mean_bpm", 60.0, 300, 1.0, 0.0)
    (released,) = release(Summary(START, START + 300, (known, withheld)))
    assert dataclasses.astuple(released.values[1]) == (2, 0, 0, 0, 0, 0, 0)


def test_a_live_only_number_never_passes(monkeypatch):
    monkeypatch.setitem(FEATURES, "rmssd_ms", dataclasses.replace(FEATURES["rmssd_ms"], release="live_only"))
    (released,) = release()
    assert [value.feature_id for value in released.values] == [1]


def test_consent_beyond_the_profile_cannot_be_made():
    for profile, grant in (
        (PROFILES["personal"], GRANTS[0]),
        (CARE, Grant("heart", "research", "x")),
        (CARE, Grant("affect", "care", "x")),  # a model's class names are for research alone
        (PROFILES["eu-workplace"], Grant("affect", "workplace", "x")),
    ):
        with pytest.raises(PolicyDenied):
            consent.give(profile, "device", 1, [grant], START)


def test_the_words_of_consent_hold_every_number_and_their_hash_is_in_the_record():
    words = consent.text(CARE, GRANTS, 90)
    for spec in FEATURES.values():
        leaves = spec.release != "live_only" and spec.kind in CARE.kinds and spec.signal == "heart"
        assert (spec.words in words) is leaves, "all that may leave, and nothing else"
    assert OPERATOR in words
    assert "withdraw at any moment" in words
    other = consent.give(CARE, "device", 1, GRANTS, START, days=30)
    assert other.text_hash != RECORD.text_hash


def test_a_machine_policy_can_only_tighten():
    assert profile_named("care", denied_kinds=["recovery"]).kinds == CARE.kinds - {"recovery"}
    with pytest.raises(PolicyDenied):
        profile_named("care", allowed=["eu-workplace"])
    assert profile_named("personal", allowed=[]).name == "personal"
    with pytest.raises(PolicyDenied):
        profile_named("everything")


def test_the_vault_opens_only_what_it_sealed_as_what_it_was(tmp_path):
    vault = open_vault(tmp_path, "file")
    sealed = vault.seal("history", b"words")
    assert vault.open("history", sealed) == b"words"
    assert open_vault(tmp_path, "file").key == vault.key
    for other, what, data in (
        (vault, "ledger 1", sealed),
        (Vault(bytes(32), ""), "history", sealed),
        (vault, "history", sealed[:-1]),
    ):
        with pytest.raises(KeysMissing):
            other.open(what, data)


def test_a_data_key_that_others_can_read_is_refused(tmp_path):
    open_vault(tmp_path, "file")
    key = tmp_path / "data.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(Missing, match="open to another user"):
        open_vault(tmp_path, "file")


@pytest.mark.slow
def test_only_the_pin_with_the_data_key_opens_the_consent_key():
    vault = Vault(b"k" * 32, "here")
    sealed = seal_with_pin(vault, "consent", "right pin", b"secret")
    assert open_with_pin(vault, "consent", "right pin", sealed) == b"secret"
    with pytest.raises(WrongPin):
        open_with_pin(vault, "consent", "wrong pin", sealed)
    for other, what in ((Vault(b"o" * 32, "elsewhere"), "consent"), (vault, "recovery")):
        with pytest.raises(KeysMissing):
            open_with_pin(other, what, "right pin", sealed)
    assert under_data_key(vault, "consent", sealed) == sealed


class Keyring:
    """The system's key store, in memory."""

    priority = 5

    def __init__(self):
        self.kept = {}

    def get_password(self, service, account):
        return self.kept.get((service, account))

    def set_password(self, service, account, value):
        self.kept[service, account] = value


def test_the_systems_key_store_holds_the_data_key_where_there_is_one(tmp_path, monkeypatch):
    import keyring

    ring = Keyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    monkeypatch.setattr(keyring, "get_password", ring.get_password)
    monkeypatch.setattr(keyring, "set_password", ring.set_password)
    vault = open_vault(tmp_path, "auto")
    assert "key store" in vault.place
    assert not (tmp_path / "data.key").exists()
    assert open_vault(tmp_path, "auto").key == vault.key
    ring.priority = 0  # locked away: never a silent second key
    with pytest.raises(KeysMissing, match="does not respond"):
        open_vault(tmp_path, "auto")
