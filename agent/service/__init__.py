"""How the agent becomes a service of the person's own session: one file a service manager."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent.errors import Missing


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What the service manager says.

    Attributes:
        installed: Whether it starts with the person's session.
        running: Whether it runs now.
        lingers: Whether it goes on after the person logs off.
        words: What went wrong last, in the manager's word; empty where nothing did.
    """

    installed: bool
    running: bool
    lingers: bool
    words: str = ""


class Manager(Protocol):
    """A service manager of a person's session."""

    def install(self, config: Path | None, state_dir: Path, *, linger: bool) -> None:
        """Start the person's agent now and with each of their sessions.

        Args:
            config: The settings file that the agent is started with; None: where the system keeps it.
            state_dir: Where the agent keeps its files.
            linger: Let it go on after the person logs off.

        Raises:
            Missing: The manager refuses.
            WrongUse: It cannot let the agent go on after log-off.
        """

    def start(self) -> None:
        """Start the person's agent now, for this session.

        Raises:
            Missing: It is not installed, or the manager refuses.
        """

    def remove(self) -> None:
        """Stop the person's agent, and start it no more. What it stored stays.

        Raises:
            Missing: The manager refuses.
        """

    def status(self) -> ServiceState:
        """What the manager says.

        Raises:
            Missing: It says nothing.
        """


@dataclass(frozen=True, slots=True)
class Done:
    """A command of a service manager that has ended: its exit code, and what it printed."""

    code: int
    output: str


Runner = Callable[[Sequence[str]], Done]


def run(words: Sequence[str]) -> Done:
    """Run a command of the system, and wait for its end.

    Raises:
        Missing: It is not there.
    """
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise Missing(f"{words[0]} is missing", remedy="Start 'wardbeat run' at log-in by other means.") from error
    return Done(done.returncode, done.stdout if done.returncode == 0 else done.stderr or done.stdout)


def succeeded(done: Done, words: Sequence[str], remedy: str) -> str:
    """What a command printed.

    Raises:
        Missing: It failed; with what it printed.
    """
    if done.code != 0:
        said = " ".join(done.output.split())[:200]
        raise Missing(f"'{' '.join(words)}' refuses: {said or f'exit code {done.code}'}", remedy=remedy)
    return done.output


def not_installed() -> Missing:
    """The error where there is no service to start."""
    return Missing("the agent does not run", remedy="Run 'wardbeat service install' once: it then starts at log-in.")


def unmanaged() -> Missing:
    """The error where this system's services cannot be managed yet."""
    return Missing(
        "services can be managed only by systemd, by launchd and by the Task Scheduler of Windows",
        remedy="Start 'wardbeat run' at log-in by the means of this system.",
    )
