"""The site, its keys, and counts of the stored data."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from hub import hearing, process_state
from hub.rotation import days_of_certificate
from hub.store.posts import Posts
from hub.views.open_hub import OpenHub
from hub.views.utc import moment_text


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object; no stored value is decrypted for it."""
    keys, store, now_utc_s = hub.keys, hub.store, int(time.time())
    due, due_since_utc_s = store.due()
    changed_since_utc_s = store.changed_since_utc_s()
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
        "changed_since_utc_s": None if changed_since_utc_s is None else int(changed_since_utc_s),
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
        "processes": [
            {"process": state.name, "up": state.is_up(now_utc_s), "ended": state.is_ended}
            for state in process_state.read_all(hub.folder)
        ],
    }


def _process(row: dict[str, Any]) -> str:
    if row["ended"]:
        return f"{row['process']} stopped"
    return f"{row['process']} runs" if row["up"] else f"{row['process']} gives no sign of life"


def _since(utc_s: int | None) -> str:
    return "nothing" if utc_s is None else f"since {moment_text(utc_s)}"


COLUMNS: Final = (
    ("site", lambda row: row["site"]),
    ("operator", lambda row: row["operator"] + (" (synthetic)" if row["synthetic"] else "")),
    ("devices", lambda row: str(row["devices"])),
    (
        "directory",
        lambda row: f"{row['directory_version']}; its yearly key ends in {row['directory_key_days_left']} days",
    ),
    ("database", lambda row: row["store_id"]),
    (
        "envelopes",
        lambda row: f"{row['envelopes']}; {row['summaries']} summaries, the last arrival {row['last_arrival']}",
    ),
    ("counters", lambda row: ", ".join(f"{name} {n}" for name, n in row["counters"].items())),
    ("waits for score", lambda row: _since(row["due_since_utc_s"])),
    ("waits for alerts", lambda row: _since(row["changed_since_utc_s"])),
    (
        "waits for a server",
        lambda row: ", ".join(f"{one['channel']} {_since(one['since_utc_s'])}" for one in row["channels"]) or "nothing",
    ),
    ("received", lambda row: moment_text(row["received_utc_s"]) if row["received_utc_s"] else "nothing yet"),
    ("workers", lambda row: ", ".join(f"{one['worker']}: {one['trouble']}" for one in row["workers"]) or "none runs"),
    ("processes", lambda row: ", ".join(map(_process, row["processes"])) or "none ran here"),
)
