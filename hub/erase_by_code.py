"""Erase everything of a person whose machine is lost, by a request that the recovery code signed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agent.errors import WireRefused
from agent.wire.armor import dearmor
from agent.wire.erase_receipt import receipt_text
from agent.wire.erasure import EVERY_SERIAL, verified_wish
from hub.database import lock_file, unlock_file
from hub.site import open_keys
from hub.store import Store

# Receiving workers count from 1; this process runs beside them.
_WORKER = 0


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    lock = lock_file(folder / f"hub.{_WORKER}.lock")
    try:
        yield
    finally:
        unlock_file(lock)


def erase_lost(folder: Path, paper: str) -> tuple[str, str]:
    """Erase everything stored of a device and revoke it; returns its name and the signed receipt for the person.

    Args:
        folder: The hub's.
        paper: The armored ERASURE request.

    Raises:
        WireRefused: ``malformed``, ``bad_signature``, ``weak_key``, ``wrong_site``, or ``unknown_key``: no device was
            admitted with this code. Nothing was changed.
        AlreadyRunning: Another such command is at work.
        Missing, NotDurable: The database does not respond, or could lose the erasure. The device is revoked; call
            again.
    """
    wish = verified_wish(dearmor("ERASURE", paper))
    with closing(open_keys(folder)) as keys, _only_one(folder):
        if wish.site != keys.site:
            raise WireRefused("wrong_site", f"the request is for the site {wish.site}")
        device = keys.devices.of_recovery(wish.public)
        if device is None:
            raise WireRefused("unknown_key", "no device was admitted with this recovery code")
        keys.devices.revoke(device.kid)  # first: from now on nothing of it is stored
        with Store(folder, keys, writes=True, worker=_WORKER) as store, store.transaction() as transaction:
            erased = transaction.erase(device, EVERY_SERIAL, wish.asked_utc_s)
        keys.issue_directory()  # a receipt is of the days of its directory; without a running hub it may have ended
        signed = erased.signed(keys.sign_key("receipt"), keys.site)
        text = receipt_text(keys.value("root public"), keys.site, keys.published(), signed)
    return device.device, text
