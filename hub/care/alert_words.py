"""What an alert says, as the column ``words`` of ALERT keeps it: a rule and days, and no value."""

from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec, codes
from agent.wire.codec import Fields, Item
from agent.wire.statement import LAST_DAY

_VERSION: Final = 1
SUGGESTION_MOST: Final = 64  # characters


@dataclass(frozen=True, slots=True)
class AlertWords:
    """One alert.

    Attributes:
        rule: A name of the table ``rules``.
        since_day: First day of the fact: days since 1970.
        made_utc_s: When the hub saw the fact.
        suggestion: Id in the reviewed list of suggestions; empty: none.
        closed_utc_s: When it was closed; 0: it is open.
        more: How often the fact came again before the person could have a further alert of this rule.
        handed_utc_s: When it was handed over to the person's machine; 0: not yet.
        told_revision: The revision that was last sent to the person.
        escalated_utc_s: When the lead was written to; 0: not yet.
    """

    rule: str
    since_day: int
    made_utc_s: int
    suggestion: str = ""
    closed_utc_s: int = 0
    more: int = 0
    handed_utc_s: int = 0
    told_revision: int = 0
    escalated_utc_s: int = 0


def encode(words: AlertWords) -> bytes:
    """As they are kept."""
    rule = codes.codes("rules")[words.rule]
    head: list[Item] = [_VERSION, rule, words.since_day, words.made_utc_s, words.suggestion, words.closed_utc_s]
    followed = [words.more, words.handed_utc_s, words.told_revision, words.escalated_utc_s]
    return codec.encode([*head, *followed])


def decode(data: bytes) -> AlertWords:
    """Strict inverse of `encode`.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(codec.decode(data), 10)
    version, rule, since_day, made_utc_s = row.uint(), row.uint(), row.uint(), row.utc_s()
    suggestion, closed_utc_s = row.text(), row.utc_s()
    followed = row.uint(), row.utc_s(), row.uint(), row.utc_s()
    is_valid = version == _VERSION and rule in codes.names("rules") and since_day <= LAST_DAY
    if not is_valid or len(suggestion) > SUGGESTION_MOST or not suggestion.isprintable():
        raise WireRefused("malformed", "the words of an alert are not valid")
    return AlertWords(codes.names("rules")[rule], since_day, made_utc_s, suggestion, closed_utc_s, *followed)
