"""The hub's receipt of an erasure, as a person keeps it: words made from what is signed, and the paper to prove them.

    paper = [site, root public, published directory, ["erased", device, times, signature by a receipt key]]

A paper brings its own root and its own directory. So it proves what somebody with that root's keys said: whose root it
is, eight words tell; whether the key was taken back since, a newer directory tells (`agent.enrollment.departure`).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec
from agent.wire.armor import armor, dearmor, outside
from agent.wire.codec import Fields
from agent.wire.consent import MAX_TEXT
from agent.wire.directory import Verified, fingerprint_words, verified
from agent.wire.enroll import is_name
from agent.wire.erasure import EVERY_SERIAL
from agent.wire.keys import SIGN_PUBLIC_BYTES
from agent.wire.receipt import Erased, decode_erased

PAPER: Final = "ERASE RECEIPT"
# A receipt may reach a machine under a later directory: it was asleep, or asked again. It is not older than this.
_OLDEST_S: Final = 60 * 86_400
_OLD_NOTE: Final = (
    "A receipt proves a statement, not a disk. It holds nothing about you but this machine's random name. "
    "'wardbeat recovery verify' reads it."
)
_NOTE: Final = """\
A receipt proves a statement, not a disk. It holds nothing about you but a machine's random name.
'wardbeat recovery verify' reads it, and prints what of it is signed."""


@dataclass(frozen=True, slots=True)
class EraseReceipt:
    """A receipt whose signatures hold.

    Attributes:
        site: The hub's.
        root_public: The root key that everything hangs on.
        seen: The directory that lists the signing key.
        signer: The receipt key that signed.
        erased: What it says.
    """

    site: str
    root_public: bytes
    seen: Verified
    signer: bytes
    erased: Erased

    @property
    def words(self) -> str:
        """Every signed field in words, and nothing else."""
        directory, key = self.seen.directory, self.seen.key
        of_directory = _days(directory.issued_utc_s, directory.expires_utc_s)
        return (
            f"The hub of the site {self.site} states that {self._statement()}\n"
            f"{self.erased.kept} rows under a consent that was given later stand.\n"
            f"Signed by a key of directory {directory.version}, {of_directory},\n"
            f"under certificate {key.serial} of the root, {_days(key.not_before_utc_s, key.not_after_utc_s)}.\n"
            f"The root's eight words: {fingerprint_words(self.root_public)}"
        )

    def is_told_by(self, text: str) -> bool:
        """Whether the words around the paper, where there are any, are those that it signs."""
        found = _flat(outside(PAPER, text))
        kept = f" {self.erased.kept} rows under a consent that was given later stand." if self.erased.kept else ""
        # release 0.1.0 began with the operator's name, which is not signed
        operator, states, rest = found.partition(f" (site {self.site}) states that ")
        of_0_1_0 = (
            bool(states) and len(operator) <= MAX_TEXT and rest == f"{_flat(self._statement())}{kept} {_OLD_NOTE}"
        )
        return not found or of_0_1_0 or found == _flat(f"{self.words} {_NOTE}")

    def _statement(self) -> str:
        erased = self.erased
        every = erased.serial >= EVERY_SERIAL
        under = "under every consent" if every else f"under consents up to number {erased.serial}"
        ends = "no backup of the hub's keys existed"
        if erased.backups_end_utc_s:
            ends = f"the last backup of the hub's keys is to be destroyed by {day(erased.backups_end_utc_s)}"
        return (
            f"everything stored for the device {erased.device},\n"
            f"{under}, was erased on {day(erased.erased_utc_s)},\n"
            f"as asked on {day(erased.asked_utc_s)} by the asking machine's clock:\n"
            f"the rows, and the keys that their words were under; {ends}."
        )


def receipt_text(root_public: bytes, site: str, published: bytes, erased: Erased) -> str:
    """A receipt for a person: in words, and as the paper that `read_receipt` verifies.

    Raises:
        WireRefused: A name or a signature in it is wrong.
    """
    paper = armor(PAPER, codec.encode([site, root_public, published, erased.items()]))
    return f"{_signed(paper).words}\n\n{_NOTE}\n\n{paper}"


def read_receipt(text: str) -> EraseReceipt:
    """A receipt that verifies by what it brings itself.

    Raises:
        WireRefused: ``malformed``; ``weak_key``; ``bad_signature``: it was not signed, or was changed, or its directory
            takes its key back; ``out_of_date``: it was signed outside the days of its directory.
    """
    read = _signed(text)
    directory, erased_utc_s = read.seen.directory, read.erased.erased_utc_s
    last = min(directory.expires_utc_s, read.seen.key.not_after_utc_s)
    if not directory.issued_utc_s - _OLDEST_S <= erased_utc_s <= last:
        raise WireRefused(
            "out_of_date", f"the receipt is of {day(erased_utc_s)}, which is outside the days of its directory"
        )
    return read


def _signed(text: str) -> EraseReceipt:
    row = Fields(codec.decode(dearmor(PAPER, text)), 4)
    site, root_public, published, erased = row.text(), row.raw(SIGN_PUBLIC_BYTES), row.raw(), decode_erased(row.array())
    if not is_name(site) or not is_name(erased.device):
        raise WireRefused("malformed", "the names in the receipt are not those of a site and a device")
    seen = verified(published, site, root_public, 0)
    signer = next((public for public in seen.directory.receipt_keys() if erased.signed_by(public, site)), None)
    if signer is None:
        raise WireRefused("bad_signature", "the receipt is not signed by a receipt key of its site")
    return EraseReceipt(site, root_public, seen, signer, erased)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _days(first_utc_s: int, last_utc_s: int) -> str:
    return f"{day(first_utc_s)} to {day(last_utc_s)}"


def day(utc_s: int) -> str:
    """A moment of a receipt as it is written there; any number has words."""
    if utc_s > codec.UTC_S_MOST:  # whoever signed it, nobody's text may break
        return "a day beyond the calendar"
    return dt.datetime.fromtimestamp(utc_s, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
