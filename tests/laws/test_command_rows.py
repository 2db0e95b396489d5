"""COMMANDS: each row has its file, its words and its place in the help; a new command costs one file and one row."""

import argparse
import dataclasses
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.commands import COMMANDS, CommandSpec

ROOT = Path(__file__).parents[2]
GROUPS = ("measure", "page", "consent", "data", "set-up", "study")
SHARED = {"__init__", "analyze_channels", "analyze_outputs", "arguments", "doctor_agent", "doctor_checks", "doctor_delivery", "doctor_rows", "launcher", "loading",
          "self_report", "terminal"}  # fmt: skip
"""Modules of the package that are no command."""


def command_faults(rows: list[CommandSpec]) -> list[str]:
    faults = []
    for row in rows:
        module = importlib.import_module(row.module) if importlib.util.find_spec(row.module) else None
        checks = {
            "module": module is not None,
            "add_arguments": callable(getattr(module, "add_arguments", None)),
            "run": callable(getattr(module, "run", None)),
            "group": row.group in GROUPS,
            "words begin with a verb, without a full stop": row.words[:1].islower() and not row.words.endswith("."),
            "words": 3 <= len(row.words.split()) <= 14,
        }
        faults += [f"COMMANDS, row {row.name}: {name}" for name, holds in checks.items() if not holds]
    return faults


def test_every_command_keeps_the_law():
    assert command_faults(list(COMMANDS.values())) == []
    files = {path.stem for path in (ROOT / "agent/commands").glob("*.py")}
    assert files == SHARED | {name.replace("-", "_") for name in COMMANDS}


@pytest.mark.parametrize(
    "change", [{"name": "nothing"}, {"group": "misc"}, {"words": "Runs."}, {"words": "x"}, {"name": "terminal"}]
)
def test_a_command_row_that_breaks_the_law_is_found(change):
    assert command_faults([dataclasses.replace(COMMANDS["scan"], **change)]) != []


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "hub"])
def test_every_command_has_help_for_each_option(name):
    parser = argparse.ArgumentParser()
    COMMANDS[name].add_arguments(parser)
    for action in parser._actions:
        positional_of_one_meaning = action.metavar in ("BUNDLE|ANSWER",) or bool(action.choices)
        assert action.help or positional_of_one_meaning, f"{name}: {action.dest}"


COMMAND = '''"""`wardbeat greet`: a made-up command."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("whom", help="a name")


def run(arguments: argparse.Namespace) -> int:
    """Greet."""
    print(f"Good night, {arguments.whom}.")
    return 0
'''
ROW = '        CommandSpec("greet", "page", "greet somebody at the end of a shift"),\n'


@pytest.mark.process
def test_a_new_command_costs_one_file_and_one_row(tmp_path):
    shutil.copytree(ROOT / "agent", tmp_path / "agent", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "agent/commands/greet.py").write_text(COMMAND)
    table = tmp_path / "agent/commands/__init__.py"
    head, found, tail = table.read_text().partition("    for spec in (\n")
    assert found
    table.write_text(head + found + ROW + tail)

    def wardbeat(*words):
        env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [sys.executable, "-m", "agent.cli", *words], cwd=tmp_path, env=env, capture_output=True, text=True
        )

    assert "greet somebody at the end of a shift" in wardbeat("--help").stdout
    assert wardbeat("greet", "Ada").stdout == "Good night, Ada.\n"
    assert wardbeat("greet", "--help").stdout.startswith("usage: wardbeat greet")
    assert wardbeat("greet").returncode == 2
