"""The admitted devices."""

from collections.abc import Iterator
from typing import Any

from hub.views.open_hub import OpenHub


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object for each device, by its random name; the database is not opened."""
    for device in hub.keys.devices.all():
        yield {"device": device.device, "kid": device.kid.hex(), "revoked": device.revoked}
