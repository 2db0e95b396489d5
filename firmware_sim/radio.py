"""The air between straps and dongle: Bumble's virtual controller with its faults mended.

Each mend stands where the virtual controller of Bumble 0.0.236 differs from a real one:
a scan response is never sent (so names travel in the advertisement itself, see `strap`);
data carries the sender's random address even on a connection made with the public one;
advertising that cannot be connected is not sent at all;
cancelling a connection does nothing; a reset keeps links; links never break by themselves.
"""

import asyncio
import logging
from typing import Any, Final

from bumble import hci, ll
from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.device import Device, DeviceConfiguration
from bumble.host import Host
from bumble.link import LocalLink
from bumble.pairing import PairingConfig
from bumble.transport.common import AsyncPipeSink

SUPERVISION_TIMEOUT: Final = 0x08
REMOTE_USER: Final = 0x13
UNACCEPTABLE_PARAMETERS: Final = 0x3B

_ADV_NONCONN_IND: Final = 0x03

logging.getLogger("bumble").setLevel(logging.CRITICAL)


class Air(LocalLink):
    """A link bus on which data carries the address its connection was made with."""

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is None or receiver is None:
            return  # the link broke under the data: lost, as on air
        asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)


class Chip(Controller):
    """A virtual controller that cancels, resets and loses links as a real one does."""

    _advertises_as = 0

    @property
    def air(self) -> Air:
        """Where it sends and hears."""
        assert isinstance(self.link, Air)
        return self.link

    # Legacy advertising and no address resolution: what the Linux kernel needs of this controller.
    le_features = Controller.le_features & ~(hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """As Bumble does, which also spells out every packet for its debug log, whether that is read or not."""
        if self.host:
            asyncio.get_running_loop().call_soon(self.host.on_packet, bytes(packet))

    def on_hci_le_create_connection_cancel_command(self, _command: Any) -> Any:
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        # Command Complete first, then the event that ends the attempt (Vol 4, Part E, 7.8.13)
        ended = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, ended)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_hci_reset_command(self, _command: Any) -> Any:
        for connection in list(self.le_connections.values()):
            connection.send_ll_control_pdu(ll.TerminateInd(REMOTE_USER))
        self.le_connections.clear()
        self.pending_le_connection = None
        self.le_scan_enable = False
        self.le_legacy_advertiser.stop()
        return super().on_hci_reset_command(_command)

    def on_ll_control_pdu(self, sender_address: hci.Address, packet: Any) -> None:
        if sender_address in self.le_connections:  # else the link broke under it
            super().on_ll_control_pdu(sender_address, packet)

    def send_advertising_pdu(self, packet: Any) -> None:
        if isinstance(packet, ll.AdvInd) and self._only_tells():
            packet = ll.AdvNonConnInd(packet.advertiser_address, packet.data)
        super().send_advertising_pdu(packet)

    def on_ll_advertising_pdu(self, packet: Any) -> None:
        if isinstance(packet, ll.ConnectInd) and self._only_tells():
            return
        if not isinstance(packet, ll.AdvNonConnInd):
            super().on_ll_advertising_pdu(packet)
        elif self.le_scan_enable:
            report = hci.HCI_LE_Advertising_Report_Event.Report(
                event_type=hci.HCI_LE_Advertising_Report_Event.EventType.ADV_NONCONN_IND,
                address_type=packet.advertiser_address.address_type,
                address=packet.advertiser_address,
                data=packet.data,
                rssi=-50,
            )
            self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))

    def _only_tells(self) -> bool:
        """Whether it advertises without letting anybody connect; the virtual advertiser knows no such kind."""
        return self._advertises_as == _ADV_NONCONN_IND

    def on_hci_le_set_advertising_parameters_command(self, command: Any) -> Any:
        self._advertises_as = command.advertising_type
        answer = super().on_hci_le_set_advertising_parameters_command(command)
        self.le_legacy_advertiser.advertising_type = (
            hci.HCI_LE_Set_Advertising_Parameters_Command.AdvertisingType.ADV_IND
        )
        return answer

    def lose_links(self, reason: int = SUPERVISION_TIMEOUT) -> None:
        """Break every link at both ends at once, as a supervision timeout does."""
        links: list[Connection] = list(self.le_connections.values())
        for link in links:
            other = self.link.find_le_controller(link.peer_address)
            if other is not None and link.self_address in other.le_connections:
                other.on_le_disconnected(other.le_connections[link.self_address], reason)
            self.on_le_disconnected(link, reason)


def host(chip: Chip, name: str, address: str, advertisement: bytes = b"") -> Device:
    """A Bluetooth host on a chip of this process."""
    configuration = DeviceConfiguration(
        name=name,
        address=hci.Address(address),
        advertising_data=advertisement,
        advertising_interval_min=40.0,
        advertising_interval_max=40.0,
    )
    device = Device(config=configuration, host=Host(chip, AsyncPipeSink(chip)))
    # keys are kept under the address that a link is made with; a strap has neither display nor keys
    device.pairing_config_factory = lambda _connection: PairingConfig(
        mitm=False, identity_address_type=PairingConfig.AddressType.RANDOM
    )
    return device
