"""Requests that came through the broker, and what became of each; part of the key store's file.

A request waits until its code ends. Its answer waits too, because the machine asks again until it has it.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row, delete, func, select, update

from agent.errors import WireRefused
from agent.wire.bootstrap import request_hash
from hub.database import insert_new, reading
from hub.keys.codes import CODE_DAYS
from hub.keys.tables import CODE, WAITING

OF_CODE_MOST: Final = 8
_NAME_BYTES: Final = 4
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """One request.

    Attributes:
        request: Hash of the paper.
        paper: As the machine signed it.
        came_utc_s: When it came first.
        label: The study label that its bundle was made for; empty: none, or it is admitted.
        answer: The answer, once it is admitted.
        trouble: Why it was refused here, or its answer at the machine; empty: it was not.
        others: How many other requests name the same bundle.
    """

    request: bytes
    paper: bytes
    came_utc_s: int
    label: str
    answer: bytes | None
    trouble: str
    others: int

    @property
    def name(self) -> str:
        """By which an operator admits it."""
        return self.request[:_NAME_BYTES].hex()

    @property
    def state(self) -> str:
        """``waiting``, ``admitted`` or ``refused``."""
        if self.answer is not None:
            return "admitted"
        return "refused" if self.trouble else "waiting"


class Waiting:
    """The requests in the key store's file.

    Args:
        engine: Of that file.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, reading(engine)

    def note(self, paper: bytes, code_hash: bytes, now_utc_s: int) -> WaitingRequest:
        """Keep a request; one that is here stays as it is. Those whose codes ended are deleted.

        Raises:
            WireRefused: ``too_many`` requests name this bundle.
        """
        which = request_hash(paper)
        if known := self.all(which):
            return known[0]
        old = WAITING.c.came_utc_s < now_utc_s - (CODE_DAYS + 1) * _DAY_S
        with self._engine.begin() as db:
            db.execute(delete(WAITING).where(old))
            of_code = select(func.count()).select_from(WAITING).where(WAITING.c.code == code_hash)
            if db.execute(of_code).scalar_one() >= OF_CODE_MOST:
                raise WireRefused("too_many", "too many requests name this bundle")
            insert_new(db, WAITING, {"request": which, "code": code_hash, "paper": paper, "came_utc_s": now_utc_s})
        return self.all(which)[0]

    def all(self, which: bytes | None = None, code_hash: bytes | None = None) -> list[WaitingRequest]:
        """Every request, or this one, or this one if it names this bundle's code; in order of coming."""
        query = select(WAITING, CODE.c.label).join(CODE, CODE.c.hash == WAITING.c.code, isouter=True)
        if which is not None:
            query = query.where(WAITING.c.request == which)
        if code_hash is not None:
            query = query.where(WAITING.c.code == code_hash)
        with self._reads.connect() as db:
            counted = db.execute(select(WAITING.c.code, func.count().label("n")).group_by(WAITING.c.code))
            of_code = {row.code: row.n for row in counted}
            rows = db.execute(query.order_by(WAITING.c.came_utc_s, WAITING.c.request)).all()
        return [_request(row, of_code.get(row.code, 1) - 1) for row in rows]

    def answer(self, paper: bytes, device: bytes, answer: bytes) -> None:
        """Keep the answer to a request, if it came through the broker, for the machine that will ask for it."""
        self._put(request_hash(paper), device=device, answer=answer, trouble=None)

    def refuse(self, paper: bytes, reason: str) -> None:
        """Note why a request was refused, or its answer at the machine."""
        self._put(request_hash(paper), trouble=reason)

    def _put(self, which: bytes, **values: bytes | str | None) -> None:
        with self._engine.begin() as db:
            db.execute(update(WAITING).where(WAITING.c.request == which).values(**values))


def _request(row: Row[Any], others: int) -> WaitingRequest:
    trouble = row.trouble or ""
    return WaitingRequest(row.request, row.paper, row.came_utc_s, row.label or "", row.answer, trouble, others)
