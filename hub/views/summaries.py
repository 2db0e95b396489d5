"""The stored windows by start time. All of them are decrypted; `arrivals` gives them page by page."""

from collections.abc import Iterator
from typing import Any

from hub.store import StoredSummary
from hub.views.open_hub import OpenHub


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object for each window: device, bounds (UTC s), and value and count of each feature."""
    for window in hub.store.summaries():
        yield {"device": hub.name_of(window.device), "device_kid": window.device.hex(), **values_of(window)}


def values_of(window: StoredSummary) -> dict[str, Any]:
    """A window's bounds (UTC s), and value (None when withheld) and count of each feature."""
    features = {name: {"value": value, "n": n} for name, (value, n) in window.features().items()}
    return {
        "start_utc_s": window.message.start_utc_s,
        "end_utc_s": window.message.end_utc_s,
        "features": features,
    }
