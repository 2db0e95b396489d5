"""The end of an erasure: the hub's receipt is kept, and what could still speak for the person is destroyed."""

from pathlib import Path
from typing import Final

from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.errors import CheckFailed, WireRefused
from agent.outbox import Outbox, consents
from agent.system import host
from agent.wire.erase_receipt import EraseReceipt, receipt_text
from agent.wire.keys import kid
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
    if not any(erased.signed_by(public, enrolled.site) for public in directory.receipt_keys()):
        raise WireRefused("bad_signature", "the erase receipt is not signed by a receipt key of this site")
    if erased.device != enrolled.device or not outbox.has_asked_to_erase(erased.asked_utc_s):
        return False
    bundle = enrolled.bundle
    words = receipt_text(bundle.root_public, enrolled.site, enrolled.published, erased)
    host.write_private(folder / RECEIPT, words.encode())
    if outbox.has_consented_since_erasure() or erased.kept:
        return False
    identity.destroy(folder)
    consents.retire(outbox, now_utc_s, erased=True)
    outbox.sealing = None
    return True


def compare(receipt: EraseReceipt, enrolled: Identity) -> str:
    """What this machine's own directory knows of the keys of a receipt, in words.

    A receipt brings its own directory: an old one, perhaps, in which a key that was stolen is still listed.

    Raises:
        CheckFailed: It hangs on another root, or on a key that was taken back or replaced since.
    """
    if receipt.site != enrolled.site:
        return f"This machine is not enrolled at {receipt.site}, so only the words tell whose root key it is."
    ask = "Ask the site's operator for a new receipt, and show them this one."
    if receipt.root_public != enrolled.bundle.root_public:
        raise CheckFailed("another root key signed it than the one that this machine enrolled under", remedy=ask)
    own = enrolled.directory()
    if kid(receipt.signer) in own.directory.revoked:
        raise CheckFailed("it is signed by a key that was taken back, because it was stolen", remedy=ask)
    is_older = receipt.seen.key.serial < own.key.serial
    if is_older and receipt.erased.erased_utc_s > own.key.not_before_utc_s:
        raise CheckFailed("it hangs on a directory key that had been replaced before", remedy=ask)
    if is_older or receipt.signer not in own.directory.receipt_keys():
        return "The site has replaced the key that signed it; whoever has an old key can write an earlier date."
    return "This machine's own directory lists the key that signed it."
