"""Looks at a person's values as the hub reports them to that person: chained, so that none can be changed or left out.

look = encoded [number, at UTC s, who, role, view]           link = SHA-256(link before ‖ look); before the first: zeros
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec, codes
from agent.wire.codec import Fields
from agent.wire.message import HASH_BYTES
from agent.wire.receipt import LooksMessage

FIRST_LINK: Final = bytes(HASH_BYTES)
WHO_MOST: Final = 64  # characters


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Attributes:
        number: Counts the looks at this person, from 1.
        at_utc_s: When it was answered.
        who: Name of the member of the team.
        role: A name of the table ``team_roles``.
        view: A name of the table ``views``.
    """

    number: int
    at_utc_s: int
    who: str
    role: str
    view: str

    def encode(self) -> bytes:
        """As it is chained."""
        role, view = codes.codes("team_roles")[self.role], codes.codes("views")[self.view]
        return codec.encode([self.number, self.at_utc_s, self.who, role, view])


def link(before: bytes, look: bytes) -> bytes:
    """The link of an encoded look."""
    return hashlib.sha256(before + look).digest()


def decode_look(data: bytes) -> Look:
    """Strict inverse of `Look.encode`.

    Raises:
        WireRefused: ``malformed``, or ``schema_too_new`` for a code that we do not know.
    """
    row = Fields(codec.decode(data), 5)
    number, at_utc_s, who, role, view = row.uint(), row.utc_s(), row.text(), row.uint(), row.uint()
    if role not in codes.names("team_roles") or view not in codes.names("views"):
        raise WireRefused("schema_too_new", "unknown code in a look")
    if number < 1 or not 0 < len(who) <= WHO_MOST or not who.isprintable():
        raise WireRefused("malformed", "a look is not valid")
    return Look(number, at_utc_s, who, codes.names("team_roles")[role], codes.names("views")[view])


def chained(message: LooksMessage) -> Iterator[tuple[Look, bytes]]:
    """Each look with its link; numbers follow each other.

    Raises:
        WireRefused: As `decode_look`; ``malformed`` where a number is left out.
    """
    last, number = message.before, 0
    for data in message.looks:
        look = decode_look(data)
        if number and look.number != number + 1:
            raise WireRefused("malformed", "a look is left out")
        number, last = look.number, link(last, data)
        yield look, last
