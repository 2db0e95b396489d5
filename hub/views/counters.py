"""How many envelopes were stored, were duplicates, and were refused."""

from collections.abc import Iterator
from typing import Any

from hub.views.open_hub import OpenHub


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object for each counter: its name and its count since the hub was created."""
    for name, n in hub.store.counters().items():
        yield {"counter": name, "n": n}
