"""Deterministic CBOR in a narrow profile, written out because it is the wire format's attack surface.

    item = uint < 2^53 | byte string | text | array of items        (RFC 8949 major types 0, 2, 3, 4)

Shortest heads only, definite lengths, no maps, floats, null, tags, no byte left over. The decoder builds nothing
else, whatever the bytes say. Each of the four types has one encoding with a shortest head, and text one in UTF-8, so
that a decoder which refuses longer heads accepts exactly what `encode` makes: tests encode again whatever it accepts.
"""

from collections.abc import Sequence
from typing import Final, cast

from agent.errors import WireRefused

Item = int | bytes | str | Sequence["Item"]
Decoded = int | bytes | str | list["Decoded"]

UTC_S_MOST: Final = 253_402_300_799  # the last second of the year 9999
UINT_END: Final = 2**53
MAX_DEPTH: Final = 8
_UINT, _BYTES, _TEXT, _ARRAY = 0, 2, 3, 4
# By a head's low five bits: how many bytes follow, and the least number that needs them.
_WIDTH: Final = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}
_WIDTHS: Final = tuple((low_bits, width, 1 << 8 * width) for low_bits, (width, _) in _WIDTH.items())
_SHORT: Final = tuple(bytes([head]) for head in range(256))


def encode(item: Item) -> bytes:
    """The one byte string of an item.

    Raises:
        WireRefused: ``malformed``, for anything outside the profile.
    """
    out = bytearray()
    _write(item, out, MAX_DEPTH)
    return bytes(out)


def decode(data: bytes) -> Decoded:
    """The item of a byte string that `encode` could have made.

    Raises:
        WireRefused: ``malformed``, for every other byte string.
    """
    item, end = _read(data, 0, MAX_DEPTH)
    if end != len(data):
        raise WireRefused("malformed", "extra bytes after the end")
    return item


class Fields:
    """An array of fixed length, taken field by field; every mismatch is refused as ``malformed``.

    >>> row = Fields([7, b"ab"], 2)
    >>> row.uint(), row.raw(2)
    (7, b'ab')
    """

    def __init__(self, item: Decoded, length: int) -> None:
        if not isinstance(item, list) or len(item) != length:
            raise WireRefused("malformed", f"expected an array of {length}")
        self._rest = iter(item)

    def uint(self) -> int:
        """The next field, an unsigned integer."""
        value = next(self._rest)
        if not isinstance(value, int):
            raise WireRefused("malformed", "expected a number")
        return value

    def utc_s(self) -> int:
        """The next field, a moment in UTC seconds that has a date: a later one would end each program that shows it."""
        value = self.uint()
        if value > UTC_S_MOST:
            raise WireRefused("malformed", "a time is beyond the calendar")
        return value

    def uints(self) -> list[int]:
        """All fields that are left, each an unsigned integer."""
        values = list(self._rest)
        if not all(type(value) is int for value in values):
            raise WireRefused("malformed", "expected numbers")
        return cast("list[int]", values)

    def left(self) -> list[Decoded]:
        """All fields that are left."""
        return list(self._rest)

    def flag(self) -> bool:
        """The next field, 0 or 1."""
        value = self.uint()
        if value not in (0, 1):
            raise WireRefused("malformed", "a flag is neither 0 nor 1")
        return value == 1

    def raw(self, size: int | None = None) -> bytes:
        """The next field, a byte string, of this size where one is given."""
        value = next(self._rest)
        if not isinstance(value, bytes) or (size is not None and len(value) != size):
            raise WireRefused("malformed", f"expected {size or 'some'} bytes")
        return value

    def text(self, *table: str) -> str:
        """The next field, a text; one of the table's where one is given."""
        value = next(self._rest)
        if not isinstance(value, str) or (table and value not in table):
            raise WireRefused("malformed", "expected one of the listed texts")
        return value

    def array(self) -> list[Decoded]:
        """The next field, an array of any length."""
        value = next(self._rest)
        if not isinstance(value, list):
            raise WireRefused("malformed", "expected an array")
        return value


def uints(data: bytes) -> list[int]:
    """The numbers of an encoded array.

    Raises:
        WireRefused: ``malformed``.
    """
    item = decode(data)
    return Fields(item, len(item) if isinstance(item, list) else 0).uints()


def texts(item: Decoded, length: int) -> list[str]:
    """The texts of an array of this length.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(item, length)
    return [row.text() for _ in range(length)]


def text_rows(data: bytes, length: int) -> list[list[str]]:
    """The rows of an encoded array of arrays of texts.

    Args:
        data: Encoded.
        length: Of each row.

    Raises:
        WireRefused: ``malformed``.
    """
    item = decode(data)
    rows = Fields(item, len(item) if isinstance(item, list) else 0)
    return [texts(row, length) for row in rows.left()]


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return _SHORT[major << 5 | number]
    for low_bits, width, end in _WIDTHS:
        if number < end:
            return _SHORT[major << 5 | low_bits] + number.to_bytes(width, "big")
    raise WireRefused("malformed", "number too large")


def _write(item: Item, out: bytearray, depth: int) -> None:
    if depth < 0:
        raise WireRefused("malformed", "nested too deeply")
    if type(item) is int:
        if not 0 <= item < UINT_END:
            raise WireRefused("malformed", "number outside 0 to 2^53 - 1")
        out += _head(_UINT, item)
    elif isinstance(item, bytes):
        out += _head(_BYTES, len(item)) + item
    elif isinstance(item, str):
        text = item.encode()
        out += _head(_TEXT, len(text)) + text
    elif isinstance(item, (list, tuple)):
        out += _head(_ARRAY, len(item))
        for part in item:
            _write(part, out, depth - 1)
    else:
        raise WireRefused("malformed", f"{type(item).__name__} is outside the profile")


def _read(data: bytes, at: int, depth: int) -> tuple[Decoded, int]:  # noqa: C901 - one branch a major type
    if depth < 0:
        raise WireRefused("malformed", "nested too deeply")
    if at >= len(data):
        raise WireRefused("malformed", "the data is cut short")
    major, number = data[at] >> 5, data[at] & 0x1F
    at += 1
    if number >= 24:
        width, least = _WIDTH.get(number, (len(data), 0))
        if at + width > len(data):
            raise WireRefused("malformed", "a head byte is not valid")
        number = int.from_bytes(data[at : at + width], "big")
        if number < least:
            raise WireRefused("malformed", "an encoding is not the shortest")
        at += width
    if major == _UINT:
        if number >= UINT_END:
            raise WireRefused("malformed", "number outside 0 to 2^53 - 1")
        return number, at
    if number > len(data) - at:  # an array's items take a byte each at least
        raise WireRefused("malformed", "the data is cut short")
    if major == _BYTES:
        return data[at : at + number], at + number
    if major == _TEXT:
        return _text(data[at : at + number]), at + number
    if major == _ARRAY:
        return _read_items(data, at, depth - 1, number)
    raise WireRefused("malformed", f"major type {major} is outside the profile")


def _read_items(data: bytes, at: int, depth: int, number: int) -> tuple[list[Decoded], int]:
    """An array's items. A number below 2^16 in its shortest form, which most are, is taken at once."""
    items: list[Decoded] = []
    last = len(data) - 3
    for _ in range(number):
        if depth >= 0 and at <= last:
            head = data[at]
            if head < 24:
                items.append(head)
                at += 1
                continue
            if head == 24 and data[at + 1] >= 24:
                items.append(data[at + 1])
                at += 2
                continue
            if head == 25 and data[at + 1]:
                items.append(data[at + 1] << 8 | data[at + 2])
                at += 3
                continue
        item, at = _read(data, at, depth)
        items.append(item)
    return items, at


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise WireRefused("malformed", "text is not UTF-8") from error
