"""What a person asks of the care team as bytes: to be seen, no more, an alert held back, an alert seen.

ask = ["ask", 1, consent hash, at UTC s, what, alert, words]
"""

from typing import Final

from agent.errors import WireRefused
from agent.wire import codes
from agent.wire.codec import Decoded, Fields, Item
from agent.wire.message import HASH_BYTES, AskMessage

SCHEMA: Final = 1
PURPOSE: Final = "care"
WORDS_MOST: Final = 500  # characters
ABOUT_ALERTS: Final = frozenset({"hold", "seen"})


def ask_items(message: AskMessage) -> list[Item]:
    """The message behind its kind."""
    return [SCHEMA, message.consent_hash, message.at_utc_s, message.what, message.about, message.words]


def read_ask(item: list[Decoded]) -> AskMessage:
    """Strict inverse of `ask_items`, behind the kind.

    Raises:
        WireRefused: ``schema_too_new`` for a schema or code that we do not know, else ``malformed``.
    """
    if item and isinstance(item[0], int) and item[0] > SCHEMA:
        raise WireRefused("schema_too_new", "unknown schema of an ask")
    row = Fields(item, 6)
    if row.uint() != SCHEMA:
        raise WireRefused("malformed", "unknown schema of an ask")
    message = AskMessage(row.raw(HASH_BYTES), row.utc_s(), row.uint(), row.uint(), row.text())
    name = codes.names("asks").get(message.what)
    if name is None:
        raise WireRefused("schema_too_new", "unknown code of an ask")
    is_valid = bool(message.about) == (name in ABOUT_ALERTS) and (not message.words or name == "see")
    if not is_valid or not are_words(message.words):
        raise WireRefused("malformed", "an ask is not valid")
    return message


def are_words(text: str) -> bool:
    """Whether a person's words may travel: short, printable, in lines."""
    return len(text) <= WORDS_MOST and all(part.isprintable() for part in text.split("\n"))
