"""Scores of the hub at the device: only those that are the hub's, for this machine, consented to and not older."""

import dataclasses
from contextlib import contextmanager

import pytest

from agent.control import export
from agent.outbox import consents, hub_scores, receipts
from agent.wire.directory import Directory
from agent.wire.keys import SignKey, kid
from agent.wire.receipt import Answers, ScoreMessage
from agent.wire.score import Score
from tests.support.world import START_UTC_S

KEY, OLD_KEY, RECEIPT_KEY = (SignKey.of(bytes([n]) * 32) for n in (7, 8, 9))
SITE = "test-site"


def directory(world, *, revoked=()):
    real = world.identity.directory().directory
    return dataclasses.replace(real, score_publics=(KEY.public, OLD_KEY.public), revoked=tuple(revoked))


@contextmanager
def consented(world, purposes=("care", "score")):
    world.give_consent(START_UTC_S, purposes)
    with world.outbox() as outbox:
        yield outbox, consents.in_force(outbox).serial


def made(world, serial, *, day=20_000, revision=100, device=None, index=61.0):
    head = (device or world.identity.device, serial, day, revision, 5, START_UTC_S, "wardbeat weeks 1", 3)
    return Score(*head, index, 40.0, 80.0, points=(("ln_rmssd", index - 50.0),))


def take(world, outbox, *messages, listed: Directory | None = None):
    return hub_scores.take(outbox, messages, listed or directory(world), SITE, world.identity.device)


def test_an_honest_score_is_kept_and_the_newest_of_each_day_stands(world):
    with consented(world) as (outbox, serial):
        first, later = made(world, serial), made(world, serial, revision=101, index=52.0)
        other = made(world, serial, day=20_007)
        assert take(world, outbox, first.signed(KEY, SITE), other.signed(OLD_KEY, SITE)) == []
        assert take(world, outbox, first.signed(KEY, SITE)) == []  # an answer may come twice
        assert take(world, outbox, later.signed(KEY, SITE)) == []
        assert hub_scores.kept(outbox) == [later, other]


ATTACKS = {
    "signed by a receipt key": (lambda w, s: made(w, s).signed(RECEIPT_KEY, SITE), "score_signature"),
    "signed for another site": (lambda w, s: made(w, s).signed(KEY, "other"), "score_signature"),
    "signed by a revoked score key": (lambda w, s: made(w, s).signed(OLD_KEY, SITE), "score_signature"),
    "a changed body": (
        lambda w, s: dataclasses.replace(
            made(w, s, index=61.0).signed(KEY, SITE), body=made(w, s, index=49.0).encode()
        ),
        "score_signature",
    ),
    "another device's": (lambda w, s: made(w, s, device="another").signed(KEY, SITE), "score_other_device"),
    "of a consent to come": (lambda w, s: made(w, s + 1).signed(KEY, SITE), "score_no_consent"),
    "an older revision": (lambda w, s: made(w, s, revision=99).signed(KEY, SITE), "score_old"),
    "no score": (lambda _w, _s: ScoreMessage(b"\x80", KEY.sign("wardbeat/2/score", SITE, b"\x80")), "score_malformed"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_score_that_is_not_the_hubs_for_this_machine_is_refused_and_changes_nothing(world, attack):
    make, reason = ATTACKS[attack]
    listed = directory(world, revoked=[kid(OLD_KEY.public)])
    with consented(world) as (outbox, serial):
        honest = made(world, serial)
        assert take(world, outbox, honest.signed(KEY, SITE), listed=listed) == []
        assert take(world, outbox, make(world, serial), listed=listed) == [reason]
        assert hub_scores.kept(outbox) == [honest]
    assert reason in hub_scores.REFUSALS


def test_without_consent_to_a_score_none_is_kept(world):
    with consented(world, ("care",)) as (outbox, serial):
        assert take(world, outbox, made(world, serial).signed(KEY, SITE)) == ["score_no_consent"]
    with consented(world) as (outbox, serial):
        assert take(world, outbox, made(world, serial).signed(KEY, SITE)) == []
        consents.withdraw(outbox, world.identity.sign, SITE, START_UTC_S + 1)
        assert take(world, outbox, made(world, serial, revision=200).signed(KEY, SITE)) == ["score_no_consent"]


def test_a_score_of_an_erased_or_withdrawn_consent_does_not_come_back_by_a_replay(world):
    with consented(world) as (outbox, serial):
        old = made(world, serial).signed(KEY, SITE)
        assert take(world, outbox, old) == []
        consents.withdraw(outbox, world.identity.sign, SITE, START_UTC_S + 1)
    with consented(world) as (outbox, later):
        assert take(world, outbox, old) == ["score_no_consent"]
        assert take(world, outbox, made(world, later).signed(KEY, SITE)) == []
        consents.erase(outbox, world.identity.sign, SITE, START_UTC_S + 2)
    with consented(world) as (outbox, _):
        assert take(world, outbox, made(world, later, revision=300).signed(KEY, SITE)) == ["score_no_consent"]
        assert hub_scores.kept(outbox) == []


def test_altered_bytes_of_kept_scores_stop_nothing(world):
    with consented(world) as (outbox, serial):
        assert take(world, outbox, made(world, serial).signed(KEY, SITE)) == []
        outbox.db.execute("UPDATE meta SET value = zeroblob(200) WHERE name = 'hub scores'")
        assert hub_scores.kept(outbox) == []
        assert take(world, outbox, made(world, serial, revision=101).signed(KEY, SITE)) == []
        assert len(hub_scores.kept(outbox)) == 1


def test_sixty_days_are_kept_and_an_erasure_forgets_them(world):
    with consented(world) as (outbox, serial):
        for day in range(20_000, 20_070):
            assert take(world, outbox, made(world, serial, day=day).signed(KEY, SITE)) == []
        assert [score.day for score in hub_scores.kept(outbox)] == list(range(20_010, 20_070))
        consents.erase(outbox, world.identity.sign, SITE, START_UTC_S + 1)
        assert hub_scores.kept(outbox) == []


def test_scores_pass_through_settling_unjudged(world):
    with consented(world) as (outbox, serial):
        message = made(world, serial).signed(RECEIPT_KEY, SITE)
        settled = receipts.apply(outbox, Answers(1, b"S" * 16, (message,)), START_UTC_S)
        assert settled.scores == (message,)
        assert hub_scores.kept(outbox) == []


def test_the_persons_copy_of_everything_holds_the_hubs_scores(world):
    with consented(world) as (outbox, serial):
        score = made(world, serial)
        assert take(world, outbox, score.signed(KEY, SITE)) == []
        (held,) = export.everything_held(world.settings, outbox)["hub_scores"]
        assert (held["day"], held["index"]) == (score.day, score.index)
