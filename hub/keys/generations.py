"""How far the database had come, where no backup of the database reaches: it shows that a backup was restored."""

from typing import Final

from sqlalchemy import Engine, select

from hub.database import put_site, reading
from hub.keys.tables import SITE

_PREFIX: Final = "generation "
_LOOKS: Final = "looks"
_LINK_BYTES: Final = 32


class Generations:
    """How many batches each worker committed, and how many looks there were, in the key store's file.

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

    def look_head(self) -> tuple[int, bytes]:
        """Number and link of the last look that was noted here; (0, zeros) before the first."""
        with self._reads.connect() as db:
            value = db.execute(select(SITE.c.value).where(SITE.c.name == _LOOKS)).scalar()
        if value is None:
            return 0, bytes(_LINK_BYTES)
        return int.from_bytes(value[:-_LINK_BYTES], "big"), bytes(value[-_LINK_BYTES:])

    def note_look(self, number: int, link: bytes) -> None:
        """Record the last look after its commit, so that a log that was cut is found; the number only grows."""
        if number > self.look_head()[0]:
            with self._engine.begin() as db:
                put_site(db, SITE, _LOOKS, number.to_bytes(8, "big") + link)
