"""The person's own strap: found among others, and bound by its beats."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from agent.errors import PacketRefused, SourceUnavailable
from agent.model import NS_PER_S
from agent.sources.context import Radio, Surroundings
from agent.sources.spec import FoundDevice
from agent.sources.strap import link as strap_link
from agent.sources.strap.binding import Bound, bind, bound
from agent.sources.strap.ble_strap import Settings
from agent.sources.strap.bluetooth import LINK_ERRORS, ready_adapter, said, system_of
from agent.sources.strap.heart_rate_packet import decode
from agent.sources.strap.link import NotPaired, Paired
from agent.sources.strap.notifications import Mail
from agent.sources.strap.platform import System
from agent.sources.strap.states import StrapState, unavailable

_POLL_S: Final = 0.25
_BIND_TRIES: Final = 3


def bound_device(folder: Path) -> dict[str, str] | None:
    """All that is kept of the bound strap; None: none is bound."""
    try:
        return asdict(bound(folder))
    except SourceUnavailable:
        return None


def remember(folder: Path, device: FoundDevice, serial: str) -> None:
    """Bind a strap without a beat of it."""
    bind(folder, Bound(device.address, device.name, serial))


async def find(settings: Settings, radio: Radio, seconds: float) -> list[FoundDevice]:
    """Straps in reach, strongest first.

    Raises:
        SourceUnavailable: There is no Bluetooth to scan with.
    """
    system = system_of(radio, settings.adapter, may_cycle=False)
    try:
        return await strap_link.nearby(radio, await ready_adapter(settings.adapter, system, pairing=False), seconds)
    finally:
        await system.close()


async def bind_to(settings: Settings, around: Surroundings, device: FoundDevice, proof_s: float) -> bool:
    """Bind a strap once a beat of it has been seen; False: none came, and nothing is changed.

    Raises:
        SourceUnavailable: It could not be connected or paired, or sends no heart rate.
    """
    system = system_of(around.radio, settings.adapter, may_cycle=False)
    try:
        for _ in range(_BIND_TRIES):
            with suppress(Paired, _LinkLost):  # right after pairing both are normal
                return await _proven(settings, around, device, proof_s, system)
    except NotPaired as error:
        raise unavailable(StrapState.NOT_PAIRED) from error
    except LINK_ERRORS as error:
        raise SourceUnavailable(
            "connecting to the strap failed", remedy="Put it on, close other apps that use it, and try again."
        ) from error
    finally:
        await system.close()
    return False


class _LinkLost(Exception):
    """Before a beat came."""


async def _proven(
    settings: Settings, around: Surroundings, device: FoundDevice, proof_s: float, system: System
) -> bool:
    radio, mail = around.radio, Mail(around.clock.now_ns)
    adapter = await ready_adapter(settings.adapter, system)
    async with radio.turn, said(adapter):
        await strap_link.free(radio, device.address)
        found = await strap_link.look_for(radio, adapter, Bound(device.address, device.name))
    async with strap_link.linked(radio, adapter, found, mail, system, may_pair=True) as client:
        known = await strap_link.who(client, device.name)
        await strap_link.listen(client, mail)
        until_ns = around.clock.now_ns() + int(proof_s * NS_PER_S)
        while around.clock.now_ns() < until_ns:
            await mail.wait(_POLL_S)
            if _has_beats(mail):
                bind(around.folder, known)
                return True
            if mail.lost:
                raise _LinkLost
    return False


def _has_beats(mail: Mail) -> bool:
    while (packet := mail.take()) is not None:
        with suppress(PacketRefused):
            if packet[1] is not None and decode(packet[1]).rr_1024:
                return True
    return False
