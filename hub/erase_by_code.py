"""`hub erase`: a person whose machine is lost has everything erased, by the paper that the recovery code signed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agent.errors import WireRefused
from agent.wire.enroll import dearmor
from agent.wire.erasure import EVERY_SERIAL, receipt_in_words, verified_wish
from hub.database import lock_file, unlock_file
from hub.site import open_keys
from hub.store import Store

# The hub's processes count from 1: this one works beside them.
_WORKER = 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    held = lock_file(folder / f"hub.{_WORKER}.lock")
    try:
        yield
    finally:
        unlock_file(held)


def erase_lost(folder: Path, paper: str) -> tuple[str, str]:
    """Erase all that is stored of the device, and believe it no more: its name, and the signed receipt for the person.

    Raises:
        WireRefused: ``malformed``, ``bad_signature``, ``weak_key``, ``wrong_site``, or ``unknown_key``: no device was
            admitted with this code. Nothing was changed.
        AlreadyRunning: Another such command is at work.
        Missing, NotDurable: The data base does not answer, or may forget. The device is believed no more; do it again.
    """
    wish = verified_wish(dearmor("ERASURE", paper))
    with closing(open_keys(folder)) as keys, _alone(folder):
        if wish.site != keys.site:
            raise WireRefused("wrong_site", f"the request is for the site {wish.site}")
        device = keys.devices.of_recovery(wish.public)
        if device is None:
            raise WireRefused("unknown_key", "no device was admitted with this recovery code")
        keys.devices.revoke(device.kid)  # first: nothing of it is stored any more
        with Store(folder, keys, writes=True, worker=_WORKER) as store, store.transaction() as transaction:
            erased = transaction.erase(device, EVERY_SERIAL, wish.asked_utc_s)
        signed = erased.signed(keys.sign_key("receipt"), keys.site)
        text = receipt_in_words(keys.operator, keys.value("root public"), keys.site, keys.published(), signed)
    return device.device, text
