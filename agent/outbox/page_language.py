"""The language that the person chose at the page; notifications follow it. Empty: they chose none."""

from typing import Final

from agent.errors import KeysMissing
from agent.outbox.file import Outbox

_NAME: Final = "language of the page"


def choose(outbox: Outbox, language: str) -> None:
    """Keep it, sealed; empty: that of the browser."""
    outbox.set_sealed_meta(_NAME, language.encode())


def chosen(outbox: Outbox) -> str:
    """The language; empty where they chose none, or it cannot be read."""
    try:
        return (outbox.sealed_meta(_NAME) or b"").decode()
    except KeysMissing:
        return ""
