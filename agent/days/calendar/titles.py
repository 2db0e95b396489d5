"""What an entry is called: read here alone, inside the reading process, and only to find what the person marked.

A mark is kept under a keyed digest of the title, never under the title.

Source: RFC 2104 (HMAC), FIPS 180-4 (SHA-256).
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from agent.days.calendar.reasons import Mark

_TEXT_MOST: Final = 200
_COMMA: Final = re.compile(r"(?<!\\),")
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")

Name = tuple[str, str]
"""("title" or "category", the text)"""


def digest(key: bytes, field: str, text: str) -> str:
    """The name under which a mark is kept, 64 hexadecimal digits.

    Args:
        key: Of this person alone, at least 16 bytes; whoever lacks it cannot test a guessed title.
        field: ``title`` or ``category``.
        text: The title; case, width and spacing make no difference.

    >>> digest(b"k" * 32, "title", "Night  Shift") == digest(b"k" * 32, "title", " night shift")
    True
    """
    normal = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hmac.new(key, f"{field}\0{normal}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def names_of(lines: list[tuple[bytes, bytes | None]]) -> Iterator[Name]:
    """The title and the categories of an entry: the one place that reads them."""
    for name, line in lines:
        if line is None or name not in (b"SUMMARY", b"CATEGORIES"):
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("cp1252", "replace")
        value = _after_parameters(text)
        field = "title" if name == b"SUMMARY" else "category"
        for part in [value] if field == "title" else _COMMA.split(value)[:20]:
            clean = _ESCAPED.sub(lambda found: found[1] if found[1] not in "nN" else " ", part)
            clean = "".join(sign if sign.isprintable() else " " for sign in clean[: 4 * _TEXT_MOST])
            if clean := " ".join(clean.split())[:_TEXT_MOST]:
                yield field, clean


def mark_of(names: list[Name], key: bytes, marks: Mapping[str, Mark]) -> Mark | None:
    """What the person said of an entry with these names; the title goes before the categories."""
    found = (marks.get(digest(key, field, text)) for field, text in sorted(names, key=lambda name: name[0] != "title"))
    return next((mark for mark in found if mark is not None), None)


def _after_parameters(text: str) -> str:
    in_quotes = False
    for place, sign in enumerate(text):
        if sign == '"':
            in_quotes = not in_quotes
        elif sign == ":" and not in_quotes:
            return text[place + 1 :]
    return ""
