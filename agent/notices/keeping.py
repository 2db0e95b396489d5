"""The person's notifications in a running agent: their switches, and what stands on the screen. It starts no task.

A desktop that cannot show any is asked again after a minute, then later and later, once an hour at most.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from agent.errors import NoDesktop, WrongUse
from agent.notices import kept
from agent.notices.decision import Facts, Memory, after_show, decide
from agent.notices.languages import in_language, language_of
from agent.notices.rows import TEST, NoticeRow
from agent.outbox import Outbox, page_language
from agent.system.status import Level, StatusBoard

if TYPE_CHECKING:
    from agent.notices.desktop import Desktop  # loaded when the first is shown

_AGAIN_S: Final = (60.0, 3600.0)


class Notices:
    """Notifications of one person.

    Args:
        outbox: Keeps the switches and what was announced.
        board: Says whether they can be shown.
        offered: Kinds that can happen here, by `agent.notices.rows.offered`.
        desktop: Makes the system's way to show them; None: the system's own.

    Attributes:
        changed: Set when something is to be looked at now: a switch, a decision of the person, a click.
    """

    def __init__(
        self,
        outbox: Outbox,
        board: StatusBoard,
        offered: Mapping[str, NoticeRow],
        desktop: "Callable[[Callable[[], None]], Desktop] | None" = None,
    ) -> None:
        self._outbox, self._board, self._offered, self._make = outbox, board, offered, desktop
        self.changed = asyncio.Event()
        self._desktop: Desktop | None = None
        self._standing: frozenset[str] = frozenset()
        self._unkept: Memory | None = None
        self._turn = asyncio.Lock()
        self._decided = self._is_tested = False
        self._pause_s, self._not_before_s = _AGAIN_S[0], 0.0

    @property
    def on(self) -> frozenset[str]:
        """Kinds that the person switched on, and that can happen here."""
        return kept.switched_on(self._outbox) & frozenset(self._offered)

    def switch(self, kind: str, *, on: bool) -> None:
        """Switch a kind.

        Raises:
            WrongUse: There is no such kind here.
        """
        if kind not in self._offered:
            raise WrongUse(
                f"there is no notification {kind[:20]!r} here", remedy=f"There are: {', '.join(self._offered)}."
            )
        before = kept.switched_on(self._outbox)
        kept.keep_switched_on(self._outbox, before | {kind} if on else before - {kind})
        self._not_before_s = 0.0
        self.changed.set()

    def shown(self) -> dict[str, Any]:
        """Each kind that can happen here, whether it is on, and why the desktop does not show them."""
        on = self.on
        kinds = [
            {"kind": row.kind, "on": row.kind in on, "begins": row.begins, "ends": row.ends}
            for row in self._offered.values()
        ]
        state = next((one for one in self._board.states() if one.part == "notices"), None)
        if state is None or state.level is Level.OK:
            return {"kinds": kinds, "problem": None}
        return {"kinds": kinds, "problem": {"words": state.words, "remedy": state.remedy}}

    async def turn(self, facts: Facts) -> None:
        """Show and withdraw what is due.

        Raises:
            StorageFull: What was announced could not be written down; the rest is done.
        """
        async with self._turn:
            self._standing -= self._closed()
            before = self._unkept or kept.memory(self._outbox)
            step = decide(facts, replace(before, standing=self._standing))
            memory = step.memory
            if self._desktop is not None:
                for kind in step.withdraw:
                    await self._withdraw(kind)
            for kind in step.show:
                if await self._show(self._offered[kind]):
                    memory = after_show(memory, facts, kind)
            self._standing = memory.standing
            if self._unkept is not None or replace(memory, standing=frozenset()) != before:
                self._unkept = replace(memory, standing=frozenset())  # a full disk: known to this run at least
                kept.keep_memory(self._outbox, memory)
                self._unkept = None

    def decided(self) -> None:
        """The person decided something: what was read before may not hold."""
        self._decided = True
        self.changed.set()

    def take_decision(self) -> bool:
        """Whether they did since this was asked last."""
        decided, self._decided = self._decided, False
        return decided

    def take_click(self) -> bool:
        """Whether a notification was clicked since this was asked last."""
        return self._desktop is not None and self._desktop.was_clicked()

    async def lead_in(self, uri: str) -> None:
        """Open an address in the person's browser; the board says where that cannot be done."""
        if self._desktop is not None:
            try:
                await self._desktop.lead_in(uri)
            except NoDesktop as error:
                self._say(error)

    async def test(self) -> str:
        """Show the test's notification; who took it.

        Raises:
            NoDesktop: Nobody did.
        """
        async with self._turn:
            try:
                name = await self._opened().show(self._said(TEST))
            except NoDesktop as error:
                self._say(error)
                raise
            self._well()
            self._is_tested = True
            return name

    async def rest(self) -> None:
        """Every kind is off: withdraw what stands, and leave the desktop once no test stands on it."""
        async with self._turn:
            if self._desktop is None:
                return
            self._closed()
            for kind in sorted(self._standing):
                await self._withdraw(kind)
            self._standing = frozenset()
            self._board.set("notices", Level.OFF, "every notification is off")
        if not self._is_tested:
            await self.close()

    async def close(self) -> None:
        """Withdraw everything, and leave the desktop."""
        async with self._turn:
            desktop, self._desktop, self._standing, self._is_tested = self._desktop, None, frozenset(), False
            if desktop is not None:
                await desktop.close()

    # ---- the desktop

    def _closed(self) -> frozenset[str]:
        """Kinds that were closed since this was asked last."""
        closed: frozenset[str] = frozenset() if self._desktop is None else self._desktop.closed()
        self._is_tested = self._is_tested and TEST.kind not in closed
        return closed

    def _said(self, row: NoticeRow) -> NoticeRow:
        return in_language(row, language_of(page_language.chosen(self._outbox), os.environ))

    def _opened(self) -> "Desktop":
        if self._desktop is None:
            from agent.notices.platforms import of_system  # with the D-Bus, when the first is shown

            self._desktop = (self._make or of_system)(self.changed.set)
        return self._desktop

    async def _show(self, row: NoticeRow) -> bool:
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before_s:
            return False
        try:
            await self._opened().show(self._said(row))
        except NoDesktop as error:
            self._say(error)
            self._not_before_s = loop.time() + self._pause_s
            self._pause_s = min(2 * self._pause_s, _AGAIN_S[1])
            return False
        self._well()
        return True

    async def _withdraw(self, kind: str) -> None:
        try:
            await self._opened().withdraw(kind)
        except NoDesktop as error:
            self._say(error)

    def _well(self) -> None:
        from agent.notices.desktop import NoticeState

        self._pause_s, self._not_before_s = _AGAIN_S[0], 0.0
        self._board.set("notices", NoticeState.SHOWN.level, NoticeState.SHOWN.words)

    def _say(self, error: NoDesktop) -> None:
        self._board.set("notices", Level.WAITING, str(error), error.remedy)
