"""The list of people: who asked to be seen first, then by gaps in data; never by a score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hub.care import reading
from hub.care.pages import charts, words
from hub.care.pages.frame import page
from hub.care.reading import SeenPerson
from hub.care.rows import Made, Opened, Seen

PAGE_ROWS: Final = 50
FIND_MOST: Final = 64  # characters
_LONG_GAP: Final = 3  # days
_TITLE: Final = "People"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list.

    Attributes:
        person: Who.
        gap_days: Days without a value that the consent allowed.
        contact, consent: When the device was last heard, and when the consent ends, in words.
        strip: Hours worn; None: not shared.
        worn: The same in words.
        is_ending: Whether the consent ends soon.
    """

    person: SeenPerson
    gap_days: int
    contact: str
    consent: str
    strip: Markup | None
    worn: str
    is_ending: bool


def people(opened: Opened, asked: Mapping[str, str]) -> Made:
    """The page.

    Args:
        opened: The request's.
        asked: ``find``: letters of a label or name; ``page``: from 1.
    """
    every = in_order(reading.people(opened))
    find = asked.get("find", "").strip()[:FIND_MOST]
    found = [one for one in every if find.casefold() in f"{one.label} {one.picture.device}".casefold()]
    pages = max(1, -(-len(found) // PAGE_ROWS))
    number = min(max(_number(asked.get("page", "1")), 1), pages)
    first = (number - 1) * PAGE_ROWS
    shown = found[first : first + PAGE_ROWS]
    return page(
        opened,
        "people",
        _TITLE,
        tuple(Seen(one.kid, "list") for one in shown),
        path="/",
        sentence=sentence(every),
        rows=[_row(one, opened.now_utc_s) for one in shown],
        many=len(every),
        found=len(found),
        find=find,
        oldest=min((one.picture.made_utc_s for one in shown), default=0),
        next=max((one.picture.next_utc_s for one in shown), default=0),
        late=sum(one.picture.next_utc_s < opened.now_utc_s for one in shown),
        first=first,
        earlier=number - 1,
        later=number + 1 if number < pages else 0,
    )


def in_order(every: Sequence[SeenPerson]) -> list[SeenPerson]:
    """Who asks to be seen stands first, the longest waiting on top; then who has most days without data.

    Args:
        every: In any order.
    """

    def place(one: SeenPerson) -> tuple[object, ...]:
        asks = one.picture.asked_utc_s
        return (not asks, asks, -gap_days(one), one.name.casefold(), one.kid)

    return sorted(every, key=place)


def gap_days(person: SeenPerson) -> int:
    """Days without a value that the consent allowed; without shared hours, since the device was last heard.

    Args:
        person: Who.
    """
    picture = person.picture
    if picture.worn_h:
        return sum(last - first + 1 for first, last, reason in picture.gaps if reason != "no_consent")
    return max(0, picture.last_day - picture.contact_day) if picture.contact_day >= 0 else 0


def longest_gap(person: SeenPerson) -> int:
    """Most days in a row without a value that the consent allowed.

    Args:
        person: Who.
    """
    if not person.picture.worn_h:
        return gap_days(person)
    return max((last - first + 1 for first, last, reason in person.picture.gaps if reason != "no_consent"), default=0)


def sentence(every: Sequence[SeenPerson]) -> str:
    """What the list says first.

    Args:
        every: All people whom the team sees.
    """
    asks = sum(bool(one.picture.asked_utc_s) for one in every)
    long = sum(longest_gap(one) >= _LONG_GAP for one in every)
    who = {0: "Nobody asks to be seen", 1: "One person asks to be seen"}.get(asks, f"{asks} people ask to be seen")
    whom = {0: "Nobody", 1: "One person"}.get(long, f"{long} people")
    return f"{who}. {whom} had no data for {_LONG_GAP} days or more in a row in the last four weeks."


def _row(person: SeenPerson, now_utc_s: int) -> Row:
    picture = person.picture
    return Row(
        person,
        gap_days(person),
        words.ago(picture.contact_day, now_utc_s // words.DAY_S),
        words.consent_end(picture.until_utc_s, now_utc_s),
        charts.strip(picture) if picture.worn_h else None,
        charts.worn_said(picture) if picture.worn_h else "",
        picture.until_utc_s - now_utc_s < words.SOON_DAYS * words.DAY_S,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
