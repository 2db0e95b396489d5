"""What the person asks of the care team: to be seen, no more, an alert held back, an alert read.

Each is a sealed row under the consent in force, and stands in the ledger; what is asked now is kept under the data key.
"""

from dataclasses import dataclass
from typing import Final

from agent.errors import KeysMissing, PolicyDenied, WireRefused, WrongUse
from agent.outbox import alerts, consents
from agent.outbox.file import Outbox
from agent.outbox.rows import ASKED, Row
from agent.privacy.consent import CARE, Consented
from agent.system.storage import storing
from agent.tables.profiles import Profile
from agent.wire import codec, codes
from agent.wire.ask import ABOUT_ALERTS, WORDS_MOST, are_words
from agent.wire.codec import Fields
from agent.wire.message import HASH_BYTES, AskMessage

_BYTES_MOST: Final = 1500  # beside them an envelope holds a row's place: 500 signs of three bytes
GIVE: Final = "'wardbeat consent give --purpose care', or tick it at the page. Then ask again."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of the team now.

    Attributes:
        what: A name of the table ``asks``.
        about: Number of the alert, for ``hold`` and ``seen``; else 0.
        words: To the team, for ``see``.
    """

    what: str
    about: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """That the person asks to be seen.

    Attributes:
        at_utc_s: Since when.
        words: To the team.
    """

    at_utc_s: int
    words: str


def ask(outbox: Outbox, profile: Profile, operator: str | None, wish: Wish, now_utc_s: int) -> Row:
    """Seal a wish.

    Args:
        outbox: The file.
        profile: The policy in force.
        operator: The enrolled hub's; None: this machine is not enrolled.
        wish: What is wanted.
        now_utc_s: The session's UTC now.

    Raises:
        WrongUse: It has not its form, or there is no such alert.
        PolicyDenied: The profile has no care team, or the person consented to none.
        KeysMissing: This machine is not enrolled.
        StorageFull: Nothing was changed.
    """
    _check(wish)
    given = _consented(outbox, profile, operator, now_utc_s)
    if wish.what in ABOUT_ALERTS:
        alerts.check(outbox, wish.what, wish.about, now_utc_s)
    message = AskMessage(given.record.hash, now_utc_s, codes.codes("asks")[wish.what], wish.about, wish.words)
    with storing(outbox.db):
        row = outbox.append([message], now_utc_s)
        if wish.what in ABOUT_ALERTS:
            alerts.note(outbox, wish.what, wish.about, now_utc_s)
        else:
            kept: list[codec.Item] = [given.record.hash, now_utc_s, wish.words] if wish.what == "see" else []
            outbox.put_sealed_meta(ASKED, codec.encode(kept))
    return row


def asked(outbox: Outbox) -> Asked | None:
    """What is asked under the consent in force; a later consent has to be asked under again."""
    record = consents.in_force(outbox)
    try:
        words = outbox.sealed_meta(ASKED)
        if record is None or not words or words == codec.encode([]):
            return None
        row = Fields(codec.decode(words), 3)
        under, at_utc_s, said = row.raw(HASH_BYTES), row.utc_s(), row.text()
    except (KeysMissing, WireRefused):
        return None  # altered: the person may ask again, and take back
    return Asked(at_utc_s, said) if under == record.hash else None


def has_team(outbox: Outbox, profile: Profile, operator: str | None, now_utc_s: int) -> bool:
    """Whether the person may ask now."""
    given = consents.stands_at(outbox, profile.name, now_utc_s) if CARE in profile.purposes else None
    return given is not None and _is_for_team(given, operator)


def _check(wish: Wish) -> None:
    """The form of a wish.

    Raises:
        WrongUse: It has not its form.
    """
    if wish.what not in codes.codes("asks") or bool(wish.about) != (wish.what in ABOUT_ALERTS):
        raise WrongUse("this is nothing that a care team can be asked")
    if wish.words and wish.what != "see":
        raise WrongUse("words go to the team only when you ask to be seen", remedy="Leave them out.")
    if not are_words(wish.words) or len(wish.words.encode()) > _BYTES_MOST:
        raise WrongUse(
            f"these words cannot be sent: more than {WORDS_MOST} characters, or signs that cannot be printed",
            remedy="Write less, in plain text.",
        )


def _consented(outbox: Outbox, profile: Profile, operator: str | None, now_utc_s: int) -> Consented:
    if CARE not in profile.purposes:
        raise PolicyDenied(f"the profile {profile.name!r} has no care team", remedy="Nothing was sent.")
    if operator is None:
        raise KeysMissing("this machine is not enrolled", remedy="Run 'wardbeat enroll BUNDLE'.")
    given = consents.stands_at(outbox, profile.name, now_utc_s)
    if given is None:
        why = consents.why_not(outbox, profile.name, now_utc_s)
        raise PolicyDenied(f"a consent to care is needed, and yours is {why}", remedy=GIVE)
    if not _is_for_team(given, operator):
        raise PolicyDenied(f"your consent lets the care team of {operator} see nothing", remedy=GIVE)
    return given


def _is_for_team(given: Consented, operator: str | None) -> bool:
    return any((grant.purpose, grant.recipient) == (CARE, operator) for grant in given.grants)
