"""COMMANDS: one row a command of `wardbeat`; its file stands beside, and is loaded when the command is called.

Data goes to stdout as JSON, words for people to stderr. Heavy parts load inside the command that needs them.
"""

import argparse
import importlib
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One row. The command's module ``agent.commands.NAME`` has ``add_arguments(parser)`` and ``run(arguments)``.

    Attributes:
        name: What the person types.
        group: Under which task the help lists it.
        words: What it does, beginning with a verb.
    """

    name: str
    group: str
    words: str

    @property
    def module(self) -> str:
        """Where it stands."""
        return f"agent.commands.{self.name.replace('-', '_')}"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's options."""
        self._loaded().add_arguments(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        """Carry the command out; the exit code."""
        return int(self._loaded().run(arguments))

    def _loaded(self) -> Any:
        return importlib.import_module(self.module)


COMMANDS: Final[dict[str, CommandSpec]] = {
    spec.name: spec
    for spec in (
        CommandSpec("run", "measure", "run the agent"),
        CommandSpec("status", "measure", "show what the running agent is doing"),
        CommandSpec("doctor", "measure", "check every part, and suggest a remedy"),
        CommandSpec("scan", "measure", "list the heart-rate straps in range, and bind yours"),
        CommandSpec("pause", "measure", "stop measuring, also after a restart"),
        CommandSpec("resume", "measure", "end the pause and measure again"),
        CommandSpec("camera", "measure", "choose short camera sessions, see their times, or skip one"),
        CommandSpec("open", "page", "open your page in the browser"),
        CommandSpec("notices", "page", "show or switch the notifications at your desktop"),
        CommandSpec("weeks", "page", "show your weeks, each compared with your own normal"),
        CommandSpec("check-in", "page", "answer a short questionnaire; only you see the answers"),
        CommandSpec("note", "page", "note a shift, or a change of what is normal for you"),
        CommandSpec("import", "page", "take in your roster, or sleep and steps of a watch or phone"),
        CommandSpec("journal", "page", "note how you are, in one word and some of your own"),
        CommandSpec("evidence", "page", "ask what papers say, and get their sentences word for word"),
        CommandSpec("ask", "consent", "ask your care team to look at your weeks, or take that back"),
        CommandSpec("looks", "consent", "show who looked at your values, and the alerts about you"),
        CommandSpec("consent", "consent", "show, give or withdraw your consent"),
        CommandSpec("ledger", "data", "show everything that was sealed, in plain words"),
        CommandSpec("export", "data", "print all data about you as JSON"),
        CommandSpec("erase", "data", "delete all data here, and ask the hub to delete its copy"),
        CommandSpec("recovery", "data", "show the recovery code, or erase your data after losing this machine"),
        CommandSpec("outbox", "data", "inspect the sealed rows"),
        CommandSpec("enroll", "set-up", "create this machine's keys from a BUNDLE, or finish with an ANSWER"),
        CommandSpec("service", "set-up", "start the agent when you log in, or stop doing so"),
        CommandSpec("models", "set-up", "list the face models, or fetch missing ones"),
        CommandSpec("config", "set-up", "print the example of a settings file"),
        CommandSpec("support-bundle", "set-up", "show what a support desk needs, and save it if you agree"),
        CommandSpec("uninstall", "set-up", "stop the agent here; keep your data, or erase them first"),
        CommandSpec("hub", "set-up", "run and manage the reference receiver"),
        CommandSpec("demo", "study", "run the whole chain on this machine with a synthetic person"),
        CommandSpec("analyze", "study", "analyze a recording: beats, ECG, PPG, or a face"),
        CommandSpec("agreement", "study", "compare raters or instruments: kappa, ICC, limits of agreement"),
        CommandSpec("audit", "study", "check how fairly the scorer treats groups of simulated people"),
    )
}
"""In the order of the help."""
