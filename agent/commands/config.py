"""`wardbeat config`: an example of the settings file, the settings in force and where each comes from, their schema."""

import argparse
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from agent.system.output import show

if TYPE_CHECKING:
    from agent.config import Policy, Settings
    from agent.config_files import Layers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    words = "example: to be saved as your settings file; show: what is in force; schema: of the file, as JSON Schema"
    parser.add_argument("what", choices=("example", "show", "schema"), help=words)
    parser.add_argument("--origin", action="store_true", help="with show: where each value comes from, one a line")


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for."""
    from agent import config
    from agent.errors import WrongUse

    if arguments.origin and arguments.what != "show":
        raise WrongUse("--origin is of 'config show'", remedy="Run 'wardbeat config show --origin'.")
    if arguments.what == "example":
        show(files("agent").joinpath("config.example.yaml").read_text(encoding="utf-8"), end="")
    elif arguments.what == "schema":
        show(json.dumps({"settings": config.Settings.model_json_schema(), "policy": config.Policy.model_json_schema()}))
    else:
        layers = config.layers(arguments.config)
        settings, _ = config.load(arguments.config)
        rows = [*_rows(settings, layers), *_policy_rows(config.policy_places(), config.read_policy())]
        if arguments.origin:
            for row in rows:
                show(json.dumps(row))
        else:
            show(json.dumps({row["key"]: row["value"] for row in rows}))
    return 0


def _rows(settings: "Settings", layers: "Layers") -> Iterator[dict[str, Any]]:
    """Each setting in force, by its dotted key."""
    where = {"own": layers.file, "machine": layers.machine_path, "default": None}
    for key, value in flat(settings.model_dump(mode="json"), ""):
        origin = layers.origin(key)
        file = where[origin]
        yield {"key": key, "value": value, "origin": origin, "file": None if file is None else str(file)}


def _policy_rows(places: list[str], policy: "Policy") -> Iterator[dict[str, Any]]:
    """What the machine's policy takes away; nothing without one."""
    origin, where = ("policy", ", ".join(places)) if places else ("default", None)
    for key, value in policy.model_dump(mode="json").items():
        yield {"key": f"policy.{key}", "value": value, "origin": origin, "file": where}


def flat(values: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Nested settings by their dotted keys."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
