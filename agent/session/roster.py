"""The person's calendar folder: looked at each minute, read when a file of it has changed and lies still."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.errors import WardbeatError
from agent.session.session import Session
from agent.system.status import Level, StatusBoard

if TYPE_CHECKING:
    from agent.days.calendar.folder import FileState

log = logging.getLogger(__name__)

_LOOK_S: Final = 60.0
_MARK: Final = "Run 'wardbeat import calendar' with this folder, and choose which titles are shifts."


@dataclass(slots=True)
class _Seen:
    """What the looks so far saw: files, and the files and marks of the last reading."""

    files: "Mapping[str, FileState]" = field(default_factory=dict)
    read: object = None


async def keep_roster(session: Session, folder: Path, look_s: float = _LOOK_S) -> None:
    """Look at the folder until this task is cancelled.

    Args:
        session: The running one.
        folder: Of the settings.
        look_s: Seconds between two looks; a file is read after two that saw it unchanged.
    """
    seen = _Seen()
    while True:
        try:
            await _look(session, folder, seen)
        except WardbeatError as error:
            log.warning("the calendar folder was not read (%s)", type(error).__name__)
            session.board.set("calendar", Level.TROUBLE, str(error), error.remedy)
        await asyncio.sleep(look_s)


async def _look(session: Session, folder: Path, seen: _Seen) -> None:
    from agent.days.calendar.folder import changed, contents
    from agent.days.taken import calendar_marks, take_calendars
    from agent.weeks.scores import offset_s

    look = await asyncio.to_thread(changed, folder, seen.files)  # it may lie on a slow share
    seen.files = look.seen
    marks = calendar_marks(session.days)
    now = (sorted(look.seen), sorted(marks.items()))
    if not all(state.is_settled for state in look.seen.values()) or (not look.files and now == seen.read):
        return
    files = await asyncio.to_thread(contents, folder)
    key, now_utc_s = session.vault.derive("calendar titles"), session.utc_s()
    made = await take_calendars(
        session.days, files, key=key, offset_s=offset_s, now_utc_s=now_utc_s, settings=session.settings.days
    )
    seen.read = now
    unread = sum(one.count for one in made.imported.unread)
    _show(session.board, len(files), unread, has_marks=bool(marks))


def _show(board: StatusBoard, files: int, unread: int, *, has_marks: bool) -> None:
    words = f"{files} file{'s' * (files != 1)} read"
    if not has_marks:
        board.set("calendar", Level.WAITING, f"{words}; no title is marked as a shift yet", _MARK)
    elif unread:
        board.set(
            "calendar", Level.WAITING, f"{words}; {unread} entries were not", "'wardbeat import calendar' says why."
        )
    else:
        board.set("calendar", Level.OK, words)
