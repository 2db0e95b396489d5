"""Looks: every answer that holds a person's values is written into the log, durably, before it is given.

page ──▶ people in it ──▶ [locks, consents in force, LOOK and RIDE rows] (one transaction) ──▶ key store ──▶ answer
"""

from collections.abc import Iterator, Sequence

from hub.care.consented import consented
from hub.care.rows import Opened, Seen
from hub.keys.keystore import KeyStore
from hub.store.looks import Head, KeptLook, Looking, look_faults, write_looks
from hub.store.records import signed_records
from hub.store.store import Store


def log_looks(opened: Opened, seen: Sequence[Seen]) -> None:
    """Write the looks of one answer and note the log's new end; then it may be given.

    Args:
        opened: Of the request.
        seen: Everybody whose values are in the answer.

    Raises:
        NoConsent: Of one of them no consent is in force any more. Nothing was written.
        NotDurable, KeysMissing, sqlalchemy errors of `hub.database.CANNOT_WRITE`: Nothing was written, or the answer
            may not be given.
    """
    keys, viewer = opened.keys, opened.viewer
    looking = Looking(viewer.name, viewer.role, opened.now_utc_s, tuple((one.kid, one.view) for one in seen))
    with opened.store.checked() as db:

        def may_see(kid: bytes) -> bool:
            device = keys.devices.of(kid)
            if device is None:
                return False
            return consented(device, signed_records(db, keys.site, device), keys.operator, opened.now_utc_s) is not None

        head = write_looks(db, keys, looking, may_see)
    keys.generations.note_look(head.n, head.link)


def may_be_seen(opened: Opened, device_name: str) -> bool:
    """Whether there is such a device, and its person lets this team see them now."""
    device = opened.keys.devices.named(device_name)
    if device is None:
        return False
    return consented(device, opened.store.records(device), opened.keys.operator, opened.now_utc_s) is not None


def faults(store: Store, keys: KeyStore) -> Iterator[str]:
    """What is wrong with the log, a sentence each."""
    noted = Head(*keys.generations.look_head())  # first: a look that is written meanwhile is no fault
    yield from look_faults(store.looks(), noted)


def named_looks(store: Store, keys: KeyStore) -> Iterator[tuple[str, KeptLook]]:
    """The whole log in order, each row with the random name of its device."""
    for row in store.looks():
        device = keys.devices.of(row.kid)
        yield (row.kid.hex() if device is None else device.device), row
