"""Watches this computer's clock: told as wrong while it is, and right again within seconds."""

import time
from pathlib import Path
from typing import Final

from agent.enrollment.enrolled import Identity
from agent.enrollment.known_time import REMEDY, Heard, Papers
from agent.system.status import Level, StatusBoard

_PAPERS_S: Final = 30.0  # how often papers are read again: they change with a new directory or certificate


class ClockWatch:
    """What is known against the clock.

    Args:
        folder: The state folder.
        board: Where it is said.
    """

    def __init__(self, folder: Path, board: StatusBoard) -> None:
        self._folder, self._board = folder, board
        self._papers, self._read_s = Papers(()), -_PAPERS_S

    def look(self, enrolled: Identity | None, heard: Heard | None) -> str:
        """What is wrong with the clock now, in words; empty: nothing is known against it."""
        if time.monotonic() - self._read_s >= _PAPERS_S:
            self._papers, self._read_s = Papers.of(enrolled, self._folder), time.monotonic()
        fault = self._papers.fault(heard)
        if fault:
            self._board.set("clock", Level.TROUBLE, fault, REMEDY)
        else:
            self._board.set("clock", Level.OK, "nothing speaks against it")
        return fault
