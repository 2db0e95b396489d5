"""Asking the care team: sealed under a consent in force to this team alone, kept under the data key, gone with it."""

import pytest

from agent.control import export
from agent.errors import KeysMissing, PolicyDenied, StorageFull, WrongUse
from agent.outbox import asks, consents, ledger
from agent.outbox.asks import Asked, Wish
from agent.tables.profiles import PROFILES
from agent.wire import codes
from agent.wire.message import AskMessage, CoverMessage
from agent.wire.plaintext import decode_plaintext
from tests.support.world import OPERATOR, START_UTC_S, deliver

SITE, NOW = "test-site", START_UTC_S + 60
WORDS = "I sleep badly.\nCould you call me on Friday?"


def ask(world, outbox, what="see", words="", about=0, *, operator=OPERATOR, profile=None, now=NOW):
    return asks.ask(outbox, profile or world.profile, operator, Wish(what, about, words), now)


def messages(outbox):
    return [decode_plaintext(row.words).messages[0] for row in ledger.rows(outbox) if row.kind == "ask"]


def test_what_is_asked_is_sealed_and_stands_in_the_ledger_in_words(world):
    with world.outbox() as outbox:
        given = consents.in_force(outbox)
        assert asks.asked(outbox) is None
        ask(world, outbox, words=WORDS)
        assert asks.asked(outbox) == Asked(NOW, WORDS)
        ask(world, outbox, "take_back", now=NOW + 9)
        assert asks.asked(outbox) is None
        code = codes.codes("asks")
        assert messages(outbox) == [
            AskMessage(given.hash, NOW, code["see"], 0, WORDS),
            AskMessage(given.hash, NOW + 9, code["take_back"]),
        ]
        said = [row.said for row in ledger.rows(outbox) if row.kind == "ask"]
        assert said == [
            ("asked the care team to look at your weeks: I sleep badly. / Could you call me on Friday?",),
            ("took back that you asked to be seen",),
        ]


def test_the_longest_words_fit_an_envelope(world):
    with world.outbox() as outbox:
        for words in ("x" * 500, "水" * 500):
            ask(world, outbox, words=words)
            assert messages(outbox)[-1].words == words


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (Wish("see", words="x" * 501), WrongUse),
        (Wish("see", words="𝔚" * 500), WrongUse),  # 2,000 bytes: an envelope holds fewer
        (Wish("see", words="a\x1b[2Jb"), WrongUse),
        (Wish("take_back", words="why"), WrongUse),
        (Wish("see", about=1), WrongUse),
        (Wish("hold"), WrongUse),
        (Wish("seen", 7), WrongUse),
        (Wish("shout"), WrongUse),
    ],
)
def test_a_wish_without_its_form_is_named_and_seals_nothing(world, wish, error):
    with world.outbox() as outbox:
        before = outbox.head()
        with pytest.raises(error) as raised:
            asks.ask(outbox, world.profile, OPERATOR, wish, NOW)
        assert str(raised.value)
        assert outbox.head() == before


def test_without_a_consent_to_care_for_this_team_nothing_is_asked_and_the_remedy_is_named(world):
    with world.outbox() as outbox:
        before = outbox.head()
        for breach in (
            {"operator": "Another service"},
            {"profile": PROFILES["eu-workplace"]},
            {"profile": PROFILES["research"]},
            {"now": START_UTC_S + 4000 * 86_400},
            {"now": START_UTC_S - 1},
        ):
            with pytest.raises(PolicyDenied) as raised:
                ask(world, outbox, **breach)
            assert raised.value.remedy
        with pytest.raises(KeysMissing):
            ask(world, outbox, operator=None)
        assert outbox.head() == before
        consents.withdraw(outbox, world.identity.sign, SITE, NOW)
        with pytest.raises(PolicyDenied, match="not given"):
            ask(world, outbox)
    world.give_consent(NOW, ("score",))
    with world.outbox() as outbox:
        with pytest.raises(PolicyDenied, match="see nothing"):
            ask(world, outbox)
        assert messages(outbox) == []


def test_it_waits_for_its_consents_receipt_and_a_withdrawal_makes_it_a_cover(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        row = ask(world, outbox, words=WORDS)
        assert row.idx not in {one.idx for one in outbox.unsent(99)}, "the hub has not receipted the consent"
        deliver(world, outbox, receiver, rounds=1)
        assert row.idx in {one.idx for one in outbox.unsent(99)}
        consents.withdraw(outbox, world.identity.sign, SITE, NOW)
        assert asks.asked(outbox) is None
        in_place = [one for one in ledger.rows(outbox) if (one.stream, one.seq) == (row.stream, row.seq)]
        assert [one.state for one in in_place] == ["withdrawn", "sealed"]
        assert isinstance(decode_plaintext(in_place[1].words).messages[0], CoverMessage)


def test_a_later_consent_has_to_be_asked_under_again_and_an_erasure_leaves_nothing(world):
    with world.outbox() as outbox:
        ask(world, outbox, words=WORDS)
        assert export.everything_held(world.settings, outbox)["asked"] == {"at_utc_s": NOW, "words": WORDS}
    world.give_consent(NOW, ("care",))
    with world.outbox() as outbox:
        assert asks.asked(outbox) is None
        ask(world, outbox, words=WORDS)
        assert asks.asked(outbox) is not None
        raw = b"".join(file.read_bytes() for file in world.settings.state_dir.glob("outbox.db*"))
        assert b"Friday" not in raw
        consents.erase(outbox, world.identity.sign, SITE, NOW)
        assert asks.asked(outbox) is None
        assert outbox.meta("asked of the team") is None
        assert "Friday" not in str(export.everything_held(world.settings, outbox))


def test_altered_bytes_are_nothing_asked(world):
    with world.outbox() as outbox:
        ask(world, outbox)
        outbox.db.execute("UPDATE meta SET value = zeroblob(300) WHERE name = 'asked of the team'")
        assert asks.asked(outbox) is None
        ask(world, outbox, "take_back")


def test_a_full_disk_asks_nothing(world, monkeypatch):
    with world.outbox() as outbox:
        monkeypatch.setattr(outbox, "put_sealed_meta", _full)
        before = outbox.head()
        with pytest.raises(StorageFull):
            ask(world, outbox)
        assert outbox.head() == before


def _full(*_):
    raise StorageFull("the disk is full")
