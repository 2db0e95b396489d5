"""What doctor says about the strap: whether one is bound, the Bluetooth service, and its adapter."""

import asyncio
from collections.abc import Iterator
from typing import Final

from agent.errors import SourceUnavailable
from agent.sources.context import Surroundings
from agent.sources.spec import SensorCheck
from agent.sources.strap.binding import bound
from agent.sources.strap.ble_strap import Settings
from agent.sources.strap.bluetooth import LINK_ERRORS, by_name, system_of
from agent.sources.strap.states import StrapState

_LOOK_S: Final = 6.0
_ADAPTER: Final = frozenset({StrapState.NO_ADAPTER, StrapState.BLUETOOTH_OFF, StrapState.NO_CENTRAL})


def check(settings: Settings, around: Surroundings) -> Iterator[SensorCheck]:
    """Every check of the strap; nothing is scanned, connected or switched."""
    try:
        name = bound(around.folder).name or "a strap without a name"
    except SourceUnavailable as error:
        yield SensorCheck("strap", ok=False, words=str(error), remedy=error.remedy)
    else:
        yield SensorCheck("strap", ok=True, words=f"{name} is bound")
    fault = asyncio.run(_missing(settings, around))
    if fault is not None and fault not in _ADAPTER:
        yield SensorCheck("bluetooth_service", ok=False, words=fault.words, remedy=fault.remedy)
        return
    yield SensorCheck("bluetooth_service", ok=True, words="responds, or is not asked on this system")
    if fault is None:
        yield SensorCheck("bluetooth_adapter", ok=True, words="is on, or is not asked on this system")
    else:
        yield SensorCheck("bluetooth_adapter", ok=False, words=fault.words, remedy=fault.remedy)


async def _missing(settings: Settings, around: Surroundings) -> StrapState | None:
    system = system_of(around.radio, settings.adapter, may_cycle=False)
    try:
        async with asyncio.timeout(_LOOK_S):
            return await system.missing()
    except (FileNotFoundError, ConnectionRefusedError):  # no D-Bus at all
        return StrapState.NO_SERVICE
    except LINK_ERRORS as error:
        return by_name(str(getattr(error, "type", ""))) or StrapState.NOT_ANSWERING
    finally:
        await system.close()
