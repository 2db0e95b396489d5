"""Answers pages and forms, one after the other in one separate thread: member, role, consent, page, looks.

Nothing is given before the looks at it are written; what cannot be written is not given.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

from agent.errors import KeysMissing, NotDurable, WrongUse
from hub.care.looks import log_looks, may_be_seen
from hub.care.rows import CareAction, CarePage, Made, Opened, TeamRole, Viewer
from hub.care.web import own_pages
from hub.care.web.noticed import Noticed
from hub.care.web.own_pages import Words
from hub.database import CANNOT_WRITE
from hub.keys.keystore import KeyStore
from hub.keys.staff import Member
from hub.store.looks import NoConsent
from hub.store.store import Store

log = logging.getLogger(__name__)

_WAITING_MOST: Final = 32
_TRIES: Final = 3
_DEVICE: Final = "device"
_OURS: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
P = ParamSpec("P")
R = TypeVar("R")


class Denied(Exception):
    """A page that says no.

    Attributes:
        words: What it says.
    """

    def __init__(self, words: Words) -> None:
        super().__init__(words.title)
        self.words = words


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request for a page or a form.

    Attributes:
        credential: Of the member.
        path, fields: Parts of the address; the query or the form's fields.
    """

    credential: str
    path: Mapping[str, str]
    fields: Mapping[str, str]


class Desk:
    """All that reads keys and database.

    Args:
        keys, store: The hub's, the store opened with the role ``care``.
        noticed: The log of refusals.
        now_utc_s: The hub's clock.

    Attributes:
        pool: Its one thread.
    """

    def __init__(
        self, keys: KeyStore, store: Store, noticed: Noticed, now_utc_s: Callable[[], float] = time.time
    ) -> None:
        self._keys, self._store, self._noticed, self._now_utc_s = keys, store, noticed, now_utc_s
        self.pool, self._waiting = ThreadPoolExecutor(1, "desk"), 0

    async def run(self, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
        """Do this in the desk's thread.

        Raises:
            Denied: Too much waits there already, or as ``work`` says.
        """
        if self._waiting >= _WAITING_MOST:
            raise Denied(own_pages.BUSY)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, lambda: work(*args, **named))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Finish what is begun, and begin nothing more."""
        self.pool.shutdown(cancel_futures=True)

    def member(self, credential: str) -> Member:
        """Who may sign in with this, by the key store as it is now.

        Raises:
            Denied: Nobody, nobody any more, or the key store cannot be read.
        """
        if not credential:
            raise self._denied(own_pages.NO_CERTIFICATE, "a client without a staff certificate")
        try:
            member = self._keys.staff.of(credential)
        except CANNOT_WRITE as error:
            raise self._denied(own_pages.NOT_LOGGED, f"the keys cannot be read ({type(error).__name__})") from error
        if member is None:
            raise self._denied(own_pages.UNKNOWN, "a certificate or account that was not added")
        state = member.state(int(self._now_utc_s()))
        if state == "revoked":
            raise self._denied(own_pages.REVOKED, f"a revoked certificate or account of {member.name!r}")
        if state != "in force" or member.role not in list(TeamRole):
            raise self._denied(own_pages.ENDED, f"a certificate or account of {member.name!r} that has ended")
        return member

    def page(self, row: CarePage, wanted: Wanted) -> Made:
        """A page, whose looks are written.

        Raises:
            Denied: Names why it is not given.
        """
        opened = self._opened(row.roles, wanted)
        asked = {**wanted.fields, **wanted.path}
        for _ in range(_TRIES):  # somebody in it may have withdrawn since it was begun
            made = self._done(row.path, lambda: row.make(opened, asked))
            if made.status == own_pages.NOT_FOUND.status:
                raise Denied(own_pages.NOT_FOUND)
            if not made.seen or self._is_logged(opened, made):
                return made
        raise self._denied(own_pages.NOT_FOUND, "a page with somebody who does not let this team see them")

    def action(self, row: CareAction, wanted: Wanted) -> str:
        """Carry out a form; returns the path to go to.

        Raises:
            Denied: Names why it is not carried out.
        """
        opened = self._opened(row.roles, wanted)
        asked = {**wanted.fields, **wanted.path}
        path = self._done(row.path, lambda: row.run(opened, asked))
        if not _OURS.fullmatch(path):
            raise self._denied(own_pages.FAILED, "a form that leads away from here")
        return path

    def _opened(self, roles: frozenset[TeamRole], wanted: Wanted) -> Opened:
        member = self.member(wanted.credential)
        role = TeamRole(member.role)
        if role not in roles:
            raise self._denied(own_pages.WRONG_ROLE, f"a page or form that is not for the role of {member.name!r}")
        self._done("keys", self._keys.refresh)
        opened = Opened(self._keys, self._store, Viewer(member.name, role), int(self._now_utc_s()))
        device = wanted.path.get(_DEVICE)
        if device is not None and not self._done(_DEVICE, lambda: may_be_seen(opened, device)):
            raise Denied(own_pages.NOT_FOUND)
        return opened

    def _is_logged(self, opened: Opened, made: Made) -> bool:
        try:
            self._done("looks", lambda: log_looks(opened, made.seen))
        except NoConsent:
            return False
        return True

    def _done(self, what: str, work: Callable[[], R]) -> R:
        """One piece of work; what fails in it becomes a page that says so."""
        try:
            return work()
        except NoConsent:
            raise
        except (*CANNOT_WRITE, NotDurable, KeysMissing) as error:
            raise self._denied(own_pages.NOT_LOGGED, f"the store cannot be used ({type(error).__name__})") from error
        except WrongUse as error:
            said = str(error)
            raise Denied(Words(400, f"{said[:1].upper()}{said[1:]}", error.remedy)) from error
        except Exception as error:  # one request; its page must not end the others, nor its words reach the log
            log.error("%s failed (%s)", what, type(error).__name__)
            raise Denied(own_pages.FAILED) from error

    def _denied(self, words: Words, reason: str) -> Denied:
        self._noticed.refused(reason)
        return Denied(words)
