"""Units are confined and watched, packages start nothing, and their locks are those that are tested."""

import hashlib
import re
import sys
from pathlib import Path

import pytest
import yaml

from agent.config import Policy, Settings
from agent.service import systemd
from agent.system.service_manager import ServiceManager

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
UNITS = [ROOT / "agent/service/wardbeat.service", *sorted((PACKAGING / "systemd").glob("*.service"))]
BROKER = PACKAGING / "systemd/broker/wardbeat-broker.service"  # another's program, in the same limits
SYSTEM = [unit for unit in UNITS if unit.parent.name == "systemd"]
SHIPPED = ["66051f2c7dd19dd7", "3edf1cb8c0d7780c"]
# what every unit says, whoever manages it
CONFINED = {
    "NoNewPrivileges=yes", "PrivateUsers=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "PrivateTmp=yes",
    "RestrictNamespaces=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
    "SystemCallArchitectures=native", "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources",
    "UMask=0077", "LimitCORE=0", "Type=notify", "Restart=on-failure", "RestartPreventExitStatus=2",
}  # fmt: skip


def rows(unit):
    return [line for line in unit.read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_is_confined(unit):
    wanted = CONFINED - {"UMask=0077"} if "hub" in unit.read_text() else CONFINED
    assert not wanted - set(rows(unit))
    assert not (wanted - set(rows(unit)[2:-1])) - {"Type=notify"}


def test_the_broker_is_confined_and_sees_no_key():
    of_ours = {"RestartPreventExitStatus=2", "SystemCallFilter=~@privileged @resources"}
    assert CONFINED - of_ours <= set(rows(BROKER))
    assert {"TemporaryFileSystem=/var/lib/wardbeat-hub:ro", "BindPaths=/var/lib/wardbeat-hub/broker"} <= set(
        rows(BROKER)
    )
    assert {row for row in rows(BROKER) if row.startswith("Bind")} == {
        "BindPaths=/var/lib/wardbeat-hub/broker",
        "BindReadOnlyPaths=/var/lib/wardbeat-hub/ca.pem",
    }


@pytest.mark.parametrize("unit", [*SYSTEM, BROKER], ids=lambda unit: unit.name)
def test_a_system_unit_hides_devices_homes_and_processes(unit):
    assert {"PrivateDevices=yes", "ProtectHome=yes", "ProtectProc=invisible", "ProcSubset=pid"} <= set(rows(unit))
    assert any(row.startswith("User=") and row != "User=root" for row in rows(unit))


def test_each_process_of_the_hub_has_a_user_of_its_own_that_the_package_makes():
    made = re.findall(r"^u (\S+)", (PACKAGING / "systemd/hub.sysusers").read_text(), re.MULTILINE)
    grouped = re.findall(r"^m (\S+) wardbeat-hub$", (PACKAGING / "systemd/hub.sysusers").read_text(), re.MULTILINE)
    used = [row.removeprefix("User=") for unit in SYSTEM for row in rows(unit) if row.startswith("User=wardbeat-")]
    assert sorted(used) == sorted(set(made)) == sorted(grouped)
    assert len(used) == 5


def test_the_units_of_the_hub_differ_in_their_program_alone():
    """What confines one confines all of them: a unit that lacks a line is found here."""
    of_hub = [unit for unit in SYSTEM if "@" not in unit.name]
    own = ("Description=", "User=", "ExecStart=", "Environment=LISTEN=127.0.0.1:")
    shared = {unit.name: [row for row in rows(unit) if not row.startswith(own)] for unit in of_hub}
    first, *others = shared.values()
    assert len(others) == 4
    assert all(other == first for other in others)


def test_the_hubs_commands_in_units_exist():
    from hub.cli import COMMANDS, parser

    started = {}
    for unit in SYSTEM:
        if words := re.search(r"^ExecStart=/usr/bin/wardbeat hub (.+)$", unit.read_text(), re.MULTILINE):
            started[unit.name] = words[1].replace("${LISTEN}", "127.0.0.1:9466").split()
    assert len(started) == 5
    known = {row.name for row in COMMANDS}
    for words in started.values():
        if words[0] in known:  # `alerts` and `view` come with their own packages
            assert parser().parse_args(words).folder == Path("/var/lib/wardbeat-hub")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_watchdog_waits_for_four_signs_of_life(unit, monkeypatch):
    watchdog_s = int(re.search(r"^WatchdogSec=(\d+)$", unit.read_text(), re.MULTILINE)[1])
    monkeypatch.setenv("WATCHDOG_USEC", str(watchdog_s * 10**6))
    assert ServiceManager().every_s * 4 <= watchdog_s


def test_what_is_shipped_as_settings_is_valid_and_changes_nothing():
    for file, model in (("settings.yaml", Settings), ("policy.yaml", Policy)):
        text = (PACKAGING / "deb" / file).read_text()
        assert yaml.safe_load(text) == {}
        examples = "\n".join(line.removeprefix("# ") for line in text.splitlines() if re.match(r"# \w+: ", line))
        assert model.model_validate(yaml.safe_load(examples)), "what it shows as an example is valid, too"


def test_shipped_settings_files_never_change():
    """Where both the package and the administrator changed one, dpkg asks, and an unattended upgrade stops."""
    files = (PACKAGING / "deb" / name for name in ("settings.yaml", "policy.yaml"))
    assert [hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files] == SHIPPED


def test_no_script_of_a_package_starts_a_service():
    for script in (PACKAGING / "deb" / "scripts").iterdir():
        words = script.read_text()
        assert not re.search(r"systemctl[^\n]*\s(start|enable|restart|reload-or-restart)\b", words), script.name
    assert re.search(r"systemctl[^\n]*\s(start|enable)\b", "systemctl --quiet enable x"), "the same look sees one"


def test_packages_bring_the_versions_and_hashes_that_are_tested():
    def pinned(file):
        text = re.sub(r"#.*", "", file.read_text())
        found = re.split(r"\n(?=[a-z0-9])", text)
        return {row.split("==")[0]: frozenset(re.findall(r"==\S+|sha256:\w+", row)) for row in found if "==" in row}

    tested = pinned(ROOT / "requirements.lock")
    for lock in sorted((PACKAGING / "locks").glob("*.lock")):
        shipped = pinned(lock)
        assert len(shipped) > 40
        assert {name: tested.get(name) for name in shipped} == shipped, lock.name


def test_the_constraints_for_pip_are_what_is_tested():
    tested = [
        row.removesuffix(" \\")
        for row in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in row and row[0] != " "
    ]
    shipped = (PACKAGING / "constraints.txt").read_text().splitlines()
    assert len(shipped) > 100
    assert shipped == [row.strip() for row in tested]


def test_the_units_in_the_table_exist():
    sys.path.insert(0, str(PACKAGING / "deb"))
    try:
        from packages import PACKAGES
    finally:
        sys.path.pop(0)
    named = {source for package in PACKAGES for source in package.files}
    assert all((ROOT / source).is_file() for source in named)
    shipped = {source for source in named if "systemd/" in source}
    assert shipped == {str(file.relative_to(ROOT)) for file in (PACKAGING / "systemd").rglob("*.*") if file.is_file()}


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
def test_a_service_with_settings_and_a_state_folder_elsewhere(tmp_path):
    config = tmp_path / "my settings %i $HOME.yaml"
    config.touch()
    said = systemd._own(config, tmp_path / "state dir")
    assert said.startswith("[Service]\nExecStart=\nExecStart=")
    assert f'--config "{tmp_path}/my settings %%i $$HOME.yaml" run\n' in said
    assert f'ReadWritePaths="{tmp_path}/state dir"\n' in said
    assert systemd._own(None, Path.home() / "anything") == ""
