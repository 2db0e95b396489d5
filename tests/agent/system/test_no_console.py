"""A program without a console (pythonw.exe, and a service of Windows) has neither stdout nor stderr."""

import sys

from agent.cli import main
from agent.system import output


def test_a_command_without_a_console_ends_as_it_would_with_one(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    try:
        assert main(["config", "example"]) == 0
        output.say("nobody reads this")
        output.show("nor this")
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.close()
