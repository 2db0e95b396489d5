"""What the hub's processes beside `hub run` say about themselves: that they work, and when nothing last waited.

Each writes ``process.NAME.json`` in the hub's folder; `hub show` and `hub metrics` read it. A process that ended by
itself says so; one that was killed says nothing, and its file grows old. `hub run` has `hub.hearing`.

How long something waits is counted from a moment when nothing waited, never from what waits: the oldest row of a
table shows when somebody measured, and is gone when its person withdraws.
"""

import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from agent.errors import StorageFull
from agent.system.host import write_durable
from hub.database import mode_in

log = logging.getLogger(__name__)

STALE_S: Final = 60
_WRITE_S: Final = 10.0
# What each is for, and how it is started.
PROCESSES: Final[dict[str, str]] = {
    "score": "wardbeat hub score SITE",
    "alerts": "wardbeat hub alerts SITE",
    "care": "wardbeat hub view SITE --care",
    "metrics": "wardbeat hub metrics SITE",
}
_NAME: Final = re.compile(r"([a-z]+)(?:-[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process, as it wrote it last.

    Attributes:
        name: A key of PROCESSES; of several parts of one with ``-`` and a number.
        written_utc_s: When it was written.
        clear_utc_s: When nothing last waited for the process.
        is_ended: Whether it ended without being killed.
    """

    name: str
    written_utc_s: int
    clear_utc_s: int
    is_ended: bool = False

    def silent_s(self, now_utc_s: int) -> int:
        """For how long it has written nothing."""
        return max(0, now_utc_s - self.written_utc_s)

    def is_up(self, now_utc_s: int) -> bool:
        """Whether it showed a sign of life within a minute, and did not end."""
        return not self.is_ended and self.silent_s(now_utc_s) <= STALE_S

    def behind_s(self, now_utc_s: int) -> int:
        """For how long something has waited without a break."""
        return max(0, now_utc_s - self.clear_utc_s)

    @property
    def start_again(self) -> str:
        """The command that starts it."""
        known = _NAME.fullmatch(self.name)
        return PROCESSES[known[1]] if known else ""


class SignOfLife:
    """The file of the process that this is.

    Args:
        folder: The hub's.
        name: A key of PROCESSES, of several parts of one with ``-`` and a number.
        alive: Called with each sign of life, such as `agent.system.service_manager.ServiceManager.alive`.
        now_s: A monotonic clock.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        alive: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file, self._mode, self._alive, self._now_s = _file(folder, name), mode_in(folder), alive, now_s
        now_utc_s = int(time.time())
        self._state, self._written_s = ProcessState(name, now_utc_s, now_utc_s), -1e9

    def alive(self) -> None:
        """The work goes on; written each ten seconds. A disk that is full is said in the log, and ends nothing."""
        self._alive()
        if self._now_s() - self._written_s < _WRITE_S:
            return
        self._written_s = self._now_s()
        self._write()

    def clear(self) -> None:
        """Nothing waits now."""
        self._state = replace(self._state, clear_utc_s=int(time.time()))

    def end(self) -> None:
        """The process ends without being killed."""
        self._state = replace(self._state, is_ended=True)
        self._write()

    def _write(self) -> None:
        self._state = replace(self._state, written_utc_s=int(time.time()))
        try:
            write_durable(self._file, json.dumps(asdict(self._state)).encode(), self._mode)
        except StorageFull as error:
            log.warning("%s. %s", error, error.remedy)


def read_all(folder: Path) -> list[ProcessState]:
    """What the processes wrote, by name; a file that cannot be read is left out."""
    found = []
    for file in folder.glob("process.*.json"):
        try:
            state = ProcessState(**json.loads(file.read_bytes()))
            known = _NAME.fullmatch(state.name)
            numbers = isinstance(state.written_utc_s, int) and isinstance(state.clear_utc_s, int)
        except (OSError, ValueError, TypeError):
            continue
        if known and known[1] in PROCESSES and numbers and file == _file(folder, state.name):
            found.append(state)
    return sorted(found, key=lambda state: state.name)


def _file(folder: Path, name: str) -> Path:
    return folder / f"process.{name}.json"
