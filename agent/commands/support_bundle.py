"""`wardbeat support-bundle`: what a support desk needs, shown before it is saved."""

import argparse
import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent import __version__
from agent.errors import WardbeatError
from agent.system.installation import is_packaged
from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.commands.doctor_rows import Check

# settings whose words are ours, from a short list; any other text that somebody wrote is reported as "set"
_PERSONS: Final = ("consent", "news")  # nobody who supports a machine needs them
_OUR_WORDS: Final = ("profile", "key_store", "log_level", "face.engine")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--into", type=Path, metavar="FILE", help="save it there, after you have seen it and said yes")


def run(arguments: argparse.Namespace) -> int:
    from agent.errors import WrongUse
    from agent.system import host
    from agent.system.terminal import ask_agreement

    if arguments.into is not None and arguments.into.exists():
        raise WrongUse(f"{arguments.into} is there already", remedy="Choose another name.")
    words = json.dumps(bundle(arguments.config), indent=1)
    show(words)
    if arguments.into is None:
        say("Nothing was saved or sent. To save it: wardbeat support-bundle --into FILE")
        return 0
    say("This is all that the file would hold: no measured value, name, key, address or path.")
    if not ask_agreement("", f"Save it as {arguments.into}?", "your agreement"):
        say("Nothing was saved.")
        return 1
    host.write_private(arguments.into, f"{words}\n".encode())
    say(f"Saved. Send {arguments.into} yourself, if you want to: nothing is sent from here.")
    return 0


def bundle(config_file: Path | None) -> dict[str, Any]:
    """The bundle: versions, settings without anybody's words, and which checks of doctor hold.

    Args:
        config_file: The person's settings; None: where the system keeps them.
    """
    from agent.commands.doctor_rows import Check

    found: dict[str, Any] = {
        "wardbeat": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "installed": "package" if is_packaged() else "pip",
    }
    try:
        found["settings"], checks = _of_settings(config_file)
    except WardbeatError as error:  # its words may quote the file
        found["settings"], checks = None, [Check("settings", ok=False, words="", remedy="")]
        found["error"] = type(error).__name__
    found["checks"] = {check.check_id: check.ok for check in checks if check.check_id not in _PERSONS}
    return found


def _of_settings(config_file: Path | None) -> "tuple[dict[str, Any], list[Check]]":
    from agent import config
    from agent.commands.config import flat
    from agent.commands.doctor_checks import checks

    layers = config.layers(config_file)
    settings, profile = config.load(config_file)
    rows = {
        key: {"value": _shown(key, value), "origin": layers.origin(key)}
        for key, value in flat(settings.model_dump(mode="json"), "")
    }
    rows |= {f"policy.{key}": {"value": value} for key, value in config.read_policy().model_dump(mode="json").items()}
    return rows, list(checks(settings, profile))


def _shown(key: str, value: object) -> object:
    """A switch, a number or a word of ours; of anything else only whether it is set."""
    if value is None or isinstance(value, bool | int | float) or (key in _OUR_WORDS and isinstance(value, str)):
        return value
    return "set" if value else "empty"
