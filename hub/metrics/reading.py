"""What `hub metrics` reads of a hub: the state of its processes, ends of keys and certificates, and counts.

No person's row, no device, no consent. Of the key store: when keys end. A reading is exact, and is never published:
`hub.metrics.rows` says what of it is.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.system import floor
from agent.wire.directory import verified
from hub import hearing, process_state
from hub.keys.certificates import file_end_utc_s
from hub.keys.keystore import KeyStore
from hub.metrics.day_sums import DAY_S, Day
from hub.rotation import days_of_certificate
from hub.store.store import Store

_BROKER: Final = Path("broker", "broker.crt")


@dataclass(frozen=True, slots=True)
class Worker:
    """One `hub run`: its number, and what keeps it from receiving; empty: nothing."""

    number: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Process:
    """Another process: whether it shows signs of life, and for how many s something has waited for it."""

    name: str
    is_up: bool
    behind_s: int


@dataclass(frozen=True, slots=True)
class Database:
    """What was read of the database.

    Attributes:
        post_waits_s: How old the oldest message to the team is that was tried and not delivered; None: there is none.
        counters: Since the hub was made.
        size_bytes: Of its file, or of PostgreSQL's database.
    """

    post_waits_s: int | None
    counters: Mapping[str, int]
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Ends:
    """How many whole days are left; None: it is not known."""

    certificates: tuple[tuple[str, int], ...] = ()
    directory_key_days: int | None = None
    directory_days: int | None = None
    kem_days: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that is read at one time.

    Attributes:
        received_s: How long ago anything came through the broker; None: no worker runs, or nothing came since.
        disk_free_share: Of the disk that the folder is on, from 0 to 1.
        database: None while it does not respond.
        last_day, database_bytes: As they are published (`hub.metrics.day_sums`).
        version: Of the program.
    """

    workers: tuple[Worker, ...] = ()
    received_s: int | None = None
    processes: tuple[Process, ...] = ()
    disk_free_share: float = 1.0
    ends: Ends = field(default_factory=Ends)
    database: Database | None = None
    last_day: Day | None = None
    database_bytes: int | None = None
    version: str = floor.VERSION


def read_folder(folder: Path, keys: KeyStore, now_utc_s: int) -> Reading:
    """What can be read without the database.

    Raises:
        sqlalchemy errors of `hub.database.CANNOT_WRITE`, OSError: The key store or the folder cannot be read.
    """
    workers = hearing.read_all(folder)
    received = max((worker.received_utc_s for worker in workers), default=0)
    disk = shutil.disk_usage(folder)
    return Reading(
        workers=tuple(Worker(worker.worker, worker.now(now_utc_s)) for worker in workers),
        received_s=max(0, now_utc_s - received) if received else None,
        processes=tuple(
            Process(state.name, state.is_up(now_utc_s), state.behind_s(now_utc_s))
            for state in process_state.read_all(folder)
            if not state.is_ended and state.name != "metrics"
        ),
        disk_free_share=disk.free / disk.total if disk.total else 0.0,
        ends=_ends(folder, keys, now_utc_s),
    )


def read_database(folder: Path, store: Store, now_utc_s: int) -> Database:
    """What is read of the database, in the role `watch`.

    Raises:
        sqlalchemy errors of `hub.database.CANNOT_WRITE`: It does not respond.
    """
    made_utc_s = store.post_since_utc_s()
    file = folder / "hub.db"
    return Database(
        post_waits_s=None if made_utc_s is None else max(0, now_utc_s - made_utc_s),
        counters=store.counters(),
        size_bytes=file.stat().st_size if file.exists() else None,
    )


def _ends(folder: Path, keys: KeyStore, now_utc_s: int) -> Ends:
    care = folder / "staff-ca.pem", folder / "view.crt"
    files = {file.stem: file for file in (folder / "ca.pem", folder / _BROKER, *sorted(folder.glob("hub*.crt")), *care)}
    ends = {name: file_end_utc_s(file) for name, file in files.items()}
    directory = verified(keys.published(), keys.site, keys.value("root public"), 0).directory
    return Ends(
        certificates=tuple((name, _days(end, now_utc_s)) for name, end in ends.items() if end is not None),
        directory_key_days=days_of_certificate(keys, now_utc_s),
        directory_days=_days(directory.expires_utc_s, now_utc_s),
        kem_days=_days(max(keys.kems.ends().values()), now_utc_s),
    )


def _days(end_utc_s: int, now_utc_s: int) -> int:
    return (end_utc_s - now_utc_s) // DAY_S
