"""Asks a served control pipe under wine what its clients rely on; one JSON line a question. Started by `wine_trial.py`.

pipe_probe.py serve FOLDER    until its stdin ends
pipe_probe.py ask FOLDER
"""

import asyncio
import ctypes
import json
import sys
from collections.abc import Callable
from pathlib import Path

from agent.control import channel, pipe
from agent.control.channel import Command, Reply
from agent.errors import NotRunning
from agent.system.windows_pipes import WindowsPipes

_SILENT = 40
_LONG = 3_000_000
_KERNEL_OBJECT, _OWNER_AND_LIST = 6, 1 | 4


async def serve(folder: Path) -> None:
    """Answer each command with as many letters as its argument says."""

    async def handle(command: Command) -> Reply:
        return Reply(words=command.name, body="x" * int(command.argument))

    serving = asyncio.ensure_future(channel.serve(folder, handle))
    ended = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait((serving, ended), return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()


def ask(folder: Path) -> None:
    """Every question, with what was found."""
    pipes = WindowsPipes()
    sid = pipes.own_sid()
    name = pipe.pipe_name(folder, sid)
    questions: dict[str, Callable[[], bool]] = {
        "a command is answered": lambda: channel.ask(folder, Command("a", "5")) == Reply(words="a", body="xxxxx"),
        "an answer of 3 MB arrives": lambda: len(channel.ask(folder, Command("a", str(_LONG))).body) == _LONG,
        "a line of 70 kB is no command": lambda: channel.ask(folder, Command("a", "9" * 70_000)).exit_code == 2,
        "owner and server are this user": lambda: _owners(pipes, name) == {sid},
        "its access list is read back as it was written": lambda: _rules(pipes, name) in _written(sid),
        "where nobody serves, no agent runs": lambda: _nobody(folder),
        "40 silent callers keep nobody out": lambda: _beside_silent(pipes, name, folder),
        "a second first end is refused": lambda: _is_refused(pipes, name, sid),
    }
    for words, question in questions.items():
        try:
            found = question()
        except Exception as error:
            print(json.dumps([words, False, f"{type(error).__name__}: {error}"]), flush=True)
        else:
            print(json.dumps([words, found, ""]), flush=True)


def _owners(pipes: WindowsPipes, name: str) -> frozenset[str]:
    connection = pipes.call(name, 5.0)
    try:
        return connection.owners()
    finally:
        connection.close()


def _rules(pipes: WindowsPipes, name: str) -> str:
    """Owner and access list of an open pipe, as SDDL."""
    library = ctypes.WinDLL("advapi32")
    descriptor, text = ctypes.c_void_p(), ctypes.c_wchar_p()
    connection = pipes.call(name, 5.0)
    try:
        handle = ctypes.c_void_p(connection._handle)  # noqa: SLF001
        library.GetSecurityInfo(
            handle, _KERNEL_OBJECT, _OWNER_AND_LIST, None, None, None, None, ctypes.byref(descriptor)
        )
    finally:
        connection.close()
    library.ConvertSecurityDescriptorToStringSecurityDescriptorW(
        descriptor, 1, _OWNER_AND_LIST, ctypes.byref(text), None
    )
    return text.value or ""


def _written(sid: str) -> tuple[str, str]:
    """The rules as we write them, and as Windows keeps them: "all rights" becomes every right of a file."""
    rules = pipe.access_rules(sid)
    return rules, rules.replace("GA", "FA")


def _nobody(folder: Path) -> bool:
    try:
        channel.ask(folder / "other", Command("a", "1"))
    except NotRunning:
        return True
    return False


def _beside_silent(pipes: WindowsPipes, name: str, folder: Path) -> bool:
    silent = [pipes.call(name, 5.0) for _ in range(_SILENT)]
    answered = channel.ask(folder, Command("a", "1")).body == "x"
    for connection in silent:
        connection.close()
    return answered


def _is_refused(pipes: WindowsPipes, name: str, sid: str) -> bool:
    try:
        pipes.listen(name, pipe.access_rules(sid), is_first=True).close()
    except PermissionError:
        return True
    return False


if __name__ == "__main__":
    place = Path(sys.argv[2])
    if sys.argv[1] == "serve":
        asyncio.run(serve(place))
    else:
        ask(place)
