"""Which PINs are refused: short ones, and those that are tried first.

Source for what is tried first: Markert, Bailey, Golla, Duermuth and Aviv 2020, "This PIN Can Be Easily Guessed",
arXiv:2003.04868: repetitions, sequences, dates and patterns of the keys lead every list of six-digit PINs.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from agent.errors import WrongUse

MIN_PIN: Final = 6
_FEWEST: Final = 3  # different characters
_DAYS: Final = range(1, 32)
_MONTHS: Final = range(1, 13)
_YEARS: Final = range(1900, 2100)
_ROWS: Final = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "yxcvbnm", "zxcvbnm", "wxcvbn")
_PATTERNS: Final = frozenset(
    {"147258", "147852", "258369", "258147", "369258", "456123", "123789", "789123", "789456", "159357", "159753"}
    | {"357159", "357951", "753951", "951753", "142536", "123654", "321456", "112358", "314159", "271828", "141421"}
)
_WORDS: Final = frozenset(
    {"password", "passwort", "passw0rd", "geheim", "secret", "letmein", "welcome", "willkommen", "iloveyou", "dragon"}
    | {"monkey", "football", "baseball", "princess", "sunshine", "master", "shadow", "superman", "batman", "freedom"}
    | {
        "whatever",
        "trustno",
        "starwars",
        "computer",
        "internet",
        "default",
        "changeme",
        "administrator",
        "hello",
        "hallo",
    }
    | {"wardbeat", "heartbeat", "heart", "clinic", "hospital", "1q2w3e", "1q2w3e4r", "1qaz2wsx", "q1w2e3", "admin"}
)


def check_pin(pin: str) -> None:
    """Refuse a PIN that is short or among the first that anybody would try; the PIN itself is never repeated.

    Raises:
        WrongUse: It is not good enough; says why.
    """
    if len(pin) < MIN_PIN:
        raise WrongUse(f"the PIN has fewer than {MIN_PIN} characters", remedy="Choose a longer one.")
    why = next(_reasons(pin.casefold()), None)
    if why:
        raise WrongUse(
            f"the PIN is among the first that are tried: it {why}",
            remedy="Choose another one; several words are good, and easy to remember.",
        )


def _reasons(pin: str) -> Iterator[str]:
    steps = {(ord(after) - ord(before)) % 10 if pin.isdecimal() else ord(after) - ord(before)
             for before, after in pairwise(pin)}  # fmt: skip
    if len(set(pin)) < _FEWEST:
        yield "has fewer than three different characters"
    if len(steps) == 1:
        yield "counts up or down"
    if pin in (pin + pin)[1:-1]:
        yield "repeats itself"
    if pin == pin[::-1] or pin[::2] == pin[1::2]:
        yield "is a mirror or a row of pairs"
    if _is_date(pin):
        yield "is a date"
    if pin in _PATTERNS or any(pin in row or pin[::-1] in row for row in _ROWS):
        yield "is a pattern of the keys"
    if {pin, pin.rstrip("0123456789!. ")} & _WORDS:
        yield "is a usual word"


def _is_date(pin: str) -> bool:
    """Six or eight digits that are day, month and year in an order that is in use, or a month and a year."""
    if not re.fullmatch(r"[0-9]+([./ -]?[0-9]+)*", pin):
        return False
    digits = re.sub("[^0-9]", "", pin)
    if len(digits) not in (6, 8):
        return False
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    first_four, last_four = int(digits[:4]), int(digits[-4:])
    if len(digits) == 6:
        month_and_year = (first_four in _YEARS and pairs[2] in _MONTHS) or (last_four in _YEARS and pairs[0] in _MONTHS)
        return month_and_year or _day_month(pairs[0], pairs[1]) or (pairs[1] in _MONTHS and pairs[2] in _DAYS)
    year_first = first_four in _YEARS and _day_month(pairs[2], pairs[3])
    return year_first or (last_four in _YEARS and _day_month(pairs[0], pairs[1]))


def _day_month(one: int, other: int) -> bool:
    return (one in _DAYS and other in _MONTHS) or (one in _MONTHS and other in _DAYS)
