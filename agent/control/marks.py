"""Decisions that a busy agent could not be told: a mark in the state folder, which it obeys at its next look.

    wardbeat pause ──socket──▶ agent                        answered at once, as a rule
                   └─ no answer within a second: a file "decision.pause", looked for five times a second, and at start

Looking costs the loop one `stat` a decision and waits for nobody: whoever keeps the socket busy keeps nobody from
pausing, withdrawing or erasing. A mark goes when it was carried out; after a crash before that it is carried out again.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.control import handlers
from agent.errors import Missing, OutboxBroken, StorageFull, WardbeatError
from agent.outbox import pauses
from agent.session.session import Session
from agent.system import host
from agent.system.status import Level

log = logging.getLogger(__name__)

DECISIONS: Final = ("pause", "withdraw", "erase")
"""What only takes away: nothing else may be said by a file."""
_LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Mark:
    """A decision that waits.

    Attributes:
        name: One of DECISIONS.
        argument: How long a pause is, as `outbox.pauses.LENGTHS` has it.
        file: Where it stands.
    """

    name: str
    argument: str
    file: Path


def leave(folder: Path, name: str, argument: str = "") -> Path:
    """Leave a mark for the agent of this state folder.

    Raises:
        StorageFull: It cannot be written.
    """
    file = _file(folder, name)
    host.write_private(file, json.dumps({"argument": argument}).encode())
    return file


def left(folder: Path) -> Iterator[Mark]:
    """The marks that wait; of what cannot be read, the decision alone."""
    for name in DECISIONS:
        file = _file(folder, name)
        if file.exists():
            yield Mark(name, _argument(file), file)


def obey(session: Session) -> None:
    """Carry out what waits; what a full disk holds up waits on."""
    for mark in left(session.folder):
        try:
            handlers.TABLE[mark.name](session, mark.argument)
        except StorageFull as full:
            session.board.set("disk", Level.TROUBLE, str(full), full.remedy)
            continue
        except OutboxBroken as broken:  # the way out fails shut; the next start finds the mark
            session.end_with(broken)
            return
        except WardbeatError as error:  # such as a withdrawal of somebody who is not enrolled
            log.warning("a decision left in the state folder could not be carried out (%s)", type(error).__name__)
        mark.file.unlink(missing_ok=True)
        log.info("a decision left in the state folder was carried out: %s", mark.name)


async def keep(session: Session) -> None:
    """Look for marks until this task is cancelled."""
    while True:
        obey(session)
        await asyncio.sleep(_LOOK_S)


def _file(folder: Path, name: str) -> Path:
    return folder / f"decision.{name}"


def _argument(file: Path) -> str:
    try:
        said = json.loads(host.read_private(file))["argument"]
    except (Missing, ValueError, TypeError, KeyError, RecursionError):
        return ""
    return said if said in pauses.LENGTHS else ""
