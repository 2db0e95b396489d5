"""A Bluetooth heart-rate strap: found, connected, listened to, and found again.

    look for it ─▶ link ─▶ who is it? ─▶ listen ─▶ samples, until it is lost or silent ─┐
        ▲                                                                               │
        └──── a short pause ◀── what the ladder says: forget, cycle, tell ◀─────────────┘

A link that is up says nothing about data (a dead Bluetooth daemon looks the same): packets are watched, and so is the
daemon. What to do about trouble is decided in `ladder`, what the person reads stands in `strap_states`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak_retry_connector import BleakNotFoundError

from agent.errors import SourceUnavailable, WardbeatError
from agent.model import NS_PER_S, Sample
from agent.sources.context import Surroundings
from agent.sources.strap import link as strap_link
from agent.sources.strap.beat_times import BeatTimes
from agent.sources.strap.binding import Bound, bind, bound, bound_at_ns
from agent.sources.strap.bluetooth import LINK_ERRORS, named, ready_adapter, said, system_of
from agent.sources.strap.escalation import LEAST_PAUSE_S, Act, Event, Facts, Ladder, Rung, climb, pause_s
from agent.sources.strap.link import BondWanted, NotInReach, NotPaired, Paired
from agent.sources.strap.listener import StrapListener, Timeline, samples_of
from agent.sources.strap.notifications import Mail
from agent.sources.strap.platform import System
from agent.sources.strap.quirks.recogniser import Quirks
from agent.sources.strap.states import StrapState, unavailable
from agent.system.status import Level

log = logging.getLogger(__name__)

_LOOK_S: Final = 0.25
_STALL_S: Final = 0.06  # by which a busy machine wakes late; at ten times the speed it looks like 0.6 s
_AWAY_AFTER: Final = 2  # scans without the strap before the person reads so
_EVERYTHING_EACH: Final = 20  # scans: then one that hears every device, to tell a deaf adapter from an absent strap
_STRANGERS_MOST: Final = 64
_REST_S: Final = 600.0
_AT_THE_STRAP: Final = (Event.BUSY, Event.SCAN_FAILED, Event.UNREACHED, Event.UNREADABLE)
_BIND_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration may say of this source.

    Attributes:
        adapter: Bluetooth adapter on Linux, by name (``hci1``) or by address, which outlives a renaming;
            None: the first that is on.
        recover_adapter: Whether an adapter that nothing else uses may be switched off and on when nothing else
            helps (Linux).
    """

    adapter: str | None = None
    recover_adapter: bool = True


async def samples(settings: Settings, around: Surroundings) -> AsyncGenerator[Sample, None]:
    """Beats of the bound strap, for ever.

    Raises:
        SourceUnavailable: No strap is bound.
    """
    system = system_of(around.radio, settings.adapter, may_cycle=settings.recover_adapter)
    search = _Search(settings, around, system)
    try:
        while True:
            async with aclosing(search.one_try()) as found:
                async for sample in found:
                    yield sample
            for sample in search.rest():
                yield sample
            await search.recover()
    finally:
        await system.close()


class _Search:
    """What the source knows while it looks for its strap: its step of the ladder, and what else is on air."""

    def __init__(self, settings: Settings, around: Surroundings, system: System) -> None:
        self._settings, self._around, self._system = settings, around, system
        self._timeline = self._timeline_anew()
        self._ladder, self._event = self._anew(), Event.ABSENT
        self._event_before = self._event
        self._strap, self._address = Bound("", ""), ""
        self._bound_ns = 0
        self._resting_ns: dict[str, int] = {}  # addresses that are somebody else's, and until when
        self._pairings = 0  # in a row without a packet
        self._listener: StrapListener | None = None
        self._scans = 0
        self._was_read = False
        self._why = StrapState.NOT_CONNECTED

    async def one_try(self) -> AsyncGenerator[Sample, None]:
        """Look for the strap, link, and give what comes until it ends; `recover` knows how it ended."""
        self._begin()
        mail = Mail(self._around.clock.now_ns)
        with self._judged():
            adapter = await ready_adapter(self._settings.adapter, self._system)
            device = await self._look_for(adapter)
            self._address, self._event, self._why = device.address, Event.UNREACHED, StrapState.NOT_CONNECTED
            self._system.news.begin()  # what went before concerns no link that is made now
            ours = device.address == self._strap.address
            link = strap_link.linked(self._around.radio, adapter, device, mail, self._system, may_pair=ours)
            async with link as client:
                self._event = Event.UNREADABLE
                if await self._is_ours(client):
                    async with aclosing(self._heard(client, mail)) as found:
                        async for sample in found:
                            yield sample
        if self._address != self._strap.address and self._event in _AT_THE_STRAP:
            self._rest(self._address)  # somebody else's trouble: ours is absent

    def _timeline_anew(self) -> Timeline:
        return Timeline(BeatTimes(blur_s=_STALL_S * (self._around.clock.speed - 1)))

    def _anew(self) -> Ladder:
        """At the foot of the ladder; a pause or another strap does not let the adapter be cycled sooner."""
        cycled_ns = self._around.radio.cycled_ns
        return Ladder(cycled_ns=cycled_ns[-1] if cycled_ns else None)

    def _begin(self) -> None:
        bound_ns = bound_at_ns(self._around.folder)
        self._strap = bound(self._around.folder)
        if bound_ns != self._bound_ns:  # another strap: nothing of what the last one did counts
            self._bound_ns, self._ladder, self._resting_ns = bound_ns, self._anew(), {}
            self._timeline.quirks = Quirks()
        self._address, self._event, self._why = self._strap.address, Event.SCAN_FAILED, StrapState.NOT_ANSWERING

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """What a try met, as an event of the ladder and in words for the person."""
        try:
            yield
        except NotInReach as absent:
            heard = {None: Event.ABSENT, True: Event.OTHERS, False: Event.DEAF}
            self._event = heard[absent.others]
            if self._scans >= _AWAY_AFTER:
                self._around.tell(StrapState.AWAY)
        except Paired:
            self._after_pairing()
        except NotPaired:
            self._why = StrapState.NOT_PAIRED
        except SourceUnavailable as error:
            state = StrapState.of(str(error))
            if state is StrapState.NO_STRAP:  # it was found as a strap: what the system remembers of it may be stale
                self._why = state
            else:
                self._event = Event.WRONG_DEVICE if state is StrapState.ANOTHER_STRAP else Event.NO_BLUETOOTH
                self._around.say(Level.TROUBLE, str(error), error.remedy)
        except LINK_ERRORS as error:
            log.info("the strap could not be read: %s (%s)", self._event.name.lower(), named(error))
            if self._event is Event.UNREACHED and isinstance(error, BleakNotFoundError):
                # seen a moment ago, and no answer; bluetoothd even drops what it saw of a strap that lets nobody in
                self._event, self._why = Event.BUSY, StrapState.BUSY

    async def _heard(self, client: BleakClient, mail: Mail) -> AsyncGenerator[Sample, None]:
        """What comes while the link is up, the daemon alive and the binding the same."""
        if client.address != self._strap.address:
            self._moved(client.address)
        self._timeline.interrupt()
        await strap_link.listen(client, mail)
        self._around.tell(StrapState.CONNECTED)
        self._listener = listener = StrapListener(self._timeline, mail, self._around, self._system, self._ladder)
        while not listener.over and bound_at_ns(self._around.folder) == self._bound_ns:
            await mail.wait(_LOOK_S)
            for sample in listener.heard():
                yield sample
            self._ladder = listener.ladder
            if listener.packets:
                self._event, self._was_read, self._pairings = Event.LOST, True, 0
            if self._system.news.gone is not None:  # bleak would call this link connected for ever
                self._around.tell(self._system.news.gone)
                return
            if listener.watch() is Act.RESUBSCRIBE:
                await strap_link.listen_anew(client, mail)
            self._ladder = listener.ladder
        if self._system.paired and not listener.packets:
            self._after_pairing()

    def _after_pairing(self) -> None:
        """A link that drops right after pairing is normal, once; a strap that is paired and silent again is not."""
        self._pairings += 1
        if self._pairings > 1:
            self._event, self._why = Event.UNREADABLE, StrapState.NOT_PAIRED
        else:
            self._around.tell(StrapState.PAIRED)
            self._event = Event.LOST

    def rest(self) -> list[Sample]:
        """What came while the link was being closed, and what waited for a successor that will not come."""
        listener, self._listener = self._listener, None
        late = [] if listener is None else listener.heard()
        held = self._timeline.times.flush()
        return late + [sample for beat in held for sample in samples_of(beat, self._timeline.quality)]

    async def recover(self) -> None:
        """Do what the ladder says, and wait; news of the system ends the waiting."""
        at_the_strap = self._event in _AT_THE_STRAP
        facts = await self._facts() if at_the_strap or self._event is Event.DEAF else Facts()
        self._event_before = self._event
        now_ns = self._around.clock.now_ns()
        self._ladder, act = climb(self._ladder, self._event, now_ns, facts)
        if at_the_strap:
            stuck = self._ladder.rung is Rung.TOLD and self._why is StrapState.NOT_CONNECTED
            self._around.tell(StrapState.STUCK if stuck else self._why)
        try:
            if act is Act.REMOVE:
                tries = self._ladder.failures + self._ladder.busy
                log.warning("the system removes its record of the strap: reading failed %d times", tries)
                await self._system.remove(self._strap.address)
            elif act is Act.CYCLE:
                log.warning("the Bluetooth adapter is restarted: %s", self._event.name.lower())
                self._around.radio.cycled_ns[:] = [now_ns]
                await self._system.cycle()
        except LINK_ERRORS as error:  # the next rung is reached all the same
            log.info("that did not work: %s", named(error))
        await asyncio.sleep(LEAST_PAUSE_S)  # whatever news come: nothing spins
        await self._system.news.wait(pause_s(self._ladder, self._event, random.random()))  # noqa: S311 - jitter

    # ---- the steps of a try

    async def _look_for(self, adapter: str | None) -> BLEDevice:
        radio, everything = self._around.radio, self._scans % _EVERYTHING_EACH == _EVERYTHING_EACH - 1
        now_ns = self._around.clock.now_ns()
        strangers = frozenset(address for address, until_ns in self._resting_ns.items() if until_ns > now_ns)
        async with radio.turn, said(adapter):
            await strap_link.free(radio, self._strap.address)
            device = await strap_link.look_for(
                radio, adapter, self._strap, strangers, self._searching, everything=everything
            )
        self._scans = 0
        return device

    def _rest(self, address: str) -> None:
        """Leave an address alone for a while; the oldest makes room."""
        while len(self._resting_ns) >= _STRANGERS_MOST:
            self._resting_ns.pop(next(iter(self._resting_ns)))
        self._resting_ns[address] = self._around.clock.now_ns() + int(_REST_S * NS_PER_S)
        self._event = Event.ABSENT

    def _searching(self) -> None:
        """The scan has begun; a strap that was there and refused keeps its words until it answers."""
        again = self._ladder.failures or self._ladder.busy or self._event_before is Event.WRONG_DEVICE
        if self._scans == 0 and not again:
            self._around.tell(StrapState.LOOKING if self._was_read else StrapState.SEARCHING)
        self._scans += 1

    async def _is_ours(self, client: BleakClient) -> bool:
        """Whether the bound strap answers; under an address that is not the bound one, somebody else's may.

        Raises:
            SourceUnavailable: Another strap answers under the bound address.
        """
        try:
            answered = await strap_link.who(client, self._strap.name)
        except (BondWanted, NotPaired, TimeoutError):
            if client.address == self._strap.address:
                raise  # it is paired first, and asked again
            answered = Bound(client.address, self._strap.name)
        if not self._strap.serial or answered.serial == self._strap.serial:
            return True
        if client.address == self._strap.address and answered.serial:
            raise unavailable(StrapState.ANOTHER_STRAP)
        return False  # somebody else's, or ours with a stale table: the ladder decides

    def _moved(self, address: str) -> None:
        """Bind the strap to its new address, unless a person has bound another meanwhile."""
        if bound_at_ns(self._around.folder) != self._bound_ns:
            return
        log.info("the bound strap has a new address")
        self._strap = replace(self._strap, address=address)
        try:
            bind(self._around.folder, self._strap)
        except WardbeatError as error:  # a full disk: it is read all the same, and written the next time
            log.warning("the new address was not saved: %s", error)
        self._bound_ns = bound_at_ns(self._around.folder)

    async def _facts(self) -> Facts:
        with suppress(*LINK_ERRORS):
            return await self._system.facts(self._strap.address)
        return Facts()
