"""Signatures that one store has proven, kept from one transaction to the next.

What a transaction that rolls back has read is not kept: the row may be its own, and gone with it.
"""

from collections import ChainMap
from dataclasses import dataclass, field
from typing import Final

from agent.wire.consent import ConsentRecord
from agent.wire.message import Grant

_MOST: Final = 10_000

ConsentKey = tuple[bytes, bytes]
"""Kid of the device, hash of the consent record."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement: the features that its consent names, and grants that the record cannot hold."""

    features: frozenset[int]
    grants: frozenset[Grant] = frozenset()


@dataclass(frozen=True, slots=True)
class Proven:
    """Consent records and statements; a stored one never changes."""

    records: ChainMap[ConsentKey, ConsentRecord] = field(default_factory=ChainMap)
    statements: ChainMap[ConsentKey, Stated] = field(default_factory=ChainMap)

    def child(self) -> "Proven":
        """The same for one transaction: what it adds is its own until `keep`."""
        return Proven(self.records.new_child(), self.statements.new_child())

    def keep(self, child: "Proven") -> None:
        """Take over what a committed transaction proved."""
        if len(self.records) + len(self.statements) >= _MOST:
            self.records.clear()
            self.statements.clear()
        self.records.update(child.records.maps[0])
        self.statements.update(child.statements.maps[0])
