"""Whether a person lets this team see them now, by the signed records alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.wire.consent import NOTHING, ConsentRecord
from agent.wire.message import SCORE
from hub.keys.devices import Device
from hub.store.records import SignedRecord, last_given, standing

CARE: Final = "care"


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent in force that lets this team see something.

    Attributes:
        record: It.
        granted: Signals for care, with ``index`` and ``context``; ascending.
        is_scored: Whether the hub may compute the index.
    """

    record: ConsentRecord
    granted: tuple[str, ...]
    is_scored: bool

    @property
    def shows_index(self) -> bool:
        """Whether the team sees the index: the hub computes it, and the person lets this team see it."""
        return self.is_scored and "index" in self.granted


def ended_serial(device: Device) -> int:
    """Consents up to this serial are withdrawn or erased."""
    return max(device.withdrawn_serial, device.erased_serial)


def consented(device: Device, records: Iterable[SignedRecord], operator: str, now_utc_s: int) -> Consented | None:
    """The consent under which this team sees a person now; None: it sees nothing.

    Args:
        device: Whose.
        records: Signed by its keys, by serial (`hub.store.records.signed_records`).
        operator: The site's: a grant to another recipient does not count.
        now_utc_s: The hub's clock.
    """
    every = list(records)
    record = last_given(every)
    if record is None or device.revoked or standing(device, record, now_utc_s) != "in force":
        return None
    if any(signed.record.action == "withdraw" and signed.record.serial > record.serial for signed in every):
        return None  # it is signed, whatever the key store knows
    signed = next(signed for signed in every if signed.record is record)
    grants = [*record.grants, *(signed.features.grants if signed.features else ())]
    ours = [grant for grant in grants if grant.recipient == operator]
    granted = tuple(sorted({grant.signal for grant in ours if grant.purpose == CARE and grant.signal != NOTHING}))
    if not granted:
        return None
    return Consented(record, granted, any(grant.purpose == SCORE for grant in ours))
