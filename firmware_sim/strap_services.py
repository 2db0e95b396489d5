"""What a simulated strap offers over GATT, and what it advertises."""

import struct
import time
from collections.abc import Callable
from typing import Any, cast

from bumble.att import Attribute
from bumble.core import AdvertisingData
from bumble.device import Device
from bumble.gatt import (
    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR as _SUBSCRIPTION,
)
from bumble.gatt import Characteristic, CharacteristicValue, Service

from firmware_sim import packets
from firmware_sim.spec import StrapSpec


def advertisement(name: str) -> bytes:
    """Flags, the Heart Rate service, and the name."""
    return bytes(
        AdvertisingData(
            [
                (AdvertisingData.Type.FLAGS, b"\x06"),
                (AdvertisingData.Type.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, b"\x0d\x18"),
                (AdvertisingData.Type.COMPLETE_LOCAL_NAME, name.encode()),
            ]
        )
    )


def services(
    spec: StrapSpec, measurement: Any, battery: Any, on_control: Callable[[Any, bytes], None]
) -> list[Service]:
    """Heart Rate, Battery and Device Information, as the spec has them."""

    def text(uuid: str, value: str) -> Any:
        return Characteristic(uuid, Characteristic.Properties.READ, Attribute.Permissions.READABLE, value.encode())

    location = Characteristic(
        "2A38", Characteristic.Properties.READ, Attribute.Permissions.READABLE, bytes([spec.location])
    )
    control: Any = Characteristic(
        "2A39",
        Characteristic.Properties.WRITE,
        Attribute.Permissions.WRITEABLE,
        cast("Any", CharacteristicValue(write=on_control)),
    )
    heart = [measurement, location, *([control] if spec.energy else [])]
    known = [
        text("2A29", spec.maker),
        text("2A24", spec.model),
        text("2A25", spec.serial),
        text("2A26", spec.firmware),
    ]
    return [Service("180D", heart), Service("180F", [battery]), Service("180A", known)]


def only_for_the_paired(device: Device, characteristic: Any) -> None:
    """A subscription is a write of the descriptor that follows the characteristic."""
    for attribute in device.gatt_server.attributes:
        if attribute.handle > characteristic.handle and attribute.type == _SUBSCRIPTION:
            attribute.permissions |= Attribute.Permissions.WRITE_REQUIRES_ENCRYPTION
            return


def stamp(n: int) -> bytes:
    """Sequence as energy, monotonic microseconds as three intervals: fits one small packet."""
    parts = struct.unpack("<3H", struct.pack("<Q", time.monotonic_ns() // 1000)[:6])
    return packets.measurement(60, parts, energy_kj=n & 0xFFFF)
