"""What the demo shows while it runs: heart rate, the last intervals as a line, states, and what left."""

import asyncio
import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from agent.model import NS_PER_S
from agent.session.session import Session
from agent.sources import SOURCES
from agent.system.output import printable, say
from agent.system.status import Level

if TYPE_CHECKING:
    from rich.console import RenderableType

_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 60
_PANEL_WIDTH: Final = 88
_PLAIN_S: Final = 10.0
_MARK: Final = {Level.OK: "[green]●[/]", Level.WAITING: "[yellow]●[/]", Level.TROUBLE: "[red]●[/]", Level.OFF: "○"}
_FACE: Final = {
    "smile_left_x": "smile",
    "brow_inner_up_x": "brows up",
    "jaw_open_x": "mouth open",
    "lid_shut_01": "eyelids shut",
}
_FACE_S: Final = 120
_PARTS: Final = {
    **{f"source.{row.name}": row.title.lower() for row in SOURCES.values()},
    "consent": "consent",
    "broker": "broker",
}


def sparkline(values: Sequence[float]) -> str:
    """Values as bars between the smallest and the largest.

    >>> sparkline([1.0, 2.0, 3.0])
    '▁▅█'
    """
    if not values:
        return ""
    low, high = min(values), max(values)
    steps = [0.0 if high == low else (value - low) / (high - low) for value in values]
    return "".join(_BARS[min(round(step * (len(_BARS) - 1) + 1e-9), len(_BARS) - 1)] for step in steps)


def evened(t_s: Sequence[float], values: Sequence[float], span_s: float, most: int) -> list[float]:
    """The mean of each of ``most`` equal stretches, the last one ending at 0; what is empty repeats what was before.

    >>> evened([-4.0, -3.0, -1.0], [1.0, 3.0, 5.0], 4.0, 2)
    [2.0, 5.0]
    """
    told: list[float] = []
    for place in range(most):
        start_s, end_s = (-span_s + span_s * (place + side) / most for side in (0, 1))
        inside = [value for at_s, value in zip(t_s, values, strict=True) if start_s <= at_s < end_s]
        if inside or told:
            told.append(float(np.mean(inside)) if inside else told[-1])
    return told


def _face(session: Session, now_ns: int, most: int) -> Iterator[tuple[str, str, str]]:
    """What the face does, against its own neutral: a line each."""
    window = session.windows.ring.span(now_ns, _FACE_S)
    for channel, name in _FACE.items():
        series = window.series.get(channel)
        if series is None:
            continue
        t_s = (series.t_ns[series.inside] - now_ns) / NS_PER_S
        line = evened(t_s.tolist(), series.value[series.inside].tolist(), _FACE_S, most // 2)
        if line:
            yield name, sparkline([*line, 0.0, 1.0])[:-2], f"{line[-1]:.1f}"


class View:
    """A panel that is drawn again four times a second.

    Args:
        title: What is being played.
        span_s: Session seconds that it will take.
        stored: How many envelopes the hub holds.
        picture: Where one picture is saved, two thirds through; None: nowhere.
    """

    def __init__(self, title: str, span_s: float, stored: Callable[[], int], picture: Path | None = None) -> None:
        self._title, self._span_s, self._stored, self._picture = title, span_s, stored, picture

    async def show(self, session: Session) -> None:
        """Draw until cancelled; on a stream that is no terminal, a line now and then."""
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        if not console.is_terminal:
            await self._plain(session)
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while True:
                live.update(self.panel(session, console.width))
                self._picture_once(session)
                await asyncio.sleep(0.25)

    async def _plain(self, session: Session) -> None:
        """A line now and then, for logs and pipes."""
        while True:
            sealed = sum(session.outbox.counts().values())
            words = f"{self._title}: {self._done_01(session):.0%}, sealed {sealed}, stored {self._stored()}"
            say(words)
            self._picture_once(session)
            await asyncio.sleep(_PLAIN_S)

    def _done_01(self, session: Session) -> float:
        return min(1.0, (session.clock.now_ns() - session.clock.start_ns()) / NS_PER_S / self._span_s)

    def _picture_once(self, session: Session) -> None:
        from rich.console import Console

        if self._picture is None or self._done_01(session) < 2 / 3:
            return
        file, self._picture = self._picture, None
        console = Console(record=True, width=_PANEL_WIDTH, file=io.StringIO())
        console.print(self.panel(session))
        svg = console.export_svg(title="wardbeat demo")
        # rich's fonts would be fetched from a server: the reader's own will do
        file.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL), encoding="utf-8")

    def panel(self, session: Session, width: int = _PANEL_WIDTH) -> "RenderableType":
        """One picture of the running chain, in at most so many columns."""
        from rich.panel import Panel
        from rich.table import Table

        now_ns = session.clock.now_ns()
        beats = session.windows.ring.span(now_ns, 60).series.get("rr_ms")
        width = min(width, _PANEL_WIDTH)
        most = min(_WIDTH, max(width - 24, 8))  # what is cut is the oldest
        rr_ms = [] if beats is None else beats.value[beats.inside][-most:].tolist()
        counts = session.outbox.counts()
        rows = Table.grid(padding=(0, 2))
        recent = np.array(rr_ms[-10:])
        rows.add_row("heart rate", f"[bold]{60_000 / float(recent.mean()):.0f}[/] bpm" if recent.size else "--")
        rows.add_row("beat by beat", f"[cyan]{sparkline(rr_ms)}[/]")
        rows.add_row(
            "", f"[dim]{min(rr_ms):.0f} to {max(rr_ms):.0f} ms, the last {len(rr_ms)} beats[/]" if rr_ms else ""
        )
        now = session.live.now()
        rmssd_ms = now.rmssd_ms
        words = "--" if rmssd_ms is None else f"[bold]{rmssd_ms:.0f}[/] ms"
        rows.add_row("RMSSD", f"{words}  [dim]the last minute; {now.edited_01:.0%} of beats faulty[/]")
        for name, line, words in _face(session, now_ns, most):
            rows.add_row(name, f"[magenta]{line}[/] [dim]{words}[/]")
        states = {state.part: state for state in session.board.states()}
        for part, name in _PARTS.items():
            if part in states:
                rows.add_row(name, f"{_MARK[states[part].level]} {printable(states[part].words)}")
        sealed, receipted = sum(counts.values()), counts.get("receipted", 0)
        rows.add_row("what left", f"sealed {sealed} → stored {self._stored()} → receipted {receipted}")
        return Panel(
            rows, title=f"SYNTHETIC PERSON  {self._title}", subtitle=f"{self._done_01(session):.0%}", width=width
        )
