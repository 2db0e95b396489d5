"""The end of an erasure: the hub's receipt is kept, and what could still speak for the person is destroyed."""

import datetime as dt
from pathlib import Path
from typing import Final

from agent import host, identity
from agent.errors import WireRefused
from agent.outbox import Outbox, consents
from agent.wire import codec
from agent.wire.enroll import armor
from agent.wire.receipt import Erased

RECEIPT: Final = "erase-receipt.txt"


def leave(folder: Path, outbox: Outbox, enrolled: identity.Identity, erased: Erased, now_utc_s: int) -> bool:
    """Keep the receipt and destroy this machine's keys; True when that was done.

    A receipt of an erasure that was not the last one asked for here, or not asked for at all, changes nothing. One
    after which a consent was given is kept, and the keys with it.

    Raises:
        WireRefused: ``bad_signature``: no receipt key of this site's directory signed it.
    """
    directory = enrolled.directory().directory
    if not any(erased.signed_by(public, enrolled.site) for public in directory.receipt_publics):
        raise WireRefused("bad_signature", "the erase receipt is not signed by a receipt key of this site")
    if erased.device != enrolled.device or not outbox.has_asked_to_erase(erased.asked_utc_s):
        return False
    host.write_private(folder / RECEIPT, in_words(enrolled, erased).encode())
    if outbox.stays():
        return False
    identity.destroy(folder)
    consents.retire(outbox, now_utc_s)
    outbox.sealing = None
    return True


def in_words(enrolled: identity.Identity, erased: Erased) -> str:
    """The receipt as the person keeps it: in words, and as what anybody can verify who knows the root's words."""
    ends = "no backup of the hub's keys existed"
    if erased.backups_end_utc_s:
        ends = f"the last backup of the hub's keys is to be destroyed by {_day(erased.backups_end_utc_s)}"
    paper = armor("ERASE RECEIPT", codec.encode([enrolled.site, enrolled.published, erased.items()]))
    who = f"{enrolled.bundle.operator} (site {enrolled.site})"
    return (
        f"{who} states that everything stored for the device {erased.device}\n"
        f"was erased on {_day(erased.erased_utc_s)}, as asked on {_day(erased.asked_utc_s)}:\n"
        f"the rows, and the keys that their words were under; {ends}.\n"
        "A receipt proves a statement, not a disk. It holds nothing about you but this machine's random name.\n\n"
        + paper
    )


def _day(utc_s: int) -> str:
    return dt.datetime.fromtimestamp(utc_s, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
