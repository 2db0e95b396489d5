"""What a source is given besides its settings."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.perception import engines
from agent.perception.frame_result import AffectFile
from agent.sources.camera.child import Eyes
from agent.sources.strap.platform import System
from agent.system.clock import Clock
from agent.system.status import Level, Sentence

Say = Callable[[Level, str, str], None]


@dataclass(frozen=True, slots=True)
class Radio:
    """Which Bluetooth, and whose turn it is: one adapter scans or connects one strap at a time.

    Attributes:
        scanner, client: Backend classes for bleak's ``backend=``; None: the system's own. Handed over
            in code by demo and tests, never from a setting.
        system: What stands beside bleak (a simulated daemon's life and death); None: the system's own.
        turn: Held while scanning or connecting.
        cycled_ns: When the adapter was last switched off and on, session time; empty: not in this process.
    """

    scanner: type[Any] | None = None
    client: type[Any] | None = None
    system: System | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    cycled_ns: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One for each source.

    Attributes:
        clock: Session time.
        folder: The state folder.
        said: Puts the source's state on the board; use `say`.
        radio: Shared by all sources of a process.
        eyes: How a camera's process is started.
        affect: An external model for its faces, where the settings name one and the profile allows it.
        engine: What reads movements of a face: a row of `agent.perception.engines`.
        may_open: Whether a check may open the device for a moment; not where the person limits it to sessions.
    """

    clock: Clock
    folder: Path
    said: Say
    radio: Radio = field(default_factory=Radio)
    eyes: Eyes = field(default_factory=Eyes)
    affect: AffectFile | None = None
    engine: str = engines.DEFAULT
    may_open: bool = True

    def say(self, level: Level, words: str, remedy: str = "") -> None:
        """Tell the person what the sensor is doing."""
        self.said(level, words, remedy)

    def tell(self, state: Sentence) -> None:
        """Tell the person one of the sensor's own sentences."""
        self.said(state.level, state.words, state.remedy)
