"""A program without a console (pythonw.exe, as a task of Windows) has neither stdout nor stderr."""

import sys

from agent.cli import main
from agent.system import output


def test_a_command_without_a_console_ends_as_it_would_with_one(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert main(["config", "example"]) == 0
    assert main(["config", "example", "--origin"]) == 2, "an error is not told, and still ends it"
    output.say("nobody reads this")
    output.show("nor this")
    output.Progress(2, "steps").at(1)
    assert sys.stderr is None, "the log goes to the event log where this is missing"
