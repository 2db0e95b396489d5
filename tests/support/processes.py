"""Shared recordings, system tools, ports and child processes of tests. A child is stopped by its id."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.machine import within_s

SHARED = Path(os.environ.get("WARDBEAT_SHARED", Path(__file__).parents[3] / "shared"))


def shared_file(path: str) -> Path:
    """A real recording, or a skip that says why."""
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"real recordings are not here (WARDBEAT_SHARED={SHARED})")
    return file


def free_port() -> int:
    """A port that no other test of this machine gets while this process lives.

    It lies below the range from which the system takes the near ends of connections (net.ipv4.ip_local_port_range), so that a
    server can be stopped and started on it again. An abstract socket reserves its number for all processes and users.
    """
    for _ in range(1000):
        port = random.SystemRandom().randrange(12_000, 32_000)
        reserved = _reservation(port)
        if reserved is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                reserved.close()
                continue
        _reserved.append(reserved)
        return port
    raise AssertionError("no free port between 12000 and 32000")


def _reservation(port: int) -> socket.socket | None:
    """The socket that reserves a port's number; None while another process of this machine has it."""
    made = socket.socket(socket.AF_UNIX if sys.platform == "linux" else socket.AF_INET)
    try:
        made.bind(f"\0wardbeat test port {port}" if sys.platform == "linux" else ("127.0.0.1", 0))
    except OSError:
        made.close()
        return None
    return made


@contextlib.contextmanager
def its_turn_at(port: int) -> Iterator[None]:
    """A port that a stored state names: tests of several processes and clones use it one after the other."""
    held: list[socket.socket] = []

    def free() -> bool:
        made = _reservation(port)
        held.extend([made] if made is not None else [])
        return made is not None

    wait_for(free, 120, f"port {port}, which another test uses")
    try:
        yield
    finally:
        held[0].close()


_reserved: list[socket.socket] = []


def system_tool(name: str) -> str:
    """A system tool's path; absent, a skip by name, or under CI a failure."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        skip_or_fail(f"the tool {name} is missing; `make test` as root installs it")
    return str(found)


def skip_or_fail(message: str) -> None:
    """Skip by name; in CI, where make installs everything, fail."""
    if os.environ.get("WARDBEAT_TOOLS_REQUIRED"):
        pytest.fail(message)
    pytest.skip(message)


@dataclass
class Process:
    """A child process that is stopped by its id."""

    popen: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(within_s(20))
            except subprocess.TimeoutExpired:
                self.kill()


def start_process(
    *words: object, log: Path | None = None, env: dict[str, str] | None = None, new_session: bool = False
) -> Process:
    out = log.open("ab") if log is not None else subprocess.DEVNULL
    process = subprocess.Popen(
        [str(word) for word in words],
        stdout=out,
        stderr=out,
        stdin=subprocess.DEVNULL,
        env=env,
        start_new_session=new_session,
    )
    if log is not None:
        out.close()
    return Process(process)


def start_wardbeat(*words: object, **options) -> Process:
    return start_process(sys.executable, "-m", "agent.cli", *words, **options)


def wait_for(condition, timeout_s: float = 30.0, what: str = "a condition") -> None:
    """Look again and again; a test fails by name when it does not come true."""
    began, longest_s = time.monotonic(), 0.0
    while not condition():
        longest_s = max(longest_s, within_s(timeout_s))  # by how busy the machine was at worst meanwhile
        if time.monotonic() - began > longest_s:
            pytest.fail(f"waited {longest_s:g} s in vain for {what}")
        time.sleep(0.02)


def accepts(socket_file: Path) -> bool:
    """Whether something listens at a Unix socket: its file exists a moment earlier."""
    with socket.socket(socket.AF_UNIX) as knock:
        try:
            knock.connect(str(socket_file))
        except OSError:
            return False
    return True


async def until(condition, timeout_s: float = 30.0, what: str = "a condition") -> float:
    """The same in an event loop; the seconds that it took."""
    began, longest_s = time.monotonic(), 0.0
    while not condition():
        longest_s = max(longest_s, within_s(timeout_s))
        if time.monotonic() - began > longest_s:
            pytest.fail(f"waited {longest_s:g} s in vain for {what}")
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_broker(conf: Path, log: Path) -> Process:
    """A mosquitto that runs. When it listens it does not know yet what a SIGHUP means, and would end by it."""
    log.touch()
    before = log.read_bytes().count(b" running\n")
    process = start_process(system_tool("mosquitto"), "-c", conf, log=log)

    def runs() -> bool:
        assert process.popen.poll() is None, f"mosquitto ended: {log.read_text(errors='replace')[-600:]}"
        return log.read_bytes().count(b" running\n") > before

    wait_for(runs, what="mosquitto to run")
    return process
