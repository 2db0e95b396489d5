"""launchd of macOS: an agent of the person's own graphical session, by a property list in their own library."""

import plistlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.errors import WrongUse
from agent.service import Runner, ServiceState, not_installed, succeeded

LABEL: Final = "org.wardbeat.agent"
PACKAGED: Final = Path("/opt/wardbeat/bin/wardbeat")
_TOOL: Final = "launchctl"
_REMEDY: Final = "Run this in your own graphical session (not by su, sudo or ssh)."
_THROTTLE_S: Final = 30


@dataclass(frozen=True, slots=True)
class Launchd:
    """The agents of one person.

    Attributes:
        run: Runs a command of the system.
        agents: The person's folder of property lists.
        uid: Whose session.
        program: What starts the agent, without options.
    """

    run: Runner
    agents: Path
    uid: int
    program: tuple[str, ...]

    @property
    def file(self) -> Path:
        """The property list."""
        return self.agents / f"{LABEL}.plist"

    @property
    def log(self) -> Path:
        """Where the agent's log goes: one line an event, without a measured value, a key or a device address."""
        return self.agents.with_name("Logs") / "Wardbeat.log"

    def install(self, config: Path | None, state_dir: Path, *, linger: bool) -> None:  # noqa: ARG002 - the interface
        """Start the agent now and at each log-in.

        Raises:
            Missing: launchd refuses.
            WrongUse: ``linger``: an agent of a session ends with it.
        """
        if linger:
            raise WrongUse(
                "an agent of launchd ends when its person logs off",
                remedy="Leave --linger out. The agent starts again at the next log-in.",
            )
        options = () if config is None else ("--config", str(config.resolve()))
        self.agents.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(plistlib.dumps(launch_agent((*self.program, *options, "run"), self.log)))
        self.run((_TOOL, "bootout", self._service))  # one that runs with older options
        self._asked("enable", self._service)
        self._asked("bootstrap", self._domain, str(self.file))

    def start(self) -> None:
        """Start the agent now.

        Raises:
            Missing: It is not installed, or launchd refuses.
        """
        if not self.file.exists():
            raise not_installed()
        self.run((_TOOL, "bootstrap", self._domain, str(self.file)))  # it fails where it is known already
        self._asked("kickstart", self._service)

    def remove(self) -> None:
        """Stop the agent, and start it no more."""
        self.run((_TOOL, "bootout", self._service))  # it fails where none runs
        self.file.unlink(missing_ok=True)

    def status(self) -> ServiceState:
        """What launchd says."""
        installed = self.file.exists()
        done = self.run((_TOOL, "print", self._service))
        if done.code != 0:
            return ServiceState(installed, running=False, lingers=False)
        # the first of each: below stand the states of the service's endpoints
        state = re.search(r"^\s*state = (.+)$", done.output, re.MULTILINE)
        last = re.search(r"^\s*last exit code = (-?\d+)", done.output, re.MULTILINE)
        words = f"exit code {last[1]}" if last and last[1] != "0" else ""
        return ServiceState(installed, running=bool(state and state[1] == "running"), lingers=False, words=words)

    @property
    def _domain(self) -> str:
        return f"gui/{self.uid}"

    @property
    def _service(self) -> str:
        return f"{self._domain}/{LABEL}"

    def _asked(self, *words: str) -> None:
        succeeded(self.run((_TOOL, *words)), (_TOOL, *words), _REMEDY)


def launch_agent(command: Sequence[str], log: Path | None = None) -> dict[str, Any]:
    """The property list: at log-in, again after an end with an error, at the cost of background work.

    Args:
        command: The program and its options.
        log: Where its log goes; None: nowhere.

    Source:
        launchd.plist(5)
    """
    logged = {} if log is None else {"StandardErrorPath": str(log)}
    return {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": _THROTTLE_S,
        "ProcessType": "Background",
        "LimitLoadToSessionType": "Aqua",
        "Umask": 0o077,
        "HardResourceLimits": {"Core": 0},
        **logged,
    }


def program() -> tuple[str, ...]:
    """What starts the agent: the package's program, or the module of this environment."""
    return (str(PACKAGED),) if PACKAGED.exists() else (sys.executable, "-P", "-m", "agent.cli")
