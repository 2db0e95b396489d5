"""The whole way over a real mosquitto with TLS and client certificates: recording in, receipted rows out."""

import asyncio
import contextlib
import dataclasses
import random
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
import pytest

from agent import pipeline
from agent.control import handlers
from agent.control.channel import Command
from agent.model import NS_PER_S
from agent.outbox import consents, ledger
from agent.publisher import publisher
from agent.publisher.link import Link
from agent.recording import files as recording
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.wire import envelope, schema
from agent.wire.labels import keys_topic
from agent.wire.message import CoverMessage, EraseMessage
from firmware_sim import packets
from hub.keys.certificates import issue
from tests.support import straps, worn_recording
from tests.support.machine import within_s
from tests.support.processes import shared_file, until, wait_for
from tests.support.virtual_time import Leaping
from tests.support.world import OPERATOR, START_UTC_S, make_world, replay_settings, running_hub, start_site_broker

FAST = RunMode(slot_s=0.2, grace_s=0.5, one_shot=True)


def replay(world, file: Path, *, mode=FAST, clock=None, **mqtt_settings):
    asyncio.run(
        pipeline.run(
            replay_settings(world, file, **mqtt_settings), world.profile, clock or Leaping(START_UTC_S), mode=mode
        )
    )


def run_with(person, stop, world, tmp_path, *, slot_s):
    """An agent over a made-up recording, and a person beside it who ends the run."""
    settings = replay_settings(world, synthetic(tmp_path, 1))
    clock, mode = Leaping(START_UTC_S), RunMode(slot_s=slot_s)
    asyncio.run(pipeline.run(settings, world.profile, clock, mode=mode, stop=stop, extra_tasks={"person": person}))


def computed_from(file: Path) -> list[dict[str, float]]:
    """The four numbers by a second hand: numpy on the file's own columns, window by window."""
    rr = np.loadtxt(file)
    end_s = np.cumsum(rr) / 1000.0
    found = []
    for start in range(0, int(end_s[-1]) // 300 * 300 + 300, 300):
        inside = (end_s >= start) & (end_s < start + 300)
        nn = rr[inside]
        diffs = np.diff(rr)[inside[1:]]  # the difference to the last beat before the window counts
        found.append(
            {
                "seconds": min(end_s[-1] - start, 300.0),
                "hr_mean_bpm": 60_000 / nn.mean(),
                "rmssd_ms": float(np.sqrt((diffs**2).mean())),
                "sdnn_ms": float(nn.std(ddof=1)),
                "pnn50_01": float((np.abs(diffs) > 50).mean()),
                "n": len(nn),
            }
        )
    return found


@pytest.mark.parametrize(
    ("file", "windows", "rest_s"), [("bartels_rest_rri.txt", 3, 63), ("pyhrv_nni_5min.txt", 1, None)]
)
@pytest.mark.parametrize("version", [5, 3])
def test_a_real_recording_reaches_the_hub_with_the_values_of_an_independent_computation(
    world, broker, file, windows, rest_s, version
):
    recording = shared_file(f"data/hrv/{file}")
    with running_hub(world, version) as receiver:
        replay(world, recording, version=version)
        stored = [(item.message.start_utc_s, item.features()) for item in receiver.store.summaries()]
    expected = computed_from(recording)
    assert len(stored) == windows
    if rest_s is not None:
        assert round(expected[windows]["seconds"]) == rest_s
    steps = {row.name: row.step for row in schema.features().values() if row.signal == "heart"}
    for number, (start_utc_s, features) in enumerate(stored):
        assert start_utc_s == START_UTC_S + 300 * number
        for name, step in steps.items():
            value, _ = features[name]
            assert value == pytest.approx(expected[number][name], abs=step / 2 + 1e-9), (number, name)
        assert features["hr_mean_bpm"][1] == expected[number]["n"]
    with world.outbox() as outbox:
        assert outbox.unsettled() == 0


@pytest.mark.process
@pytest.mark.long
def test_a_recording_worn_on_a_strap_reaches_the_hub_unchanged_both_ways(tmp_path):
    """Two worlds side by side, because a strap takes its time: (a) a backend over Bumble, (b) BlueZ over D-Bus."""
    file = shared_file("data/hrv/pyhrv_nni_5min.txt")
    worlds = {way: make_world(tmp_path / way, fresh=True) for way in straps.WAYS}
    brokers = [start_site_broker(world) for world in worlds.values()]

    async def both():
        return await asyncio.gather(
            *(worn_recording.play(way, world, file, speed=4.0) for way, world in worlds.items())
        )

    try:
        played = asyncio.run(both())
    finally:
        for broker in brokers:
            broker.stop()
        for world in worlds.values():
            world.close()
    rr_ms = [beat.rr_ms for beat in recording.beats(file)]
    for way, (stored, taken, after_gap) in zip(worlds, played, strict=True):
        assert taken == [packets.ticks(one) for one in rr_ms], f"{way}: every interval once and in order"
        assert len(stored) == 1
        assert len(after_gap) <= 2
        worst = worn_recording.differences(stored, rr_ms, after_gap)
        assert max(worst.values()) <= 0.5 + 1e-6, (way, worst)
        print(way, "distance to the file itself, in steps:", worn_recording.differences(stored, rr_ms, rounded=False))
        wrong = [one + 5 * (n % 2) for n, one in enumerate(rr_ms)]  # the same comparison finds another recording
        assert max(worn_recording.differences(stored, wrong).values()) > 0.5


def synthetic(tmp_path: Path, minutes: float, seed: int = 3) -> Path:
    noise = random.Random(seed)
    lines, total = [], 0.0
    while total < minutes * 60_000 - 1000:
        lines.append(f"{noise.gauss(800, 30):.1f}")
        total += float(lines[-1])
    file = tmp_path / "synthetic.txt"
    file.write_text("\n".join(lines))
    return file


# ---- what the wire shows


class Recorder:
    """Writes down every MQTT payload on the up topic, with its time; and can act as a client with any keys.

    It has the certificate of a worker that does not run: one with the hub's own name would end the hub's connection.
    """

    def __init__(self, world, *, name="hub-9", topic="wardbeat/v1/+/up/+"):
        self.seen: list[tuple[float, bytes]] = []
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        import ssl

        context = ssl.create_default_context(cafile=str(world.hub / "ca.pem"))
        issue(world.hub, name, world.folder / name, server=None)
        context.load_cert_chain(world.folder / f"{name}.crt", world.folder / f"{name}.key")
        self.client.tls_set_context(context)
        self.client.on_message = self._note
        ready = threading.Event()
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        self.client.connect("127.0.0.1", world.port)
        self.client.loop_start()
        assert ready.wait(within_s(10))

    def _note(self, _client, _user, message):
        if not message.topic.endswith("/up/hub"):  # the hub's probe of itself
            self.seen.append((time.monotonic(), bytes(message.payload)))

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def plain_traces(payloads: list[bytes], names: list[str]) -> list[str]:
    """Names of features, kinds and people that stand in clear in any payload."""
    return [name for name in names for payload in payloads if name.encode() in payload]


NAMES = [
    *(row.name for row in schema.features().values()),
    "summary",
    "cover",
    "consent",
    "withdraw",
    "care",
    OPERATOR,
    "heart",
]


def test_the_wire_shows_one_size_one_rate_and_no_word_through_pause_and_withdrawal(world, broker, tmp_path):
    slot_s, log = 0.5, {}
    recorder = Recorder(world)

    async def person(agent):
        await until(lambda: stored_summaries(receiver) >= 8)
        log["pause"] = time.monotonic()
        await handlers.handle(agent, Command("pause"))
        await asyncio.sleep(8 * slot_s)
        await handlers.handle(agent, Command("resume"))
        log["resume"] = time.monotonic()
        await asyncio.sleep(8 * slot_s)
        log["withdraw"] = time.monotonic()
        await handlers.handle(agent, Command("withdraw"))
        log["sealed"] = agent.outbox.head()[0]
        await asyncio.sleep(10 * slot_s)
        log["end"] = time.monotonic()
        log["after"] = [(row.kind, row.idx) for row in agent.outbox.unsent(99)]
        log["words"] = [row.words for row in ledger.rows(agent.outbox) if row.kind == "summary"]
        log["summaries_after"] = agent.outbox.db.execute(
            "SELECT count(*) FROM ledger WHERE kind = 'summary' AND idx > ?", (log["sealed"],)
        ).fetchone()[0]
        log["covers_after"] = agent.outbox.db.execute(
            "SELECT count(*) FROM ledger WHERE kind = 'cover' AND idx > ?", (log["sealed"],)
        ).fetchone()[0]
        stop.set()

    stop = asyncio.Event()
    mode = RunMode(window_s=2.0, slot_s=slot_s, grace_s=0.1)  # shorter windows: the test site is synthetic
    settings = replay_settings(world, synthetic(tmp_path, 3), resend_after_s=30.0)
    clock = SessionClock(START_UTC_S * NS_PER_S, speed=4)
    with running_hub(world) as receiver:
        asyncio.run(pipeline.run(settings, world.profile, clock, mode=mode, stop=stop, extra_tasks={"person": person}))
        summaries = stored_summaries(receiver)
    recorder.close()

    times = [at for at, _ in recorder.seen]
    payloads = [payload for _, payload in recorder.seen]
    assert {len(payload) for payload in payloads} == {envelope.ENVELOPE_BYTES}
    phases = {
        "worn": (times[0], log["pause"]),
        "paused": (log["pause"], log["resume"]),
        "withdrawn": (log["withdraw"], log["end"]),
    }
    rates = {name: sum(a <= at < b for at in times) / (b - a) * slot_s for name, (a, b) in phases.items()}
    print({name: round(rate, 2) for name, rate in rates.items()})
    assert all(0.4 <= rates[name] <= 1.6 for name in ("paused", "withdrawn")), rates  # a hurry would be 20
    assert 0.4 <= rates["worn"] <= 4, rates  # short, and it begins with what waits: the consent and the first windows
    planted = [payloads[0], b"... rmssd_ms ..."]
    assert plain_traces(planted, NAMES) == ["rmssd_ms"], "the detector must find a planted name"
    assert plain_traces(payloads, NAMES) == []
    # values: the coded numbers of each window, as they stand in the ledger's words
    coded = {words[-20:] for words in log["words"]}
    assert len(coded) > 5
    assert sum(piece in payload for piece in coded for payload in [*payloads, b"..." + min(coded)]) == 1, (
        "only the planted one"
    )
    assert summaries >= 2
    assert log["summaries_after"] == 0
    assert log["covers_after"] >= 5


def stored_summaries(receiver) -> int:
    return len(receiver.store.summaries())


# short windows hold few beats: this test's own thresholds, so that windows of 2 s can be released
@pytest.fixture(autouse=True)
def short_windows(monkeypatch, request):
    if "one_size" in request.node.name:
        from agent.features import FEATURES

        for name, spec in list(FEATURES.items()):
            short = dataclasses.replace(spec, min_samples=1, min_coverage_01=0.1, min_span_s=1)
            monkeypatch.setitem(FEATURES, name, short)


def test_the_sizes_of_all_feature_subsets_are_one():
    from agent.model import CodedValue
    from agent.wire.keys import ReceiveKey, SignKey, kid, receive_public
    from agent.wire.message import Plaintext, SummaryMessage
    from agent.wire.plaintext import encode_plaintext

    receive = ReceiveKey.of(bytes(32))
    sender = envelope.Sender(SignKey.of(bytes(32)), bytes(32), "site", "topic")
    ids = sorted(schema.features())
    sizes = Counter()
    # every number alone, every beginning of the list, all of them, and subsets drawn by lot
    drawn = random.Random(1)
    subsets = [[one] for one in ids] + [ids[:n] for n in range(1, len(ids) + 1)]
    subsets += [sorted(drawn.sample(ids, drawn.randint(1, len(ids)))) for _ in range(200)]
    for subset in subsets:
        for v in (0, 1, 100):
            rows = tuple(CodedValue(feature_id, v) for feature_id in subset)
            message = SummaryMessage("care", bytes(32), 0, 300, rows)
            words = encode_plaintext(Plaintext(bytes(16), 0, 1, bytes(32), (message,)))
            sizes[len(sender.seal(receive_public(receive.public), kid(receive.public), (bytes(16), 1), words))] += 1
    assert set(sizes) == {envelope.ENVELOPE_BYTES}


# ---- the broker refuses, hides, comes back


@pytest.mark.process
def test_a_refused_publish_keeps_its_row_and_tells_the_person(world, tmp_path):
    """With an access list that denies, paho says "published" (measured); the PUBACK's reason code does not."""
    acl = world.hub / "broker" / "acl"
    acl.write_text(acl.read_text().replace("pattern write", "# pattern write"))
    process = start_site_broker(world)
    told = {}

    async def person(agent):
        await until(lambda: agent.publisher.counters["puback_0x87"] >= 1)
        told["states"] = {state.part: state for state in agent.board.states()}
        told["unsettled"] = agent.outbox.unsettled()
        stop.set()

    stop = asyncio.Event()
    try:
        with running_hub(world) as receiver:
            run_with(person, stop, world, tmp_path, slot_s=0.2)
            assert receiver.store.settled() == {}
    finally:
        process.stop()
    assert told["unsettled"] >= 1
    assert told["states"]["broker"].level == "trouble"
    assert "0x87" in told["states"]["broker"].words


@pytest.mark.process
def test_without_a_broker_rows_wait_and_go_when_it_comes(world, tmp_path):
    told = {}

    async def person(agent):
        await until(lambda: any(s.part == "broker" and s.level == "waiting" for s in agent.board.states()))
        await until(lambda: agent.outbox.unsettled() >= 5)
        told["process"] = await asyncio.to_thread(start_site_broker, world)
        await until(lambda: agent.outbox.counts().get("receipted", 0) >= 5)
        stop.set()

    stop = asyncio.Event()
    with running_hub(world):
        run_with(person, stop, world, tmp_path, slot_s=0.3)
    told["process"].stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_network_thread_is_noticed_and_replaced(world, broker, tmp_path):
    told = {}

    async def person(agent):
        def connected():
            return any(s.part == "broker" and s.level == "ok" for s in agent.board.states())

        await until(connected)
        client = agent.publisher._link.client
        told["first"] = client

        def die(*_):
            raise SystemExit  # what no handler of paho's catches: the thread ends without a word

        client._handle_publish = client._packet_handle = die
        agent.outbox.put([EraseMessage(0, 0)], agent.utc_s())
        await until(lambda: agent.publisher._link is not None and agent.publisher._link.client is not client)
        await until(lambda: agent.outbox.unsettled() == 0 or agent.outbox.counts().get("receipted", 0) >= 3)
        stop.set()

    stop = asyncio.Event()
    with running_hub(world):
        run_with(person, stop, world, tmp_path, slot_s=0.3)
    assert told["first"] is not None


def test_the_broker_lets_a_device_write_only_to_its_own_topic_and_nobody_in_without_a_certificate(world, broker):
    import ssl

    from agent.enrollment.identity import tls_files, tls_password

    ca, certificate, key = tls_files(world.settings.state_dir)
    context = ssl.create_default_context(cafile=str(ca))
    context.load_cert_chain(certificate, key, tls_password(world.vault))
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="probe", protocol=mqtt.MQTTv5)
    client.tls_set_context(context)
    codes, ready = {}, threading.Event()
    client.on_publish = lambda _c, _u, mid, reason, _p: codes.__setitem__(mid, reason.value)
    client.on_connect = lambda *_: ready.set()
    client.connect("127.0.0.1", world.port)
    client.loop_start()
    assert ready.wait(within_s(10))
    own = client.publish(world.topic, b"x", 1).mid
    foreign = client.publish(world.topic + "0", b"x", 1).mid
    directory = client.publish(keys_topic("test-site"), b"x", 1).mid
    wait_for(lambda: len(codes) == 3)
    # what another device is told, and what all send, is not for its ears: neither the yes nor the message
    heard, subscribed = [], []
    client.on_message = lambda _c, _u, message: heard.append(message.topic)
    client.on_subscribe = lambda _c, _u, _mid, reasons, _p: subscribed.extend(reason.value for reason in reasons)
    down = world.topic.replace("/up/", "/down/")
    client.subscribe([(topic, 1) for topic in (down, down + "0", "wardbeat/v1/+/down/+", "wardbeat/v1/+/up/+")])
    wait_for(lambda: len(subscribed) == 4)
    hub = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="probe-hub", protocol=mqtt.MQTTv5)
    as_hub = ssl.create_default_context(cafile=str(ca))
    as_hub.load_cert_chain(world.hub / "hub.crt", world.hub / "hub.key")
    hub.tls_set_context(as_hub)
    hub.connect("127.0.0.1", world.port)
    hub.loop_start()
    for topic in (down, down + "0"):
        hub.publish(topic, b"x", 1).wait_for_publish(10)
    client.publish(world.topic, b"x", 1)
    wait_for(lambda: heard, what="its own answer, which the detector must hear")
    threading.Event().wait(0.5)
    assert set(heard) == {down}
    hub.disconnect()
    hub.loop_stop()
    client.disconnect()
    client.loop_stop()
    assert codes[own] in (0, 0x10)
    assert codes[foreign] == codes[directory] == 0x87

    bare = ssl.create_default_context(cafile=str(ca))
    stranger = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    stranger.tls_set_context(bare)
    with pytest.raises((OSError, ssl.SSLError)):
        stranger.connect("127.0.0.1", world.port)
        for _ in range(50):
            if stranger.loop(0.1) != mqtt.MQTT_ERR_SUCCESS:
                raise OSError


def test_a_forged_directory_or_receipt_changes_nothing(world, broker, tmp_path):
    told = {}

    async def person(agent):
        await until(lambda: agent.outbox.counts().get("receipted", 0) >= 1)
        published = world.receiver().keys.published()
        recorder.client.publish(keys_topic("test-site"), published[:-1] + bytes([published[-1] ^ 1]), 1)
        down = world.topic.replace("/up/", "/down/")
        for payload in (b"", b"\x83", bytes(envelope.ENVELOPE_BYTES), recorder.seen[0][1]):
            recorder.client.publish(down, payload, 1)
        refusals = ("malformed", "bad_signature", "unknown_key", "not_for_us")
        await until(lambda: sum(agent.publisher.counters[reason] for reason in refusals) >= 5)
        told["published"] = agent.publisher.identity.published
        told["receipted"] = {(row.stream, row.seq) for row in ledger.rows(agent.outbox) if row.state == "receipted"}
        stop.set()

    stop = asyncio.Event()
    recorder = Recorder(world)
    with running_hub(world):
        run_with(person, stop, world, tmp_path, slot_s=0.3)
    recorder.close()
    receiver = world.receiver()
    assert told["published"] == world.identity.published
    assert told["receipted"] <= set(receiver.store.settled())


def test_a_newer_directory_is_taken_over_and_rows_are_sealed_to_its_newest_key(world, broker, tmp_path):
    told = {}

    async def person(agent):
        await until(lambda: agent.outbox.counts().get("receipted", 0) >= 1)
        keys = receiver.keys
        keys.kems.add(int(time.time()) + 60)
        recorder.client.publish(keys_topic("test-site"), keys.issue_directory(), 1, retain=True)
        await until(lambda: agent.publisher.identity.directory().directory.version == keys.version())
        newest = agent.publisher.identity.directory().directory.kems[-1].public
        row = agent.outbox.put([EraseMessage(0, 1)], agent.utc_s())
        told["sealed to newest"] = (
            envelope.decode(row.envelope).header.recipient == envelope.hashlib.sha256(newest).digest()[:8]
        )
        await until(lambda: agent.outbox.unsettled() <= 1)
        stop.set()

    stop = asyncio.Event()
    recorder = Recorder(world)
    with running_hub(world) as receiver:
        run_with(person, stop, world, tmp_path, slot_s=0.3)
    recorder.close()
    assert told["sealed to newest"]
    with world.outbox() as outbox:
        assert consents.in_force(outbox) is not None


def test_an_older_directory_that_stands_at_the_broker_is_replaced(world, broker):
    """Put back, or published late: a machine that connects now would believe it for a day."""

    def newest_comes(late):  # a hub that has just begun may still be issuing one of its own
        return late.seen and late.seen[-1][1] == receiver.keys.published()

    with running_hub(world) as receiver:
        old = receiver.keys.published()
        receiver.keys.kems.add(int(time.time()) + 60)
        torn = receiver.keys.issue_directory()[:-1]
        recorder = Recorder(world)
        for data in (old, torn, b""):
            recorder.client.publish(keys_topic("test-site"), data, 1, retain=True).wait_for_publish(10)
            late = Recorder(world, name="hub-8", topic=keys_topic("test-site"))
            wait_for(partial(newest_comes, late), what="the newest directory")
            late.close()
        recorder.close()


@pytest.mark.parametrize("hears", [True, False])
def test_acknowledgements_that_never_come_stop_nobody(world, broker, tmp_path, monkeypatch, hears):
    """More rows than may be in flight: receipts free the places, and where none come, another connection does."""
    monkeypatch.setattr(publisher.Publisher, "_acked", lambda *_: None)
    monkeypatch.setattr(publisher, "UNACKNOWLEDGED_S", 0.3)

    async def person(agent):
        for _ in range(60):
            agent.outbox.put([CoverMessage()], START_UTC_S)
        await until(
            lambda: (
                agent.outbox.counts().get("receipted", 0) >= 60 if hears else agent.publisher.counters["unacknowledged"]
            )
        )
        stop.set()

    stop = asyncio.Event()
    with running_hub(world) if hears else contextlib.nullcontext():
        run_with(person, stop, world, tmp_path, slot_s=0.1)


@pytest.mark.process
def test_the_limits_of_the_broker_are_kept(world, tmp_path, monkeypatch):
    """MQTT 5 states them at connecting; a broker whose limits are ignored closes the connection, again and again."""
    running, in_flight = {}, []
    publish = Link.publish

    def counted(link, envelope):
        in_flight.append(len(running["agent"].publisher._in_flight) + 1)
        return publish(link, envelope)

    monkeypatch.setattr(Link, "publish", counted)

    def said(agent, words):
        return any(words in state.words for state in agent.board.states())

    async def too_small(agent):
        await until(lambda: said(agent, "does not accept messages of 3319 bytes"))
        await asyncio.sleep(1.0)
        assert agent.publisher._number == 1, "the connection holds"
        assert "sent" not in agent.outbox.counts()

    async def narrow(agent):
        for _ in range(30):
            agent.outbox.put([CoverMessage()], START_UTC_S)
        await until(lambda: agent.outbox.counts().get("receipted", 0) >= 30)
        assert agent.publisher._receive_maximum == 3

    for extra, person in (("max_packet_size 2000\n", too_small), ("max_inflight_messages 3\n", narrow)):
        process = start_site_broker(world, extra=extra)
        try:
            with running_hub(world) if person is narrow else contextlib.nullcontext():
                stop = asyncio.Event()

                async def play(agent, person=person, stop=stop):
                    running["agent"] = agent
                    try:
                        await person(agent)
                    finally:
                        stop.set()

                asyncio.run(
                    pipeline.run(
                        world.settings,
                        world.profile,
                        SessionClock(),
                        mode=RunMode(slot_s=0.1),
                        stop=stop,
                        extra_tasks={"p": play},
                    )
                )
        finally:
            process.stop()
    assert 0 < max(in_flight) <= 3


def test_a_backlog_drains_over_one_link_and_todays_row_does_not_wait_for_it(world, broker):
    """paho would write from our thread while its own one reads: TLS broke every second or two (a week took minutes)."""
    seen = {}
    with world.outbox() as outbox:
        for _ in range(500):
            outbox.put([CoverMessage()], START_UTC_S)

    async def person(agent):
        def state(idx):
            return agent.outbox.db.execute("SELECT state FROM fate WHERE idx = ?", (idx,)).fetchone()[0]

        await until(lambda: agent.outbox.unsettled() <= 450)
        today = agent.outbox.put([CoverMessage()], START_UTC_S).idx
        await until(lambda: state(today) == "receipted")
        seen["still waiting"] = agent.outbox.unsettled()
        await until(lambda: agent.outbox.unsettled() <= 2)
        seen["links"] = agent.publisher._number

    async def main():
        stop = asyncio.Event()

        async def play(agent):
            await asyncio.wait_for(person(agent), 60)
            stop.set()

        mode = RunMode(slot_s=300.0)  # by slots alone it would take two days
        await pipeline.run(
            world.settings, world.profile, SessionClock(), mode=mode, stop=stop, extra_tasks={"play": play}
        )

    with running_hub(world):
        asyncio.run(main())
    assert seen["links"] == 1
    assert seen["still waiting"] > 100


def test_rows_whose_receipts_were_lost_do_not_hold_up_a_drain(world, broker):
    """More of them than may be unconfirmed at a time: their time has come again, so they are no reason to wait."""
    with world.outbox() as outbox:
        for _ in range(200):
            outbox.put([CoverMessage()], START_UTC_S)
        outbox.mark_sent(outbox.unsent(100), START_UTC_S)  # and the broker forgot them

    async def main():
        stop = asyncio.Event()

        async def play(agent):
            try:
                await until(lambda: agent.outbox.unsettled() <= 2, 60)
            finally:
                stop.set()

        mode = RunMode(slot_s=300.0)
        await pipeline.run(
            world.settings, world.profile, SessionClock(), mode=mode, stop=stop, extra_tasks={"play": play}
        )

    with running_hub(world):
        asyncio.run(main())
