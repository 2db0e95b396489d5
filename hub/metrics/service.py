"""`hub metrics`: a hub read each ten seconds, and the text answered on an address of this machine alone.

A scrape is answered with what was read last: how long an answer takes shows nothing of what was counted.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.errors import KeysMissing, Missing, WireRefused, WrongUse
from agent.web.text_page import open_page
from hub.database import CANNOT_WRITE, lock_file, unlock_file
from hub.keys.keystore import KeyStore
from hub.metrics.address import Address
from hub.metrics.day_sums import DaySums
from hub.metrics.exposition import published
from hub.metrics.reading import Database, Reading, read_database, read_folder
from hub.site import open_keys
from hub.store.roles import Role
from hub.store.store import Store

log = logging.getLogger(__name__)

EVERY_S: Final = 10.0
_ALIVE_S: Final = 1.0


class Metrics:
    """A hub as `hub metrics` reads it.

    Args:
        folder: The hub's.

    Raises:
        KeysMissing: There is no hub in the folder.
        AlreadyRunning: Another process does the same with this folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store: Store | None = None
        self._is_away = False
        with ExitStack() as undo:
            self._keys: KeyStore = open_keys(folder)
            undo.callback(self._keys.close)
            self._lock = lock_file(folder / "metrics.lock")
            self._sums = DaySums(folder)
            undo.pop_all()

    def close(self) -> None:
        """Close keys and database."""
        self._drop_store()
        unlock_file(self._lock)
        self._keys.close()

    def read(self, now_utc_s: int) -> Reading:
        """Everything, as it is now; while the database or the key store is away, what else can be read."""
        try:
            self._keys.refresh()
            reading = read_folder(self._folder, self._keys, now_utc_s)
        except (*CANNOT_WRITE, OSError, WireRefused) as error:
            log.error("the hub's folder or key store cannot be read (%s)", type(error).__name__)
            return Reading()
        database = self._database(now_utc_s)
        if database is not None:
            self._sums.note(now_utc_s, database.counters, database.size_bytes)
        return replace(reading, database=database, last_day=self._sums.last, database_bytes=self._sums.database_bytes)

    def _database(self, now_utc_s: int) -> Database | None:
        try:
            if self._store is None:
                self._store = Store(self._folder, self._keys, Role.WATCH)
            found = read_database(self._folder, self._store, now_utc_s)
        except (*CANNOT_WRITE, OSError, Missing, KeysMissing) as error:
            if not self._is_away:
                log.error("the database cannot be read (%s); trying again", type(error).__name__)
            self._is_away = True
            self._drop_store()
            return None
        if self._is_away:
            log.info("the database responds again")
        self._is_away = False
        return found

    def _drop_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


async def serve(
    folder: Path,
    address: Address,
    stop: asyncio.Event,
    *,
    alive: Callable[[], None] = lambda: None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Answer on the address until ``stop`` is set.

    Args:
        folder: The hub's.
        address: Of this machine.
        stop: Ends it.
        alive: Called with each reading, and in between.
        ready: Called once, when the address is open.

    Raises:
        KeysMissing, AlreadyRunning: As `Metrics`.
        WrongUse: The port is taken.
    """
    with closing(Metrics(folder)) as metrics:
        text = published(await asyncio.to_thread(metrics.read, int(time.time())))
        try:
            server = await open_page(lambda: text, address.port, address.host)
        except OSError as error:
            raise WrongUse(
                f"{address} cannot be opened: {error.strerror or error}", remedy="Choose another port with --listen."
            ) from error
        async with server:
            ready()
            read_s = time.monotonic()
            while not stop.is_set():
                alive()
                if time.monotonic() - read_s >= EVERY_S:
                    read_s = time.monotonic()
                    text = published(await asyncio.to_thread(metrics.read, int(time.time())))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_ALIVE_S):
                        await stop.wait()
