"""Which tests start processes or open sockets: an audit hook notices each, and a test without a marker that says so fails."""

import os
import sys
import threading
import time
import weakref

EVENTS = frozenset(
    {"socket.bind", "socket.connect", "subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec"}
)
MARKERS = frozenset({"process", "broker", "browser", "radio", "postgres", "root", "slow", "long"})

noticed: list[str] = []
"""What happened since the current test began."""


def install() -> None:
    """Notice processes and sockets of this process from now on (PEP 578: a hook cannot be removed)."""
    sys.addaudithook(_hook)


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event in EVENTS and not _reaches_nobody(event, args) and threading.current_thread() not in _older:
        noticed.append(event)


def _reaches_nobody(event: str, args: tuple[object, ...]) -> bool:
    """Whether `processes.free_port` looks for a number, or a command looks for an agent that does not run."""
    if event == "socket.connect" and isinstance(args[1], str):
        return not os.path.exists(args[1])
    return event == "socket.bind" and sys._getframe(2).f_code.co_name in ("free_port", "_reservation")


def is_fast(markers: set[str]) -> bool:
    """Whether a test with these markers belongs to `make test-fast`: no process, no socket, no root, within seconds."""
    return not markers & MARKERS


def breach(markers: set[str]) -> str:
    """What is wrong with the test that ran, empty if nothing."""
    if not noticed or markers & MARKERS - {"slow", "long"}:
        return ""
    return (
        f"this test caused {', '.join(sorted(set(noticed)))}, and no marker says so; "
        "mark it @pytest.mark.process, or broker, browser, radio or postgres (CONTRIBUTING, Tests)"
    )


def begin() -> None:
    """A test begins."""
    noticed.clear()
    _older.clear()
    _older.update(set(threading.enumerate()) - {threading.main_thread()})
    _began[:] = [time.perf_counter(), _cpu_s()]


def record(name: str) -> None:
    """One line in the file that WARDBEAT_RECORD names: a test, its seconds, its seconds of CPU, what it started."""
    if file := os.environ.get("WARDBEAT_RECORD"):
        spent = (time.perf_counter() - _began[0], _cpu_s() - _began[1])
        with open(f"{file}.{os.getpid()}", "a", encoding="utf-8") as out:
            out.write(f"{name}\t{spent[0]:.2f}\t{spent[1]:.2f}\t{','.join(sorted(set(noticed)))}\n")


def _cpu_s() -> float:
    """Of this process, its threads, and its children that ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


_began = [0.0, 0.0]
_older: "weakref.WeakSet[threading.Thread]" = weakref.WeakSet()
"""Threads that an earlier test or a file's fixture began: what they do is not this test's."""
