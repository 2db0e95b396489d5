"""The computer's side of the air: a Bluetooth host that scans and connects; under both ways in."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bumble import core, l2cap
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy, ServiceProxy
from bumble.hci import Address

from firmware_sim.radio import REMOTE_USER, Chip, host


@dataclass(frozen=True, slots=True)
class Seen:
    """One advertisement.

    Attributes:
        address: Without its kind, as programs show it.
        kind: ``random`` or ``public``.
        name: Empty when it has none.
        uuids: Full, in lower case.
        rssi_dbm: Constant: the air has no distance.
    """

    address: str
    kind: str
    name: str
    uuids: tuple[str, ...]
    rssi_dbm: int


Listener = Callable[[Seen], None]


class Central:
    """See the module's first line. Open with `power_on`."""

    def __init__(self, chip: Chip, address: str = "F2:00:00:00:00:01", *, accepts_intervals: bool = True) -> None:
        self.device: Device = host(chip, "Wardbeat host", address)
        if not accepts_intervals:  # Bumble's host says yes to every wish, and has no setting for it
            self.device.l2cap_channel_manager.on_l2cap_connection_parameter_update_request = _refuse_interval  # type: ignore[method-assign]
        self._listeners: list[Listener] = []
        self._one_at_a_time = asyncio.Lock()
        self.device.on(Device.EVENT_ADVERTISEMENT, self._on_advertisement)

    async def power_on(self) -> None:
        """Reset the chip and get ready; nobody listens any more."""
        self._listeners.clear()
        await self.device.power_on()

    async def listen(self, listener: Listener) -> None:
        """Scan, together with whoever scans already."""
        if not self._listeners:
            await self.device.start_scanning(legacy=True, active=True, filter_duplicates=False)
        self._listeners.append(listener)

    async def unlisten(self, listener: Listener) -> None:
        """Stop scanning once the last listener has gone."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(listener)
            if not self._listeners:
                await self.device.stop_scanning(legacy=True)

    async def connect(self, address: str, timeout_s: float) -> Connection:
        """Connect; a cancelled attempt is cancelled in the chip too.

        Raises:
            TimeoutError: The strap did not answer in time.
            ConnectionError: It is bonded, and its keys are not ours any more.
        """
        async with self._one_at_a_time:
            trying = asyncio.create_task(
                self.device.connect(Address(address, Address.RANDOM_DEVICE_ADDRESS), timeout=timeout_s)
            )
            try:
                connection = await asyncio.shield(trying)
            except (core.TimeoutError, core.ConnectionError) as error:
                raise TimeoutError("the strap did not answer") from error
            except asyncio.CancelledError:
                await self.device.cancel_connection()  # type: ignore[no-untyped-call]
                with contextlib.suppress(core.BaseBumbleError, asyncio.CancelledError):
                    await (await trying).disconnect()
                raise
            return await self._encrypted(connection)

    async def _encrypted(self, connection: Connection) -> Connection:
        """A bonded link is encrypted at once, as a system's own host does; a strap without its key loses the link."""
        if not await self.bonded(str(connection.peer_address)):
            return connection
        try:
            await connection.encrypt()
        except (core.BaseBumbleError, asyncio.CancelledError) as error:
            await self.disconnect(connection)
            raise ConnectionError("the strap does not know this machine any more") from error
        return connection

    async def bonded(self, address: str) -> bool:
        """Whether keys of a strap are kept."""
        keys = self.device.keystore
        return keys is not None and await keys.get(_key(address)) is not None

    async def forget(self, address: str) -> None:
        """Let go of a strap's keys."""
        if self.device.keystore is not None:
            await self.device.keystore.delete(_key(address))

    async def discover(self, connection: Connection) -> list[ServiceProxy]:
        """All services with their characteristics and descriptors."""
        peer = Peer(connection)
        await peer.discover_all()  # type: ignore[no-untyped-call]
        return list(peer.services)

    async def disconnect(self, connection: Connection) -> None:
        """Close a link; one that is closed already is no error."""
        if connection.handle in self.device.connections:
            with contextlib.suppress(core.BaseBumbleError):
                await connection.disconnect(REMOTE_USER)

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        data = advertisement.data
        uuids = data.get(core.AdvertisingData.Type.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS) or []
        name = data.get(core.AdvertisingData.Type.COMPLETE_LOCAL_NAME, raw=True)
        seen = Seen(
            advertisement.address.to_string(with_type_qualifier=False),
            "public" if advertisement.address.is_public else "random",
            name.decode("utf-8", "replace") if isinstance(name, bytes) else "",
            tuple(full_uuid(uuid) for uuid in uuids),
            advertisement.rssi,
        )
        for listener in tuple(self._listeners):
            listener(seen)


def _key(address: str) -> str:
    """As the key store names a strap."""
    return str(Address(address.removesuffix("/P"), Address.RANDOM_DEVICE_ADDRESS))


def _refuse_interval(connection: Connection, cid: int, request: Any) -> None:
    connection.device.l2cap_channel_manager.send_control_frame(
        connection, cid, l2cap.L2CAP_Connection_Parameter_Update_Response(identifier=request.identifier, result=1)
    )


def full_uuid(uuid: core.UUID) -> str:
    """As programs write it: 128 bits, lower case.

    >>> full_uuid(core.UUID.from_16_bits(0x180D))
    '0000180d-0000-1000-8000-00805f9b34fb'
    """
    text = str(uuid.to_hex_str("-")).lower()
    return text if "-" in text else f"0000{text}-0000-1000-8000-00805f9b34fb"


def properties(characteristic: CharacteristicProxy[bytes]) -> list[str]:
    """The names that BlueZ and bleak use."""
    return [name for bit, name in _PROPERTIES.items() if characteristic.properties & bit]


_PROPERTIES = {
    0x01: "broadcast",
    0x02: "read",
    0x04: "write-without-response",
    0x08: "write",
    0x10: "notify",
    0x20: "indicate",
    0x40: "authenticated-signed-writes",
}
