"""The machine's registry, as one table."""

from typing import Any

from agent.system.machine_policy import KEY


class FakeRegistry:
    """`agent.system.machine_policy.Registry`."""

    def __init__(self, values: dict[str, tuple[Any, int]] | None, error: OSError | None = None) -> None:
        self._values, self._error = values, error

    def values(self, key: str) -> dict[str, tuple[Any, int]]:
        if self._error is not None:
            raise self._error
        if self._values is None or key != KEY:
            raise FileNotFoundError
        return self._values
