"""How far the database had come, where no backup of the database reaches: it shows that a backup was restored."""

from typing import Final

from sqlalchemy import Engine, select

from hub.database import put_site, reading
from hub.keys.tables import SITE

_PREFIX: Final = "generation "


class Generations:
    """How many batches each worker committed, in the key store's file.

    Args:
        engine: Of that file.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, reading(engine)

    def known(self) -> dict[int, int]:
        """The number of batches by number of the worker."""
        with self._reads.connect() as db:
            rows = db.execute(select(SITE).where(SITE.c.name.startswith(_PREFIX))).all()
        return {int(row.name.removeprefix(_PREFIX)): int(row.value) for row in rows}

    def note(self, worker: int, batches: int) -> None:
        """Record a worker's number of batches; a lower number than the known one is ignored."""
        with self._engine.begin() as db:
            name = f"{_PREFIX}{worker}"
            known = db.execute(select(SITE.c.value).where(SITE.c.name == name)).scalar()
            if known is None or int(known) < batches:
                put_site(db, SITE, name, str(batches).encode())
