"""A strap over a real Bluetooth host stack, both ways in: what arrives, what is refused, what a fault leaves behind."""

import asyncio
import contextlib
import dataclasses
import itertools
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
import types

import pytest
from bumble.att import Attribute
from bumble.gatt import Characteristic, Service

from agent import pipeline, sources
from agent.config import Settings
from agent.control import device_scan as scan
from agent.errors import SourceUnavailable, WrongUse
from agent.model import Sample
from agent.recording import files as recordings
from agent.sources import SOURCES, Radio, module, settings_type
from agent.sources.strap import binding, ble_strap, pairing
from agent.sources.strap.states import StrapState
from agent.system.clock import SessionClock, VirtualClock
from firmware_sim import packets, physiology, recording
from firmware_sim.faults import Fault, timeline
from firmware_sim.physiology import Beat
from firmware_sim.strap import Strap
from tests.support import straps, virtual_time
from tests.support.processes import shared_file, start_wardbeat, system_tool, until, wait_for

BOTH = pytest.mark.parametrize("way", straps.WAYS)
MEASUREMENT, SERIAL, CONTROL, LOCATION = (
    f"0000{short}-0000-1000-8000-00805f9b34fb" for short in ("2a37", "2a25", "2a39", "2a38")
)


def run(coroutine, seconds=400):
    async def bounded():
        async with asyncio.timeout(seconds):
            return await coroutine

    return asyncio.run(bounded())


def both_ways(main):
    """Both ways in at a time: a strap takes its time, and most of it is waiting."""

    async def gathered():
        return await asyncio.gather(*(main(way) for way in straps.WAYS))

    return run(gathered())


@contextlib.asynccontextmanager
async def reading(reader):
    task = asyncio.create_task(reader.read())
    try:
        yield
    finally:
        await virtual_time.end(task)


# ---- what arrives


@pytest.mark.process
@BOTH
def test_bleak_finds_reads_and_is_refused_as_the_services_say(way, tmp_path):
    from bleak import BleakClient, BleakScanner
    from bleak.exc import BleakGATTProtocolError

    async def main():
        pace = straps.clock(1.0)
        async with straps.air(way, [straps.strap(pace, 0), straps.strap(pace, 1)], pace) as (room, radio):
            kind = {} if radio.scanner is None else {"backend": radio.scanner}
            device = await BleakScanner.find_device_by_name("WB-SIM 1", timeout=5, **kind)
            gone = asyncio.Event()
            kind = {} if radio.client is None else {"backend": radio.client}
            client = BleakClient(device, disconnected_callback=lambda _: gone.set(), **kind)
            async with client:
                assert bytes(await client.read_gatt_char(SERIAL)) == b"SIM0001"
                assert bytes(await client.read_gatt_char(LOCATION)) == b"\x01"
                with pytest.raises(BleakGATTProtocolError) as refused:
                    await client.write_gatt_char(CONTROL, b"\x02", response=True)
                assert int(refused.value.code) == 0x80
                await client.write_gatt_char(CONTROL, b"\x01", response=True)
                got = []
                await client.start_notify(MEASUREMENT, lambda _, value: got.append(bytes(value)))
                await until(lambda: len(got) >= 2, what="two packets")
                await client.stop_notify(MEASUREMENT)
                await room.suffer(Fault("link_loss", for_s=0.2, strap=1))
                await asyncio.wait_for(gone.wait(), 5)
                assert not client.is_connected
            begin = time.monotonic()
            with pytest.raises(TimeoutError):  # a strap that is away: the attempt ends when it was told to
                await room.suffer(Fault("absent", for_s=1.5, strap=1))
                await client.connect(timeout=0.5)
            assert time.monotonic() - begin < 5
            await asyncio.sleep(1.2)
            await client.connect()  # and the dongle is not wedged by the cancelled attempt
            await client.disconnect()

    run(main())


async def worn_in_virtual_time(folder, body, condition, **plan):
    """A strap on the simulated radio of this process, in time that passes only while everybody waits; (reader, strap)."""
    pace = VirtualClock(straps.START_NS)
    strap = straps.strap(pace, body=body, from_first=True, **plan)
    async with straps.air("a", [strap], pace) as (_, radio):
        reader = straps.Reader(straps.bind(folder), pace, radio)
        async with reading(reader):
            await until(lambda: strap._listening, what="the strap to be listened to")
            drive = asyncio.create_task(pace.drive(turns=64))
            await until(
                lambda: condition(reader, strap), 900, "the end"
            )  # a deadline, not a pace: a busy machine is slow
            drive.cancel()
    return reader, strap


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    ["pyhrv_nni_5min.txt", "bartels_rest_rri.txt", "bartels_noisy_rri.hrm", "bartels_exercise_rri.hrm",
     "mghdb1003_clean10min_beats.csv", "mitdb_100_beats.csv", "nsr2db_nsr001_ectopic60min_beats.csv"],
)  # fmt: skip
def test_every_interval_of_every_real_recording_arrives_once_in_order_and_unchanged(file, tmp_path):
    rr_ms = [beat.rr_ms for beat in recordings.beats(shared_file(f"data/hrv/{file}"))]
    sent = [packets.ticks(one) for one in rr_ms]
    body = [Beat(end / 1000, one) for end, one in zip(itertools.accumulate(rr_ms), rr_ms, strict=True)]
    reader, _ = run(worn_in_virtual_time(tmp_path / "s", body, lambda reader, _: len(reader.beats) >= len(sent)), 900)
    assert reader.rr_1024 == sent
    assert reader.gaps == []


@pytest.mark.long
def test_a_night_of_eight_hours_has_no_gap_and_no_drift(tmp_path):
    body = physiology.Physiology(physiology.phases("sleep:14000,rest:14000,mental_load:2000"), 5).beats()

    def over(_, strap):
        return bool(strap.felt) and strap.felt[-1].end_ns > straps.START_NS + 8 * 3600 * 10**9

    reader, strap = run(worn_in_virtual_time(tmp_path / "s", body, over), 900)
    assert len(reader.beats) > 27_000
    assert reader.gaps == []
    wrong = straps.unfaithful(reader, strap.felt)
    assert wrong.pop("missing at the end") <= 3  # on their way when the reading stopped
    assert not any(wrong.values())
    apart_s = [(got.t_ns - felt.end_ns) / 1e9 for got, felt in zip(reader.beats, strap.felt, strict=False)]
    assert -0.1 < min(apart_s[500:]) < max(apart_s[500:]) < 0.3  # beats stay where they were felt, all night


FAULTS = [
    Fault("link_loss", 15.3, 5), Fault("silent", 45.3, 4), Fault("silent", 70.3, 14), Fault("missing_rr", 110.3, 6),
    Fault("malformed", 130.3, 3), Fault("contact_lost", 150.3, 8), Fault("absent", 175.3, 15), Fault("low_battery", 210.0),
]  # fmt: skip


@pytest.mark.process
@pytest.mark.long
def test_every_fault_leaves_a_gap_and_nothing_else(tmp_path):
    async def main(way):
        pace = straps.clock()
        strap = straps.strap(pace)
        async with straps.air(way, [strap], pace, FAULTS) as (_, radio):
            reader = straps.Reader(straps.bind(tmp_path / way), pace, radio)
            async with reading(reader):
                await pace.sleep_until(straps.START_NS + 235 * 10**9)
        return reader, strap

    for reader, strap in both_ways(main):
        wrong = straps.unfaithful(reader, strap.felt)
        assert wrong.pop("missing at the end") <= 3  # on their way when the reading stopped
        # at ten times the speed a machine that wakes 0.1 s late looks like a strap that is a second late
        assert wrong.pop("gap without a loss") <= 2
        assert wrong == {"missing": 0, "invented": 0, "joined over a loss": 0}
        assert len(reader.gaps) >= 7
        said = " | ".join(reader.words)
        for words in (
            "the connection to the strap was lost",
            "the strap sends nothing",
            "no skin contact",
            "battery is low",
        ):
            assert words in said, said
    # the same detector finds a breach: one beat taken away, one doubled, one gap wiped out
    reader.samples.remove(reader.beats[3])
    reader.samples.remove(reader.gaps[0])
    reader.samples.insert(40, reader.beats[20])
    assert straps.unfaithful(reader, strap.felt)["missing"] > 0
    assert straps.unfaithful(reader, strap.felt)["invented"] > 0
    assert straps.unfaithful(reader, strap.felt)["joined over a loss"] > 0


@pytest.mark.process
def test_straps_in_one_room_never_mix(tmp_path):
    async def main(way):
        pace = straps.clock()
        bodies = [straps.strap(pace, n, script=script) for n, script in ((1, "rest"), (2, "exercise"), (3, "sleep"))]
        faults = [Fault("link_loss", 30.3, 3, 0), Fault("link_loss", 30.3, 3, 1), Fault("link_loss", 30.4, 3, 2)]
        async with straps.air(way, bodies, pace, faults) as (_, radio):
            readers = [straps.Reader(straps.bind(tmp_path / f"{way}{n}", n), pace, radio) for n in (1, 2, 3)]
            async with contextlib.AsyncExitStack() as stack:
                for reader in readers:
                    await stack.enter_async_context(reading(reader))
                await pace.sleep_until(straps.START_NS + 90 * 10**9)
        return readers, bodies

    for readers, bodies in both_ways(main):
        for reader, strap in zip(readers, bodies, strict=True):
            assert len(reader.beats) > 50
            wrong = straps.unfaithful(reader, strap.felt)
            assert wrong.pop("missing at the end") <= 5
            assert wrong.pop("gap without a loss") <= 2
            assert not any(wrong.values()), wrong
        assert straps.unfaithful(readers[0], bodies[1].felt)["invented"] > 10  # a mixed-up strap would be seen


@pytest.mark.process
@BOTH
def test_packets_at_twenty_a_second_lose_no_number_and_come_soon(way, tmp_path):
    gaps, p99_ms, planted = run(load(way, count=10, seconds=4))
    assert gaps == 0
    assert planted > 0
    assert p99_ms < 1000  # a figure for benches; here only that the stack does not choke


async def load(way, *, count, seconds):
    """(sequence gaps, p99 latency in ms, gaps found after a number was taken away)"""
    from bench import load_straps

    return await load_straps.measure(way, count=count, notify_hz=20.0, seconds=seconds)


# ---- straps and systems that misbehave


class Shy(Strap):
    """Its first link breaks while it is being made."""

    def _on_connection(self, connection):
        super()._on_connection(connection)
        self.connections = getattr(self, "connections", 0) + 1
        if self.connections == 1:
            asyncio.get_running_loop().call_later(0.005, self._chip.lose_links)


class TwoBatteries(Strap):
    """As some sensors are: a service twice."""

    def _services(self):
        level = Characteristic("2A19", Characteristic.Properties.READ, Attribute.Permissions.READABLE, b"\x50")
        return [*super()._services(), Service("180F", [level])]


@pytest.mark.process
@pytest.mark.parametrize("kind", [Shy, TwoBatteries])
def test_a_strap_that_misbehaves_is_read_all_the_same(kind, tmp_path):
    async def main(way):
        pace = straps.clock(1.0)
        strap = kind(straps.Plan.numbered(1), straps.Physiology(physiology.phases("rest"), 1).beats(), pace)
        async with straps.air(way, [strap], pace) as (_, radio):
            reader = straps.Reader(straps.bind(tmp_path / way), pace, radio)
            async with reading(reader):
                await until(lambda: len(reader.beats) >= 3, 25, f"beats ({way})")

    both_ways(main)


@pytest.mark.process
def test_a_reading_that_a_library_cancels_is_tried_again(world):
    """Bumble cancels its own futures; a cancelled child would end the sensor for good without a word."""
    tries = []

    async def samples(_settings, _around):
        tries.append(1)
        if len(tries) == 1:
            raise asyncio.CancelledError
        yield Sample(straps.START_NS + 1, "rr_ms", 800.0)
        await asyncio.Event().wait()

    fickle = types.SimpleNamespace(samples=samples)
    sys.modules["fickle_sensor"] = fickle
    SOURCES["fickle"] = dataclasses.replace(SOURCES["ble_strap"], name="fickle", module="fickle_sensor", pairing=None)

    async def enough(agent):
        await until(agent.windows.ring.newest_ns, 10, "the second try")
        agent.stop_sensors.set()
        await asyncio.Event().wait()

    try:
        settings = world.settings.model_copy(update={"sources": {"fickle": None}})
        mode = pipeline.RunMode(one_shot=True, serves=False)
        run(pipeline.run(settings, world.profile, straps.clock(), mode=mode, extra_tasks={"enough": enough}))
    finally:
        del SOURCES["fickle"], sys.modules["fickle_sensor"]
    assert len(tries) == 2


def test_a_new_binding_ends_the_reading_of_the_old_strap(tmp_path):
    async def main():
        pace = straps.clock(1.0)
        async with straps.air("a", [straps.strap(pace, 1), straps.strap(pace, 2)], pace) as (room, radio):
            reader = straps.Reader(straps.bind(tmp_path / "state", 1), pace, radio)
            async with reading(reader):
                await until(lambda: len(reader.beats) > 0, what="the first strap")
                straps.bind(tmp_path / "state", 2)
                await until(lambda: room.straps[1]._listening, what="the second strap")
                assert not room.straps[0]._listening

    run(main())


def test_a_strap_without_beats_says_so_and_is_not_bound_over_another(tmp_path):
    async def main():
        pace = straps.clock()
        bodies = [straps.strap(pace, 1), straps.strap(pace, 2)]
        silent = [Fault("missing_rr", 0, 999, 0), Fault("low_battery", 0, strap=0), Fault("malformed", 0, 999, 1)]
        async with straps.air("a", bodies, pace, silent) as (_, radio):
            reader = straps.Reader(straps.bind(tmp_path / "state", 1), pace, radio)
            async with reading(reader):
                await until(lambda: "the strap sends a heart rate but no beats" in reader.words, what="the words")
                assert not [words for words in reader.words if "receiving beats" in words], "not even for its battery"
            found = await pairing.find(ble_strap.Settings(), radio, 0.3)
            for one in found:
                assert not await pairing.bind_to(ble_strap.Settings(), reader.around, one, 10.0)
        assert binding.bound(tmp_path / "state").serial == "SIM0001"

    run(main())


@pytest.mark.process
@pytest.mark.parametrize(
    ("bus", "adapter", "said"),
    [("unix:path=/nowhere", "null", "no Bluetooth service"), ("nonsense", "null", "Bluetooth failed"), (None, "hci9", "no Bluetooth adapter hci9")],
)  # fmt: skip
def test_a_scan_tells_what_is_wrong_with_bluetooth(bus, adapter, said, sim, tmp_path):
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus or sim[1]["bus"]}
    file = settings_file(tmp_path, adapter)
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "--config", file, "scan", "--seconds", "0.3"],
        capture_output=True, text=True, env=env, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3
    assert said in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
@pytest.mark.long
def test_a_bluetooth_daemon_that_hangs_holds_up_neither_scan_nor_pause(tmp_path):
    system_tool("dbus-daemon")
    words = [sys.executable, "-m", "firmware_sim", "--bus"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = json.loads(process.stdout.readline())
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": said["bus"]}
    file = settings_file(tmp_path)
    straps.bind(tmp_path / "state", 0)
    call = [sys.executable, "-m", "agent.cli", "--config", file]
    agent = start_wardbeat("--config", file, "run", log=tmp_path / "log", env=env)
    try:
        wait_for(lambda: status(tmp_path, file, env) == "receiving beats", 30, "beats")
        process.send_signal(signal.SIGSTOP)
        done = subprocess.run([*call, "scan", "--seconds", "0.3"], capture_output=True, text=True, env=env, timeout=40)
        assert done.returncode == 3
        assert "does not respond" in done.stderr or "Bluetooth failed" in done.stderr
        subprocess.run([*call, "pause"], env=env, timeout=10, capture_output=True)
        wait_for(lambda: status(tmp_path, file, env) == "paused", 20, "the pause")
    finally:
        process.send_signal(signal.SIGCONT)
        agent.stop()
        process.terminate()
        process.wait(20)
        process.stdout.close()


# ---- which strap


def test_only_a_bound_strap_is_read_and_another_at_its_address_is_refused(tmp_path):
    async def main():
        pace = straps.clock()
        async with straps.air("a", [straps.strap(pace)], pace) as (_, radio):
            nobody = straps.Reader(tmp_path, pace, radio)
            with pytest.raises(SourceUnavailable, match="no strap is bound"):
                await nobody.read()
            other = straps.Reader(straps.bind(tmp_path / "state", serial="SIM9999"), pace, radio)
            async with reading(other):
                await until(lambda: StrapState.ANOTHER_STRAP.words in other.words, what="the words")
                await asyncio.sleep(3)
        assert nobody.samples == other.samples == []

    run(main())


def test_a_binding_that_is_no_file_of_ours_is_told_and_never_waited_for(tmp_path):
    tmp_path.chmod(0o700)
    file = tmp_path / "strap.json"
    for lay in (file.mkdir, lambda: os.mkfifo(file, 0o600), lambda: file.symlink_to("/dev/null")):
        lay()
        with pytest.raises(SourceUnavailable, match=r"cannot be used|no strap is bound"):
            binding.bound(tmp_path)
        file.rmdir() if file.is_dir() else file.unlink()
    straps.bind(tmp_path)
    file.chmod(0o644)
    with pytest.raises(SourceUnavailable) as told:
        binding.bound(tmp_path)
    assert "scan --bind" in told.value.remedy
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "strap.json.part").symlink_to(tmp_path / "elsewhere")
    straps.bind(tmp_path)
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert not file.is_symlink()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"address": 1}', '{"nick": "x"}', "\0\1", '{"address": "", "name": ""}', "[" * 20000]
)
def test_a_damaged_binding_is_told_with_its_remedy(content, tmp_path):
    tmp_path.chmod(0o700)
    straps.bind(tmp_path)
    (tmp_path / "strap.json").write_text(content)
    with pytest.raises(SourceUnavailable) as told:
        binding.bound(tmp_path)
    assert "scan --bind" in told.value.remedy


@pytest.mark.process
def test_scan_lists_straps_and_binds_the_chosen_one_after_seeing_beats(tmp_path):
    async def main():
        pace = SessionClock()
        async with straps.air("a", [straps.strap(pace, 1), straps.strap(pace, 2)], pace) as (_, radio):
            found = await pairing.find(ble_strap.Settings(), radio, 0.5)
            reader = straps.Reader(tmp_path / "state", pace, radio)
            (tmp_path / "state").mkdir(mode=0o700)
            second = next(one for one in found if one.name == "WB-SIM 2")
            beats = await pairing.bind_to(ble_strap.Settings(), reader.around, second, 10.0)
        return found, beats

    found, beats = run(main())
    assert {one.name for one in found} == {"WB-SIM 1", "WB-SIM 2"}
    assert beats
    assert binding.bound(tmp_path / "state") == binding.Bound(
        "F0:00:00:00:00:02", "WB-SIM 2", "SIM0002", "Wardbeat", "Simulated strap"
    )
    assert (tmp_path / "state/strap.json").stat().st_mode & 0o777 == 0o600
    assert sources.bound("ble_strap", tmp_path / "state")["serial"] == "SIM0002"  # what `export` shows of it
    settings = Settings(state_dir=tmp_path / "state")
    with pytest.raises(WrongUse, match="which strap is yours"):
        scan.bind(settings, "ble_strap", found, "")
    with pytest.raises(WrongUse, match="no strap called"):
        scan.bind(settings, "ble_strap", found, "somebody else's")
    with pytest.raises(WrongUse, match="another strap is bound already"):
        scan.bind(settings, "ble_strap", [one for one in found if one.name == "WB-SIM 1"], "")
    with pytest.raises(WrongUse, match="no strap is in range"):
        scan.bind(settings, "ble_strap", [], "")


def test_no_setting_reaches_a_simulated_radio():
    assert {field for name in SOURCES for field in settings_type(name).__dataclass_fields__} == {
        "file",
        "adapter",
        "recover_adapter",
        # the camera's: a device of the system or a video file, never a program
        "device",
        "bursts",
        "yield_to_calls",
        "again",
    }
    assert Radio().scanner is Radio().client is None
    assert module("ble_strap").Settings().adapter is None


# ---- as a person meets it, over the system's D-Bus


@pytest.fixture
def sim(request):
    """`python -m firmware_sim --bus` as a process: (environment, what it said)."""
    system_tool("dbus-daemon")
    words = [sys.executable, "-m", "firmware_sim", "--bus", *getattr(request, "param", ["--straps", "1"])]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = json.loads(process.stdout.readline())
    yield {"DBUS_SYSTEM_BUS_ADDRESS": said["bus"]}, said
    process.terminate()
    process.wait(10)
    process.stdout.close()


def ask(port, **what):
    import socket

    with socket.create_connection(("127.0.0.1", port), timeout=5) as talk:
        talk.sendall(json.dumps(what).encode() + b"\n")
        return json.loads(talk.makefile().readline())


def settings_file(folder, adapter="null"):
    file = folder / "settings.yaml"
    file.write_text(f"state_dir: {folder / 'state'}\nkey_store: file\nsources:\n  ble_strap: {{adapter: {adapter}}}\n")
    return file


def status(folder, file, env):
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "--config", file, "status", "--json"],
        capture_output=True, text=True, env={**os.environ, **env}, check=False,
    )  # fmt: skip
    states = json.loads(done.stdout)["states"] if done.returncode == 0 else []
    return next((state["words"] for state in states if state["part"] == "source.ble_strap"), "")


@pytest.mark.process
@pytest.mark.long
def test_a_person_scans_binds_and_runs_and_a_killed_agent_finds_its_strap_again(sim, tmp_path):
    env, said = sim
    file = settings_file(tmp_path)
    call = [sys.executable, "-m", "agent.cli", "--config", str(file)]
    options = {"capture_output": True, "text": True, "env": {**os.environ, **env}, "timeout": 60, "check": False}

    listed = subprocess.run([*call, "scan", "--seconds", "1", "--json"], **options)
    assert json.loads(listed.stdout) == [{"address": said["straps"][0], "name": "WB-SIM 0", "rssi_dbm": -50}]
    done = subprocess.run([*call, "scan", "--seconds", "1", "--bind"], **options)
    assert done.returncode == 0, done.stderr
    assert "WB-SIM 0 is now your strap" in done.stderr
    assert "Beats arrived" in done.stderr

    log = tmp_path / "agent.log"
    agent = start_wardbeat("--config", file, "run", log=log, env={**os.environ, **env})
    wait_for(lambda: status(tmp_path, file, env) == "receiving beats", 30, "beats")
    listed = subprocess.run([*call, "scan", "--seconds", "0.3"], **options)
    assert "the running agent reads it" in listed.stderr
    agent.kill()  # bluetoothd keeps a killed program's link: the strap does not advertise
    agent = start_wardbeat("--config", file, "run", log=log, env={**os.environ, **env})
    wait_for(lambda: status(tmp_path, file, env) == "receiving beats", 40, "beats after a kill")

    assert subprocess.run([*call, "pause"], **options).returncode == 0
    begin = time.monotonic()
    wait_for(lambda: status(tmp_path, file, env) == "paused", 30, "the pause")
    while True:  # the link is down: the strap can be found again
        seen = subprocess.run([*call, "scan", "--seconds", "0.3", "--json"], **options)
        if seen.returncode == 0 and json.loads(seen.stdout):
            break
        assert time.monotonic() - begin < 60  # 5 s, and the commands that look
    assert subprocess.run([*call, "resume"], **options).returncode == 0
    wait_for(lambda: status(tmp_path, file, env) == "receiving beats", 30, "beats after the pause")
    refused = subprocess.run([*call, "scan", "--seconds", "0.3", "--bind"], **options)
    assert "the running agent is reading a strap" in refused.stderr
    assert refused.returncode == 2
    ask(said["control"], fault="link_loss", for_s=6, strap=0)  # the command that looks takes seconds on a busy machine
    wait_for(lambda: status(tmp_path, file, env) != "receiving beats", 30, "the loss")
    wait_for(lambda: status(tmp_path, file, env) == "receiving beats", 30, "beats after a loss")
    doctor = subprocess.run([*call, "doctor", "--json"], **options)
    (check,) = [one for one in json.loads(doctor.stdout) if one["check_id"] == "strap"]
    assert check["ok"] is True
    agent.stop()
    address = re.compile("|".join([said["straps"][0], said["straps"][0].replace(":", "_")]))
    assert not address.search(log.read_text()), "no log holds a device address"
    assert address.search(log.read_text() + "/org/bluez/hci0/dev_F0_00_00_00_00_00")


@pytest.mark.process
def test_without_bluetooth_a_person_is_told_what_to_do(tmp_path):
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path / 'nothing'}"}
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "--config", settings_file(tmp_path), "scan", "--seconds", "1"],
        capture_output=True, text=True, env=env, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "no Bluetooth service" in done.stderr
    assert "→" in done.stderr


# ---- the simulator itself


@pytest.mark.process
def test_the_control_port_answers_a_bad_line_and_goes_on(sim):
    _, said = sim
    assert "no fault 'fire'" in ask(said["control"], fault="fire")["error"]
    assert "no strap 7" in ask(said["control"], fault="silent", strap=7)["error"]
    assert ask(said["control"], fault="silent", for_s=1) == {"ok": True}
    (about,) = ask(said["control"], ask="straps")["straps"]
    assert about["name"] == "WB-SIM 0"


@pytest.mark.parametrize(
    ("text", "words"),
    [("- {at_s: 1, fault: fire}", "no fault 'fire'"), ("- {fault: silent, when: 2}", "no key 'when'"), ("7", "not a list"),
     ("- {fault: silent, for_s: -1}", "number from 0 up"), ("- silent", "row 1: not a fault"), (":\n  - {", "not readable")],
)  # fmt: skip
def test_a_wrong_timeline_is_told_by_row_and_reason(text, words, tmp_path):
    file = tmp_path / "faults.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words):
        timeline(file)


def test_a_timeline_is_read_in_order_of_time(tmp_path):
    file = tmp_path / "faults.yaml"
    file.write_text("- {at_s: 9, fault: silent, for_s: 2}\n- {at_s: 1, fault: low_battery, percent: 3}\n")
    assert timeline(file) == (Fault("low_battery", 1, percent=3), Fault("silent", 9, 2))


def test_a_recording_is_read_as_text_and_as_csv(tmp_path):
    text, csv, bad = (tmp_path / name for name in ("rr.txt", "rr.csv", "bad.txt"))
    text.write_text("# rest\n1000\n500\n")
    csv.write_text("t_s,rr_ms\n11,1000\n20,500\n")
    bad.write_text("1000\nfast\n")
    assert list(recording.beats(text)) == [Beat(1.0, 1000.0), Beat(1.5, 500.0)]
    assert list(recording.beats(csv)) == [Beat(1.0, 1000.0), Beat(10.0, 500.0)]
    with pytest.raises(ValueError, match="line 2"):
        list(recording.beats(bad))


def test_the_library_logs_that_hold_addresses_are_shut():
    for name in ("bleak.backends.bluezdbus.client", "bleak_retry_connector", "dbus_fast.message_bus"):
        assert not logging.getLogger(name).isEnabledFor(logging.ERROR)
    assert logging.getLogger("agent").isEnabledFor(logging.ERROR)


def test_the_body_of_the_demo_is_one_that_scripts_know():
    from agent.demo import options as demo

    assert len(physiology.phases(demo.SCRIPT)) == 3


def test_no_address_gets_through_the_log_not_even_in_a_traceback(capsys):
    from agent.system import logs

    record = logging.LogRecord("bleak", logging.WARNING, "", 0, "lost %s", ("F0:12:34:56:78:9a",), None)
    path = logging.LogRecord(
        "bleak", logging.WARNING, "", 0, "/org/bluez/hci0/dev_F0_12_34_56_78_9A/service000c", (), None
    )
    mac = logging.LogRecord("bleak", logging.WARNING, "", 0, "6E400001-B5A3-F393-E0A9-E50E24DCCA9E gone", (), None)
    try:
        raise RuntimeError("F0-12-34-56-78-9A")
    except RuntimeError:
        trace = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    lines = [logs.Formatter("%(message)s").format(one) for one in (record, path, mac, trace)]
    assert not [line for line in lines if re.search("12.34.56|6E400001", line)]
    assert lines[1] == "/org/bluez/hci0/dev_(address)/service000c"
    assert logs.without_addresses("2026-11-21 05:52:13,969 at 05:52:13") == "2026-11-21 05:52:13,969 at 05:52:13"
