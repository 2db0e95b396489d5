"""The end of an erasure: the hub's receipt is kept, and what could still speak for the person is destroyed."""

from pathlib import Path
from typing import Final

from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.errors import WireRefused
from agent.outbox import Outbox, consents
from agent.system import host
from agent.wire.erasure import receipt_in_words
from agent.wire.receipt import Erased

RECEIPT: Final = "erase-receipt.txt"


def leave(folder: Path, outbox: Outbox, enrolled: Identity, erased: Erased, now_utc_s: int) -> bool:
    """Keep the receipt and destroy this machine's keys; True when that was done.

    A receipt of an erasure that was not the last one asked for here, or not asked for at all, changes nothing. One
    after which a consent was given, or rows of a later consent stand, is kept, and the keys with it.

    Raises:
        WireRefused: ``bad_signature``: no receipt key of this site's directory signed it.
    """
    directory = enrolled.directory().directory
    if not any(erased.signed_by(public, enrolled.site) for public in directory.receipt_publics):
        raise WireRefused("bad_signature", "the erase receipt is not signed by a receipt key of this site")
    if erased.device != enrolled.device or not outbox.has_asked_to_erase(erased.asked_utc_s):
        return False
    bundle = enrolled.bundle
    words = receipt_in_words(bundle.operator, bundle.root_public, enrolled.site, enrolled.published, erased)
    host.write_private(folder / RECEIPT, words.encode())
    if outbox.has_consented_since_erasure() or erased.kept:
        return False
    identity.destroy(folder)
    consents.retire(outbox, now_utc_s, erased=True)
    outbox.sealing = None
    return True
