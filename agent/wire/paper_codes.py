"""A paper as the text of one or more QR codes, for hands that carry no file. What the paper holds does not matter.

    text = WB1:PAPER:n/of:check:data        data = base32 of a part of zlib(paper), without padding

Only letters of a QR code's alphanumeric mode are used (5.5 bits each), none that a mail program or a keyboard changes.
The check is the CRC-32 of the whole compressed paper, so that parts of two papers are never joined by mistake. It
protects against mistakes alone; the eight words of the paper protect against everybody else.
"""

import base64
import binascii
import re
import zlib
from typing import Final

from agent.errors import WireRefused
from agent.wire.armor import armor, dearmor

PART_LETTERS: Final = 460
"""Letters of data in one code. With its head that is a code of 73 modules a side at the second lowest of four levels of
error correction. Derived: OpenCV's detector read 24 of 24 such codes drawn at 4 and 8 pixels a module, and 17 of 24 of
twice the letters."""
_PARTS_MOST: Final = 40
_PAPER_BYTES_MOST: Final = 65_536
_MARK: Final = "WB1:"
_TEXT: Final = re.compile(r"WB1:([A-Z ]{1,20}):([0-9]{1,2})/([0-9]{1,2}):([0-9A-F]{8}):([A-Z2-7]+)")


def codes_of(paper: str, armored: str) -> tuple[str, ...]:
    """The texts of the codes that hold an armored paper together.

    Args:
        paper: Its name, such as ``BUNDLE``.
        armored: The paper.

    Raises:
        WireRefused: ``malformed``: it is another paper, or too long for 40 codes.
    """
    packed = zlib.compress(dearmor(paper, armored), 9)
    data = base64.b32encode(packed).decode().rstrip("=")
    count = -(-len(data) // PART_LETTERS)
    if count > _PARTS_MOST:
        raise WireRefused("malformed", f"the {paper.lower()} is too long for {_PARTS_MOST} codes")
    size = -(-len(data) // count)  # parts of one size make codes of one size
    check = f"{zlib.crc32(packed):08X}"
    parts = (data[at : at + size] for at in range(0, len(data), size))
    return tuple(f"{_MARK}{paper}:{n}/{count}:{check}:{part}" for n, part in enumerate(parts, start=1))


def is_coded(text: str) -> bool:
    """Whether a text holds the text of a code."""
    return _MARK in text.upper()


def read_papers(text: str) -> str:
    """Armored papers as they are, or out of the texts of codes.

    Raises:
        WireRefused: As `armored_of`.
    """
    return armored_of(text) if is_coded(text) else text


def armored_of(text: str) -> str:
    """The armored papers in the texts of codes: in any order, one or more times, in either case, with anything around.

    Raises:
        WireRefused: ``malformed``: a part is missing or damaged, or parts of two papers of one name are mixed.
    """
    every = {tuple(match.groups()) for match in _TEXT.finditer(" ".join(text.upper().split()))}
    papers = sorted({(name, of, check) for name, _, of, check, _ in every})
    if not papers or len({name for name, _, _ in papers}) < len(papers):
        raise WireRefused("malformed", "these are not the codes of one card: scan all of its codes, and no other")
    return "".join(_paper({one for one in every if one[0] == name}) for name, _, _ in papers)


def _paper(found: set[tuple[str, ...]]) -> str:
    name, _, of, check, _ = next(iter(found))
    parts = {int(n): data for _, n, _, _, data in found}
    missing = [str(n) for n in range(1, int(of) + 1) if n not in parts]
    if missing or len(parts) != len(found):
        raise WireRefused(
            "malformed", f"code {', '.join(missing) or 'twice'} of {of} is missing or damaged: scan again"
        )
    joined = "".join(parts[n] for n in sorted(parts))
    return armor(name, _unpacked(joined, check, name))


def _unpacked(data: str, check: str, name: str) -> bytes:
    try:
        packed = base64.b32decode(data + "=" * (-len(data) % 8))
        if f"{zlib.crc32(packed):08X}" != check:
            raise WireRefused("malformed", f"the codes of this {name.lower()} are damaged: scan them again")
        unpacking = zlib.decompressobj()
        paper = unpacking.decompress(packed, _PAPER_BYTES_MOST)
    except (binascii.Error, zlib.error) as error:
        raise WireRefused("malformed", f"the codes of this {name.lower()} are damaged: scan them again") from error
    if not unpacking.eof:
        raise WireRefused("malformed", f"the {name.lower()} in these codes is too long or cut short")
    return paper
