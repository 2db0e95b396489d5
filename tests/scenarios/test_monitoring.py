"""A real Prometheus and a real Nagios watch an agent: each change of state is seen, and nothing measured ever is."""

import asyncio
import contextlib
import json
import logging
import random
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import yaml

from agent import pipeline
from agent.commands.doctor import exposed as of_doctor
from agent.commands.doctor import monitored
from agent.commands.doctor_checks import checks
from agent.commands.support_bundle import bundle
from agent.control import metrics
from agent.system import journal
from agent.system.events import Events
from agent.system.logs import Formatter
from agent.system.run_mode import RunMode
from agent.windows.history import History
from tests.support.processes import free_port, start_process, start_wardbeat, system_tool, until, wait_for
from tests.support.terminal import WARDBEAT
from tests.support.virtual_time import Leaping
from tests.support.world import START_UTC_S, make_world, replay_settings, served

pytestmark = pytest.mark.process


@pytest.fixture
def watched(tmp_path):
    """(settings file, a way to start the agent, its metrics port)."""
    file, port = tmp_path / "settings.yaml", free_port()
    good = {"state_dir": str(tmp_path / "state"), "key_store": "file", "metrics": {"port": port}}
    file.write_text(yaml.safe_dump(good))
    with contextlib.ExitStack() as stack:

        def start():
            agent = start_wardbeat("--config", file, "run", log=tmp_path / "log")
            stack.callback(agent.stop)
            return agent

        yield file, start, port


def replaced(file, tree):
    new = file.with_suffix(".new")
    new.write_text(yaml.safe_dump(tree))
    new.replace(file)


@contextlib.contextmanager
def prometheus(folder: Path, target: int):
    """A Prometheus that looks each second; a way to ask it for the last value of a series."""
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "wardbeat", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    words = [system_tool("prometheus"), f"--config.file={folder / 'prometheus.yml'}"]
    words += [f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"]
    process = start_process(*words, log=folder / "prometheus.log")

    def ask(series):
        query = urllib.parse.urlencode({"query": series})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}", timeout=5) as answer:
                found = json.load(answer)["data"]["result"]
        except (urllib.error.URLError, ConnectionError, ValueError):
            return None
        return float(found[0]["value"][1]) if found else None

    try:
        yield ask
    finally:
        process.stop()


def test_prometheus_sees_an_agent_come_get_into_trouble_and_go(watched, tmp_path):
    file, start, port = watched
    good = yaml.safe_load(file.read_text())
    trouble = 'wardbeat_part_trouble{part="settings"}'
    with prometheus(tmp_path, port) as ask:
        wait_for(lambda: ask("up") == 0, what="a Prometheus that finds nobody")
        agent = start()
        wait_for(lambda: ask("up") == 1 and ask(trouble) == 0, what="a healthy agent")
        replaced(file, good | {"consent_dais": 3})
        wait_for(lambda: ask(trouble) == 1, what="the wrong settings")
        replaced(file, good)
        wait_for(lambda: ask(trouble) == 0, what="the mended settings")
        agent.stop()
        wait_for(lambda: ask("up") == 0, what="its end")


_NAGIOS = """
log_file={folder}/log
cfg_file={folder}/objects.cfg
object_cache_file={folder}/cache
status_file={folder}/status
status_update_interval=1
lock_file={folder}/lock
temp_file={folder}/temp
temp_path={folder}
check_result_path={folder}
query_socket={folder}/socket
interval_length=1
use_syslog=0
nagios_user=root
nagios_group=root
check_for_updates=0
check_external_commands=0
execute_host_checks=0
enable_notifications=0
service_check_timeout=60
"""
_ALWAYS = "".join(f" {day}day 00:00-24:00\n" for day in ("sun", "mon", "tues", "wednes", "thurs", "fri", "satur"))
_OBJECTS = """
define timeperiod {
 timeperiod_name always
 alias always
@ALWAYS@}
define command {
 command_name wardbeat
 command_line @COMMAND@
}
define contact {
 contact_name nobody
 service_notification_commands wardbeat
 host_notification_commands wardbeat
 service_notification_period always
 host_notification_period always
 service_notification_options n
 host_notification_options n
}
define host {
 host_name here
 address 127.0.0.1
 max_check_attempts 1
 check_period always
 contacts nobody
}
define service {
 host_name here
 service_description wardbeat
 check_command wardbeat
 check_interval 1
 retry_interval 1
 max_check_attempts 1
 check_period always
 contacts nobody
}
"""


@contextlib.contextmanager
def nagios(folder: Path, command: str):
    """A Nagios that checks each second; a way to read the state and the line that it saw last."""
    folder.mkdir()
    (folder / "nagios.cfg").write_text(_NAGIOS.format(folder=folder))
    (folder / "objects.cfg").write_text(_OBJECTS.replace("@COMMAND@", command).replace("@ALWAYS@", _ALWAYS))
    process = start_process(system_tool("nagios4"), folder / "nagios.cfg", log=folder / "out", new_session=True)

    def seen():
        try:
            text = (folder / "status").read_text().split("servicestatus {", 1)[1]
        except (OSError, IndexError):
            return None, ""
        found = dict(re.findall(r"^\t(has_been_checked|current_state|plugin_output)=(.*)$", text, re.MULTILINE))
        return int(found["current_state"]) if found["has_been_checked"] == "1" else None, found["plugin_output"]

    try:
        yield seen
    finally:
        process.stop()


@pytest.mark.root
def test_nagios_sees_an_agent_start_and_end_and_settings_break(watched, tmp_path):
    file, start, _ = watched
    words = " ".join(str(word) for word in (*WARDBEAT, "--config", file, "doctor", "--nagios"))
    with nagios(tmp_path / "nagios", words) as seen:
        wait_for(lambda: seen()[0] == 2, what="CRITICAL: no agent", timeout_s=60)
        assert "agent" in seen()[1]
        agent = start()
        wait_for(lambda: seen()[0] == 0, what="OK", timeout_s=60)
        agent.stop()
        wait_for(lambda: seen()[0] == 2, what="CRITICAL again", timeout_s=60)
        replaced(file, {"profil": "care"})
        wait_for(lambda: seen()[0] == 3, what="UNKNOWN: wrong settings", timeout_s=60)
        assert str(tmp_path) not in seen()[1]


def synthetic(tmp_path: Path) -> Path:
    noise = random.Random(3)
    file = tmp_path / "rr.txt"
    file.write_text("\n".join(f"{noise.gauss(800, 30):.1f}" for _ in range(1100)))
    return file


def numbers(tree) -> set[str]:
    """Every number with four digits or more that stands in a history, as text that could be found again."""
    if isinstance(tree, dict):
        return set().union(*(numbers(one) for one in tree.values())) if tree else set()
    if isinstance(tree, (list, tuple)):
        return set().union(*map(numbers, tree)) if tree else set()
    if isinstance(tree, float) and len(f"{abs(tree):.2f}") >= 5:
        return {f"{tree:.2f}", f"{tree:.1f}" if abs(tree) >= 100 else f"{tree:.2f}"}
    return set()


@pytest.mark.broker
def test_no_measured_value_no_name_and_no_key_is_in_anything_that_a_monitor_reads(tmp_path, caplog):
    """A person's run over a real broker and hub; then every record that IT can read, and what is the person's alone."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(Formatter("%(levelname)s %(name)s: %(message)s"))
    world = make_world(tmp_path)
    stop, seen = asyncio.Event(), []

    async def look(session):
        await until(
            lambda: len(list(session.history.summaries())) > 1 and session.outbox.counts().get("receipted"),
            60,
            "two windows and a receipt",
        )
        session.set_paused(paused=True)
        seen.append(metrics.exposed(session.board.states()))
        stop.set()

    settings = replay_settings(world, synthetic(tmp_path), resend_after_s=30.0)
    clock = Leaping(START_UTC_S)
    mode = RunMode(slot_s=0.1, changed=Events().note)
    with served(world):
        asyncio.run(pipeline.run(settings, world.profile, clock, mode=mode, stop=stop, extra_tasks={"look": look}))
        found = list(checks(settings, world.profile))
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(settings.state_dir), "key_store": "file", "profile": "care"}))
    history = History(settings.state_dir / "history.db", world.vault)
    kept = [{value.name: value.value for value in one.values if value.value is not None} for one in history.summaries()]
    history.close()
    world.close()
    values = numbers(kept)
    private = [world.identity.device, world.identity.bundle.operator, world.identity.sign.public.hex(), "paused"]
    fields = [journal.fields(record, Formatter("%(message)s").format(record)) for record in caplog.records]
    records = {
        "log": caplog.text,
        "journal": json.dumps(fields),
        "metrics": seen[0],
        "nagios": monitored(found)[0],
        "prometheus": of_doctor(found),
        "bundle": json.dumps(bundle(file)),
    }
    assert len(values) > 10
    assert "wardbeat_part_trouble" in records["metrics"]
    assert leaks(records, values, private) == []
    assert leaks({"planted": f"rmssd {min(values)} of {private[0]}"}, values, private) == [
        ("planted", min(values)),
        ("planted", private[0]),
    ]


def leaks(records, values, private):
    found = []
    for name, text in records.items():
        found += [(name, value) for value in sorted(values) if re.search(rf"(?<![\d.]){re.escape(value)}(?!\d)", text)]
        found += [(name, word) for word in private if word in text]
    return found


def asked(port: int, raw: bytes) -> bytes:
    async def talk():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        return answer

    return asyncio.run(talk())


def test_the_endpoint_answers_this_machine_alone_and_nothing_but_metrics(watched):
    _, start, port = watched
    start()
    host = f"Host: 127.0.0.1:{port}\r\n\r\n".encode()
    wait_for(lambda: listens(port), what="the endpoint")
    assert asked(port, b"GET /metrics HTTP/1.1\r\n" + host).startswith(b"HTTP/1.1 200")
    assert asked(port, b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n").startswith(b"HTTP/1.1 403")
    assert asked(port, b"GET / HTTP/1.1\r\n" + host).startswith(b"HTTP/1.1 404")
    assert asked(port, b"POST /metrics HTTP/1.1\r\n" + host).startswith(b"HTTP/1.1 405")
    for nonsense in (
        b"\x16\x03\x01\x00\x00" * 40,
        b"GET " + b"a" * 9000,
        b"",
        b"\r\n\r\n\r\n",
        b"GET /metrics\r\n\r\n",
    ):
        assert not asked(port, nonsense + b"\n\n").startswith(b"HTTP/1.1 200"), nonsense[:20]
    assert asked(port, b"GET /metrics HTTP/1.1\r\n" + host).startswith(b"HTTP/1.1 200"), "it goes on"


def listens(port: int) -> bool:
    try:
        return asked(port, b"GET /metrics HTTP/1.0\r\n\r\n").startswith(b"HTTP")
    except OSError:
        return False
