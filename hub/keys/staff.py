"""Who may come into the care view: members of the team, each with a certificate or an account; part of the key store's
file. Whoever was revoked stays listed, so that a copy of the certificate is named as what it is.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row, insert, select, update

from agent.errors import WrongUse
from agent.wire import codes
from agent.wire.looks import WHO_MOST
from hub.database import reading
from hub.keys.tables import STAFF, mark_changed

CERTIFICATE: Final = "certificate"
OIDC: Final = "oidc"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the team, by one way to sign in.

    Attributes:
        credential: SHA-256 of the certificate in hexadecimal, or issuer and subject of an account.
        kind: ``certificate`` or ``oidc``.
        name: As a person reads it in their list of looks.
        role: A name of the table ``team_roles``.
        added_utc_s, until_utc_s: From when until when.
        revoked_utc_s: 0: is not.
    """

    credential: str
    kind: str
    name: str
    role: str
    added_utc_s: int
    until_utc_s: int
    revoked_utc_s: int = 0

    def state(self, now_utc_s: int) -> str:
        """``revoked``, ``ended`` or ``in force``."""
        if self.revoked_utc_s:
            return "revoked"
        return "in force" if now_utc_s < self.until_utc_s else "ended"


def account(issuer: str, subject: str) -> str:
    """The credential of an account at an OpenID provider."""
    return f"{issuer} {subject}"


def checked_name(name: str) -> str:
    """A name that fits a list of looks and a certificate.

    Raises:
        WrongUse: It does not.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not (0 < len(name) <= WHO_MOST and name.isprintable()):
        raise WrongUse(
            f"{name[:WHO_MOST]!r} cannot be a member's name", remedy=f"Use 1 to {WHO_MOST} printable characters."
        )
    return name


class Staff:
    """The members in the key store's file.

    Args:
        engine: Of that file.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, reading(engine)

    def all(self) -> list[Member]:
        """Every member that was ever added, in order of their adding."""
        with self._reads.connect() as db:
            return [_member(row) for row in db.execute(select(STAFF).order_by(STAFF.c.added_utc_s, STAFF.c.name))]

    def of(self, credential: str) -> Member | None:
        """Whose credential this is; None: nobody's."""
        with self._reads.connect() as db:
            row = db.execute(select(STAFF).where(STAFF.c.credential == credential)).first()
        return None if row is None else _member(row)

    def named(self, name: str, now_utc_s: int) -> Member | None:
        """The member of this name whose credential is in force; upper and lower case do not matter."""
        wanted = name.casefold()
        here = (one for one in self.all() if one.name.casefold() == wanted and one.state(now_utc_s) == "in force")
        return next(here, None)

    def check_new(self, name: str, role: str, now_utc_s: int) -> str:
        """The name, checked, of a member that can be added.

        Raises:
            WrongUse: The name cannot be one, belongs to a member in force, or the role is unknown.
        """
        name = checked_name(name)
        if role not in codes.codes("team_roles"):
            raise WrongUse(f"{role!r} is no role", remedy=f"Use one of {', '.join(codes.codes('team_roles'))}.")
        if self.named(name, now_utc_s) is not None:
            raise WrongUse(f"there is a member named {name!r}", remedy="Revoke that member first, or add a letter.")
        return name

    def add(self, member: Member) -> None:
        """Let a checked member in.

        Raises:
            WrongUse: The credential is another member's, or was revoked.
        """
        if (known := self.of(member.credential)) is not None and known.kind == CERTIFICATE:
            raise WrongUse("this certificate was added before", remedy="Add the member again for a new one.")
        if known is not None and known.state(member.added_utc_s) == "in force":
            raise WrongUse(f"this account is {known.name!r}'s", remedy="Revoke that member first.")
        values = {name: getattr(member, name) for name in Member.__slots__}
        with self._engine.begin() as db:
            if known is not None:
                db.execute(update(STAFF).where(STAFF.c.credential == member.credential).values(**values))
            else:
                db.execute(insert(STAFF), values)
            mark_changed(db)

    def revoke(self, credentials: Iterable[str], now_utc_s: int) -> int:
        """Let these in no more, from their next request on; returns how many were not revoked before."""
        with self._engine.begin() as db:
            here = STAFF.c.credential.in_(sorted(credentials)) & (STAFF.c.revoked_utc_s == 0)
            changed = db.execute(update(STAFF).where(here).values(revoked_utc_s=now_utc_s)).rowcount
            mark_changed(db)
        return int(changed)


def _member(row: Row[Any]) -> Member:
    return Member(**{name: getattr(row, name) for name in Member.__slots__})
