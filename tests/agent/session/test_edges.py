"""Promises about order and edges in the loops: whose turn it is, the second in which something ends, a clock that moved."""

import asyncio
import dataclasses
import datetime as dt
import random
import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from agent.control import callers, channel
from agent.enrollment import identity, renewal
from agent.errors import AgentBusy, StorageFull, WireRefused
from agent.model import NS_PER_S, Interval, Sample
from agent.outbox import Limits, Row, consents, ledger, pauses
from agent.outbox.limits import held_rows
from agent.page import decisions
from agent.privacy import consent, gate
from agent.publisher import Publisher, PublisherSettings
from agent.publisher.link import Link
from agent.publisher.schedule import Scheduler
from agent.session import loops
from agent.session.release import PENDING_MOST
from agent.session.sensors import session_clock
from agent.session.session import Session
from agent.sources.strap import ble_strap
from agent.system import host
from agent.system.clock import SessionClock, UtcBreak, VirtualClock
from agent.system.run_mode import RunMode
from agent.system.status import StatusBoard
from agent.wire.message import CoverMessage, Grant
from hub.keys.certificates import certify
from tests.support.machine import within_s
from tests.support.world import OPERATOR, START_UTC_S, deliver, made_up_summary, replay_settings

START_NS = START_UTC_S * NS_PER_S


def covers(outbox, count: int) -> list[Row]:
    return [outbox.put([CoverMessage()], START_UTC_S + n) for n in range(count)]


def scheduler(outbox, resend_after_s: float = 3600.0) -> Scheduler:
    return Scheduler(outbox, resend_after_s, random.Random(1))


def receipted(world) -> None:
    """The consent is receipted, so that other rows may go."""
    with world.outbox() as outbox:
        deliver(world, outbox, world.receiver())


@pytest.mark.process
def test_the_oldest_row_takes_turns_with_the_newest(world):
    receipted(world)
    with world.outbox() as outbox:
        rows = covers(outbox, 5)
        schedule, sent = scheduler(outbox), []
        for _ in range(4):
            row = schedule.next_row()
            outbox.mark_sent([row], START_UTC_S)
            sent.append(row.idx)
    oldest, newest = [row.idx for row in rows[:2]], [row.idx for row in rows[:-3:-1]]
    assert sorted(sent) == sorted(oldest + newest)
    assert {sent[0], sent[1]} == {rows[0].idx, rows[-1].idx}


def test_rows_without_a_receipt_and_fresh_rows_take_turns(world):
    receipted(world)
    with world.outbox() as outbox:
        late = covers(outbox, 2)
        outbox.mark_sent(late, START_UTC_S)
        fresh = covers(outbox, 2)
        schedule = scheduler(outbox)
        schedule.all_due()
        sent = []
        for _ in range(4):
            row = schedule.next_row()
            sent.append(row.idx in {one.idx for one in late})
            schedule.mark_sent(row, schedule.reschedule(row))
            outbox.mark_sent([row], START_UTC_S)
    assert sent in ([True, False, True, False], [False, True, False, True])
    assert len(fresh) == 2


def test_an_old_row_is_not_passed_over_for_ever_where_receipts_are_late(world):
    """Each envelope's time brings one fresh row, and rows without a receipt wait: the oldest goes within eight envelopes."""
    receipted(world)
    with world.outbox() as outbox:
        outbox.mark_sent(covers(outbox, 20), START_UTC_S)
        (old,) = covers(outbox, 1)
        schedule, sent = scheduler(outbox), []
        schedule.all_due()
        for _ in range(8):
            covers(outbox, 1)
            row = schedule.next_row()
            sent.append(row.idx)
            outbox.mark_sent([row], START_UTC_S)
    assert old.idx in sent
    assert len({idx for idx in sent if idx > old.idx}) >= 2  # and today's rows go, too


def test_a_consent_that_is_sent_again_waits_behind_no_other_row(world):
    with world.outbox() as outbox:
        late = covers(outbox, 20)
        (given,) = outbox.unsent(1)
        outbox.mark_sent([*late, given], START_UTC_S)
        fresh = covers(outbox, 3)
        schedule = scheduler(outbox)
        schedule.all_due()
        assert schedule.backlog(100) == len([*late, given, *fresh])
        assert schedule.backlog(3) == 3
        assert schedule.next_row().idx == given.idx
        assert schedule.next_row().kind == "cover"


@pytest.mark.process
def test_each_further_try_waits_longer_up_to_a_limit(world, monkeypatch):
    receipted(world)
    monkeypatch.setattr("agent.publisher.schedule.time.monotonic", lambda: 0.0)
    with world.outbox() as outbox:
        (row,) = covers(outbox, 1)
        schedule = scheduler(outbox, 10.0)
        waits_s = []
        for _ in range(8):
            tries = schedule.reschedule(row)
            waits_s.append(schedule._later[0][0])
            schedule._later.clear()
            schedule.mark_sent(row, tries)
    for n, wait_s in enumerate(waits_s):
        assert 0.8 <= wait_s / (10.0 * min(2**n, 16)) <= 1.2


def test_a_certificate_that_ends_before_the_old_one_is_refused(world):
    folder, now_s = world.settings.state_dir, int(dt.datetime.now(dt.UTC).timestamp())
    pem, _ = identity.new_tls_key(world.vault)
    host.write_private(folder / "keys" / "tls.next.key", pem)
    ours = serialization.load_pem_private_key(pem, identity.tls_password(world.vault).encode()).public_key()
    right = certify(world.hub, world.identity.device, ours, server=None)
    authority = serialization.load_pem_private_key((world.hub / "ca.key").read_bytes(), None)

    def ending(shift: dt.timedelta) -> bytes:
        old = x509.load_pem_x509_certificate(identity.tls_files(folder)[1].read_bytes())
        made = x509.CertificateBuilder(
            right.issuer, right.subject, ours, right.serial_number, right.not_valid_before_utc,
            old.not_valid_after_utc + shift,
        )  # fmt: skip
        for extension in right.extensions:
            made = made.add_extension(extension.value, extension.critical)
        return made.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    for days in (1, 200):
        with pytest.raises(WireRefused, match="does not follow"):
            renewal.take(folder, world.vault, world.identity, ending(-dt.timedelta(days=days)), now_s)
    assert renewal.take(folder, world.vault, world.identity, ending(dt.timedelta(0)), now_s)  # as long is long enough


class MovedClock(VirtualClock):
    """The wall clock was moved in the middle of the first window."""

    def __init__(self) -> None:
        super().__init__(START_NS)
        self.moved = UtcBreak(START_NS + 100 * NS_PER_S, 7200.0)

    def utc_break(self):
        moved, self.moved = self.moved, None
        return moved


def sessions(world, clock, parts):
    return Session(world.settings, world.profile, clock, RunMode(serves=False), parts)


async def windows(session, clock, count: int, blocked: list) -> None:
    """So many windows of beats, closed by the loop itself."""
    add = session.release_queue.add

    def watched(summary, blocked_of=()):
        blocked.append(blocked_of)
        add(summary, blocked_of)

    session.release_queue.add = watched

    def start(coroutine, name):
        return asyncio.create_task(coroutine, name=name)

    for n in range((count + 1) * 400):  # after a break the next window begins on the new grid
        session.windows.ring.add(Sample(START_NS + n * 750_000_000 + 1, "rr_ms", 750.0))
    tasks = [start(loops.release_windows(session, start), "release"), start(clock.drive(), "drive")]
    while len(blocked) < count:
        await asyncio.sleep(0)
        for task in tasks:
            if task.done():
                task.result()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_the_window_in_which_the_wall_clock_moved_is_not_released(world):
    async def main():
        with ExitStack() as parts:
            clock, blocked = MovedClock(), []
            session = sessions(world, clock, parts)
            await windows(session, clock, 2, blocked)
            kinds = [row.kind for row in ledger.rows(session.outbox)]
            return blocked, kinds

    blocked, kinds = asyncio.run(main())
    first = Interval(START_UTC_S, START_UTC_S + 300)
    assert blocked == [(first,), ()]
    assert kinds.count("summary") == 1, "the window after it is released, the first is not"


@pytest.mark.parametrize(("second", "signals"), [(-1, {"heart"}), (0, set()), (1, set())])
def test_a_consent_is_over_in_the_second_in_which_it_ends(world, second, signals):
    async def main():
        with ExitStack() as parts:
            session = sessions(world, VirtualClock(START_NS), parts)
            record = consents.in_force(session.outbox)
            session.release_queue._utc_s = lambda: record.until_utc_s + second
            session.release_queue._record = record
            return session.release_queue.consented

    assert asyncio.run(main()) == signals


@pytest.mark.parametrize("second", [-1, 0])
def test_a_consent_begins_in_its_second(world, second):
    async def main():
        with ExitStack() as parts:
            session = sessions(world, VirtualClock(START_NS), parts)
            record = consents.in_force(session.outbox)
            session.release_queue._utc_s = lambda: record.from_utc_s + second
            session.release_queue._record = record
            return session.release_queue.consented

    assert asyncio.run(main()) == ({"heart"} if second == 0 else set())


@pytest.mark.parametrize("on", [False, True])
def test_a_switch_on_a_full_disk_closes_and_never_opens(world, monkeypatch, on):
    def full(*_args, **_words):
        raise StorageFull("the disk is full")

    async def main():
        with ExitStack() as parts:
            settings = world.settings.model_copy(
                update={"sources": {"ble_strap": ble_strap.Settings()}} if not on else {}
            )
            session = Session(settings, world.profile, VirtualClock(START_NS), RunMode(serves=False), parts)
            assert session.sensors.is_on("ble_strap") is not on
            monkeypatch.setattr(pauses, "keep_switch", full)
            with pytest.raises(StorageFull):
                decisions.switch(session, "ble_strap", on=on)
            return session.sensors.is_on("ble_strap")

    assert asyncio.run(main()) is False


# ---- decisions that nothing else would notice


def test_a_recording_begins_at_the_next_mark_so_that_a_consent_covers_its_first_window(world, tmp_path):
    settings = replay_settings(world, tmp_path / "none")
    before_ns = SessionClock().now_ns()
    start_ns = session_clock(settings, RunMode()).start_ns()
    assert start_ns % (300 * NS_PER_S) == 0
    assert before_ns < start_ns <= before_ns + 301 * NS_PER_S
    assert (
        abs(session_clock(world.settings, RunMode()).now_ns() - SessionClock().now_ns()) < NS_PER_S
    )  # straps: true time


def publishers(world, outbox) -> Publisher:
    made = Publisher(
        world.settings.state_dir, world.vault, world.identity, outbox, PublisherSettings(), StatusBoard(),
        slot_s=300.0, utc_s=lambda: START_UTC_S,
    )  # fmt: skip
    made._connected, made._probe = True, True
    return made


def test_a_withdrawal_beside_a_waiting_summary_causes_no_burst(world):
    receipted(world)

    async def main():
        with world.outbox() as outbox:
            found = []
            for _ in range(3):
                covers(outbox, 1)
                found.append(publishers(world, outbox)._may_burst())
            return found

    assert asyncio.run(main()) == [False, False, True]


def test_the_publisher_speaks_tls_1_3_or_nothing(world, monkeypatch):
    given = []
    link = Link(1, world.identity, PublisherSettings(), folder=world.settings.state_dir,
                password=identity.tls_password(world.vault), put=lambda _event: None)  # fmt: skip
    monkeypatch.setattr(link.client, "tls_set_context", given.append)
    monkeypatch.setattr(link.client, "connect", lambda *_args, **_words: (_ for _ in ()).throw(OSError("no route")))
    link.start()
    link._thread.join(within_s(20))
    (context,) = given  # before anything is sent
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_lock_file_holds_neither_mediapipe_nor_a_desktop_opencv():
    lock = (Path(__file__).parents[3] / "requirements.lock").read_text(encoding="utf-8")
    names = {line.split("==")[0] for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))}
    assert "opencv-python-headless" in names
    assert not names & {"mediapipe", "opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless"}


def test_battery_and_heat_are_read_or_unknown_on_every_system(monkeypatch):
    process = pytest.importorskip("agent.sources.camera.process")
    for battery, charge_01 in ((None, None), (SimpleNamespace(power_plugged=True, percent=12), None),
                               (SimpleNamespace(power_plugged=False, percent=12), 0.12)):  # fmt: skip
        monkeypatch.setattr(process.psutil, "sensors_battery", lambda found=battery: found, raising=False)
        assert process._battery_01() == (None if charge_01 is None else pytest.approx(charge_01))
    monkeypatch.delattr(process.psutil, "sensors_battery", raising=False)
    monkeypatch.delattr(process.psutil, "sensors_temperatures", raising=False)
    assert process._battery_01() is None
    assert process._is_hot() in (False, True)


def test_what_a_recording_plays_during_a_pause_is_not_taken_over(world):
    """A pause does not close a source that ends by itself; its samples are dropped."""
    taken = [Sample(START_NS + n, "rr_ms", 800.0) for n in range(3)]

    async def main():
        with ExitStack() as parts:
            session = sessions(world, VirtualClock(START_NS), parts)

            async def samples():
                yield taken[0]
                session.set_paused(paused=True)
                yield taken[1]
                session.set_paused(paused=False)
                yield taken[2]

            session.sensors.open = lambda _name: samples()
            await loops._read(session, "replay")
            return [session.queue.get_nowait() for _ in range(session.queue.qsize())]

    assert asyncio.run(main()) == [taken[0], taken[2]]


# ---- limits


def test_a_day_of_windows_waits_for_the_disk_and_the_oldest_goes_first(world):
    def full(_summary):
        raise StorageFull("the disk is full")

    async def main():
        with ExitStack() as parts:
            session = sessions(world, VirtualClock(START_NS), parts)
            session.history.keep = full
            for n in range(PENDING_MOST + 3):
                session.release_queue.add(made_up_summary(n))
            oldest = session.release_queue._pending[0][0].start_utc_s
            words = {state.part: state.words for state in session.board.states()}
            return session.release_queue.waiting, oldest, words["windows"]

    waiting, oldest_utc_s, words = asyncio.run(main())
    assert waiting == PENDING_MOST
    assert oldest_utc_s == made_up_summary(3).start_utc_s
    assert "lost" in words


def test_the_outbox_never_holds_more_than_its_limit(world):
    receipted(world)
    with world.outbox(limits=Limits(max_rows=40)) as outbox:
        most = 0
        for n in range(90):
            outbox.put([CoverMessage()], START_UTC_S + n)
            most = max(most, held_rows(outbox.db))
    assert most == 40


def test_a_clock_that_is_set_a_year_ahead_drops_nothing(world):
    receipted(world)
    with world.outbox() as outbox:
        covers(outbox, 3)
        outbox.put([CoverMessage()], START_UTC_S + 400 * 86_400)
        assert held_rows(outbox.db) == 4
        assert "dropped" not in outbox.counts()


@pytest.mark.process
def test_an_answer_without_an_end_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(callers, "ANSWER_MOST", 200_000)
    (tmp_path / "state").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "state" / channel.SOCKET))
        server.listen(1)

        def endless():
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while True:
                    connection.sendall(b"x" * 65_536)

        thread = threading.Thread(target=endless)
        thread.start()
        with pytest.raises(AgentBusy, match="broke off"):
            channel.ask(tmp_path / "state", channel.Command("status"), timeout_s=60.0)
        thread.join()


def test_a_consent_under_another_profile_of_the_same_purpose_releases_nothing(world):
    record = consent.give(world.profile, "device", 1, (Grant("heart", "care", OPERATOR),), START_UTC_S)
    other = dataclasses.replace(world.profile, name="care-of-another-ward")
    given = consent.Consented(record, frozenset(spec.feature_id for spec in consent.releasable(world.profile)))
    assert gate.release(made_up_summary(), world.profile, given, OPERATOR, ())
    assert gate.release(made_up_summary(), other, given, OPERATOR, ()) == ()
