"""What the demo shows while it runs: heart rate, the last intervals as a line, states, and what left."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from agent.model import NS_PER_S
from agent.pipeline import Agent
from agent.status import Level

if TYPE_CHECKING:
    from rich.console import RenderableType

_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 60
_MARK: Final = {Level.OK: "[green]●[/]", Level.WAITING: "[yellow]●[/]", Level.TROUBLE: "[red]●[/]"}
_PARTS: Final = ("source.ble_strap", "measuring", "consent", "broker", "receipts")


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


class View:
    """A panel that is drawn anew four times a second.

    Args:
        title: What is being played.
        span_s: Session seconds that it will take.
        stored: How many envelopes the hub holds.
    """

    def __init__(self, title: str, span_s: float, stored: Callable[[], int]) -> None:
        self._title, self._span_s, self._stored = title, span_s, stored

    async def show(self, agent: Agent) -> None:
        """Draw until cancelled; on a plain stream nothing is drawn."""
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while True:
                live.update(self.panel(agent))
                await asyncio.sleep(0.25)

    def panel(self, agent: Agent) -> "RenderableType":
        """One picture of the running chain."""
        from rich.panel import Panel
        from rich.table import Table

        now_ns = agent.clock.now_ns()
        beats = agent.windows.ring.span(now_ns, 60).series.get("rr_ms")
        rr_ms = [] if beats is None else beats.value[-_WIDTH:].tolist()
        counts = agent.outbox.counts()
        done_01 = min(1.0, (now_ns - agent.clock.start_ns()) / NS_PER_S / self._span_s)
        rows = Table.grid(padding=(0, 2))
        recent = np.array(rr_ms[-10:])
        rows.add_row("heart rate", f"[bold]{60_000 / float(recent.mean()):.0f}[/] bpm" if recent.size else "--")
        rows.add_row("beat by beat", f"[cyan]{sparkline(rr_ms)}[/]")
        rows.add_row(
            "", f"[dim]{min(rr_ms):.0f} to {max(rr_ms):.0f} ms, the last {len(rr_ms)} beats[/]" if rr_ms else ""
        )
        states = {state.part: state for state in agent.board.states()}
        for part in _PARTS:
            if part in states:
                rows.add_row(part.removeprefix("source."), f"{_MARK[states[part].level]} {states[part].words}")
        sealed, receipted = sum(counts.values()), counts.get("receipted", 0)
        rows.add_row("what left", f"sealed {sealed} → stored {self._stored()} → receipted {receipted}")
        return Panel(rows, title=f"SYNTHETIC PERSON  {self._title}", subtitle=f"{done_01:.0%}", width=88)
