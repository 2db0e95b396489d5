"""An erasure to its end: the hub's signed receipt is kept and verifies, the machine's keys are gone, and nobody is sent for."""

import asyncio

import pytest

from agent import pipeline
from agent.control import handlers
from agent.control.channel import Command
from agent.enrollment import departure, identity
from agent.errors import KeysMissing, WireRefused
from agent.outbox import consents, receipts
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.wire import codec, erase_receipt
from agent.wire.armor import dearmor
from agent.wire.directory import verified
from agent.wire.keys import SignKey
from agent.wire.receipt import Erased
from hub import backup
from tests.support.hub_messages import data_message, seal, send_consent
from tests.support.processes import until
from tests.support.world import START_UTC_S, deliver, release_window, running_hub

NOW = START_UTC_S


def erased_answers(world, outbox, receiver):
    """Hand the erasure over; the answers' `Erased`, and what they settled."""
    consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 10)
    found, settled = [], None
    for _ in range(2):
        rows = outbox.unsent(100)
        if not rows:
            break
        outbox.mark_sent(rows, NOW)
        for _topic, payload in receiver.handle([(world.topic, row.envelope) for row in rows]):
            answers = world.identity.open_answers(payload)
            found += [answer for answer in answers.answers if isinstance(answer, Erased)]
            settled = receipts.apply(outbox, answers, NOW, payload)
    return found, settled


def test_the_receipt_names_the_day_on_which_the_last_key_backup_ends(world, tmp_path):
    receiver = world.receiver()
    backup.back_up_keys(world.hub, tmp_path / "b", keep_days=30, now_utc_s=NOW)
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)]))])
    with world.outbox() as outbox:
        (erased,), settled = erased_answers(world, outbox, receiver)
        assert settled.erased == erased
        assert erased.backups_end_utc_s == NOW + 30 * 86_400
        assert erased.serial >= record.serial
        assert departure.leave(world.settings.state_dir, outbox, world.identity, erased, NOW)
    text = (world.settings.state_dir / departure.RECEIPT).read_text()
    assert "backup of the hub's keys is to be destroyed by" in text

    # anybody can verify it who knows the root's words
    paper = text[text.index("-----BEGIN") :]
    site, _root, published, items = codec.decode(dearmor("ERASE RECEIPT", paper))
    directory = verified(published, site, world.identity.bundle.root_public, 0).directory
    shown = Erased(items[1], *items[2], items[3])
    assert shown.signed_by(directory.receipt_publics[0], site)
    assert not Erased(items[1], items[2][0] + 1, *items[2][1:], items[3]).signed_by(directory.receipt_publics[0], site)

    read = erase_receipt.read_receipt(text)
    assert (read.site, read.root_public, read.erased) == (site, world.identity.bundle.root_public, shown)
    assert read.is_told_by(text)
    for place in (40, len(paper) // 2, len(paper) - 120):
        forged = text.replace(paper, paper[:place] + ("A" if paper[place] != "A" else "B") + paper[place + 1 :])
        with pytest.raises(WireRefused):
            erase_receipt.read_receipt(forged)

    with pytest.raises(KeysMissing):
        identity.load(world.settings.state_dir, world.vault)
    assert not [file.name for file in (world.settings.state_dir / "keys").iterdir()]


def test_an_erasure_that_is_asked_again_is_answered_again(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        rows = [(world.topic, row.envelope) for row in outbox.unsent(10)]
        receiver.handle(rows)
        again = [world.identity.open_answers(payload) for _, payload in receiver.handle(rows)]
    assert any(isinstance(answer, Erased) for answers in again for answer in answers.answers)


def test_a_receipt_that_nobody_asked_for_or_that_is_forged_destroys_nothing(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        device, site = world.identity.device, world.identity.site
        signed = Erased(device, 1, NOW, NOW, 0).signed(receiver.keys.sign_key("receipt"), site)
        assert not departure.leave(world.settings.state_dir, outbox, world.identity, signed, NOW)
        consents.erase(outbox, world.identity.sign, site, NOW)
        forged = Erased(device, 1, NOW, NOW, 0).signed(SignKey.of(b"f" * 32), site)
        with pytest.raises(WireRefused):
            departure.leave(world.settings.state_dir, outbox, world.identity, forged, NOW)
        other = Erased("another", 1, NOW, NOW, 0).signed(receiver.keys.sign_key("receipt"), site)
        assert not departure.leave(world.settings.state_dir, outbox, world.identity, other, NOW)
    assert identity.load_enrolled(world.settings.state_dir, world.vault)


@pytest.mark.process
def test_who_consents_again_before_the_receipt_comes_stays_enrolled(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        (erased,), _ = erased_answers(world, outbox, receiver)
    world.give_consent(NOW + 100)
    with world.outbox() as outbox:
        assert not departure.leave(world.settings.state_dir, outbox, world.identity, erased, NOW)
    assert identity.load_enrolled(world.settings.state_dir, world.vault)
    assert (world.settings.state_dir / departure.RECEIPT).exists()


@pytest.mark.process
def test_an_old_receipt_said_again_does_not_end_what_began_after_it(world):
    """Erased, consented again, then only withdrew: to whom asks again the hub may say the old receipt once more."""
    receiver = world.receiver()
    with world.outbox() as outbox:
        (erased,), _ = erased_answers(world, outbox, receiver)
    world.give_consent(NOW + 100)
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW + 200)
        assert not departure.leave(world.settings.state_dir, outbox, world.identity, erased, NOW + 300)
        assert identity.load_enrolled(world.settings.state_dir, world.vault)
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 400)
        assert not departure.leave(world.settings.state_dir, outbox, world.identity, erased, NOW + 500)
        rows = [(world.topic, row.envelope) for row in outbox.unsent(100)]
        answers = [world.identity.open_answers(payload) for _, payload in receiver.handle(rows)]
        (anew,) = {one for some in answers for one in some.answers if isinstance(one, Erased)}
        assert departure.leave(world.settings.state_dir, outbox, world.identity, anew, NOW + 600)


@pytest.mark.process
def test_a_receipt_that_leaves_later_rows_ends_no_enrollment(world):
    """The erasure is heard after a consent that was given later, and after its data."""
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 10)
        late = [(world.topic, row.envelope) for row in outbox.unsent(10)]
        outbox.mark_sent(outbox.unsent(10), NOW)
    world.give_consent(NOW + 100)
    with world.outbox() as outbox:
        outbox.put_released(release_window(world, outbox, 4), NOW + 1500)
        for _ in range(2):  # the consent, and with its receipt the summary
            rows = outbox.unsent(10)
            outbox.mark_sent(rows, NOW)
            for _topic, payload in receiver.handle([(world.topic, row.envelope) for row in rows]):
                receipts.apply(outbox, world.identity.open_answers(payload), NOW, payload)
        found = [world.identity.open_answers(payload) for _, payload in receiver.handle(late)]
        (erased,) = {one for some in found for one in some.answers if isinstance(one, Erased)}
        outbox.db.execute("DELETE FROM meta WHERE name = 'stays'")  # even if the file forgot that it was given
        assert erased.kept == len(receiver.store.summaries()) == 1
        assert not departure.leave(world.settings.state_dir, outbox, world.identity, erased, NOW)
    assert (
        "1 rows under a consent that was given later stand"
        in (world.settings.state_dir / departure.RECEIPT).read_text()
    )
    assert identity.load_enrolled(world.settings.state_dir, world.vault)


def test_a_running_agent_ends_its_enrollment_when_the_receipt_comes(world, broker):
    said, stop = {}, asyncio.Event()

    async def person(agent):
        await until(lambda: agent.publisher._connected, what="the broker")
        await handlers.handle(agent, Command("erase"))
        await until(lambda: agent.publisher.unenrolled, what="the receipt")
        said["left"] = agent.publisher.unenrolled
        await until(lambda: not agent.publisher._connected, what="the end of the connection")
        said["connected"] = agent.publisher._connected
        said["status"] = (await handlers.handle(agent, Command("status"))).body
        with pytest.raises(KeysMissing):
            await handlers.handle(agent, Command("withdraw"))
        assert "not enrolled at a hub" in (await handlers.handle(agent, Command("erase"))).words
        stop.set()

    async def main():
        mode = RunMode(slot_s=0.1)
        await pipeline.run(
            world.settings, world.profile, SessionClock(), mode=mode, stop=stop, extra_tasks={"person": person}
        )

    with running_hub(world):
        asyncio.run(main())
    assert (said["left"], said["connected"]) == (True, False)
    assert "keys were deleted" in said["status"]
    assert not identity.exists(world.settings.state_dir)
