"""Alerts of the hub at the device: believed only from the hub, for this machine, under a consent that stands; newest last."""

import dataclasses
from contextlib import contextmanager

import pytest

from agent.control import export
from agent.errors import WrongUse
from agent.outbox import alerts, asks, consents, receipts
from agent.outbox.asks import Wish
from agent.wire import codec
from agent.wire.alert import Alert
from agent.wire.keys import SignKey, kid
from agent.wire.receipt import AlertMessage, Answers
from tests.support.world import OPERATOR, START_UTC_S

KEY, OLD_KEY, RECEIPT_KEY = (SignKey.of(bytes([n]) * 32) for n in (7, 8, 9))
SITE, NOW, DAY_S = "test-site", START_UTC_S + 60, 86_400


def directory(world, *, revoked=()):
    real = world.identity.directory().directory
    return dataclasses.replace(real, score_publics=(KEY.public, OLD_KEY.public), revoked=tuple(revoked))


@contextmanager
def consented(world):
    world.give_consent(START_UTC_S, ("care", "score"))
    with world.outbox() as outbox:
        yield outbox, consents.in_force(outbox).serial


def made(
    world, serial, number=1, revision=1, *, device=None, state="with_person", team_utc_s=NOW + DAY_S, rule="silent_days"
):
    device = device or world.identity.device
    return Alert(device, serial, number, revision, rule, state, NOW // DAY_S, NOW, team_utc_s)


def take(world, outbox, *messages, listed=None):
    return alerts.take(outbox, messages, listed or directory(world), SITE, world.identity.device, NOW)


def kept(outbox):
    return [heard.alert for heard in alerts.kept(outbox)]


def test_the_highest_revision_of_each_number_stands_and_an_answer_may_come_twice(world):
    with consented(world) as (outbox, serial):
        first, second = made(world, serial), made(world, serial, 2)
        later = made(world, serial, 1, 3, state="with_team")
        taken = take(world, outbox, first.signed(KEY, SITE), second.signed(OLD_KEY, SITE))
        assert (taken.first, taken.refused) == ((first, second), ())
        assert take(world, outbox, first.signed(KEY, SITE)) == alerts.Taken()
        assert take(world, outbox, later.signed(KEY, SITE)) == alerts.Taken()
        assert take(world, outbox, made(world, serial, 1, 2).signed(KEY, SITE)).refused == ("alert_old",)
        assert kept(outbox) == [later, second]
        assert [heard.came_utc_s for heard in alerts.kept(outbox)] == [NOW, NOW]


ATTACKS = {
    "signed by a receipt key": (lambda w, s: made(w, s, 9).signed(RECEIPT_KEY, SITE), "alert_signature"),
    "signed for another site": (lambda w, s: made(w, s, 9).signed(KEY, "other"), "alert_signature"),
    "signed by a revoked score key": (lambda w, s: made(w, s, 9).signed(OLD_KEY, SITE), "alert_signature"),
    "unsigned": (lambda w, s: AlertMessage(made(w, s, 9).encode(), bytes(64)), "alert_signature"),
    "a changed body": (
        lambda w, s: dataclasses.replace(made(w, s).signed(KEY, SITE), body=made(w, s, 9).encode()),
        "alert_signature",
    ),
    "a score's signature": (
        lambda w, s: AlertMessage(made(w, s, 9).encode(), KEY.sign("wardbeat/2/score", SITE, made(w, s, 9).encode())),
        "alert_signature",
    ),
    "another device's": (lambda w, s: made(w, s, 9, device="another").signed(KEY, SITE), "alert_other_device"),
    "of a consent to come": (lambda w, s: made(w, s + 1, 9).signed(KEY, SITE), "alert_no_consent"),
    "of a consent that never was": (lambda w, s: made(w, s - 99, 9).signed(KEY, SITE), "alert_no_consent"),
    "an older revision": (lambda w, s: made(w, s, 1, 0).signed(KEY, SITE), "alert_old"),
    "no alert": (lambda _w, _s: AlertMessage(b"\x80", KEY.sign("wardbeat/2/alert", SITE, b"\x80")), "alert_malformed"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_alert_that_is_not_the_hubs_for_this_machine_is_refused_and_changes_nothing(world, attack):
    make, reason = ATTACKS[attack]
    listed = directory(world, revoked=[kid(OLD_KEY.public)])
    with consented(world) as (outbox, serial):
        honest = made(world, serial)
        assert take(world, outbox, honest.signed(KEY, SITE), listed=listed).refused == ()
        taken = take(world, outbox, make(world, serial), listed=listed)
        assert (taken.first, taken.refused) == ((), (reason,))
        assert kept(outbox) == [honest]
    assert reason in alerts.REFUSALS


def test_a_rule_of_a_newer_hub_is_passed_over_and_named(world):
    with consented(world) as (outbox, serial):
        row = codec.decode(made(world, serial).encode())
        newer = codec.encode([*row[:4], 99, *row[5:]])
        message = AlertMessage(newer, KEY.sign("wardbeat/2/alert", SITE, newer))
        assert take(world, outbox, message).refused == ("alert_too_new",)
        assert kept(outbox) == []


def test_an_alert_of_a_withdrawn_or_erased_consent_is_gone_and_does_not_come_back(world):
    for end in (consents.withdraw, consents.erase):
        with consented(world) as (outbox, serial):
            old = made(world, serial).signed(KEY, SITE)
            assert take(world, outbox, old).refused == ()
            end(outbox, world.identity.sign, SITE, NOW)
            assert kept(outbox) == []
            assert take(world, outbox, old).refused == ("alert_no_consent",)
        with consented(world) as (outbox, later):
            assert take(world, outbox, old).refused == ("alert_no_consent",)
            assert take(world, outbox, made(world, later).signed(KEY, SITE)).refused == ()


def test_an_alert_is_held_once_while_the_team_does_not_read_it_and_marked_as_read(world):
    with consented(world) as (outbox, serial):
        shown = [
            made(world, serial),
            made(world, serial, 2, team_utc_s=0, rule="change_alarm"),
            made(world, serial, 3, state="with_team"),
        ]
        assert take(world, outbox, *(one.signed(KEY, SITE) for one in shown)).refused == ()

        def say(what, number):
            asks.ask(outbox, world.profile, OPERATOR, Wish(what, number), NOW)

        for number in (2, 3, 4):
            with pytest.raises(WrongUse):
                say("hold", number)
        say("hold", 1)
        with pytest.raises(WrongUse):
            say("hold", 1)
        say("seen", 2)
        with pytest.raises(WrongUse):
            say("seen", 4)
        assert [(h.held_utc_s, h.seen_utc_s) for h in alerts.kept(outbox)] == [(NOW, NOW), (0, NOW), (0, 0)]
        held = made(world, serial, 1, 2, state="held", team_utc_s=NOW + 2 * DAY_S)
        assert take(world, outbox, held.signed(KEY, SITE)).refused == ()
        assert alerts.kept(outbox)[0] == alerts.Heard(held, NOW, NOW, NOW), "what the person said is not lost"


def test_a_hundred_are_kept_and_altered_bytes_stop_nothing(world):
    with consented(world) as (outbox, serial):
        take(world, outbox, *(made(world, serial, number).signed(KEY, SITE) for number in range(1, 131)))
        assert [alert.number for alert in kept(outbox)] == list(range(31, 131))
        outbox.db.execute("UPDATE meta SET value = zeroblob(300) WHERE name = 'hub alerts'")
        assert kept(outbox) == []
        assert take(world, outbox, made(world, serial).signed(KEY, SITE)).refused == ()
        assert len(kept(outbox)) == 1


def test_alerts_pass_through_settling_unjudged_and_stand_in_the_persons_copy(world):
    with consented(world) as (outbox, serial):
        message = made(world, serial).signed(KEY, SITE)
        settled = receipts.apply(outbox, Answers(1, b"S" * 16, (message,)), NOW)
        assert settled.alerts == (message,)
        assert kept(outbox) == []
        take(world, outbox, message)
        (held,) = export.everything_held(world.settings, outbox)["alerts"]
        assert (held["alert"]["rule"], held["came_utc_s"]) == ("silent_days", NOW)
