"""The whole way between two machines: a simulated strap on D-Bus, the packaged agent, a broker and the packaged hub."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from asked import ANNA, HUB, SHORT, Trial, figure, is_active, must
from machine import Machine

NORA: Final = "nora"
_UNIT: Final = "wardbeat.service"
_PIN: Final = "kelp-and-tin 9"
_ROOT: Final = Path(__file__).resolve().parents[2]
_SETTINGS: Final = "profile: care\nkey_store: file\nsources:\n  ble_strap: {}\n"
_DROP_IN: Final = f"/home/{NORA}/.config/systemd/user/{_UNIT}.d/short.conf"


@contextlib.contextmanager
def strap(machine: Machine) -> Iterator[str]:
    """A simulated strap behind org.bluez on the machine's own system bus; its name."""
    bus = f"unix:path={machine.inside('/run/dbus/system_bus_socket')}"
    words = [os.environ.get("WARDBEAT_PYTHON", str(_ROOT / ".venv/bin/python")), "-m", "firmware_sim", "--system-bus"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=_ROOT, env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus}
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["straps"][0]
    finally:
        process.terminate()
        process.wait()


def enrolled(machine: Machine, trial: Trial) -> str:
    """A person enrolls at the hub on the other machine, binds the strap and consents, at a terminal."""
    hub = trial.hub
    bundle = hub.run("wardbeat", "hub", "invite", HUB, "--in-person").stdout
    machine.run("useradd", "-m", "-s", "/bin/bash", NORA)
    machine.run("loginctl", "enable-linger", NORA)
    machine.wait(lambda: is_active(machine, f"user@{_number(machine)}.service"), "the session of nora")
    machine.write(f"/home/{NORA}/bundle", bundle)
    machine.write(f"/home/{NORA}/.config/wardbeat/settings.yaml", _SETTINGS)
    machine.write(
        _DROP_IN, f"[Service]\nExecStart=\nExecStart=/opt/wardbeat/bin/python3 -I {machine.bring(SHORT)[0]}\n"
    )
    machine.run("chown", "-R", f"{NORA}:{NORA}", f"/home/{NORA}")
    pins = [("only you know", _PIN), ("Repeat the PIN", _PIN)]
    asked = [("Do they agree?", "yes"), *pins]
    machine.types("wardbeat", "enroll", f"/home/{NORA}/bundle", user=NORA, typed=asked)
    machine.run("wardbeat", "scan", "--seconds", "3", "--bind", trial.strap, user=NORA)
    consent = [("Do you agree?", "yes"), ("Your PIN", _PIN)]
    machine.types("wardbeat", "consent", "give", user=NORA, typed=consent)
    machine.run("wardbeat", "service", "install", user=NORA)
    must(is_active(machine, _UNIT, NORA), "nora's agent is not active")
    return f"by {machine.address}, at the hub on {hub.address}; consent given with the PIN"


def _number(machine: Machine) -> str:
    return machine.run("id", "-u", NORA).stdout.strip()


def receipted(machine: Machine, trial: Trial) -> str:
    """Beats become a spectrum here, a sealed window leaves, the hub opens it, and its receipt comes back."""

    def stored() -> list[dict]:
        shown = trial.hub.run("wardbeat", "hub", "show", HUB, "--summaries").stdout
        return [json.loads(line) for line in shown.splitlines()]

    def is_receipted() -> bool:
        rows = machine.run("wardbeat", "ledger", "--last", "0", "--json", user=NORA).stdout.splitlines()
        return any("rmssd" in row and json.loads(row)["state"] == "receipted" for row in rows)

    machine.wait(lambda: any("rmssd" in json.dumps(one) for one in stored()), "a window at the hub", 240)
    machine.wait(is_receipted, "its receipt")
    machine.run("wardbeat", "ledger", "--verify", user=NORA)
    kept = machine.run("wardbeat", "export", user=NORA).stdout
    power = figure(r'"name": "hf_ms2", "value": ([\d.]+)', kept)
    must(power not in trial.hub.run("wardbeat", "hub", "show", HUB, "--summaries").stdout, "the spectrum left")
    log = machine.said("journalctl", "--no-pager", f"_UID={_number(machine)}")
    must(trial.strap not in log, "the strap's address is in the log")
    return f"{len(stored())} windows stored at the other machine and receipted; a spectrum stays here"


def uninstalled(machine: Machine, trial: Trial) -> str:
    """`wardbeat uninstall --erase`: the hub deletes its copy and signs a receipt before the keys go."""
    said = machine.said("wardbeat", "uninstall", "--erase", "--wait", "60", user=NORA)
    must("signed a receipt" in said and "are gone from this machine" in said, f"it says: {said[-800:]}")
    must(not (machine.root / f"home/{NORA}/.local/share/wardbeat").exists(), "the state folder is still there")
    must((machine.root / f"home/{NORA}/wardbeat-erase-receipt.txt").exists(), "the receipt was not kept")
    left = trial.hub.run("wardbeat", "hub", "show", HUB, "--summaries").stdout
    must(not left.strip(), f"the hub still holds {len(left.splitlines())} windows")
    must(not is_active(machine, _UNIT, NORA) and is_active(machine, _UNIT, ANNA), "another agent was stopped, or none")
    return "the hub's copy deleted, its receipt kept, the folder gone; the other person's agent runs on"
