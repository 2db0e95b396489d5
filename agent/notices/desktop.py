"""What every way of showing notifications can do, and what a person reads where it cannot."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Final, Protocol

from agent.errors import NoDesktop
from agent.notices.rows import NoticeRow
from agent.system import child
from agent.system.status import Level, Sentence

_NO_WINDOW: Final = 0x0800_0000 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW
COMMAND_S: Final = 20.0
"""How long a program of the system may take to show or withdraw one."""


class NoticeState(Sentence):
    """What a person reads about notifications: its level, its words and what they can do."""

    SHOWN = (Level.OK, "notifications are on", "")
    NO_BUS = (
        Level.WAITING,
        "no desktop session was found, so no notification can be shown",
        "Log in at this machine's desktop; Wardbeat looks again within an hour.",
    )
    NO_SERVICE = (
        Level.WAITING,
        "this desktop shows no notifications",
        "Start its notification service, such as dunst; Wardbeat looks again within an hour.",
    )
    NO_ANSWER = (
        Level.WAITING,
        "the desktop's notification service does not respond",
        "Restart it, or log in again; Wardbeat looks again within an hour.",
    )
    REFUSED = (
        Level.WAITING,
        "the system refused a notification",
        "Allow notifications of Wardbeat in the system's settings.",
    )
    NOT_HERE = (Level.OFF, "this system's notifications are not supported", "")


def unavailable(state: NoticeState) -> NoDesktop:
    """The error that says a state."""
    return NoDesktop(state.words, remedy=state.remedy)


class Desktop(Protocol):
    """One way to show notifications. At most one of a kind stands: a second replaces the first."""

    async def show(self, row: NoticeRow) -> str:
        """Show one; who shows it, in a word of the system.

        Raises:
            NoDesktop: It cannot be shown.
        """

    async def withdraw(self, kind: str) -> None:
        """Take one away, where it still stands and this system can.

        Raises:
            NoDesktop: The desktop did not answer.
        """

    def closed(self) -> frozenset[str]:
        """Kinds that the person or the desktop closed since this was asked last."""

    def was_clicked(self) -> bool:
        """Whether one was clicked since this was asked last."""

    async def lead_in(self, uri: str) -> None:
        """Open an address in the person's browser.

        Raises:
            NoDesktop: It cannot be opened.
        """

    async def close(self) -> None:
        """Withdraw everything, and leave the desktop."""


async def carry_out(words: tuple[str, ...], environment: Mapping[str, str] | None = None) -> None:
    """Run a program of the system to its end.

    Args:
        words: The program and its arguments.
        environment: All of its variables; None: ours.

    Raises:
        NoDesktop: It is not there, takes too long, or fails.
    """
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=nothing, stdout=nothing, stderr=nothing, env=environment, creationflags=_NO_WINDOW
        )
    except OSError as error:
        raise unavailable(NoticeState.NO_SERVICE) from error
    try:
        async with asyncio.timeout(COMMAND_S):
            code = await process.wait()
    except TimeoutError as error:
        raise unavailable(NoticeState.NO_ANSWER) from error
    finally:
        if process.returncode is None:
            await child.end(process)
    if code != 0:
        raise unavailable(NoticeState.REFUSED)
