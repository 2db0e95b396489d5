"""Papers as text: base64 between two lines that name the paper."""

import base64
import binascii
import textwrap
from typing import Final

from agent.errors import WireRefused

PAPERS: Final = ("BUNDLE", "PASS", "REQUEST", "ANSWER", "ERASURE", "ERASE RECEIPT")
_BEGIN: Final = "-----BEGIN WARDBEAT "


def armor(paper: str, data: bytes) -> str:
    """A paper as text that survives mail and hands."""
    lines = textwrap.wrap(base64.b64encode(data).decode(), 64)
    return "\n".join([f"-----BEGIN WARDBEAT {paper}-----", *lines, f"-----END WARDBEAT {paper}-----", ""])


def dearmor(paper: str, text: str) -> bytes:
    """Inverse of `armor`; what a mail program put around it, or quoted it with, does not matter.

    Raises:
        WireRefused: ``malformed``, naming what was expected, and what it is.
    """
    _, inside, _ = _parts(paper, text)
    try:
        return base64.b64decode("".join(inside), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireRefused("malformed", f"the {paper.lower()} is damaged") from error


def holds(paper: str, text: str) -> bool:
    """Whether a text holds an armored paper of this name, whole or not."""
    return any(line.strip().lstrip("> ") == f"{_BEGIN}{paper}-----" for line in text.splitlines())


def outside(paper: str, text: str) -> str:
    """What stands around an armored paper: nobody signed it.

    Raises:
        WireRefused: As `dearmor`.
    """
    before, _, after = _parts(paper, text)
    return "\n".join([*before, *after])


def _parts(paper: str, text: str) -> tuple[list[str], list[str], list[str]]:
    lines = [line.strip().lstrip("> ") for line in text.splitlines()]
    begins = [line for line in lines if line.startswith(_BEGIN)]
    begin, end = f"{_BEGIN}{paper}-----", f"-----END WARDBEAT {paper}-----"
    if begin not in begins:
        named = {line.removeprefix(_BEGIN).rstrip("-") for line in begins}
        found = next((other.lower() for other in PAPERS if other in named), "another kind of file")
        raise WireRefused("malformed", f"this is {found}, not a Wardbeat {paper.lower()}")
    at = lines.index(begin)
    inside = lines[at + 1 :]
    if end not in inside:
        raise WireRefused("malformed", f"the {paper.lower()} is cut short: its last line is missing")
    return lines[:at], inside[: inside.index(end)], inside[inside.index(end) + 1 :]
