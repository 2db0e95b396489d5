"""Data files of the package: norms, instruments, suggestions, the card of the arousal model. Each is read once."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> Any:
    """One file of `agent/scoring/tables`.

    Args:
        name: Without the ending.

    Returns:
        Its JSON.

    Source: definition.
    """
    return json.loads(resources.files("agent.scoring").joinpath(f"tables/{name}.json").read_text(encoding="utf-8"))
