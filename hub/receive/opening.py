"""Both stores of a hub for a process that receives, or neither: one that is refused leaves nothing open."""

from contextlib import ExitStack
from pathlib import Path

from agent.errors import WrongUse
from hub.broker import WORKERS_MOST
from hub.keys.keystore import KeyStore
from hub.site import open_keys
from hub.store.store import Store


def opened(folder: Path, worker: int) -> tuple[KeyStore, Store]:
    """The key store, and the database to write it.

    Args:
        folder: As `hub init` made it.
        worker: Number of the process.

    Raises:
        WrongUse: No such worker, or several on SQLite.
        KeysMissing, Missing, AlreadyRunning: As `open_keys` and `Store`.
    """
    with ExitStack() as undo:
        keys = open_keys(folder)
        undo.callback(keys.close)
        if not 1 <= worker <= WORKERS_MOST:
            raise WrongUse(
                f"--worker {worker} is not valid; numbers go from 1 to {WORKERS_MOST}",
                remedy="Use --worker 1, --worker 2, ...",
            )
        if worker != 1 and not keys.text("database"):
            raise WrongUse(
                "SQLite supports only one worker", remedy="Create the hub with --database to use PostgreSQL."
            )
        store = Store(folder, keys, writes=True, worker=worker)
        undo.pop_all()
    return keys, store
