"""A Debian machine in a container, booted by its own systemd, without a network: started, asked, powered off."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import images

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PATIENCE: Final = 60.0
_ROOM_BYTES: Final = 8 * 10**9


class Failed(Exception):
    """A step did not show what it must."""


class Machine:
    """A machine that runs.

    Args:
        root: Its file system.
        leader: The process on this side that is its first one.
    """

    address = "127.0.0.1"

    def __init__(self, root: Path, leader: int) -> None:
        self.root, self.leader = root, leader

    def run(
        self, *words: str, user: str | None = None, ok: bool = True, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """A command inside; with a user, in that user's session.

        Raises:
            Failed: It ended with another exit code than 0, and must not.
        """
        done = subprocess.run([*self._enter(user), *words], capture_output=True, text=True, input=stdin, check=False)
        if ok and done.returncode != 0:
            raise Failed(f"{' '.join(words)[:200]}: {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
        return done

    def _enter(self, user: str | None) -> list[str]:
        enter = ["nsenter", "-t", str(self.leader), "-a"]
        home = ["env", "-i", f"PATH={_PATH}", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        if user is None:
            return [*enter, *home, "HOME=/root"]
        number = self.run("id", "-u", user).stdout.strip()
        bus = f"unix:path=/run/user/{number}/bus"
        enter += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *home, f"HOME=/home/{user}"]
        return [*enter, f"XDG_RUNTIME_DIR=/run/user/{number}", f"DBUS_SESSION_BUS_ADDRESS={bus}"]

    def types(self, *words: str, user: str, typed: list[tuple[str, str]]) -> str:
        """A command on a terminal inside, where a person answers each question; what it showed.

        Raises:
            Failed: It ended with another exit code than 0, or did not end.
        """
        terminal, inside = os.openpty()
        process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *self._enter(user), *words], stdin=inside, stdout=inside, stderr=inside
        )
        os.close(inside)
        seen, answers, until_s = "", list(typed), time.monotonic() + _PATIENCE
        while time.monotonic() < until_s:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                chunk = os.read(terminal, 4096)
            except OSError:  # nobody holds the other end any more
                break
            seen += chunk.decode(errors="replace")
            if answers and answers[0][0] in seen.rsplit("\0", 1)[-1]:
                time.sleep(0.2)  # getpass empties the line before it reads
                os.write(terminal, answers.pop(0)[1].encode() + b"\n")
                seen += "\0"
        else:
            process.kill()
        os.close(terminal)
        if (code := process.wait()) != 0:
            raise Failed(f"{' '.join(words)[:200]}: {code}\n{seen[-1500:]}")
        return seen.replace("\0", "")

    def said(self, *words: str, user: str | None = None) -> str:
        """What a command prints, whatever its exit code."""
        done = self.run(*words, user=user, ok=False)
        return (done.stdout + done.stderr).strip()

    def wait(self, condition: Callable[[], bool], what: str, patience_s: float = _PATIENCE) -> float:
        """Look again and again; the seconds that it took.

        Raises:
            Failed: It did not come true.
        """
        began_s = time.monotonic()
        while not condition():
            if time.monotonic() - began_s > patience_s:
                raise Failed(f"waited {patience_s:.0f} s in vain for {what}")
            time.sleep(0.1)
        return time.monotonic() - began_s

    def write(self, path: str, words: str) -> None:
        """A file inside."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words, encoding="utf-8")

    def inside(self, path: str) -> Path:
        """A path inside as this side reaches it while the machine runs; `root` alone lacks what is mounted inside."""
        return Path("/proc", str(self.leader), "root", path.lstrip("/"))

    def bring(self, *files: Path) -> list[str]:
        """Files of this side, copied in; their names inside."""
        folder = self.root / "srv" / "packages"
        folder.mkdir(parents=True, exist_ok=True)
        return [f"/srv/packages/{Path(shutil.copy(file, folder)).name}" for file in files]

    def property(self, unit: str, name: str, user: str | None = None) -> str:
        """One property of a unit."""
        manager = ["--user"] if user else []
        return self.run("systemctl", *manager, "show", unit, "--property", name, "--value", user=user).stdout.strip()


@contextlib.contextmanager
def booted(suite: str, kind: str = "machine") -> Iterator[Machine]:
    """A machine of this release, from a fresh root, with its systemd up."""
    with tempfile.TemporaryDirectory(prefix="wardbeat-machine-", dir=_place()) as folder:
        root = images.unpacked(kind, suite, Path(folder) / "root")
        env = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        words = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--boot"]
        with (Path(folder) / "console").open("wb") as console:
            words += ["--console=pipe", "-D", str(root)]
            running = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        leader = 0
        try:
            leader = _leader(running.pid)
            machine = Machine(root, leader)
            states = ("running", "degraded")
            machine.wait(lambda: machine.said("systemctl", "is-system-running") in states, "the machine to boot")
            yield machine
        finally:
            # the end of its first process ends every other one: nothing writes into the root that is removed below
            with contextlib.suppress(ProcessLookupError):
                os.kill(leader or running.pid, signal.SIGKILL)
            running.wait()


def _place() -> str | None:
    """In memory where there is room: packages of 400 MB are unpacked again and again."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of root alone is made inside
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM_BYTES else None


def joined(one: Machine, other: Machine) -> None:
    """A cable between two machines; each has an `address` on it."""
    words = ["ip", "link", "add", "cable", "netns", str(one.leader), "type", "veth", "peer", "name", "cable"]
    subprocess.run([*words, "netns", str(other.leader)], check=True)
    for number, machine in enumerate((one, other), 1):
        machine.address = f"10.86.0.{number}"
        inside = ["nsenter", "-t", str(machine.leader), "-n", "ip"]
        subprocess.run([*inside, "address", "add", f"{machine.address}/24", "dev", "cable"], check=True)
        for device in ("lo", "cable"):
            subprocess.run([*inside, "link", "set", device, "up"], check=True)


def _leader(nspawn: int) -> int:
    began_s = time.monotonic()
    while time.monotonic() - began_s < _PATIENCE:
        children = Path("/proc", str(nspawn), "task", str(nspawn), "children").read_text().split()
        for child in children:
            with contextlib.suppress(OSError):
                if Path("/proc", child, "comm").read_text().strip() == "systemd":
                    return int(child)
        time.sleep(0.1)
    raise Failed("systemd does not start in the container")
