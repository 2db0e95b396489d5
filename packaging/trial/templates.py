"""`make test-templates`: the templates for administrators in a booted Debian, with the programs that they are for.

templates.py FOLDER [SUITE]: builds two versions of the packages into FOLDER, and hosts them inside, signed with a key
that is thrown away. Ansible really installs, configures, upgrades and goes back; wrong values must be refused (root).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from machine import Failed, Machine, booted
from template_steps import MONITORS

PACKAGING: Final = Path(__file__).resolve().parents[1]
OLD, NEW = "0.2.0", "0.2.0.1"
_KEY: Final = "trial@wardbeat.invalid"
_GOOD: Final = {
    "wardbeat_repository": "file:/srv/repository",
    "wardbeat_repository_key": "/srv/repository/wardbeat.gpg",
    "wardbeat_packages": ["wardbeat-agent", "wardbeat-hub"],
    "wardbeat_settings": {"profile": "care", "consent_days": 60},
    "wardbeat_policy": {"allowed_profiles": ["personal", "care"], "denied_kinds": ["affect"]},
    "wardbeat_watched": ["anna", "pi"],
}


def main() -> int:
    """Every step; 1 where one failed."""
    suite = sys.argv[2] if len(sys.argv) > 2 else "trixie"
    folder = Path(sys.argv[1]).resolve() / suite
    for version in (OLD, NEW):
        words = ["--into", str(folder / version), "--version", version, "--suites", suite, "--machines", "amd64"]
        build = [sys.executable, str(PACKAGING / "deb/build.py"), *words, "--only", "agent,hub", "--quick"]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    failed, began_s = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as keys, booted(suite, "templates") as machine:
        os.environ["GNUPGHOME"] = keys
        words = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", _KEY, "default", "default"]
        subprocess.run(words, check=True, capture_output=True)
        shutil.copytree(PACKAGING / "templates", machine.root / "srv/templates")
        for name, step in steps(folder).items():
            step_s = time.monotonic()
            try:
                said = step(machine)
            except (Failed, OSError) as error:
                said, failed = f"FAILED: {error}", failed + 1
            print(f"{name:42} {time.monotonic() - step_s:6.1f}  {said}", flush=True)
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
    print(f"{len(steps(folder))} steps, {failed} failed, {time.monotonic() - began_s:.0f} s")
    return int(failed > 0)


def steps(folder: Path) -> dict[str, Callable[[Machine], str]]:
    """What is tried, in order."""
    return {
        "ansible reads the playbooks": _syntax,
        "the role installs, and starts no agent": lambda machine: _installs(machine, folder),
        "a second run changes nothing": lambda machine: _counted(play(machine), changed=0),
        "a key that is unknown is refused": lambda machine: _refused(machine, policy={"alowed_profiles": []}),
        "a value that is wrong is taken back": lambda machine: _refused(machine, settings={"profile": "nonsense"}),
        "a profile that the policy denies": lambda machine: _refused(machine, settings={"profile": "research"}),
        "the role upgrades what runs": lambda machine: _upgrades(machine, folder),
        "the role goes back": lambda machine: _goes_back(machine, folder),
        **MONITORS,
    }


def play(machine: Machine, **changes: Any) -> str:
    """One run of the role; what it printed.

    Args:
        machine: Where.
        changes: Other values than the good ones.
    """
    machine.write("/srv/values.json", json.dumps({**_GOOD, **changes}))
    machine.write("/srv/play.yaml", "- hosts: localhost\n  connection: local\n  roles: [wardbeat]\n")
    words = ["env", "ANSIBLE_ROLES_PATH=/srv/templates/ansible/roles", "ANSIBLE_NOCOLOR=1", "ansible-playbook"]
    return machine.run(*words, "-i", "localhost,", "-e", "@/srv/values.json", "/srv/play.yaml", ok=False).stdout


def _host(machine: Machine, packages: Path) -> None:
    """The repository that a hospital's web server would hold, with one version of the packages."""
    into = machine.root / "srv" / "repository"
    words = [sys.executable, str(PACKAGING / "deb/repository.py"), str(packages), str(into), _KEY]
    subprocess.run(words, check=True, capture_output=True)


def _syntax(machine: Machine) -> str:
    shutil.copy(machine.root / "srv/templates/ansible/inventory.example.ini", machine.root / "srv/inventory.ini")
    for book in ("site.yaml", "hand_out.yaml"):
        machine.run("ansible-playbook", "-i", "/srv/inventory.ini", "--syntax-check", f"/srv/templates/ansible/{book}")
    hosts = machine.run("ansible", "-i", "/srv/inventory.ini", "--list-hosts", "workstations").stdout
    return f"{machine.said('ansible', '--version').splitlines()[0]}: 2 playbooks, {hosts.splitlines()[0].strip()}"


def _installs(machine: Machine, folder: Path) -> str:
    for account in ("anna", "bruno"):
        machine.run("useradd", "--create-home", "--shell", "/bin/sh", account)
    machine.run("useradd", "--system", "pi")
    for file in (machine.root / "etc/apt").glob("sources.list*"):  # Debian's own servers, which nothing here can reach
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    (machine.root / "etc/apt/sources.list.d").mkdir()
    _host(machine, folder / OLD)
    said = _counted(play(machine))
    if machine.said("systemctl", "is-active", "wardbeat@pi", "wardbeat-hub").splitlines() != ["inactive", "inactive"]:
        raise Failed("something was started")
    in_force = json.loads(machine.run("wardbeat", "config", "show").stdout)
    if in_force["consent_days"] != 60 or in_force["policy.denied_kinds"] != ["affect"]:
        raise Failed(f"in force is {in_force}")
    return f"{machine.said('wardbeat', '--version')}; {said}"


def _counted(printed: str, *, changed: int | None = None) -> str:
    recap = printed.rstrip().rpartition("\n")[2]
    counts = {key: int(value) for key, value in (one.split("=") for one in recap.split() if "=" in one)}
    if not counts or counts["failed"] or counts["unreachable"] or changed not in (None, counts["changed"]):
        raise Failed(printed[-2500:])
    return f"ok {counts['ok']}, changed {counts['changed']}"


def _refused(machine: Machine, *, settings: dict[str, Any] | None = None, policy: dict[str, Any] | None = None) -> str:
    """A wrong value: the run fails with the reason, and the files are as they were."""
    files = [machine.root / "etc/wardbeat" / name for name in ("settings.yaml", "policy.yaml")]
    before = [file.read_bytes() for file in files]
    changes = {"wardbeat_settings": settings, "wardbeat_policy": policy}
    printed = play(machine, **{key: value for key, value in changes.items() if value is not None})
    word = next(iter([*(policy or {}), *(settings or {}).values()]))
    reasons = [said for said in re.findall(r'"msg": "(.*?)(?<!\\\\)"[,}]', printed) if str(word) in said]
    if "failed=1" not in printed.rstrip().rpartition("\n")[2] or not reasons:
        raise Failed(printed[-2500:])
    if [file.read_bytes() for file in files] != before:
        raise Failed("the files are not as they were")
    return " ".join(reasons[-1].replace("\\n", " ").split())


def _upgrades(machine: Machine, folder: Path) -> str:
    machine.run("wardbeat", "service", "install", "--headless", "pi")
    machine.wait(lambda: machine.property("wardbeat@pi", "ActiveState") == "active", "the agent to start")
    first = machine.property("wardbeat@pi", "MainPID")
    _host(machine, folder / NEW)
    machine.run("apt-get", "update", "-q")
    said = _counted(play(machine))
    machine.wait(lambda: machine.property("wardbeat@pi", "ActiveState") == "active", "the agent to be back")
    version = machine.said("wardbeat", "--version")
    installed = machine.said("dpkg-query", "-W", "-f", "${Version}", "wardbeat-agent")
    if not installed.startswith(f"{NEW}+") or machine.property("wardbeat@pi", "MainPID") == first:
        raise Failed(f"{installed}, {version}")
    return f"{installed}, the running agent was started again; {said}"


def _goes_back(machine: Machine, folder: Path) -> str:
    _host(machine, folder / OLD)
    machine.run("apt-get", "update", "-q")
    said = _counted(play(machine, wardbeat_version=OLD))
    installed = machine.said("dpkg-query", "-W", "-f", "${Version}", "wardbeat-agent")
    if not installed.startswith(f"{OLD}+"):
        raise Failed(installed)
    return f"{installed}; {said}"


if __name__ == "__main__":
    sys.exit(main())
