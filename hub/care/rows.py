"""The rows that the care view is made of: who may sign in, what each address shows, and what each form does.

A page is a function that returns HTML and the people whose values are in it. `hub.care.web` writes those looks into the
log before it answers, so that no page can forget it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hub.keys.keystore import KeyStore
from hub.store.store import Store


class TeamRole(StrEnum):
    """What a member of the team may do; names of the table ``team_roles`` on the wire.

    ``lead`` also acknowledges alerts of others and deletes notes, ``member`` acknowledges and writes notes, ``reader``
    reads.
    """

    LEAD = "lead"
    MEMBER = "member"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes:
        name: Of the member, as the person reads it in their list of looks.
        role: What this member may do.
    """

    name: str
    role: TeamRole


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page or a form works with, for one request.

    Attributes:
        keys, store: The hub's, the store opened with the role ``care``.
        viewer: Who asks.
        now_utc_s: The hub's clock.
    """

    keys: KeyStore
    store: Store
    viewer: Viewer
    now_utc_s: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A person whose values are in a page.

    Attributes:
        kid: The device.
        view: A name of the table ``views`` on the wire.
    """

    kid: bytes
    view: str


@dataclass(frozen=True, slots=True)
class Made:
    """What a page is answered with.

    Attributes:
        html: The whole document.
        seen: Everybody of whom it holds a value.
        status: Of HTTP.
    """

    html: str
    seen: tuple[Seen, ...] = ()
    status: int = 200


class PageFunction(Protocol):
    """Makes one page from the parts of its address and the query."""

    def __call__(self, opened: Opened, asked: Mapping[str, str], /) -> Made: ...


@dataclass(frozen=True, slots=True)
class CarePage:
    """One row of `hub.care.pages.PAGES`.

    Attributes:
        path: As starlette writes it, such as ``/people/{device}``.
        title: In the navigation; empty: not there.
        roles: Who may open it.
        make: Makes it.
    """

    path: str
    title: str
    roles: frozenset[TeamRole]
    make: PageFunction


@dataclass(frozen=True, slots=True)
class CareAction:
    """One row of `hub.care.pages.ACTIONS`: a form. It answers with the address to go to next.

    Attributes:
        path: Of the POST.
        roles: Who may send it.
        run: From the parts of the address and the form's fields to the next address, which is a path of our own.
    """

    path: str
    roles: frozenset[TeamRole]
    run: Callable[[Opened, Mapping[str, str]], str]
