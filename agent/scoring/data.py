"""The room's data files: norms, instruments, suggestions, the acute model's card. Read once, as they are."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> Any:
    """One file of `agent/scoring/tables`, by its name without the ending."""
    return json.loads(resources.files("agent.scoring").joinpath(f"tables/{name}.json").read_text(encoding="utf-8"))
