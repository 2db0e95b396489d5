"""The command line as a person meets it: a real terminal (pty), real processes, exit codes, another user's eyes."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from agent.control import channel
from tests.support.machine import within_s
from tests.support.processes import accepts, free_port, start_process, start_wardbeat, system_tool, wait_for
from tests.support.terminal import WARDBEAT, call, on_terminal
from tests.support.world import OPERATOR, PIN

NOBODY = 65534
GOOD_PIN = "830274"


def started(world, settings_file, **options):
    agent = start_wardbeat("--config", settings_file, "run", log=world.folder / "agent.log", **options)
    sock = world.settings.state_dir / channel.SOCKET
    wait_for(lambda: accepts(sock), what="the control socket")
    return agent


def replay_settings(settings_file, recording):
    settings = yaml.safe_load(settings_file.read_text())
    settings["sources"] = {"replay": {"file": str(recording)}}
    settings_file.write_text(yaml.safe_dump(settings))


# ---- enrollment and consent on a terminal


@pytest.mark.process
def test_a_person_enrolls_and_consents_on_a_terminal(tmp_path):
    hub, state, config = tmp_path / "hub", tmp_path / "state", tmp_path / "settings.yaml"
    config.write_text(yaml.safe_dump({"state_dir": str(state), "profile": "care", "key_store": "file"}))
    assert (
        call("hub", "init", hub, "--site", "clinic", "--operator", "Care team", "--port", free_port()).returncode == 0
    )
    bundle, request, answer = (tmp_path / name for name in ("bundle", "request", "answer"))
    invited = call("hub", "invite", hub)
    bundle.write_text(invited.stdout)
    words = re.search(r"bundle's eight words when the person asks: (.+)", invited.stderr).group(1)

    typed = [("Do they agree?", "yes"), ("Choose a PIN", GOOD_PIN), ("Repeat the PIN", GOOD_PIN)]
    code, seen = on_terminal("--config", config, "enroll", bundle, typed=typed)
    assert code == 0, seen
    assert GOOD_PIN not in seen, "a PIN is never echoed"
    assert len(words.split()) == 8
    assert seen.index(words) < seen.index("Do they agree?") < seen.index("Choose a PIN")
    request.write_text(
        re.search(r"-----BEGIN WARDBEAT REQUEST-----.*END WARDBEAT REQUEST-----", seen, re.DOTALL)
        .group(0)
        .replace("\r", "")
    )
    said = re.search(r"request's eight words, for the operator to compare: (.+)\r", seen).group(1)
    assert call("hub", "admit", hub, request).returncode == 3, "without a terminal nobody has compared"
    code, seen = on_terminal("hub", "admit", hub, request, typed=[("Do they agree?", "no")])
    assert (code, said in seen, "nobody was admitted" in seen) == (1, True, True), seen
    other = call("hub", "admit", hub, request, "--words", words)
    assert (other.returncode, other.stdout) == (1, "")
    admitted = call("hub", "admit", hub, request, "--words", said.upper())
    answer.write_text(admitted.stdout)
    assert call("--config", config, "enroll", answer).returncode == 0

    code, seen = on_terminal(
        "--config",
        config,
        "consent",
        "give",
        "--signal",
        "heart",
        typed=[("Do you agree?", "yes"), ("Your PIN", "830275")],
    )
    assert (code, "the PIN is wrong" in seen) == (1, True)
    code, seen = on_terminal(
        "--config", config, "consent", "give", "--signal", "heart", typed=[("Do you agree?", "no")]
    )
    assert code == 1
    code, seen = on_terminal(
        "--config",
        config,
        "consent",
        "give",
        "--signal",
        "heart",
        typed=[("Do you agree?", "yes"), ("Your PIN", GOOD_PIN)],
    )
    assert code == 0, seen
    assert "Care team" in seen
    shown = call("--config", config, "consent", "show", "--signal", "heart").stderr
    assert "In force: record" in shown

    again = call("--config", config, "enroll", bundle)
    assert again.returncode == 2
    assert "already enrolled" in again.stderr
    assert (
        "BEGIN WARDBEAT ANSWER" in call("hub", "admit", hub, request, "--yes").stdout
    )  # the same keys: the answer again

    assert call("--config", config, "consent", "withdraw").returncode == 0  # needs no PIN
    assert "In force: nothing" in call("--config", config, "consent", "show", "--signal", "heart").stderr
    rows = [json.loads(line) for line in call("--config", config, "ledger", "--json").stdout.splitlines()]
    assert rows[-1]["said"][0].startswith("you withdrew")


@pytest.mark.process
def test_without_a_terminal_a_pin_is_never_taken(world, settings_file, tmp_path):
    bundle = tmp_path / "bundle"
    bundle.write_text(call("hub", "invite", world.hub).stdout)
    for words in (("consent", "give", "--signal", "heart"), ("enroll", bundle, "--replace")):
        for piped in ("", "yes\na test pin\na test pin\n"):
            done = call(
                "--config",
                settings_file,
                *words,
                input=piped,
                env={**os.environ, "PIN": PIN, "WARDBEAT_PIN": PIN},
            )
            assert done.returncode == 3, done.stderr
            assert "terminal" in done.stderr
            assert "Traceback" not in done.stderr


# ---- exit codes and remedies


@pytest.mark.process
def test_wrong_use_and_missing_things_are_answered_with_a_remedy_and_no_traceback(world, settings_file, tmp_path):
    misspelt = tmp_path / "misspelt.yaml"
    misspelt.write_text("profil: care\n")
    bad_recording = tmp_path / "bad.yaml"
    (tmp_path / "rr.txt").write_text("800\nx\n")
    bad_recording.write_text(
        yaml.safe_dump(
            {
                "state_dir": str(tmp_path / "s1"),
                "key_store": "file",
                "sources": {"replay": {"file": str(tmp_path / "rr.txt")}},
            }
        )
    )
    fresh = tmp_path / "fresh.yaml"
    fresh.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "s2"), "key_store": "file", "profile": "care"}))
    (tmp_path / "paper").write_text("hello")
    cases = [
        (2, "Did you mean 'profile'?", ("--config", misspelt, "run")),
        (2, "line 2: 'x' is not a number", ("--config", bad_recording, "run")),
        (2, "not a Wardbeat bundle", ("--config", settings_file, "enroll", tmp_path / "paper")),
        (2, "cannot be read", ("--config", settings_file, "enroll", tmp_path / "none")),
        (3, "wardbeat run", ("--config", settings_file, "status")),
        (3, "wardbeat enroll", ("--config", fresh, "consent", "show", "--signal", "heart")),
        (3, "not enrolled", ("--config", fresh, "consent", "withdraw")),
        (3, "no outbox here", ("--config", fresh, "ledger")),
        (3, "hub init", ("hub", "show", tmp_path / "nothing")),
        (2, "speed", ("demo", "--speed", "99")),
        (2, "", ("nonsense",)),
    ]
    for code, says, words in cases:
        done = call(*words)
        assert (done.returncode, says in done.stderr) == (code, True), (words, done.stderr)
        assert "Traceback" not in done.stderr


@pytest.mark.process
def test_a_second_agent_is_told_so(world, settings_file):
    agent = started(world, settings_file)
    second = call("--config", settings_file, "run")
    agent.stop()
    assert second.returncode == 3
    assert "already running" in second.stderr
    assert agent.popen.returncode == 0


@pytest.mark.process
def test_an_agent_without_keys_consent_or_broker_waits_and_says_so(tmp_path, world, settings_file):
    fresh = tmp_path / "fresh.yaml"
    fresh.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "s3"), "key_store": "file", "profile": "care"}))
    agent = start_wardbeat("--config", fresh, "run")
    wait_for(lambda: accepts(tmp_path / "s3" / channel.SOCKET))
    said = call("--config", fresh, "status").stderr
    agent.stop()
    assert "not enrolled" in said
    assert "wardbeat enroll BUNDLE" in said
    agent = started(world, settings_file)  # enrolled, no broker there
    wait_for(lambda: "does not respond" in call("--config", settings_file, "status").stderr, what="the waiting state")
    agent.stop()


# ---- the running agent


@pytest.mark.process
def test_pause_survives_a_restart_and_ends_on_resume(world, settings_file):
    agent = started(world, settings_file)
    assert call("--config", settings_file, "pause").returncode == 0
    agent.stop()
    agent = started(world, settings_file)
    body = json.loads(call("--config", settings_file, "status", "--json").stdout)
    assert body["paused"] is True
    assert call("--config", settings_file, "resume").returncode == 0
    assert json.loads(call("--config", settings_file, "status", "--json").stdout)["paused"] is False
    agent.stop()


@pytest.mark.process
def test_consent_reaches_the_running_agent_and_an_unsigned_one_does_not(world, settings_file):
    agent = started(world, settings_file)
    code, seen = on_terminal(
        "--config",
        settings_file,
        "consent",
        "give",
        "--signal",
        "heart",
        typed=[("Do you agree?", "yes"), ("Your PIN", PIN)],
    )
    assert code == 0, seen
    assert "on its way" in seen
    forged = channel.ask(world.settings.state_dir, channel.Command("consent", '{"record": "80", "signature": "00"}'))
    replayed = channel.ask(world.settings.state_dir, channel.Command("consent", "{}"))
    agent.stop()
    assert {forged.exit_code, replayed.exit_code} == {2}


@pytest.mark.process
def test_erase_forgets_here_and_asks_the_hub(world, settings_file):
    agent = started(world, settings_file)
    done = call("--config", settings_file, "erase", "--yes")
    agent.stop()
    assert done.returncode == 0
    rows = [json.loads(line) for line in call("--config", settings_file, "ledger", "--json").stdout.splitlines()]
    *given, withdrawn = (
        row["said"] for row in rows if row["kind"] == "consent"
    )  # an erasure that was answered late is left as a file, too, and carried out twice
    assert given
    assert not any(given), "their words are erased"
    assert withdrawn[0].split(" (")[0] == "you withdrew consent"
    assert rows[-1]["said"] == ["erase"]
    assert call("--config", settings_file, "ledger", "--verify").returncode == 0
    assert json.loads(call("--config", settings_file, "export").stdout)["summaries"] == []


@pytest.mark.process
def test_doctor_says_what_is_wrong_in_words_and_json(world, settings_file):
    done = call("--config", settings_file, "doctor", "--json")
    found = {check["check_id"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 3, "no agent runs"
    assert [one["check_id"] for one in found.values() if one["ok"] is False] == ["broker", "agent"]
    assert {"disk", "data_key", "enrolled", "directory", "certificate", "consent", "ledger", "outbox", "agent"} <= set(
        found
    )
    (world.settings.state_dir / "data.key").chmod(0o644)
    spoilt = call("--config", settings_file, "doctor")
    assert spoilt.returncode == 3
    assert "open to another user" in spoilt.stderr


@pytest.mark.process
@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"not json\n",
        b"[1]\n",
        b'{"name": 1, "x": 2}\n',
        b"\xff" * 70_000 + b"\n",
        b'{"name": "format_disk"}\n',
    ],
)
def test_any_bytes_at_the_control_socket_are_answered_or_dropped(world, settings_file, line):
    agent = started(world, settings_file)
    with socket.socket(socket.AF_UNIX) as knock:
        knock.settimeout(15)
        knock.connect(str(world.settings.state_dir / channel.SOCKET))
        try:
            knock.sendall(line)
            knock.shutdown(socket.SHUT_WR)
            answer = knock.makefile("rb").readline()
        except OSError:
            answer = b""
    assert not answer or json.loads(answer)["exit_code"] == 2
    assert call("--config", settings_file, "status").returncode == 0
    agent.stop()


def as_nobody(*words):
    return subprocess.run(
        [system_tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.process
@pytest.mark.skipif(os.geteuid() != 0, reason="acting as another user needs root")
def test_another_user_sees_neither_the_state_nor_the_socket(world, settings_file):
    agent = started(world, settings_file)
    state = world.settings.state_dir
    open_dir = world.folder / "open"
    open_dir.mkdir()
    (open_dir / "file").write_text("seen")
    for folder in (world.folder, *world.folder.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)  # only the state folder itself shall hold them off
    assert as_nobody("cat", open_dir / "file").stdout == "seen", "the detector must see an open file"
    for path in (state / "outbox.db", state / "history.db", state / "data.key", state / "keys" / "identity"):
        assert path.exists()
        assert as_nobody("cat", path).returncode != 0
    knock = 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b\'{"name": "pause"}\\n\'); print(s.recv(99))'
    assert as_nobody("/usr/bin/env", "python3", "-c", knock, state / channel.SOCKET).returncode != 0
    # even with the folder and socket laid open, the peer's user is checked
    state.chmod(0o755)
    (state / channel.SOCKET).chmod(0o777)
    turned_away = as_nobody("/usr/bin/env", "python3", "-c", knock, state / channel.SOCKET)
    assert "ended" not in turned_away.stdout
    assert "exit_code" not in turned_away.stdout
    body = json.loads(call("--config", settings_file, "status", "--json").stdout)
    said = call("--config", settings_file, "status").stderr
    agent.stop()
    assert body["paused"] is False
    assert f"enrolled at {OPERATOR} as {world.identity.device}" in said  # what an operator needs to revoke it


# ---- what run loads, opens and writes

HEAVY = ("cv2", "onnxruntime", "ai_edge_litert", "scipy", "bleak", "sqlalchemy", "amqtt", "rich", "hub")


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {module.split(".")[0] for module in done.stdout.split()}


@pytest.mark.process
def test_run_loads_no_camera_model_or_hub_part():
    run = "import agent.pipeline, agent.publisher, agent.control.channel, agent.sources.replay, agent.config, keyring"
    assert set(HEAVY) & loaded_by(run) == set()
    assert "sqlalchemy" in loaded_by(run + ", sqlalchemy"), "the detector must see a planted import"


@pytest.mark.process
def test_help_loads_nothing_heavy():
    assert {"numpy", "cryptography", "pydantic", "paho", "asyncio"} & loaded_by("import agent.cli") == set()


REACH = re.compile(r"(?:connect|sendto|sendmsg)\(.*\{sa_family=(AF_INET6?), (.*?)\}")
WRITE = re.compile(r'(?:openat\([^,]+, |open\(|creat\(|mkdir\(|rename\([^,]+, )"([^"]+)", ?([^)]*)')


def traced(log: Path, own: list[Path], port: int) -> tuple[list[str], list[str]]:
    """Packets and connections to anything but the broker; files written outside the own folders."""
    reached, writes = [], []
    for line in log.read_text(errors="replace").splitlines():
        found = REACH.search(line)
        if found and not (
            f"htons({port})" in found.group(2) and ("127.0.0.1" in found.group(2) or "::1" in found.group(2))
        ):
            reached.append(line)
        wrote = WRITE.search(line)
        if (
            wrote
            and ("mkdir" in line or re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", wrote.group(2)))
            and " = -1 " not in line
        ):
            path = Path(wrote.group(1))
            inside = any(path.is_relative_to(folder) for folder in own) or str(path).startswith(
                ("/dev/null", "/dev/tty", "/proc/self")
            )
            if not inside:
                writes.append(line)
    return reached, writes


@pytest.mark.long
def test_a_minute_of_run_connects_to_the_broker_alone_and_writes_into_its_own_folder(
    world, settings_file, broker, tmp_path
):
    seconds = float(os.environ.get("TRACE_SECONDS", "60"))
    recording = tmp_path / "rr.txt"
    recording.write_text("800\n" * 400)
    replay_settings(settings_file, recording)
    log = tmp_path / "trace"
    env = {name: value for name, value in os.environ.items() if name != "CI"}
    strace = [
        system_tool("strace"),
        "-f",
        "-qq",
        "-e",
        "trace=connect,sendto,sendmsg,openat,open,creat,mkdir,rename",
        "-o",
        log,
    ]
    agent = start_process(
        *strace, *WARDBEAT, "--config", settings_file, "run", env={**env, "PYTHONDONTWRITEBYTECODE": "1"}
    )
    wait_for(lambda: accepts(world.settings.state_dir / channel.SOCKET), what="the traced agent")
    time.sleep(seconds)
    said = call("--config", settings_file, "status").stderr
    # strace, told to end, would let go of the agent and leave it running: end the agent itself
    tracer = agent.popen.pid
    (traced_pid,) = Path(f"/proc/{tracer}/task/{tracer}/children").read_text().split()
    os.kill(int(traced_pid), signal.SIGTERM)
    assert agent.popen.wait(within_s(20)) == 0
    assert "connected" in said
    reached, writes = traced(log, [world.settings.state_dir], world.port)
    assert reached == []
    assert writes == []

    # the same detector on a planted breach in the same run
    planted = tmp_path / "planted"
    breach = """
import socket
open("/tmp/wardbeat-planted", "w").close()
open("leak.txt", "w").close()
connection = socket.socket()
connection.settimeout(0.2)
try:
    connection.connect(("127.0.0.1", 9))
except OSError:
    pass
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
"""
    subprocess.run([*map(str, strace[:-1]), str(planted), sys.executable, "-c", breach], check=True, cwd=tmp_path)
    Path("/tmp/wardbeat-planted").unlink()
    reached, writes = traced(planted, [world.settings.state_dir], world.port)
    assert len(reached) == 2
    assert len(writes) == 2


def test_no_value_key_or_address_stands_in_a_log(world, settings_file, broker, tmp_path):
    recording = tmp_path / "rr.txt"
    recording.write_text("777\n" * 20)
    replay_settings(settings_file, recording)
    settings = yaml.safe_load(settings_file.read_text()) | {"log_level": "debug"}
    settings_file.write_text(yaml.safe_dump(settings))
    agent = started(world, settings_file)
    time.sleep(6)
    agent.stop()
    text = (world.folder / "agent.log").read_text()
    secrets = [PIN, "777.0", world.identity.sign_seed.hex(), world.vault.key.hex(), world.identity.device]
    planted = text + " 777.0"
    assert [secret for secret in secrets if secret in planted] == ["777.0"], "the detector must find a planted value"
    assert [secret for secret in secrets if secret in text] == []
