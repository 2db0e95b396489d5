"""The site, its keys, and counts of the stored data."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from hub import hearing
from hub.rotation import days_of_certificate
from hub.store.posts import Posts
from hub.views.open_hub import OpenHub


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object; no stored value is decrypted for it."""
    keys, store, now_utc_s = hub.keys, hub.store, int(time.time())
    due, due_since_utc_s = store.due()
    with store.connected() as db:
        channels = Posts(db).waiting()
    workers = hearing.read_all(hub.folder)
    yield {
        "site": keys.site,
        "operator": keys.operator,
        "synthetic": keys.synthetic,
        "devices": keys.devices.count(),
        "directory_version": keys.version(),
        "directory_key_days_left": days_of_certificate(keys, now_utc_s),
        "store_id": store.store_id.hex(),
        "envelopes": store.settled_count(),
        "summaries": store.summary_count(),
        "last_arrival": store.last_arrival(),
        "counters": store.counters(),
        "due": due,
        "due_since_utc_s": None if due_since_utc_s is None else int(due_since_utc_s),
        "channels": [asdict(channel) for channel in channels],
        "received_utc_s": max((worker.received_utc_s for worker in workers), default=0) or None,
        "workers": [
            {
                "worker": worker.worker,
                "received_utc_s": worker.received_utc_s or None,
                "trouble": hearing.TROUBLES[worker.now(now_utc_s)][0],
                "remedy": hearing.TROUBLES[worker.now(now_utc_s)][1],
            }
            for worker in workers
        ],
    }
