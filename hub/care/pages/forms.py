"""What the team writes: notes, and who takes care of an alert. The consent is checked again with the device locked."""

from collections.abc import Callable, Mapping
from typing import Final

from agent.errors import WrongUse
from hub.care.consented import consented
from hub.care.rows import Opened
from hub.store.care_view import CareView

NOTE_MOST: Final = 2000  # characters
TAKEN: Final = "taken"
DONE: Final = {
    "note": "The note is saved.",
    "deleted": "The note is deleted.",
    TAKEN: "Everybody in the team reads now who takes care of this alert, and the person reads that somebody does.",
}
"""What the next page says, by the name in its address."""
_GONE: Final = "this person does not let this team see them (any more)"


def add_note(opened: Opened, asked: Mapping[str, str]) -> str:
    """Keep a note.

    Args:
        opened: The request's.
        asked: ``device``, and ``text``.

    Raises:
        WrongUse: It is empty or too long, or the person is not seen any more.
        NotDurable: The person is being erased; nothing is kept.
    """
    text = asked.get("text", "").replace("\r\n", "\n").strip()
    if not text or len(text) > NOTE_MOST or not all(part.isprintable() for part in text.split("\n")):
        raise WrongUse(
            "this note cannot be saved", remedy=f"Write 1 to {NOTE_MOST} letters, without control characters."
        )

    def write(view: CareView, kid: bytes) -> None:
        if not view.add_note(kid, opened.now_utc_s, opened.viewer.name, text):
            raise WrongUse("there are too many notes on this person", remedy="A lead can delete old ones.")

    _written(opened, asked["device"], write)
    return f"/people/{asked['device']}?done=note#notes"


def delete_note(opened: Opened, asked: Mapping[str, str]) -> str:
    """Delete a note.

    Args:
        opened: The request's.
        asked: ``device``, and ``number``.

    Raises:
        WrongUse: There is no such number, or the person is not seen any more.
    """
    number = _number(asked)
    _written(opened, asked["device"], lambda view, kid: view.delete_note(kid, number))
    return f"/people/{asked['device']}?done=deleted#notes"


def acknowledge(opened: Opened, asked: Mapping[str, str]) -> str:
    """Take care of an alert; where somebody did before, the page says who.

    Args:
        opened: The request's.
        asked: ``device``, ``number``, and ``back``: ``person`` to go to the person.

    Raises:
        WrongUse: There is no such number, or the person is not seen any more.
    """
    number = _number(asked)

    def write(view: CareView, kid: bytes) -> None:
        view.acknowledge(kid, number, opened.viewer.name, opened.now_utc_s)

    _written(opened, asked["device"], write)
    return f"/people/{asked['device']}?done={TAKEN}" if asked.get("back") == "person" else f"/alerts?done={TAKEN}"


def _number(asked: Mapping[str, str]) -> int:
    text = asked.get("number", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise WrongUse("this form is not valid", remedy="Open the page again.")
    return int(text)


def _written(opened: Opened, device: str, write: Callable[[CareView, bytes], None]) -> None:
    """In one transaction in which nothing of the person can end."""
    known = opened.keys.devices.named(device)
    if known is None:
        raise WrongUse(_GONE, remedy="Open the list of people again.")
    with opened.store.checked() as db:
        view = CareView(db, opened.keys)
        view.lock(known.kid)
        fresh = opened.keys.devices.of(known.kid) or known
        records = view.records([fresh]).get(fresh.kid, [])
        if consented(fresh, records, opened.keys.operator, opened.now_utc_s) is None:
            raise WrongUse(_GONE, remedy="Open the list of people again.")
        write(view, known.kid)
