"""Key rotation: a KEM key each week, a directory before the last one ends, old KEM keys destroyed.

Deleting a KEM key is the only forward secrecy: until then, whoever copies the key store can decrypt recorded traffic.
Devices seal to the newest key of the newest directory they know, and seal again what was sealed to a deleted key.
"""

import logging
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from agent.errors import WrongUse
from agent.wire.directory import verified
from agent.wire.keys import SignKey
from hub.keys.kem import DAY_S, KEM_DAYS
from hub.keys.keystore import KeyStore
from hub.site import backup_key, open_keys
from hub.store import Store

log = logging.getLogger(__name__)

KEM_EVERY_DAYS: Final = 7
RENEW_BEFORE_DAYS: Final = 2
CERT_WARN_DAYS: Final = 45


def keep_fresh(keys: KeyStore, store: Store, now_utc_s: int) -> bool:
    """Rotate the keys that are due and destroy those past their end; True when a new directory was issued.

    A wrong clock does no lasting harm: one that was ahead destroys old keys early (devices seal again) and creates keys
    that are shortened once it is right; one that was behind creates no directory older than the last.
    """
    keys.kems.shorten(now_utc_s)
    due = max(keys.kems.ends().values()) - now_utc_s <= (KEM_DAYS - KEM_EVERY_DAYS) * DAY_S
    if due:
        keys.kems.add(now_utc_s)
    ended = keys.kems.delete_ended(now_utc_s)
    if ended:
        forgotten = store.delete_settled(ended)
        log.info("%d KEM keys were destroyed, and the memory of %d envelopes sealed to them", len(ended), forgotten)
    stale = not keys.is_current()  # a crash came between a change and its directory
    directory = verified(keys.published(), keys.site, keys.value("root public"), 0).directory
    left_s = directory.expires_utc_s - now_utc_s
    # an end far ahead comes from a clock that was wrong
    if due or ended or stale or left_s < RENEW_BEFORE_DAYS * DAY_S or left_s > 2 * KEM_DAYS * DAY_S:
        keys.issue_directory(now_utc_s)
        return True
    return False


def rotate(folder: Path, root_seed: bytes | None = None, *, receipt: bool = False, stolen: bool = False) -> int:
    """Create a new KEM key, or the keys asked for, and a new directory; returns its version.

    Args:
        folder: The hub's.
        root_seed: Seed of root.key: create a new directory key under it.
        receipt: Create a new receipt key.
        stolen: With ``receipt``: revoke the old ones.

    Raises:
        KeysMissing: No hub here, or another site's root.
        WrongUse: ``stolen`` without ``receipt``.
    """
    if stolen and not receipt:
        raise WrongUse(
            "--stolen is only for --receipt",
            remedy="For a stolen directory key use --root; for a device use 'hub revoke'.",
        )
    now_utc_s = int(time.time())
    keys = open_keys(folder)
    with closing(keys), keys.exclusive():
        if root_seed is not None:
            keys.new_directory_key(SignKey.of(root_seed), now_utc_s)
            keys.put({"backup public": backup_key(root_seed).public})
        if receipt:
            keys.new_receipt_key(revoke=stolen)
        if root_seed is None and not receipt:
            keys.kems.add(now_utc_s)
        keys.issue_directory(now_utc_s)
        return keys.version()


def days_of_certificate(keys: KeyStore, now_utc_s: int) -> int:
    """How many days the yearly directory key is still valid."""
    key = verified(keys.published(), keys.site, keys.value("root public"), 0).key
    return (key.not_after_utc_s - now_utc_s) // DAY_S
