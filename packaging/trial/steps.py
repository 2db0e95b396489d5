"""What a machine must show with the packages: each step asks one thing and returns the figure that it saw."""

import json
import re
from pathlib import Path
from typing import Final

import chain
import running
import signing
from asked import (
    ANNA,
    BESIDE,
    BROKER,
    HERE,
    HUB,
    HUB_UNITS,
    TEMPLATE,
    UNIT,
    Trial,
    figure,
    is_active,
    must,
    no_unit_failed,
    pid,
)
from machine import Machine

AS_RUN: Final = ("setpriv", "--reuid=wardbeat-run", "--regid=wardbeat-hub", "--clear-groups")
_STATES: Final = {"CapEff": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}


def put(machine: Machine, files: list[Path]) -> None:
    """Install packages, without waiting for the disk after each file."""
    machine.run("dpkg", "--force-unsafe-io", "-i", *machine.bring(*files))


def install(machine: Machine, trial: Trial) -> str:
    """The packages install; nothing starts, nothing fails."""
    for user in (ANNA, "pi"):
        machine.run("useradd", "-m", "-s", "/bin/bash", user)
    machine.run("loginctl", "enable-linger", ANNA)
    machine.wait(lambda: is_active(machine, "user@1000.service"), "the session of anna")
    put(machine, trial.files("old", "agent"))
    put(trial.hub, trial.files("old", "agent", "hub"))
    for one in (machine, trial.hub):
        running = one.said("pgrep", "-fa", "/usr/bin/wardbeat")
        must(not running, f"the package started {running}")
        no_unit_failed(one)
    return machine.run("wardbeat", "--version").stdout.strip()


def spectrum(machine: Machine, _: Trial) -> str:
    """A recording of ten minutes gives numbers in both bands."""
    beats = [round(860 + 40 * ((n * 7919) % 101 - 50) / 50 + 30 * (1 if n % 5 < 2 else -1)) for n in range(700)]
    machine.write("/home/anna/rr.txt", "\n".join(map(str, beats)) + "\n")
    words = json.loads(machine.run("wardbeat", "analyze", "/home/anna/rr.txt", "--json", user=ANNA).stdout)
    found = re.findall(r'"(hrv_[lh]f_ms2|lf_ms2|hf_ms2)":\s*\{?[^,}]*', json.dumps(words))
    must(len(found) > 1, f"no spectrum: {json.dumps(words)[:300]}")
    return f"{len(found)} powers of bands"


def as_person(machine: Machine, _: Trial) -> str:
    """The user unit runs as an ordinary user, and says that it is ready when it is."""
    machine.run("wardbeat", "service", "install", user=ANNA)
    must(is_active(machine, UNIT, ANNA), "the agent is not active")
    state = json.loads(machine.run("wardbeat", "service", "status", user=ANNA).stdout)
    must(state == {"installed": True, "running": True, "lingers": True, "words": ""}, f"status says {state}")
    machine.run("wardbeat", "status", user=ANNA)
    no_unit_failed(machine)
    return _confined(machine, pid(machine, UNIT, ANNA))


def as_template(machine: Machine, _: Trial) -> str:
    """The system template runs a headless user's agent."""
    machine.run("wardbeat", "service", "install", "--headless", "pi")
    must(is_active(machine, TEMPLATE), "the agent is not active")
    machine.run("wardbeat", "--config", "/etc/wardbeat/agents/pi.yaml", "status", user="pi")
    no_unit_failed(machine)
    return _confined(machine, pid(machine, TEMPLATE))


def as_hub(_: Machine, trial: Trial) -> str:
    """The hub's processes run, each as its own user, and messages arrive through a real broker."""
    hub = trial.hub
    site = ("--site", "ward-3", "--operator", "Trial", "--host", hub.address, "--port", "8883", "--synthetic")
    hub.run(*AS_RUN, "wardbeat", "hub", "init", HUB, *site)
    hub.run("systemctl", "enable", "--now", BROKER, *HUB_UNITS)
    seen = hub.run("nsenter", "-t", str(pid(hub, BROKER)), "-m", "find", HUB, "-maxdepth", "1").stdout.split()
    must(sorted(seen) == [HUB, f"{HUB}/broker", f"{HUB}/ca.pem"], f"the broker sees {seen}")
    hub.run("systemctl", "reload", BROKER)
    around = hub.run(*AS_RUN, "ls", f"/proc/{pid(hub, HUB_UNITS[0])}/root{HUB}", ok=False)
    must(around.returncode != 0, "the hub's folder can be read through the hub's process")
    hub.wait(lambda: hub.run("wardbeat", "hub", "show", HUB, ok=False).returncode == 0, "the hub's own probe")
    users = [hub.run("ps", "-o", "user:20=", "-p", str(pid(hub, unit))).stdout.strip() for unit in HUB_UNITS]
    must(users == ["wardbeat-run", "wardbeat-score"], f"the processes run as {users}")
    no_unit_failed(hub)
    said = [_confined(hub, pid(hub, unit)).rsplit("; ", 1)[1] for unit in HUB_UNITS]
    return f"messages arrive; {' and '.join(users)}, {' and '.join(said)}"


def beside(_: Machine, trial: Trial) -> str:
    """Alerts, care view and metrics run, each as its own user; they listen on this machine alone, and show it."""
    hub = trial.hub
    hub.run(*AS_RUN, "wardbeat", "hub", "view", HUB, "--care", "--prepare")
    hub.run("systemctl", "enable", "--now", *BESIDE)
    said = []
    for unit, port in BESIDE.items():
        process, user = pid(hub, unit), unit.removesuffix(".service")
        must(is_active(hub, unit), f"{unit} is not active")
        runs_as = hub.run("ps", "-o", "user:20=", "-p", str(process)).stdout.strip()
        must(runs_as == user, f"{unit} runs as {runs_as}")
        said.append(f"{user} {_confined(hub, process).rsplit('; ', 1)[1]}")
        rows = [row.split() for row in hub.run("cat", f"/proc/{process}/net/tcp").stdout.splitlines()[1:]]
        at = {row[1] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
        must(not port or at == {f"0100007F:{port:04X}"}, f"{unit} listens at {at}")
    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9466/metrics', timeout=10).read().decode())"
    text = hub.run("/usr/bin/python3", "-c", ask).stdout
    for line in ("database_up 1.0", 'worker_receives{worker="1"} 1.0', 'process_up{process="score"} 1.0'):
        must(f"wardbeat_hub_{line}" in text, f"{line} is not in {text}")
    must(hub.run("wardbeat", "hub", "show", HUB, ok=False).returncode == 0, "hub show names a fault")
    no_unit_failed(hub)
    return f"{', '.join(said)}; {len([row for row in text.splitlines() if row[:1] != '#'])} values at loopback"


def _confined(machine: Machine, process: int) -> str:
    status = machine.run("cat", f"/proc/{process}/status").stdout
    seen = {name: figure(rf"{name}:\s*(\S+)", status) for name in _STATES}
    must(seen == _STATES, f"not confined: {seen}")
    memory = int(figure(r"VmRSS:\s*(\d+)", status)) / 1024
    return f"CapEff 0, no new privileges, Seccomp 2; {memory:.0f} MB"


def exposure(machine: Machine, trial: Trial) -> str:
    """What systemd itself says of the units."""
    said = {TEMPLATE: _exposure(machine, TEMPLATE), UNIT: _exposure(machine, UNIT, ANNA)}
    said |= {unit: _exposure(trial.hub, unit) for unit in (BROKER, *HUB_UNITS, *BESIDE)}
    must(all(value <= 1.1 for unit, value in said.items() if unit != UNIT), f"too much: {said}")
    return ", ".join(f"{unit.removesuffix('.service')} {value}" for unit, value in said.items())


def _exposure(machine: Machine, unit: str, user: str | None = None) -> float:
    manager = ["--user"] if user else []
    words = machine.said("systemd-analyze", *manager, "security", "--no-pager", unit, user=user)
    return float(figure(r"exposure level for \S+: ([\d.]+)", words))


def limits(machine: Machine, _: Trial) -> str:
    """What the units forbid is refused by trial; the same trial without them is not."""
    machine.run("install", "-d", "-m", "0777", "/srv/open")
    script = machine.bring(HERE / "inside_limits.py")[0]
    free = machine.run("/usr/bin/python3", script, user=ANNA).stdout
    must("refused" not in free.replace("socket refused", ""), f"the trial without limits sees a refusal: {free}")
    counts = []
    for unit, user in ((UNIT, ANNA), (TEMPLATE, None)):
        words = _under_limits(machine, unit, user, "/usr/bin/python3", script)
        seen = machine.run(*words, user=user).stdout
        must(seen.count("refused") == 4 and "allowed" not in seen, f"{unit}: {seen}")
        counts.append(seen.count("refused"))
    return f"{counts[0]} and {counts[1]} refused; without limits {free.count('allowed')} of 4 allowed"


def models(machine: Machine, trial: Trial) -> str:
    """The face models answer under the same limits; what the camera's devices cost in exposure."""
    put(machine, trial.files("old", "camera"))
    script = machine.bring(HERE / "inside_models.py")[0]
    words = _under_limits(machine, UNIT, ANNA, "/opt/wardbeat/bin/python3", "-I", script)
    answered = machine.run(*words, user=ANNA).stdout.strip().splitlines()[-1]
    return f"{answered} answered; exposure of the template with the camera {_exposure(machine, TEMPLATE)}"


_LIMITS: Final = re.compile(r"^(NoNew|Private|Protect|ProcSub|Capab|Ambient|Restrict|Lock|MemoryDeny|System|RemoveIPC)")


def _under_limits(machine: Machine, unit: str, user: str | None, *words: str) -> list[str]:
    """A command with the limits that the unit's file names."""
    manager = ["--user"] if user else []
    text = machine.run("systemctl", *manager, "cat", unit, user=user).stdout
    rows = [line for line in text.splitlines() if _LIMITS.match(line) and not line.startswith("RestartP")]
    given = [word for row in rows for word in ("-p", row.replace("%h", f"/home/{user}"))]
    if user is None:
        given += ["-p", "User=pi"]
    return ["systemd-run", *manager, "--quiet", "--wait", "--pipe", *given, *words]


def upgrade(machine: Machine, trial: Trial) -> str:
    """What ran runs again, what stood still does; a changed settings file is kept, and nothing asks."""
    hub = trial.hub
    machine.run("systemctl", "stop", TEMPLATE)
    settings = "# ours\nconsent_days: 60\n"
    machine.write("/etc/wardbeat/settings.yaml", settings)
    before, of_hub = pid(machine, UNIT, ANNA), [pid(hub, unit) for unit in HUB_UNITS]
    put(machine, trial.files("new", "agent", "camera"))
    put(hub, trial.files("new", "agent", "hub"))
    running.another(machine, before, UNIT, ANNA)
    must(not is_active(machine, TEMPLATE), "an agent that was stopped runs")
    for unit, old in zip(HUB_UNITS, of_hub, strict=True):
        running.another(hub, old, unit, None)
    must((machine.root / "etc/wardbeat/settings.yaml").read_text() == settings, "the settings were overwritten")
    shown = machine.run("wardbeat", "config", "show", "--origin", user=ANNA).stdout
    must("60" in shown and "machine" in shown, f"the machine's settings are not in force: {shown[:400]}")
    for one in (machine, hub):
        no_unit_failed(one)
    return _version(machine)


def _version(machine: Machine) -> str:
    return machine.run("dpkg-query", "-W", "-f", "${Version}", "wardbeat-agent").stdout.strip()


def downgrade(machine: Machine, trial: Trial) -> str:
    """The older version installs over the newer one, and the agent runs."""
    before = pid(machine, UNIT, ANNA)
    machine.run("dpkg", "-r", "wardbeat-camera")
    put(machine, trial.files("old", "agent"))
    running.another(machine, before, UNIT, ANNA)
    return _version(machine)


def below(machine: Machine, trial: Trial) -> str:
    """A version below the security floor is refused by the package, and by the folder on which a newer one worked."""
    before, version = pid(machine, UNIT, ANNA), _version(machine)
    refused = machine.run("dpkg", "-i", *machine.bring(*trial.files("below", "agent")), ok=False)
    must(
        refused.returncode != 0 and "below the security floor" in refused.stderr, f"installed: {refused.stderr[-400:]}"
    )
    must(_version(machine) == version and pid(machine, UNIT, ANNA) == before, "the refused package changed something")
    machine.run("dpkg", "--verify", "wardbeat-agent")
    state = machine.root / "home/anna/.local/share/wardbeat/version.floor"
    kept = state.read_text()
    state.write_text("99.0.0\n")
    said = machine.run("wardbeat", "status", user=ANNA, ok=False)
    state.write_text(kept)
    must(said.returncode == 2 and "99.0.0 or newer" in said.stderr, f"it starts: {said.stdout} {said.stderr}")
    return f"{version} stays, its process too; the folder's floor {kept.strip()} holds"


def remove(machine: Machine, trial: Trial) -> str:
    """Removing stops what runs and leaves what people stored; purging removes the settings and names what stays."""
    machine.run("systemctl", "start", TEMPLATE)
    machine.run("dpkg", "-r", "wardbeat-agent")
    trial.hub.run("dpkg", "-r", "wardbeat-hub", "wardbeat-agent")
    for one in (machine, trial.hub):
        must(not one.said("pgrep", "-fa", "/usr/bin/wardbeat"), "a process of ours still runs")
        left = [str(file) for file in (one.root / "opt").rglob("*")]
        must(not left, f"left behind: {left[:5]}")
    must((machine.root / "home/anna/.local/share/wardbeat").is_dir(), "a person's folder is gone")
    must((machine.root / "etc/wardbeat/settings.yaml").exists(), "removing took the settings")
    said = machine.said("dpkg", "-P", "wardbeat-agent")
    must("Kept: /home/anna/.local/share/wardbeat, the data of anna." in said, f"purging names no home folder: {said}")
    must("Kept: /var/lib/wardbeat." in said, f"purging does not name what stays: {said}")
    said = trial.hub.said("dpkg", "-P", "wardbeat-hub", "wardbeat-agent")
    must(f"Kept: {HUB}." in said and (trial.hub.root / HUB[1:] / "hub.db").exists(), f"the hub's data: {said}")
    must(not (machine.root / "etc/wardbeat/settings.yaml").exists(), "purging left the settings")
    must((machine.root / "var/lib/wardbeat/pi").is_dir(), "purging removed a person's data")
    for one in (machine, trial.hub):
        no_unit_failed(one)
    return "stopped; data kept and named; settings gone"


def repository(machine: Machine, trial: Trial) -> str:
    """The signed repository."""
    return signing.installs_from_the_repository(machine, trial.files("new", "agent"), trial.suite)


STEPS: Final = {
    "installs and starts nothing": install,
    "computes a spectrum": spectrum,
    "runs as an ordinary user": as_person,
    "runs as a system template": as_template,
    "runs as a hub": as_hub,
    "alerts, care view, metrics": beside,
    "enrolls at the other machine": chain.enrolled,
    "exposure": exposure,
    "limits, by trial": limits,
    "models under the limits": models,
    "who is in front of the camera": running.screen,
    "killed": running.comes_back,
    "hung": running.watchdog,
    "strap, spectrum, receipt": chain.receipted,
    "a wrong policy, and the journal": running.reload,
    "upgrade": upgrade,
    "downgrade": downgrade,
    "below the floor": below,
    "uninstall, erased first": chain.uninstalled,
    "remove and purge": remove,
    "signed repository": repository,
}
