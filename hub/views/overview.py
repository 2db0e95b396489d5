"""The site, its keys, and counts of the stored data."""

import time
from collections.abc import Iterator
from typing import Any

from hub.rotation import days_of_certificate
from hub.views.open_hub import OpenHub


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object; no stored value is decrypted for it."""
    keys, store = hub.keys, hub.store
    yield {
        "site": keys.site,
        "operator": keys.operator,
        "synthetic": keys.synthetic,
        "devices": keys.devices.count(),
        "directory_version": keys.version(),
        "directory_key_days_left": days_of_certificate(keys, int(time.time())),
        "store_id": store.store_id.hex(),
        "envelopes": store.settled_count(),
        "summaries": store.summary_count(),
        "last_arrival": store.last_arrival(),
        "counters": store.counters(),
    }
