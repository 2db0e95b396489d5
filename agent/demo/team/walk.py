"""One alert from fact to acknowledgement, step by step, with the seconds that each took.

asks ─▶ team's list · check-in over the cut ─▶ alert to the person ─▶ held ─▶ with the team ─▶ acknowledged ─▶ looks
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from agent.control import channel
from agent.control.ask_words import encode_wish
from agent.control.channel import Command
from agent.demo.team import drawn
from agent.demo.team.desk import Desk, Form, Page
from agent.demo.team.people import PEOPLE, WALKED
from agent.demo.team.processes import Child, until
from agent.demo.team.year import Member
from agent.errors import CheckFailed
from agent.outbox import alerts, looks
from agent.outbox.alerts import Heard
from agent.outbox.asks import Wish
from agent.session.session import Session
from agent.system.output import say
from agent.tables.team import ROLES, VIEWS

RULE: Final = "check_in_burnout"
_WORDS: Final = "The nights add up. Please look at my weeks before the next rota is made."
_MOST_S: Final = 60.0
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class State:
    """One state of the alert, and when the person's machine had it.

    Attributes:
        state: A name of the table ``alert_states``.
        after_s: Seconds since the check-in.
    """

    state: str
    after_s: float


@dataclass(slots=True)
class Walked:
    """What the walk came to.

    Attributes:
        people: Labels on the team's list, in its order.
        asked_s: Seconds from the wish to the team's list.
        states: Of the alert.
        acknowledged_by: Who of the team.
        looks: On the person's own list.
        log: Of the hub's log, about this person.
        is_whole: Whether every look fits the chain.
        is_equal: Whether the person's list equals the log.
        found_hidden: Labels of people who must not appear and stood in a page.
    """

    people: list[str] = field(default_factory=list)
    asked_s: float = 0.0
    states: list[State] = field(default_factory=list)
    acknowledged_by: str = ""
    looks: int = 0
    log: int = 0
    is_whole: bool = False
    is_equal: bool = False
    found_hidden: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return asdict(self)


class Walk:
    """The script of the demo; it runs as a task of the person's own agent.

    Args:
        member: The person whose agent runs.
        desk: A member of the team.
        who: That member's name.
        children: The hub's processes.
        looked: Looks at a person in the hub's log, as they are chained.
        began_s: Of the demo, on the clock that never jumps.
    """

    def __init__(
        self,
        member: Member,
        desk: Desk,
        who: str,
        children: Sequence[Child],
        looked: Callable[[bytes], list[bytes]],
        began_s: float,
    ) -> None:
        self._member, self._desk, self._who, self._children = member, desk, who, children
        self._looked, self._began_s = looked, began_s
        self.walked = Walked()

    async def go(self, session: Session) -> None:
        """All of it, until the person's list of looks equals the hub's log.

        Raises:
            CheckFailed: A step did not come true.
        """
        await self._until(lambda: not session.outbox.unsettled(), "the person's first receipts")
        self._step("The person's agent, hub run, hub score, hub alerts and hub view --care work together.")
        await self._asks(session)
        await self._checks_in(session)
        await self._holds(session)
        await self._to_the_team(session)
        await self._acknowledges(session)
        await self._reads_the_looks(session)

    # ---- the steps

    async def _asks(self, session: Session) -> None:
        began_s = time.monotonic()
        await self._say(session, Wish("see", words=_WORDS))
        self._step(f'{self._name} asks to be seen, and writes: "{_WORDS}" It leaves sealed, in the next envelope.')
        page = await self._page("/", lambda page: _WORDS in page.html, "the person's words on the team's list")
        self.walked.people = _order(page)
        self.walked.asked_s = round(time.monotonic() - began_s, 1)
        self._step(f"The team's list shows {len(self.walked.people)} people. Those who asked stand first.")

    async def _checks_in(self, session: Session) -> None:
        self._answered_s = time.monotonic()
        session.history.tell(drawn.check_in_over_the_cut(session.utc_s()))
        session.release_queue.drain()  # the agent does so at the end of each window of five minutes
        self._step("They answer a check-in: 4 of 5. 3 is the cut of that instrument, so this is a fact for a rule.")
        await self._state(session, "with_person")
        self._step("The alert is on the person's machine. The team does not read it yet.")
        if self._form(session, await self._desk.get("/alerts")) is not None:
            raise CheckFailed("the team read an alert before the person could hold it")

    async def _holds(self, session: Session) -> None:
        heard = self._heard(session)
        if heard is None:
            raise CheckFailed("the alert is gone")
        await self._say(session, Wish("hold", about=heard.alert.number))
        await self._state(session, "held")
        self._step("The person holds it back: 24 hours, here seconds. Nobody of the team can shorten that.")

    async def _to_the_team(self, session: Session) -> None:
        await self._state(session, "with_team")
        self._step("The time is over: the alert is with the team.")

    async def _acknowledges(self, session: Session) -> None:
        await self._page("/alerts", lambda page: self._form(session, page) is not None, "the alert on the team's page")
        page = await self._desk.get(f"/people/{self._member.identity.device}")
        form = self._form(session, page) or self._form(session, await self._desk.get("/alerts"))
        if form is None:
            raise CheckFailed("the alert cannot be acknowledged: no page has a form for it")
        await self._desk.send(form)
        await self._state(session, "acknowledged")
        self.walked.acknowledged_by = self._who
        self._step(
            f"{self._who} looks at the person's weeks and acknowledges the alert. The person's machine knows it."
        )

    async def _reads_the_looks(self, session: Session) -> None:
        def arrived() -> bool:
            kept = looks.state(session.outbox, session.utc_s())
            log = self._looked(self._member.kid)
            found = [one.look.encode() for one in reversed(kept.listed)]
            self.walked.looks, self.walked.log = len(found), len(log)
            self.walked.is_whole, self.walked.is_equal = kept.is_whole, found == log
            return kept.is_whole and bool(log) and found == log

        await self._until(arrived, "the person's list of looks")
        self._step(f"The person's own list names all {self.walked.looks} looks at them, as the hub's log has them.")
        for one in reversed(looks.state(session.outbox, session.utc_s()).listed):
            look = one.look
            say(f"            look {look.number}: {look.who} ({ROLES[look.role]}), {VIEWS[look.view]}")
        hidden = [person.label for person in PEOPLE if not person.is_shown]
        self.walked.found_hidden = [label for label in hidden if any(label in body for body in self._desk.bodies)]

    # ---- private

    @property
    def _name(self) -> str:
        return PEOPLE[WALKED].label

    def _step(self, words: str) -> None:
        say(f"  {time.monotonic() - self._began_s:6.1f} s  {words}")

    async def _say(self, session: Session, wish: Wish) -> None:
        """As 'wardbeat ask' does, over the agent's own socket."""
        reply = await asyncio.to_thread(channel.ask, session.folder, Command("ask", encode_wish(wish)))
        if reply.exit_code:
            raise CheckFailed(reply.words, remedy=reply.remedy)

    async def _state(self, session: Session, state: str) -> None:
        """Wait until the alert is in a state on the person's own machine."""

        def is_there() -> bool:
            heard = self._heard(session)
            return heard is not None and heard.alert.state == state

        await self._until(is_there, f"the alert in state {state}")
        self.walked.states.append(State(state, round(time.monotonic() - self._answered_s, 1)))

    def _heard(self, session: Session) -> Heard | None:
        found = [one for one in alerts.kept(session.outbox) if one.alert.rule == RULE]
        return found[-1] if found else None

    def _form(self, session: Session, page: Page) -> Form | None:
        """The form of a page that acknowledges the alert."""
        heard = self._heard(session)
        number = "" if heard is None else str(heard.alert.number)
        found = (one for one in page.forms if "acknowledge" in one.action and number in one.fields.values())
        return next(found, None)

    async def _page(self, path: str, is_right: Callable[[Page], bool], what: str) -> Page:
        """Look at a page until it shows something; each look is written down."""
        until_s = time.monotonic() + _MOST_S
        while not is_right(page := await self._desk.get(path)):
            if time.monotonic() > until_s:
                raise CheckFailed(f"waited {_MOST_S:g} s in vain for {what}", remedy="Run the demo again with --keep.")
            await asyncio.sleep(1.0)
        return page

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        await until(condition, self._children, what, _MOST_S)


def _order(page: Page) -> list[str]:
    """Labels of people on the list, in its order."""
    places = {person.label: page.html.find(person.label) for person in PEOPLE}
    return sorted((label for label, place in places.items() if place >= 0), key=lambda label: places[label])
