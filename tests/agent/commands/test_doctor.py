"""Doctor's truth table: each broken situation with its check id, cause, remedy and exit code; and nothing said without one.

The healthy machine beside it is made of the same parts: an enrolled person, a broker, and an agent that answers.
"""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import errno
import json
import os
import re
import shutil
import socket
import ssl
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from agent import config
from agent.commands import doctor, doctor_checks, doctor_rows
from agent.control import channel
from agent.demo import site as demo_site
from agent.enrollment import identity
from agent.outbox import Limits
from agent.sources import SOURCES, settings_type
from agent.sources.camera import health
from agent.system import host, machine
from agent.system.status import Level, StatusBoard
from agent.tables.profiles import PROFILES
from agent.wire.message import CoverMessage
from copilot import reading
from hub import site
from tests.support import strap_program
from tests.support.processes import start_wardbeat, wait_for
from tests.support.terminal import call
from tests.support.world import START_UTC_S, World, make_world, start_site_broker

pytestmark = [pytest.mark.process, pytest.mark.slow]
DAY_S = 86_400
ROOT = Path(__file__).parents[3]


# ---- an agent that answers


def well(**other) -> dict:
    """What a healthy agent says of itself; tests change a part of it."""
    board = StatusBoard()
    board.set("measuring", Level.OK, "on")
    board.set("broker", Level.OK, "connected")
    board.set("hub", Level.OK, "receipts arrive")
    for part, level, words, remedy in other.pop("states", ()):
        board.set(part, level, words, remedy)
    said = {"profile": "care", "enrolled": None, "paused": False, "pause_until_utc_s": None, "utc_s": START_UTC_S,
            "unheard": [], "rows": {}, "news": [], "sensors": {}, "receipt_age_s": 12,
            "states": [dataclasses.asdict(state) for state in board.states()]}  # fmt: skip
    return said | other


@contextlib.contextmanager
def agent_says(folder: Path, body: dict):
    """A process in the agent's place, as far as the control socket goes."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / channel.SOCKET))
        server.listen(8)

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(json.dumps({"body": json.dumps(body)}).encode() + b"\n")

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            (folder / channel.SOCKET).unlink(missing_ok=True)


# ---- the situations: what is broken, and how


@dataclasses.dataclass
class Machine:
    """One machine, to be broken."""

    world: World
    monkeypatch: pytest.MonkeyPatch
    stack: contextlib.ExitStack
    settings: dict
    said: dict | None = dataclasses.field(default_factory=well)

    @property
    def state(self) -> Path:
        return self.world.settings.state_dir

    def fails(self, where, name, error):
        def fail(*_args, **_words):
            raise error

        self.monkeypatch.setattr(where, name, fail)

    def answers(self, name, level, words, remedy=""):
        self.said = well(states=[(name, level, words, remedy)])

    def sensor(self, name, **values):
        self.settings["sources"] = {name: values}

    def certificate(self, first_days: float, last_days: float) -> None:
        """This machine's certificate, with other ends."""
        _, crt, key = identity.tls_files(self.state)
        password = identity.tls_password(self.world.vault).encode()
        ours = serialization.load_pem_private_key(key.read_bytes(), password).public_key()
        old = x509.load_pem_x509_certificate(crt.read_bytes())
        now = dt.datetime.now(dt.UTC)
        authority = serialization.load_pem_private_key((self.world.hub / "ca.key").read_bytes(), None)
        made = x509.CertificateBuilder(
            old.issuer, old.subject, ours, old.serial_number,
            now + dt.timedelta(days=first_days), now + dt.timedelta(days=last_days),
        )  # fmt: skip
        crt.write_bytes(made.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def date(self, days: float) -> None:
        """This computer's clock, off by so many days."""
        wrong = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        self.stack.enter_context(time_machine.travel(wrong, tick=True))

    def broker(self) -> None:
        """No agent runs; a real broker does."""
        self.said = None
        self.stack.callback(start_site_broker(self.world).stop)

    def broker_of_3_1_1(self) -> None:
        """No agent runs; amqtt does, which knows no other version."""
        self.said = None
        started, done = threading.Event(), threading.Event()

        async def serve():
            async with demo_site.broker(self.world.hub, self.world.port):
                started.set()
                await asyncio.to_thread(done.wait)

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        self.stack.callback(thread.join)
        self.stack.callback(done.set)
        assert started.wait(60)

    def other_broker(self, *, context: ssl.SSLContext | None, says: bytes = b"") -> None:
        """No agent runs; at the broker's port something else listens."""
        self.said = None
        server = self.stack.enter_context(socket.create_server(("127.0.0.1", self.world.port)))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(OSError):
                        if context is None:
                            connection.sendall(b"220 mail\r\n")
                        else:
                            with context.wrap_socket(connection, server_side=True) as inside:
                                inside.recv(100)
                                inside.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        self.stack.callback(thread.join)
        self.stack.callback(server.shutdown, socket.SHUT_RDWR)

    def stranger(self, folder: Path, version=ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = version
        context.load_cert_chain(folder / "broker" / "broker.crt", folder / "broker" / "broker.key")
        return context


SITUATIONS = {}


def situation(check_id: str, cause: str, remedy: str, code: int):
    """A broken situation: what doctor must say of it."""

    def keep(breaks):
        SITUATIONS[breaks.__name__] = (breaks, check_id, cause, remedy, code)
        return breaks

    return keep


@situation("settings", "unknown key", "Did you mean", 2)
def a_key_of_the_settings_is_misspelt(here):
    here.settings["profil"] = "care"


@situation("settings", "does not allow the profile", "administrator", 2)
def the_policy_forbids_the_profile(here):
    policy = here.world.folder / "policy.yaml"
    policy.write_text("allowed_profiles: [personal]\n")
    here.monkeypatch.setattr(config, "policy_file", lambda: policy)


@situation("tls13", "OpenSSL", "OpenSSL has TLS 1.3", 3)
def openssl_is_old(here):
    here.monkeypatch.setattr(ssl, "HAS_TLSv1_3", False)


@situation("state", "there is no state folder", "wardbeat run", 3)
def the_state_folder_is_gone(here):
    here.settings["state_dir"], here.said = str(here.world.folder / "nowhere"), None


@situation("state", "network file system", "local disk", 3)
def the_state_folder_is_on_a_share(here):
    here.monkeypatch.setattr(machine, "network_file_system", lambda *_: "nfs4")


@situation("state_private", "mode 755", "chmod 700", 1)
def the_state_folder_is_open(here):
    here.state.chmod(0o755)


@situation("state_private", "another user", "state_dir", 1)
def the_state_folder_is_another_users(here):
    if os.geteuid():
        pytest.skip("only root can give a folder away")
    os.chown(here.state, 65_534, 65_534)


@situation("state_writable", "cannot be written", "writable", 1)
def the_disk_is_read_only(here):
    access = os.access
    here.monkeypatch.setattr(os, "access", lambda path, how: how != os.W_OK and access(path, how))


@situation("state_path", "characters", "shorter", 1)
def the_path_is_too_long_for_a_socket(here):
    long = here.world.folder / ("x" * 100)
    here.state.rename(long)
    here.settings["state_dir"], here.said = str(long), None


@situation("disk", "MB free", "Free disk space", 1)
def the_disk_is_full(here):
    here.monkeypatch.setattr(doctor_checks.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))


@situation("disk", "room for 3 more files", "Free disk space", 1)
def the_disk_has_no_files_left(here):
    seen = os.statvfs(here.state)
    sizes = {name: getattr(seen, name) for name in ("f_frsize", "f_blocks", "f_bfree", "f_bavail")}
    full = SimpleNamespace(**sizes, f_files=10**6, f_favail=3)
    here.monkeypatch.setattr(os, "statvfs", lambda _: full)


@situation("evidence", "one letter differs", "Install Wardbeat again", 1)
def a_letter_of_the_papers_was_changed(here):
    there, load = here.world.folder / "papers", reading.load
    shutil.copytree(reading.FOLDER, there)
    papers = there / reading.FILE
    papers.write_text(papers.read_text().replace("nurses", "purses", 1))
    here.monkeypatch.setattr(reading, "load", lambda: load(there))


@situation("data_key", "no data in", "wardbeat", 3)
def the_data_key_is_gone(here):
    (here.state / "data.key").unlink()


@situation("data_key", "open to another user", "chmod 600", 3)
def the_data_key_is_open(here):
    (here.state / "data.key").chmod(0o644)


@situation("data_key", "does not respond", "key ring", 3)
def the_key_store_is_locked(here):
    (here.state / "data.key").unlink()
    (here.state / "data.key.in-system-store").touch()
    here.monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    here.settings["key_store"] = "auto"


@situation("time_limit", "did not end within", "Run it again", 3)
def the_key_store_never_answers(here):
    done = threading.Event()
    here.stack.callback(done.set)
    kept = doctor_checks.existing_vault
    here.monkeypatch.setattr(doctor_checks, "existing_vault", lambda *words: done.wait() and kept(*words))
    here.monkeypatch.setattr(doctor_checks, "PART_S", 0.3)


@situation("history", "cannot be read", "move it away", 1)
def the_history_is_torn(here):
    (here.state / "history.db").write_bytes(b"torn" * 5000)


@situation("enrolled", "not enrolled", "wardbeat enroll", 3)
def this_machine_is_not_enrolled(here):
    identity.destroy(here.state)


@situation("enrolled", "answer is still missing", "wardbeat enroll ANSWER", 3)
def this_machine_is_half_enrolled(here):
    half = dataclasses.replace(here.world.identity, device="")
    identity.save(here.state, here.world.vault, half)


@situation("enrolled", "copied from another machine", "--replace", 3)
def this_state_was_copied(here):
    identity.save(here.state, here.world.vault, dataclasses.replace(here.world.identity, machine=b"x" * 32))
    here.monkeypatch.setattr(machine, "machine", lambda: b"y" * 32)


@situation("enrolled", "cannot be opened", "enroll again", 3)
def the_data_key_is_another_ones(here):
    host.write_private(here.state / "data.key", bytes(32))


@situation("enrolled", "tls.key is missing", "Restore", 3)
def the_tls_key_is_gone(here):
    (here.state / "keys" / "tls.key").unlink()


@situation("keys", "cannot be used", "Restore", 3)
def the_tls_key_is_torn(here):
    (here.state / "keys" / "tls.key").write_bytes(b"-----BEGIN NOTHING")


@situation("certificate", "ended at", "enroll again", 1)
def the_certificate_has_ended(here):
    here.certificate(-400, -1)


@situation("certificate", "not valid before", "Check the clock", 1)
def the_certificate_has_not_begun(here):
    here.certificate(2, 300)


@situation("certificate", "5 days more", "enroll again", 1)
def the_certificate_ends_soon(here):
    here.certificate(-300, 5.1)


@situation("directory", "ended at", "operator", 1)
def the_directory_has_ended(here):
    here.date(20)


@situation("directory", "not valid before", "Check the clock", 1)
def the_directory_has_not_begun(here):
    here.date(-0.5)


@situation("clock", "this computer's clock is wrong", "Set this computer's date", 1)
def the_clock_is_a_year_behind(here):
    here.date(-365)


@situation("clock", "this computer's clock is wrong", "Set this computer's date", 1)
def the_clock_is_years_ahead(here):
    here.date(800)


@situation("clock", "behind by 5 minutes", "Set this computer's date", 1)
def the_running_agent_knows_the_hubs_time(here):
    here.answers("clock", Level.TROUBLE, "this computer's clock is wrong: it is behind by 5 minutes")


@situation("broker", "nothing listens", "Rows wait", 1)
def the_broker_is_down(here):
    here.said = None


@situation("broker", "only MQTT 3.1.1", "mqtt.version to 3", 1)
def the_broker_speaks_3_1_1_alone(here):
    here.broker_of_3_1_1()


@situation("broker", "only MQTT 5", "mqtt.version to 5", 1)
def the_broker_speaks_5_alone(here):
    here.settings["mqtt"] = {"version": 3}
    here.other_broker(context=here.stranger(here.world.hub), says=b"\x20\x02\x00\x01")


@situation("broker", "revoked this machine", "operator", 1)
def the_broker_knows_a_revocation(here):
    site.revoke(here.world.hub, here.world.identity.device)
    here.broker()


@situation("broker", "not issued by this site's authority", "operator", 1)
def another_sites_broker_answers(here):
    make_world(here.world.folder / "other", fresh=True, consent=False)
    here.other_broker(context=here.stranger(here.world.folder / "other" / "hub"))


@situation("broker", "does not speak TLS 1.3", "operator", 1)
def the_broker_speaks_tls_1_2(here):
    here.other_broker(context=here.stranger(here.world.hub, ssl.TLSVersion.TLSv1_2))


@situation("broker", "does not speak TLS on this port", "operator", 1)
def something_else_listens_at_the_port(here):
    here.other_broker(context=None)


@situation("broker", "does not answer in MQTT", "operator", 1)
def the_broker_says_nothing(here):
    here.other_broker(context=here.stranger(here.world.hub))


@situation("broker", "cannot be resolved", "DNS", 1)
def the_brokers_name_is_unknown(here):
    here.said = None
    here.fails(socket, "create_connection", socket.gaierror(socket.EAI_NONAME, "unknown"))


@situation("broker", "no network", "network", 1)
def there_is_no_network(here):
    here.said = None
    here.fails(socket, "create_connection", OSError(errno.ENETUNREACH, "unreachable"))


@situation("broker", "connection to the broker ended", "Rows wait", 1)
def the_running_agent_has_lost_the_broker(here):
    here.answers("broker", Level.WAITING, "the connection to the broker ended", "Rows wait until it is back.")


@situation("receipts", "60 minutes ago", "operator", 1)
def the_hub_is_silent(here):
    here.said = well(receipt_age_s=3600)


@situation("revoked", "revoked this machine", "operator", 1)
def the_broker_refuses_a_revoked_machine(here):
    site.revoke(here.world.hub, here.world.identity.device)
    here.broker()


@situation("hub", "the hub's answers", "operator", 1)
def the_hub_answers_nonsense(here):
    here.answers("hub", Level.TROUBLE, "the hub's answers cannot be read", "Ask the hub's operator.")


@situation("revoked", "revoked this machine", "operator", 1)
def the_hub_says_revoked(here):
    here.answers("hub", Level.TROUBLE, "the hub's operator has revoked this machine", "Ask the hub's operator.")


@situation("agent", "no agent is running", "wardbeat run", 3)
def no_agent_runs(here):
    here.broker()


@situation("agent", "busy", "Try again", 3)
def the_agent_is_busy(here):
    here.monkeypatch.setattr(channel.ask, "__defaults__", (0.3,))
    here.said = None
    server = here.stack.enter_context(socket.socket(socket.AF_UNIX))
    server.bind(str(here.state / channel.SOCKET))
    server.listen(1)


@situation("agent", "has the profile research", "same --config", 3)
def the_agent_has_another_profile(here):
    here.said = well(profile="research")


@situation("trouble", "disk: full", "Free disk space", 1)
def the_agent_waits_for_the_disk(here):
    here.answers("disk", Level.TROUBLE, "full", "Free disk space.")


@situation("source.ble_strap", "Bluetooth is off", "Switch Bluetooth on", 3)
def a_sensor_is_in_trouble(here):
    here.answers("source.ble_strap", Level.TROUBLE, "Bluetooth is off", "Switch Bluetooth on.")


@situation("ledger", "missing", "ask for help", 1)
def the_ledger_is_cut(here):
    with here.world.outbox() as outbox:
        for n in range(3):
            outbox.put([CoverMessage()], START_UTC_S + n)
        outbox.db.execute("DELETE FROM ledger WHERE idx = 2")


@situation("outbox", "damaged", "doctor", 1)
def the_outbox_is_torn(here):
    file = here.state / "outbox.db"
    torn = bytearray(file.read_bytes())
    torn[100:4000] = b"x" * 3900
    file.write_bytes(torn)


@situation("outbox", "sealed", "dropped soon", 1)
def the_outbox_is_nearly_full(here):
    here.settings["outbox"] = {"max_rows": 100}
    with here.world.outbox(limits=Limits(max_rows=200)) as outbox:
        for n in range(95):
            outbox.put([CoverMessage()], START_UTC_S + n)


@situation("strap", "no strap is bound", "scan --bind", 3)
def no_strap_is_bound(here):
    here.sensor("ble_strap")


@situation("bluetooth_service", "no Bluetooth service", "bluez", 3)
def there_is_no_bluetooth_service(here):
    here.sensor("ble_strap")
    here.monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")


@situation("bluetooth_adapter", "no Bluetooth", "adapter", 3)
def there_is_no_such_adapter(here):
    _, said = here.stack.enter_context(strap_program.simulator("--straps", "1"))
    here.monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", said["bus"])
    here.sensor("ble_strap", adapter="hci9")


@situation("camera", "camera was not found", "sources.webcam.device", 3)
def the_camera_is_gone(here):
    here.sensor("webcam", device="/dev/video-none")


@situation("camera_parts", "not installed", "wardbeat[camera]", 3)
def the_cameras_packages_are_missing(here):
    here.monkeypatch.setattr(health, "find_spec", lambda _: None)
    here.sensor("webcam")


@situation("face_models", "not on this machine", "models fetch", 3)
def the_face_models_are_missing(here):
    here.monkeypatch.setenv("WARDBEAT_MODELS", str(here.world.folder))
    here.sensor("webcam")


@situation("recording", "none.csv", "", 3)
def the_recording_is_gone(here):
    here.sensor("replay", file="none.csv")


def told(here: Machine, capsys) -> tuple[int, dict]:
    """Doctor's exit code, and its checks by id."""
    file = here.world.folder / "settings.yaml"
    file.write_text(yaml.safe_dump(here.settings))
    capsys.readouterr()
    running = contextlib.nullcontext() if here.said is None else agent_says(here.state, here.said)
    with running:
        code = doctor.run(SimpleNamespace(config=file, json=True))
    found = json.loads(capsys.readouterr().out)
    return code, {check["check_id"]: check for check in found}


@pytest.fixture
def here(tmp_path, monkeypatch):
    world = make_world(tmp_path)
    settings = {"state_dir": str(world.settings.state_dir), "profile": "care", "key_store": "file"}
    with contextlib.ExitStack() as stack:
        yield Machine(world, monkeypatch, stack, settings)
    world.close()


def test_the_machine_that_the_table_breaks_is_healthy(here, capsys):
    code, found = told(here, capsys)
    assert [check for check in found.values() if check["ok"] is False] == []
    assert code == 0


@pytest.mark.parametrize("name", SITUATIONS)
def test_doctor_names_a_broken_situation(name, here, capsys):
    breaks, check_id, cause, remedy, code = SITUATIONS[name]
    breaks(here)
    seen_code, found = told(here, capsys)
    assert found[check_id]["ok"] is False, found
    assert cause in found[check_id]["words"]
    assert remedy in found[check_id]["remedy"]
    assert seen_code >= code
    if here.said is not None or check_id in ("agent", "settings"):  # nothing else failed with a higher code
        assert seen_code == code, [check for check in found.values() if check["ok"] is False]


def test_the_table_has_at_least_25_situations_of_most_checks():
    broken = Counter(check_id for _, check_id, *_ in SITUATIONS.values())
    assert sum(broken.values()) >= 25
    never = {
        "python",
        "machine_policy",
        "profile",
        "consent",
        "news",
        "notices",
        "camera_plan",
    }  # what never fails, or not on a Python that runs us
    assert set(doctor_rows.documented()) - set(broken) - never == {"affect_model", "face_engine"}


# ---- healthy agents


@pytest.mark.broker
@pytest.mark.parametrize("profile", PROFILES)
def test_a_healthy_agent_of_each_profile_has_no_fail(profile, tmp_path):
    """With a sensor that was switched off, and one that waits."""
    with contextlib.ExitStack() as stack:
        if PROFILES[profile].recipients:
            world = make_world(tmp_path, profile=profile)
            stack.callback(world.close)
            stack.callback(start_site_broker(world).stop)
            stack.callback(start_wardbeat("hub", "run", world.hub, log=tmp_path / "hub.log").stop)
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "state"), "profile": profile, "key_store": "file"}))
        agent = start_wardbeat("--config", file, "run", log=tmp_path / "agent.log")
        stack.callback(agent.stop)
        wait_for((tmp_path / "state" / channel.SOCKET).exists, what="the agent")
        if PROFILES[profile].recipients:
            said = lambda: json.loads(call("--config", file, "status", "--json").stdout or '{"states": []}')  # noqa: E731
            wait_for(
                lambda: {"part": "broker", "level": "ok", "words": "connected", "remedy": ""} in said()["states"],
                what="the broker",
            )
        done = call("--config", file, "doctor", "--json")
        found = {check["check_id"]: check for check in json.loads(done.stdout)}
        assert [check for check in found.values() if check["ok"] is False] == []
        assert done.returncode == 0
        assert set(found) <= {*doctor_rows.documented(), *(f"source.{name}" for name in SOURCES)}
        assert found["source.webcam"]["ok"] is None, "switched off is no failure"


def test_a_broker_is_asked_without_becoming_its_client(world, broker, tmp_path):
    """A session that waits for this machine, with a message in it, is there afterwards."""
    del broker
    log = world.folder / "mosquitto.log"
    before = len(log.read_text())
    file = tmp_path / "settings.yaml"
    file.write_text(
        yaml.safe_dump({"state_dir": str(world.settings.state_dir), "profile": "care", "key_store": "file"})
    )
    found = {check["check_id"]: check for check in json.loads(call("--config", file, "doctor", "--json").stdout)}
    assert found["broker"]["ok"] is True
    wait_for(lambda: "disconnected" in log.read_text()[before:], what="the broker's log")
    assert " connected from" not in log.read_text()[before:], "it never became a client"


# ---- fit to be run each minute


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in folder.rglob("*") if path.is_file()}  # fmt: skip


def test_doctor_changes_nothing(world, settings_file):
    with world.outbox() as outbox:
        outbox.put([CoverMessage()], START_UTC_S)
    before = files_of(world.settings.state_dir)
    for _ in range(2):
        call("--config", settings_file, "doctor", "--json")
    assert files_of(world.settings.state_dir) == before


def test_json_stands_alone(world, settings_file):
    done = call("--config", settings_file, "doctor", "--json")
    assert isinstance(json.loads(done.stdout), list)
    assert done.stderr == ""
    settings_file.write_text("profil: care\n")
    done = call("--config", settings_file, "doctor", "--json")
    assert [check["check_id"] for check in json.loads(done.stdout)] == ["settings"]
    assert (done.returncode, done.stderr) == (2, "")


def documented_table() -> dict[str, tuple[str, int]]:
    text = (ROOT / "docs/operate.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9_]+)` \| (.+?) \| ([123]) \|$", text, re.MULTILINE)
    return {check_id: (words, int(code)) for check_id, words, code in rows}


def test_the_documented_checks_are_those_of_the_code():
    assert documented_table() == doctor_rows.documented()


def test_each_check_of_a_sensor_is_in_its_row(tmp_path):
    """What a sensor's check gives, its row lists."""
    for name, row in SOURCES.items():
        chosen = settings_type(name)(file=tmp_path / "none") if name == "replay" else settings_type(name)()
        around = doctor_checks.sources.Surroundings(doctor_checks.SessionClock(), tmp_path, lambda *_: None)
        given = {check.check_id for check in doctor_checks.sources.checks(name, chosen, around)}
        assert given <= set(row.checks), name
