"""How much a device may ask of the care team in a day: `hub alerts` reads every ask that is stored."""

import time
from collections import Counter
from typing import Final

from sqlalchemy import Connection, func, select

from agent.errors import WireRefused
from agent.wire import codes
from agent.wire.message import KINDS, AskMessage
from hub.store.contact import arrival_before
from hub.store.tables import ROW

ASKS_A_DAY: Final = 50
_TAKE_BACK: Final = codes.codes("asks")["take_back"]
_DAY_S: Final = 86_400


class Asks:
    """The asks of one storing transaction.

    Args:
        db: The open transaction, which holds the locks of the devices.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._today: Counter[bytes] = Counter()

    def count(self, kid: bytes, message: AskMessage) -> None:
        """Count an ask that is stored; taking back has room left where asking has none.

        Raises:
            WireRefused: ``schema_too_new``, the refusal that is not final: the ask is sent again.
        """
        if kid not in self._today:
            self._today[kid] = self._stored_today(kid)
        if self._today[kid] >= ASKS_A_DAY * (2 if message.what == _TAKE_BACK else 1):
            raise WireRefused("schema_too_new", "too many asks in a day")
        self._today[kid] += 1

    def _stored_today(self, kid: bytes) -> int:
        since = arrival_before(self._db, int(time.time()) // _DAY_S)
        here = (ROW.c.device == kid) & (ROW.c.kind == KINDS[AskMessage]) & (ROW.c.arrival > since)
        return int(self._db.execute(select(func.count()).select_from(ROW).where(here)).scalar_one())
