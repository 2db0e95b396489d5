"""The Task Scheduler of Windows: one task of the person's own, without a stored password and without a console window.

The task starts at the person's log-on and again every five minutes; while the agent runs, a second start is ignored.
So an agent that crashed is back within five minutes: Windows counts only a program that could not be started as failed,
and its own restart covers no exit code.
"""

import csv
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import WrongUse
from agent.service import Runner, ServiceState, not_installed, succeeded

NAMESPACE: Final = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_TOOL: Final = "schtasks.exe"
_REMEDY: Final = "Run this as the person, without administrator's rights; a policy of the machine may forbid own tasks."
# column of `schtasks /query /v /fo csv` that holds the last result: a number in every language of Windows
_LAST_RESULT: Final = 6
_RUNNING: Final = 0x41301
_NEVER_RAN: Final = 0x41303
_ENDED_BY_HAND: Final = 0x41306
_WELL: Final = (0, _RUNNING, _NEVER_RAN, _ENDED_BY_HAND)


@dataclass(frozen=True, slots=True)
class TaskScheduler:
    """The tasks of one person.

    Attributes:
        run: Runs a command of the system.
        sid: Whose tasks.
        program: What starts the agent, without options.
    """

    run: Runner
    sid: str
    program: tuple[str, ...]

    @property
    def name(self) -> str:
        """The task's name: all persons of a machine share one list."""
        return f"Wardbeat-{self.sid}"

    def install(self, config: Path | None, state_dir: Path, *, linger: bool) -> None:  # noqa: ARG002 - the interface
        """Start the agent now and at each log-on.

        Raises:
            Missing: The Task Scheduler refuses.
            WrongUse: ``linger``: the agent would need the person's password.
        """
        if linger:
            raise WrongUse(
                "a task of Windows ends when its person logs off",
                remedy="Leave --linger out. The agent starts again at the next log-on.",
            )
        options = () if config is None else ("--config", str(config.resolve()))
        text = task_xml(self.sid, (*self.program, *options, "run"))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "task.xml"
            file.write_bytes(text.encode("utf-16"))
            self._asked("/create", "/tn", self.name, "/xml", str(file), "/f")
        self.run((_TOOL, "/end", "/tn", self.name))  # one that runs with older options
        self._asked("/run", "/tn", self.name)

    def start(self) -> None:
        """Start the agent now.

        Raises:
            Missing: There is no task, or the Task Scheduler refuses.
        """
        if self.run((_TOOL, "/query", "/tn", self.name)).code != 0:
            raise not_installed()
        self._asked("/run", "/tn", self.name)

    def remove(self) -> None:
        """Stop the agent, and start it no more.

        Raises:
            Missing: The Task Scheduler refuses.
        """
        self.run((_TOOL, "/end", "/tn", self.name))
        if self.run((_TOOL, "/query", "/tn", self.name)).code == 0:
            self._asked("/delete", "/tn", self.name, "/f")

    def status(self) -> ServiceState:
        """What the Task Scheduler says."""
        done = self.run((_TOOL, "/query", "/tn", self.name, "/v", "/fo", "csv", "/nh"))
        if done.code != 0:
            return ServiceState(installed=False, running=False, lingers=False)
        result = _last_result(done.output)
        words = "" if result in _WELL else f"exit code {result}"
        return ServiceState(installed=True, running=result == _RUNNING, lingers=False, words=words)

    def _asked(self, *words: str) -> None:
        succeeded(self.run((_TOOL, *words)), (_TOOL, *words), _REMEDY)


def _last_result(listed: str) -> int:
    for row in csv.reader(listed.splitlines()):
        if len(row) > _LAST_RESULT:
            try:
                return int(row[_LAST_RESULT]) & 0xFFFFFFFF
            except ValueError:  # a heading
                continue
    return 0


def task_xml(sid: str, command: Sequence[str]) -> str:
    """The task: at the log-on of this person, with the person's own rights, one at a time, without a time limit.

    Args:
        sid: Whose task.
        command: The program and its options.

    Source:
        learn.microsoft.com, Task Scheduler Schema, version 1.2
    """
    task = ET.Element("Task", version="1.2", xmlns=NAMESPACE)
    _branch(task, "RegistrationInfo", {"Description": "Wardbeat: heart-rate variability on this machine."})
    trigger = ET.SubElement(ET.SubElement(task, "Triggers"), "LogonTrigger")
    ET.SubElement(trigger, "Enabled").text = "true"
    _branch(trigger, "Repetition", {"Interval": "PT5M", "StopAtDurationEnd": "false"})
    ET.SubElement(trigger, "UserId").text = sid
    principal = {"UserId": sid, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"}
    _branch(ET.SubElement(task, "Principals"), "Principal", principal).set("id", "Person")
    settings = _branch(
        task,
        "Settings",
        {
            "MultipleInstancesPolicy": "IgnoreNew",
            "DisallowStartIfOnBatteries": "false",
            "StopIfGoingOnBatteries": "false",
            "StartWhenAvailable": "true",
            "AllowStartOnDemand": "true",
            "ExecutionTimeLimit": "PT0S",
            "Priority": "7",  # below normal
        },
    )
    _branch(settings, "RestartOnFailure", {"Interval": "PT1M", "Count": "20"})
    _branch(settings, "IdleSettings", {"StopOnIdleEnd": "false", "RestartOnIdle": "false"})
    actions = ET.SubElement(task, "Actions", Context="Person")
    _branch(actions, "Exec", {"Command": command[0], "Arguments": subprocess.list2cmdline(command[1:])})
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode")


def _branch(parent: ET.Element, name: str, leaves: dict[str, str]) -> ET.Element:
    branch = ET.SubElement(parent, name)
    for leaf, text in leaves.items():
        ET.SubElement(branch, leaf).text = text
    return branch


def program(installed: Path) -> tuple[str, ...]:
    """What starts the agent without a console: the package's own start file, or the module of this environment.

    Args:
        installed: The folder that holds the folder of our modules.
    """
    windowless = Path(sys.executable).with_name("pythonw.exe")
    started = installed / "wardbeat.py"  # of the MSI
    if started.exists():
        return (str(windowless), "-I", str(started))
    return (str(windowless), "-P", "-m", "agent.cli")
