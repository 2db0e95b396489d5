"""Steps on an agent that runs: killed, hung, with a wrong policy, and with nobody before its camera."""

import json
from typing import Final

from asked import ANNA, HERE, TEMPLATE, UNIT, Trial, is_active, must, pid
from machine import Machine

_QUICK: Final = "[Service]\nWatchdogSec=8\nTimeoutAbortSec=2\n"


def comes_back(machine: Machine, _: Trial) -> str:
    """An agent that is killed is back within 10 s."""
    seconds = []
    for unit, user in ((UNIT, ANNA), (TEMPLATE, None)):
        before = pid(machine, unit, user)
        machine.run("kill", "-9", str(before))
        seconds.append(another(machine, before, unit, user))
        must(seconds[-1] <= 10, f"{unit} was back after {seconds[-1]:.1f} s")
    return f"{seconds[0]:.1f} and {seconds[1]:.1f} s"


def another(machine: Machine, before: int, unit: str, user: str | None) -> float:
    def is_another() -> bool:
        return pid(machine, unit, user) not in (0, before) and is_active(machine, unit, user)

    return machine.wait(is_another, "the agent to come back")


def watchdog(machine: Machine, _: Trial) -> str:
    """An agent that hangs is started again by the watchdog; one that works is left alone."""
    machine.write(f"/home/anna/.config/systemd/user/{UNIT}.d/quick.conf", _QUICK)
    machine.run("chown", "-R", "anna:anna", "/home/anna/.config")
    machine.run("systemctl", "--user", "daemon-reload", user=ANNA)
    machine.run("systemctl", "--user", "restart", UNIT, user=ANNA)
    healthy = pid(machine, UNIT, ANNA)
    machine.run("sleep", "17")  # twice the watchdog's time: the very thing that is shown
    must(pid(machine, UNIT, ANNA) == healthy, "a healthy agent was started again")
    machine.run("kill", "-STOP", str(healthy))
    took = another(machine, healthy, UNIT, ANNA)
    (machine.root / f"home/anna/.config/systemd/user/{UNIT}.d/quick.conf").unlink()
    machine.run("systemctl", "--user", "daemon-reload", user=ANNA)
    machine.run("systemctl", "--user", "restart", UNIT, user=ANNA)
    return f"hung: back after {took:.0f} s with WatchdogSec=8; healthy: the same process after 17 s"


def reload(machine: Machine, _: Trial) -> str:
    """A wrong policy closes the link of every agent without ending one; both ends are events in the journal."""
    policy = machine.root / "etc/wardbeat/policy.yaml"
    before, right = (pid(machine, UNIT, ANNA), pid(machine, TEMPLATE)), policy.read_text()

    def agents(event: str) -> int:
        said = machine.said("journalctl", "--no-pager", "-o", "json", f"WARDBEAT_EVENT={event}").splitlines()
        found = [json.loads(line) for line in said if line.startswith("{")]
        must(
            all(one["WARDBEAT_PART"] == "policy" and one["MESSAGE_ID"] for one in found), f"fields are missing: {found}"
        )
        return len({one["_PID"] for one in found if int(one["_PID"]) in before})

    policy.write_text("denied_kind: [expression]\n")
    machine.run("systemctl", "--user", "reload", UNIT, user=ANNA)  # the template's agent polls its files
    took = machine.wait(lambda: agents("WB311") == len(before), "both agents to name the policy")
    policy.write_text(right)
    machine.wait(lambda: agents("WB310") == len(before), "both agents to go on")
    must((pid(machine, UNIT, ANNA), pid(machine, TEMPLATE)) == before, "an agent ended")
    return f"both hold back after {took:.0f} s as WB311, and go on as WB310, in the same processes"


def screen(machine: Machine, _: Trial) -> str:
    """By the real logind: whoever has logged off has no open camera; who never logs in has no screen to lock."""
    script = machine.bring(HERE / "inside_screen.py")[0]
    words = ("/opt/wardbeat/bin/python3", "-I", script)
    lingers = machine.run(*words, user=ANNA).stdout.strip()
    headless = machine.run("setpriv", "--reuid=pi", "--regid=pi", "--init-groups", *words).stdout.strip()
    must((lingers, headless) == ("shut", "open"), f"anna {lingers}, pi {headless}")
    return "logged off, and the agent goes on: closed; never logged in: open"
