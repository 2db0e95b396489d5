"""A Bluetooth heart-rate strap: found, connected, listened to, and found again.

    searching ─▶ connecting ─▶ listening ──5 s nothing──▶ suspect ──10 s──▶ recycled ─┐
        ▲                          └── link lost ─────────────────────────────────────┤
        └───────────────────────────── a short pause with jitter ◀────────────────────┘

A link that is up says nothing about data (a dead Bluetooth daemon looks the same), hence the watchdog.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from agent.errors import PacketRefused, SourceUnavailable
from agent.model import NS_PER_S, Quality, Sample
from agent.sources import strap_link
from agent.sources.beat_times import BeatTimes, Placed
from agent.sources.bluetooth import LINK_ERRORS
from agent.sources.bound import Bound, bind, bound, bound_at_ns
from agent.sources.heart_rate_packet import TICKS_PER_S, decode
from agent.sources.strap_link import Mail, Nearby, NotInReach
from agent.sources.surroundings import Radio, Surroundings
from agent.status import Level

log = logging.getLogger(__name__)

SUSPECT_S: Final = 5.0
RECYCLE_S: Final = 10.0
_LOOK_S: Final = 0.25
_PAUSE_S: Final = (0.5, 30.0)  # real seconds; the first try after a loss comes soon
_LOW_PERCENT: Final = 10
_STALL_S: Final = 0.06  # by which a busy machine wakes late; at ten times the speed it looks like 0.6 s
_SAY_EVERY: Final = 60  # refused packets a line of the log


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration may say of this source.

    Attributes:
        adapter: Bluetooth adapter on Linux, such as ``hci1``; None: the first that is on.
    """

    adapter: str | None = None


async def samples(settings: Settings, around: Surroundings) -> AsyncGenerator[Sample, None]:
    """Beats of the bound strap, for ever.

    Raises:
        SourceUnavailable: No strap is bound, there is no Bluetooth, or another strap answered.
    """
    times = BeatTimes(blur_s=_STALL_S * (around.clock.speed - 1))
    pause_s = _PAUSE_S[0]
    while True:
        strap, bound_ns = bound(around.folder), bound_at_ns(around.folder)
        try:
            around.say(Level.WAITING, "searching for the strap", "Put it on; moisten the electrodes.")
            mail = Mail(around.clock.now_ns)
            async with strap_link.linked(around.radio, settings.adapter, strap.address, mail) as client:
                _same(strap, await strap_link.who(client, strap.name))
                times.interrupt()
                await strap_link.listen(client, mail)
                around.say(Level.OK, "connected, waiting for the first beat")
                listener = _Listener(times, mail, around)
                while not listener.over and bound_at_ns(around.folder) == bound_ns:
                    await mail.wait(_LOOK_S)
                    for sample in listener.heard():
                        yield sample
                pause_s = _PAUSE_S[0] if listener.packets else min(2 * pause_s, _PAUSE_S[1])
        except NotInReach:
            around.say(
                Level.WAITING,
                "the strap cannot be found: not worn, out of reach, asleep, or taken by another device",
                "Put it on; close other apps and watches that read it.",
            )
            pause_s = min(2 * pause_s, _PAUSE_S[1])
        except LINK_ERRORS as error:
            log.info("the strap could not be connected: %s", type(error).__name__)
            around.say(Level.WAITING, "the strap could not be connected", "It is tried again by itself.")
            pause_s = min(2 * pause_s, _PAUSE_S[1])
        for beat in times.flush():
            for sample in _samples(beat, Quality.GOOD):
                yield sample
        await asyncio.sleep(pause_s * random.uniform(0.2, 1.0))  # noqa: S311 - jitter


async def nearby(settings: Settings, radio: Radio, seconds: float) -> list[Nearby]:
    """Straps in reach; see `strap_link.nearby`."""
    return await strap_link.nearby(radio, settings.adapter, seconds)


async def bind_to(settings: Settings, around: Surroundings, strap: Nearby, proof_s: float) -> bool:
    """Bind a strap once a beat of it has been seen; False: none came, and nothing is changed.

    Raises:
        SourceUnavailable: It could not be connected, or sends no heart rate.
    """
    mail = Mail(around.clock.now_ns)
    try:
        async with strap_link.linked(around.radio, settings.adapter, strap.address, mail) as client:
            known = await strap_link.who(client, strap.name)
            await strap_link.listen(client, mail)
            until_ns = around.clock.now_ns() + int(proof_s * NS_PER_S)
            while not mail.lost and around.clock.now_ns() < until_ns:
                await mail.wait(_LOOK_S)
                if _has_beats(mail):
                    bind(around.folder, known)
                    return True
            return False
    except LINK_ERRORS as error:
        raise SourceUnavailable(
            "the strap could not be connected", remedy="Wear it, close other apps that read it, and try again."
        ) from error


def _has_beats(mail: Mail) -> bool:
    while (packet := mail.take()) is not None:
        with suppress(PacketRefused):
            if packet[1] is not None and decode(packet[1]).rr_1024:
                return True
    return False


def _same(wanted: Bound, answered: Bound) -> None:
    if wanted.serial and answered.serial != wanted.serial:
        raise SourceUnavailable(
            "another strap answers under the bound one's address",
            remedy="Run 'wardbeat scan --bind' with your own strap on.",
        )


class _Listener:
    """What comes in while a link is up."""

    def __init__(self, times: BeatTimes, mail: Mail, around: Surroundings) -> None:
        self._times, self._mail, self._around = times, mail, around
        self._heard_ns = self._beat_ns = around.clock.now_ns()
        self._ahead = times.ahead
        self._contact: bool | None = None
        self._refused = 0
        self._beats = False
        self.packets = 0
        self.over = False

    def heard(self) -> list[Sample]:
        """Samples of the packets that came, and the watchdog's word when none did."""
        found: list[Sample] = []
        while (packet := self._mail.take()) is not None:
            found += self._of_packet(*packet)
        now_ns = self._around.clock.now_ns()
        for beat in self._times.settle(now_ns):
            found += _samples(beat, Quality.GOOD)
        self._watch(now_ns)
        return found

    def _of_packet(self, arrived_ns: int, payload: bytes | None) -> list[Sample]:
        if payload is None:  # nobody picked up, and packets were let go
            self._times.interrupt()
            return []
        try:
            measured = decode(payload)
        except PacketRefused as refused:
            self._refused += 1
            if self._refused % _SAY_EVERY == 1:
                log.info("a packet of the strap was refused: %s", refused.reason)
            self._times.interrupt()
            return []
        self.packets += 1
        self._heard_ns = arrived_ns
        if measured.rr_1024:
            self._beat_ns, self._beats = arrived_ns, True
        if measured.contact is False or (self._contact is False and measured.contact):
            self._times.interrupt()
        self._contact = measured.contact
        quality = Quality.SUSPECT if measured.contact is False else Quality.GOOD
        placed = self._times.place(arrived_ns, measured.rr_1024)
        if self._times.ahead > self._ahead:
            log.info("beats of the strap were refused: there was no time for them")
            self._ahead = self._times.ahead
        return [one for beat in placed for one in _samples(beat, quality)]

    def _watch(self, now_ns: int) -> None:
        silent_s = (now_ns - self._heard_ns) / NS_PER_S
        say = self._around.say
        if self._mail.lost:
            say(Level.WAITING, "the link to the strap broke", "It is connected again by itself.")
            self.over = True
        elif silent_s > RECYCLE_S:
            log.info("the strap is silent; its link is made anew")
            self.over = True
        elif silent_s > SUSPECT_S:
            say(Level.WAITING, "connected, but nothing comes from the strap", "It is connected anew by itself.")
        elif self._contact is False:
            say(Level.WAITING, "no skin contact", "Moisten the electrodes and tighten the strap.")
        elif (now_ns - self._beat_ns) / NS_PER_S > SUSPECT_S:
            say(
                Level.WAITING,
                "the strap sends a heart rate but no beats",
                "Wear it on moist skin; a sensor that never sends beat intervals cannot be used.",
            )
        elif self._mail.battery_percent is not None and self._mail.battery_percent <= _LOW_PERCENT:
            also = "beats come in; " if self._beats else ""
            say(Level.WAITING, f"{also}the strap's battery is low", "Change or charge the strap's battery.")
        elif self._beats:
            say(Level.OK, "beats come in")


def _samples(beat: Placed, quality: Quality) -> list[Sample]:
    value_ms = beat.rr_1024 * 1000.0 / TICKS_PER_S
    beat_sample = Sample(beat.t_ns, "rr_ms", value_ms, quality)
    if not beat.gap_ns:
        return [beat_sample]
    begin_ns = beat.t_ns - beat.rr_1024 * NS_PER_S // TICKS_PER_S
    return [Sample(begin_ns, "gap_ms", beat.gap_ns / 1e6), beat_sample]
