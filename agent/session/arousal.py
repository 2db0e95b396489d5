"""Raised arousal, at rest, of this moment: in this process's memory alone, and only while the person wants to see it.

    beats ──▶ mean rate of each minute ──▶ z against the minutes before ──▶ raised, usual, or why there is no answer
    head movement ──▶ whether the body rested in the last five minutes

Loaded only under a profile that has this reading. Nothing of it is kept, logged, sealed or sent. Rest is known only
where the camera sees one face whose head is still: a strap alone does not tell, and then there is no answer.
"""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from agent.features.live import Beat, LiveHeart
from agent.model import NS_PER_S
from agent.outbox import Outbox, arousal_choice
from agent.signal.heart.artifacts import Label
from agent.system.clock import Clock
from agent.windows.window import Windows

if TYPE_CHECKING:
    from agent.scoring.arousal import Model

STATES: Final = ("raised", "usual")
WHYS: Final = ("few", "moves", "unknown", "close")
"""Why there is no answer: too few minutes or beats; movement or exercise; nobody knows whether the body rests; near the
cut."""
_LOOK_S: Final = 1.0
_MINUTE_NS: Final = 60 * NS_PER_S
_LOST_NS: Final = 150 * NS_PER_S  # looks that are further apart: the machine slept, and another session begins
_MINUTES_MOST: Final = 720
_RESTED_MIN: Final = 5  # ours: a heart needs some minutes to come to rest after exercise
_STILL_DEG_PER_S: Final = 20.0  # ours: reading and typing stay below it, getting up does not
_STILL_01: Final = 0.8
_SEEN_LEAST_01: Final = 0.5
_FRESH_NS: Final = 3 * NS_PER_S
_REST_BPM: Final = 100.0  # above it a heart is tachycardic at rest, and more often not at rest
_READ_LEAST_MS: Final = 30_000.0  # as in training: half of a minute


def minute_bpm(beats: Sequence[Beat]) -> float:
    """Mean heart rate of a minute's right intervals; NaN where less than half of the minute was read.

    >>> minute_bpm([Beat(0, 1000.0, Label.NORMAL)] * 40)
    60.0
    """
    right_ms = [one.rr_ms for one in beats if one.label is Label.NORMAL]
    whole_ms = sum(right_ms)
    return 60_000.0 * len(right_ms) / whole_ms if whole_ms >= _READ_LEAST_MS else math.nan


def rested(head_deg_per_s: Sequence[float], looks: int, hr_bpm: float) -> bool | None:
    """Whether the body rested in a minute; None: nobody knows.

    Args:
        head_deg_per_s: How fast the head turned, at the looks that saw one face.
        looks: How many looks there were.
        hr_bpm: Mean heart rate of the minute.

    >>> rested([1.0] * 50, 60, 70.0), rested([90.0] * 50, 60, 70.0), rested([], 60, 70.0), rested([1.0] * 50, 60, 130.0)
    (True, False, None, False)
    """
    if hr_bpm > _REST_BPM:
        return False
    if not looks or len(head_deg_per_s) < _SEEN_LEAST_01 * looks:
        return None
    still_01 = sum(value <= _STILL_DEG_PER_S for value in head_deg_per_s) / len(head_deg_per_s)
    return still_01 >= _STILL_01


class Around(Protocol):
    """What of the running session is looked at here."""

    @property
    def outbox(self) -> Outbox: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def live(self) -> LiveHeart: ...
    @property
    def windows(self) -> Windows: ...
    @property
    def paused(self) -> bool: ...


class ArousalNow:
    """The state of this moment.

    Args:
        session: The running one, under a profile that has this reading.
    """

    def __init__(self, session: Around) -> None:
        self._session = session
        self.is_on = arousal_choice.is_on(session.outbox)
        self._model: Model | None = None
        self._looked_ns = self._minute_ns = self._looks = 0
        self._forget()

    def switch(self, *, on: bool) -> None:
        """Show it, or do not even compute it.

        Raises:
            StorageFull: It could not be written down; off it is at once.
        """
        if not on:
            self.is_on = False
            self._forget()
        arousal_choice.keep(self._session.outbox, on=on)
        self.is_on = on

    def live(self) -> dict[str, Any] | None:
        """The state, how sure it is, and why there is none; None where it is switched off."""
        if not self.is_on:
            return None
        return {"state": self._state, "confidence_01": self._confidence_01, "why": self._why}

    def look(self) -> None:
        """Look once; a second is usual."""
        if not self.is_on:
            return
        session, now_ns = self._session, self._session.clock.now_ns()
        gone = session.paused or session.live is not self._heart
        if gone or not 0 <= now_ns - self._looked_ns <= _LOST_NS * session.clock.speed:
            self._forget()
            return
        self._looked_ns = now_ns
        self._looks += 1
        head = session.windows.ring.latest("head_deg_per_s")
        if head is not None and now_ns - head.t_ns <= _FRESH_NS * session.clock.speed:
            self._head.append(head.value)
        if now_ns - self._minute_ns >= _MINUTE_NS:
            self._close_minute(now_ns)

    def _forget(self) -> None:
        """Another session of measuring begins."""
        self._heart = self._session.live
        now_ns = self._session.clock.now_ns()
        self._looked_ns = self._minute_ns = now_ns
        self._minutes: deque[float] = deque(maxlen=_MINUTES_MOST)
        self._rests: deque[bool | None] = deque(maxlen=_RESTED_MIN)
        self._head: list[float] = []
        self._looks = 0
        self._state: str | None = None
        self._confidence_01: float | None = None
        self._why = "few"

    def _close_minute(self, now_ns: int) -> None:
        hr_bpm = minute_bpm(self._session.live.recent(now_ns - _MINUTE_NS))
        self._minutes.append(hr_bpm)
        self._rests.append(rested(self._head, self._looks, hr_bpm))
        self._minute_ns, self._head, self._looks = now_ns, [], 0
        self._answer()

    def _answer(self) -> None:
        from agent.scoring import arousal  # with the first minute that somebody wants to see

        self._model = self._model or arousal.shipped_model()
        z = arousal.latest_z(np.array(self._minutes))
        known = [one for one in self._rests if one is not None]
        at_rest = False if False in known else True if len(known) == _RESTED_MIN else None
        said = arousal.arousal(self._model, z, at_rest=at_rest)
        self._state, self._confidence_01, self._why = None, None, ""
        if said.raised is None or said.p_01 is None:
            few = not math.isfinite(z)
            self._why = "few" if few else "close" if at_rest else "moves" if at_rest is False else "unknown"
            return
        self._state = STATES[0] if said.raised else STATES[1]
        self._confidence_01 = round(said.p_01 if said.raised else 1.0 - said.p_01, 2)


async def keep(now: ArousalNow, look_s: float = _LOOK_S) -> None:
    """Look until this task is cancelled."""
    while True:
        now.look()
        await asyncio.sleep(look_s)
