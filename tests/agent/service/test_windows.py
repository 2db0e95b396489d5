"""The task of a person's agent: its XML, and what is asked of schtasks.exe."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from agent.errors import Missing, WrongUse
from agent.service import Done, ServiceState, windows
from agent.service.windows import TaskScheduler
from tests.support.fake_manager import FakeManager

SID = "S-1-5-21-1-2-3-1001"
NAME = f"Wardbeat-{SID}"
PROGRAM = (r"C:\Program Files\Python313\pythonw.exe", "-I", r"C:\Program Files\Wardbeat\wardbeat.py")
SPACE = {"t": windows.NAMESPACE}
ROW = '"PC","\\Wardbeat","N/A","{}","Interactive only","11/28/2026 8:00:00 AM","{}","a","b","c"\n'


def task(*command: str) -> ET.Element:
    text = windows.task_xml(SID, command or (*PROGRAM, "run"))
    assert text.startswith('<?xml version="1.0" encoding="UTF-16"?>')
    return ET.fromstring(text.encode("utf-16"))


def told(element: ET.Element, path: str) -> str:
    return element.find("/".join(f"t:{part}" for part in path.split("/")), SPACE).text


def test_the_task_runs_with_the_persons_own_rights_and_without_a_password():
    made = task()
    principal = made.find("t:Principals/t:Principal", SPACE)
    assert [(one.tag.partition("}")[2], one.text) for one in principal] == [
        ("UserId", SID),
        ("LogonType", "InteractiveToken"),
        ("RunLevel", "LeastPrivilege"),
    ]
    assert principal.get("id") == made.find("t:Actions", SPACE).get("Context")


def test_the_task_starts_at_the_log_on_of_that_person_alone_and_again_after_a_crash():
    made = task()
    assert len(made.find("t:Triggers", SPACE)) == 1
    trigger = made.find("t:Triggers/t:LogonTrigger", SPACE)
    # the schema's order: those of every trigger come first
    assert [one.tag.partition("}")[2] for one in trigger] == ["Enabled", "Repetition", "UserId"]
    assert told(trigger, "UserId") == SID
    assert told(trigger, "Repetition/Interval") == "PT5M"
    assert told(made, "Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert told(made, "Settings/RestartOnFailure/Interval") == "PT1M"
    assert int(told(made, "Settings/RestartOnFailure/Count")) > 0


def test_nothing_ends_the_task_but_its_person():
    made = task()
    assert told(made, "Settings/ExecutionTimeLimit") == "PT0S"
    assert told(made, "Settings/StopIfGoingOnBatteries") == "false"
    assert told(made, "Settings/DisallowStartIfOnBatteries") == "false"
    assert told(made, "Settings/IdleSettings/StopOnIdleEnd") == "false"


def test_the_command_has_no_console_and_keeps_its_words_apart():
    config = r"C:\Users\A & B\my settings.yaml"
    made = task(*PROGRAM, "--config", config, "run")
    assert told(made, "Actions/Exec/Command") == PROGRAM[0]
    assert told(made, "Actions/Exec/Arguments") == subprocess.list2cmdline([*PROGRAM[1:], "--config", config, "run"])
    assert f'"{config}"' in told(made, "Actions/Exec/Arguments")


def test_install_registers_the_task_and_starts_it_anew(tmp_path):
    system = FakeManager()
    TaskScheduler(system, SID, PROGRAM).install(tmp_path / "s.yaml", tmp_path, linger=False)
    made, ended, ran = system.asked
    assert made.startswith(f"schtasks.exe /create /tn {NAME} /xml ")
    assert made.endswith(" /f")
    assert (ended, ran) == (f"schtasks.exe /end /tn {NAME}", f"schtasks.exe /run /tn {NAME}")
    assert not Path(made.split(" /xml ")[1].removesuffix(" /f")).exists(), "the file is not left behind"
    arguments = told(ET.fromstring(system.files[0]), "Actions/Exec/Arguments")
    assert arguments.endswith(f"--config {tmp_path / 's.yaml'} run")


def test_a_refusal_is_told_with_its_reason():
    system = FakeManager({"/create": Done(1, "ERROR: Access is denied.\r\n")})
    with pytest.raises(Missing, match="Access is denied") as error:
        TaskScheduler(system, SID, PROGRAM).install(None, Path(), linger=False)
    assert error.value.remedy
    assert len(system.asked) == 1


def test_a_task_does_not_outlive_the_session():
    system = FakeManager()
    with pytest.raises(WrongUse):
        TaskScheduler(system, SID, PROGRAM).install(None, Path(), linger=True)
    assert system.asked == []


def test_start_is_for_what_was_installed():
    system = FakeManager()
    manager = TaskScheduler(system, SID, PROGRAM)
    manager.start()
    assert system.asked == [f"schtasks.exe /query /tn {manager.name}", f"schtasks.exe /run /tn {manager.name}"]
    absent = FakeManager({"/query": Done(1, "ERROR: The system cannot find the file specified.")})
    with pytest.raises(Missing, match="does not run"):
        TaskScheduler(absent, SID, PROGRAM).start()
    assert len(absent.asked) == 1


def test_remove_stops_and_deletes_what_is_there():
    system = FakeManager()
    TaskScheduler(system, SID, PROGRAM).remove()
    assert [line.split()[1] for line in system.asked] == ["/end", "/query", "/delete"]
    absent = FakeManager({"/query": Done(1, ""), "/end": Done(1, "")})
    TaskScheduler(absent, SID, PROGRAM).remove()
    assert [line.split()[1] for line in absent.asked] == ["/end", "/query"]


@pytest.mark.parametrize(
    ("word", "result", "running", "words"),
    [
        ("Running", "267009", True, ""),
        ("Wird ausgef\u00fchrt", "267009", True, ""),  # the words are translated, the number is not
        ("Ready", "0", False, ""),
        ("Ready", "267011", False, ""),
        ("Ready", "267014", False, ""),
        ("Ready", "2", False, "exit code 2"),
        ("Ready", "-1073741510", False, "exit code 3221225786"),
    ],
)
def test_status_reads_the_number_of_the_last_result(word, result, running, words):
    system = FakeManager({"/query": Done(0, ROW.format(word, result))})
    found = TaskScheduler(system, SID, PROGRAM).status()
    assert found == ServiceState(installed=True, running=running, lingers=False, words=words)


def test_without_a_task_nothing_is_installed():
    system = FakeManager({"/query": Done(1, "ERROR: The system cannot find the file specified.")})
    assert TaskScheduler(system, SID, PROGRAM).status() == ServiceState(installed=False, running=False, lingers=False)


def test_the_package_is_started_by_its_own_file(tmp_path):
    assert windows.program(tmp_path)[1:] == ("-P", "-m", "agent.cli")
    (tmp_path / "wardbeat.py").touch()
    started = windows.program(tmp_path)
    assert started == (str(Path(sys.executable).with_name("pythonw.exe")), "-I", str(tmp_path / "wardbeat.py"))
