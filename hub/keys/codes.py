"""Enrollment codes: each admits one device, for two weeks; part of the key store's file.

A code itself is not kept. Of its hash and of the key that messages about it are sealed with it cannot be computed.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, func, insert, select, update

from agent.errors import WireRefused
from agent.wire.bootstrap import CODE_NAME_BYTES as _NAME_BYTES
from agent.wire.bootstrap import seal_key
from hub.broker import pass_names
from hub.database import reading
from hub.keys.tables import CODE

CODE_DAYS: Final = 14
_DAY_S: Final = 86_400
_OPEN, _USED, _VOID = 0, 1, 2


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A code that can still admit a device.

    Attributes:
        name: First eight hexadecimal digits of its hash; the code itself is not kept.
        made_utc_s, ends_utc_s: From when until when.
        label: The study label of the person that it is for; empty: none.
    """

    name: str
    made_utc_s: int
    ends_utc_s: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class KnownCode:
    """What messages through the broker about a code need.

    Attributes:
        hash: Of the code.
        pass_name: By which the broker knows the bearer of its pass.
        seal: What they are sealed with (32 bytes).
        is_open: Whether it can still admit a device.
        at_once: Whether its first request is admitted without a comparison of words.
        label: The study label of the person that it is for; empty: none.
    """

    hash: bytes
    pass_name: str
    seal: bytes
    is_open: bool
    at_once: bool
    label: str


def code_name(code: bytes) -> str:
    """The name by which an operator voids a code."""
    return _hash(code)[:_NAME_BYTES].hex()


class Codes:
    """The enrollment codes in the key store's file.

    Args:
        engine: Of that file.
        now_utc_s: Codes of a release that did not date them begin now.
    """

    def __init__(self, engine: Engine, now_utc_s: int) -> None:
        self._engine, self._reads = engine, reading(engine)
        undated = CODE.c.made_utc_s.is_(None)
        with self._reads.connect() as db:
            found = db.execute(select(CODE.c.hash).where(undated).limit(1)).first()
        if found:
            with self._engine.begin() as db:
                db.execute(update(CODE).where(undated).values(made_utc_s=now_utc_s))

    def new(self, now_utc_s: int, label: str = "", *, at_once: bool = False) -> tuple[bytes, str]:
        """A code (16 bytes), of which only the hash is kept, and the name of its pass.

        Args:
            now_utc_s: When it begins.
            label: A checked study label for the device that it admits; labels and seals of codes that ended are deleted
                here.
            at_once: Admit its first request without a comparison: the bundle is handed over in person.
        """
        code = os.urandom(16)
        ended = CODE.c.made_utc_s < now_utc_s - CODE_DAYS * _DAY_S
        with self._engine.begin() as db:
            db.execute(update(CODE).where(ended).values(label=None, seal=None))
            pass_name = _least_used(db)
            row = {"hash": _hash(code), "used": _OPEN, "made_utc_s": now_utc_s, "label": label or None}
            row |= {"pass_name": pass_name, "seal": seal_key(code), "at_once": int(at_once)}
            db.execute(insert(CODE), row)
        return code, pass_name

    def known(self, name: bytes, now_utc_s: int) -> KnownCode | None:
        """The code whose hash begins with these bytes, while messages about it can be opened; None otherwise."""
        here = CODE.c.hash.between(name, name + b"\xff" * hashlib.sha256().digest_size) & CODE.c.seal.is_not(None)
        with self._reads.connect() as db:
            for row in db.execute(select(CODE).where(here)):
                if _is_in_time(row.made_utc_s, now_utc_s):
                    is_open = row.used == _OPEN
                    return KnownCode(row.hash, row.pass_name, row.seal, is_open, row.at_once == 1, row.label or "")
        return None

    def use_up(self, db: Connection, code: bytes, now_utc_s: int) -> str:
        """Use a code up, in a transaction that admits the device; returns the label that the code was made with.

        Raises:
            WireRefused: ``bad_code``: unknown, used, void or ended.
        """
        row = db.execute(select(CODE).where(CODE.c.hash == _hash(code))).first()
        if row is None or row.used == _USED:
            raise WireRefused("bad_code", "this enrollment code is unknown or was already used")
        if row.used != _OPEN:
            raise WireRefused("bad_code", "this enrollment code was voided")
        if not _is_in_time(row.made_utc_s, now_utc_s):
            raise WireRefused("bad_code", f"this enrollment code ended: one is good for {CODE_DAYS} days")
        db.execute(update(CODE).where(CODE.c.hash == row.hash).values(used=_USED, label=None))
        return row.label or ""

    def open_ones(self, now_utc_s: int) -> list[OpenCode]:
        """The codes that can still admit a device, oldest first."""
        rows = select(CODE).where(CODE.c.used == _OPEN).order_by(CODE.c.made_utc_s)
        with self._reads.connect() as db:
            found = [row for row in db.execute(rows) if _is_in_time(row.made_utc_s, now_utc_s)]
        return [
            OpenCode(row.hash[:_NAME_BYTES].hex(), row.made_utc_s, row.made_utc_s + CODE_DAYS * _DAY_S, row.label or "")
            for row in found
        ]

    def void(self, name: str | None = None) -> int:
        """Void the open codes of this name, or without one all of them; returns how many there were."""
        with self._engine.begin() as db:
            rows = db.execute(select(CODE.c.hash).where(CODE.c.used == _OPEN)).scalars()
            chosen = [held for held in rows if name is None or held[:_NAME_BYTES].hex() == name]
            for held in chosen:
                db.execute(update(CODE).where(CODE.c.hash == held).values(used=_VOID, label=None, seal=None))
        return len(chosen)


def _least_used(db: Connection) -> str:
    """A name for a pass that few codes have: two machines that enroll under one name disturb each other."""
    query = select(CODE.c.pass_name, func.count().label("n")).where(CODE.c.seal.is_not(None))
    used = {row.pass_name: row.n for row in db.execute(query.group_by(CODE.c.pass_name))}
    return min(pass_names(), key=lambda name: (used.get(name, 0), name))


def _hash(code: bytes) -> bytes:
    return hashlib.sha256(code).digest()


def _is_in_time(made_utc_s: int, now_utc_s: int) -> bool:
    # one from a day ahead was made under a wrong clock: it would last for as long as the clock was wrong
    return made_utc_s - _DAY_S <= now_utc_s < made_utc_s + CODE_DAYS * _DAY_S
