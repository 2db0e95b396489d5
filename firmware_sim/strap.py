"""One simulated strap: a body, a battery, a GATT server, and the faults it has been told to have.

Heart Rate (0x180D): 2A37 notify, 2A38 read, 2A39 write (0x01 resets energy, else ATT error 0x80)
Battery (0x180F): 2A19 read, notify · Device Information (0x180A): 2A29, 2A24, 2A25, 2A26
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bumble.att import ATT_Error, Attribute
from bumble.core import BaseBumbleError, ConnectionParameterUpdateError
from bumble.device import AdvertisingType, Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue

from firmware_sim import packets, quirks
from firmware_sim.clock import NS_PER_S, Clock
from firmware_sim.faults import Fault
from firmware_sim.physiology import Beat
from firmware_sim.radio import REMOTE_USER, UNACCEPTABLE_PARAMETERS, Air, Chip, host
from firmware_sim.spec import Felt, StrapSpec
from firmware_sim.strap_services import advertisement, only_for_the_paired, services, stamp

_CONTROL_POINT_NOT_SUPPORTED: Final = 0x80
_AFTER_PAIRING_S: Final = 0.3
_INSIST_S: Final = 30.0
_SUPERVISION_MS: Final = 6000
_MTU: Final = 23
_WAITING_MOST: Final = 40  # intervals; then the sensor drops its oldest, as the specification allows
_BROKEN: Final = (b"", b"\x10", b"\x11\x48", b"\x10\x48\x55", b"\x08\x48\x01", b"\x16\x48\x00\x03\x55")


class Strap:
    """See `StrapSpec`. `start`, then `run` until the body ends."""

    def __init__(self, spec: StrapSpec, body: Iterator[Beat], clock: Clock) -> None:
        self.spec, self._body, self._clock = spec, body, clock
        self.battery_01 = 0.87
        self.felt: list[Felt] = []
        # what benches read: from being findable again to being listened to
        self.reconnects_s: list[float] = []
        self.body_ended = asyncio.Event()
        self._chip: Chip | None = None
        self._device: Device | None = None
        self._until_ns: dict[str, int] = {}
        self._findable_ns: int | None = None
        self._energy_kj = 0
        self._waiting: deque[tuple[int, int, str]] = deque(maxlen=_WAITING_MOST)
        self._next: Beat | None = None
        self._begin_ns = 0
        self._recent: deque[int] = deque([900], maxlen=5)
        self._memory = quirks.Memory()
        self._listening: set[Connection] = set()
        self._since_ns: dict[Connection, int] = {}  # first listened to
        self._off_skin_ns: int | None = None
        self._refused_ns: int | None = None  # its wish for an interval
        self._step_ns = 0  # a packet waits for the next connection event
        self._asking: set[asyncio.Task[None]] = set()
        self._listened = asyncio.Event()
        self._changed = asyncio.Event()
        self._measurement, self._battery = self._characteristics()

    # ---- the GATT server

    async def start(self, air: Air) -> None:
        """Switch on and advertise."""
        self._chip = Chip(self.spec.name, link=air)
        self._device = host(self._chip, self.spec.name, self.spec.address, advertisement(self.spec.name))
        self._device.add_services(services(self.spec, self._measurement, self._battery, self._on_control))
        if self.spec.bond:
            only_for_the_paired(self._device, self._measurement)
        self._device.on("connection", self._on_connection)
        await self._device.power_on()

    def _characteristics(self) -> tuple[Any, Any]:
        properties = Characteristic.Properties
        measurement = Characteristic("2A37", properties.NOTIFY, Attribute.Permissions(0), b"")
        measurement.on("subscription", self._on_subscription)
        level: Any = CharacteristicValue(read=lambda _: bytes([round(100 * self.battery_01)]))
        battery: Any = Characteristic(
            "2A19", properties.READ | properties.NOTIFY, Attribute.Permissions.READABLE, level
        )
        return measurement, battery

    def _on_control(self, _connection: Any, value: bytes) -> None:
        if bytes(value) != b"\x01":
            raise ATT_Error(_CONTROL_POINT_NOT_SUPPORTED)
        self._energy_kj = 0

    def _on_connection(self, connection: Connection) -> None:
        def gone(_reason: int) -> None:
            self._listening.discard(connection)
            self._since_ns.pop(connection, None)
            self._step_ns = 0
            self._changed.set()

        connection.on("disconnection", gone)
        if self.spec.bond:
            connection.on("pairing", lambda _keys: self._leave_after_pairing())
        self._changed.set()

    def _on_subscription(self, connection: Connection, notify: bool, _indicate: bool) -> None:  # noqa: FBT001
        if notify:
            if self._findable_ns is not None:
                self.reconnects_s.append((self._clock.now_ns() - self._findable_ns) / NS_PER_S)
                self._findable_ns = None
            if connection not in self._since_ns and self.spec.interval_ms is not None:
                asking = asyncio.create_task(self._ask_for_interval(connection, *self.spec.interval_ms))
                self._asking.add(asking)
                asking.add_done_callback(self._asking.discard)
            self._since_ns.setdefault(connection, self._clock.now_ns())
            self._listening.add(connection)
            self._listened.set()
        else:
            self._listening.discard(connection)

    async def _ask_for_interval(self, connection: Connection, from_ms: int, to_ms: int) -> None:
        try:
            await connection.update_parameters(from_ms, to_ms, 0, _SUPERVISION_MS, use_l2cap=True)
            self._step_ns = to_ms * 1_000_000
        except ConnectionParameterUpdateError:
            self._refused_ns = self._clock.now_ns()
        except (BaseBumbleError, asyncio.CancelledError):
            return  # the link went before the answer came

    def _leave_after_pairing(self) -> None:
        """A drop right after pairing is normal; nothing is sent until then."""
        self._until_ns["silent"] = self._clock.now_ns() + round(2 * _AFTER_PAIRING_S * NS_PER_S)
        asyncio.get_running_loop().call_later(_AFTER_PAIRING_S, self._leave, REMOTE_USER)

    def _leave(self, reason: int) -> None:
        if self._chip is not None:
            self._chip.lose_links(reason)

    def leave(self) -> None:
        """Switch off: every link breaks, nothing advertises."""
        if self._chip is not None:
            self._chip.lose_links()
            self._chip.le_legacy_advertiser.stop()

    # ---- living

    async def keep_visible(self) -> None:
        """Advertise whenever nobody is connected and the strap is not away."""
        assert self._device is not None
        while True:
            self._changed.clear()
            away_ns = self._until_ns.get("absent", 0)
            if self._clock.now_ns() < away_ns:
                await self._device.stop_advertising()
                await self._clock.sleep_until(away_ns)
                continue
            is_free = len(self._device.connections) < self.spec.links
            if is_free or self.spec.tells_when_held:
                kind = AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE if is_free else AdvertisingType.UNDIRECTED
                await self._device.stop_advertising()
                await self._device.start_advertising(advertising_type=kind, auto_restart=False)
            if is_free and not self._since_ns:
                self._findable_ns = self._clock.now_ns()
            await self._changed.wait()

    async def run(self) -> None:
        """Feel and tell, packet by packet, until the body ends."""
        if self.spec.from_first:
            await self._listened.wait()
        self._begin_ns = self._clock.now_ns()
        step_ns, n = round(NS_PER_S / self.spec.notify_hz), 0
        while not self.body_ended.is_set():
            n += 1
            await self._clock.sleep_until(self._begin_ns + n * step_ns)
            self._feel(self._begin_ns + n * step_ns)
            self._behave()
            await self._tell(n)

    def _feel(self, now_ns: int) -> None:
        while True:
            if self._next is None:
                self._next = next(self._body, None)
            if self._next is None:
                if not self._waiting:
                    self.body_ended.set()
                return
            end_ns = self._begin_ns + round(self._next.end_s * NS_PER_S)
            if end_ns > now_ns:
                return
            rr_1024 = packets.ticks(self._next.rr_ms)
            if len(self._waiting) == self._waiting.maxlen:
                self._log(self._waiting.popleft(), sent=False)
            self._waiting.append((end_ns, rr_1024, self._next.kind))
            self._recent.append(rr_1024)
            self._next = None

    def _behave(self) -> None:
        """Leave, where a strap like this one would."""
        now_ns, spec = self._clock.now_ns(), self.spec
        listened_s = (now_ns - min(self._since_ns.values(), default=now_ns)) / NS_PER_S
        if spec.drops_after_s is not None and listened_s > spec.drops_after_s:
            self._leave(REMOTE_USER)
        if spec.insists and self._refused_ns is not None and now_ns - self._refused_ns > _INSIST_S * NS_PER_S:
            self._refused_ns = None
            self._leave(UNACCEPTABLE_PARAMETERS)
        if not self._has("contact_lost"):
            self._off_skin_ns = None
            return
        self._off_skin_ns = now_ns if self._off_skin_ns is None else self._off_skin_ns
        if spec.off_skin_s is not None and now_ns - self._off_skin_ns > spec.off_skin_s * NS_PER_S:
            self._until_ns["absent"] = self._until_ns["contact_lost"]
            self._leave(REMOTE_USER)
            self._changed.set()

    def _is_stalled(self) -> bool:
        after_s, now_ns = self.spec.stalls_after_s, self._clock.now_ns()
        since_ns = min(self._since_ns.values(), default=now_ns)
        return after_s is not None and now_ns - since_ns > after_s * NS_PER_S

    async def _tell(self, n: int) -> None:
        if self.spec.stamped:
            await self._send(stamp(n))
            return
        energy = self._energy_kj if self.spec.energy and n % 10 == 0 else None
        self._energy_kj = min(self._energy_kj + (n % 10 == 0), 0xFFFF)
        capacity = packets.capacity(_MTU, wide=self.spec.wide, energy=energy is not None)
        taken = [self._waiting.popleft() for _ in range(min(capacity, len(self._waiting)))]
        # the chip knows of a broken link before the host has been told
        assert self._chip is not None
        mute = self._has("silent") or self._is_stalled() or not self._listening or not self._chip.le_connections
        without = self._has("missing_rr") or self._has("contact_lost") or not self.spec.intervals
        told = [] if without else [rr_1024 for _, rr_1024, _ in taken]
        broken = self._has("malformed")
        for beat in taken:
            self._log(beat, sent=not (mute or without or broken))
        if mute:
            return
        if broken:
            await self._send(_BROKEN[n % len(_BROKEN)])
            return
        hr_bpm = min(round(60 * packets.TICKS_PER_S * len(self._recent) / sum(self._recent)), 255)
        made_ns = self._clock.now_ns()
        for sent in self._quirked(quirks.Sent(hr_bpm, tuple(told))):
            if sent.after_s:
                await self._clock.sleep_until(made_ns + round(sent.after_s * NS_PER_S))
            await self._send(self._payload(sent, energy))

    def _quirked(self, made: quirks.Sent) -> Sequence[quirks.Sent]:
        name = self.spec.quirk or next((name for name in quirks.QUIRKS if self._has(name)), "")
        return quirks.QUIRKS[name](made, self._memory) if name else (made,)

    def _payload(self, sent: quirks.Sent, energy_kj: int | None) -> bytes:
        contact = None if not self.spec.contact else not self._has("contact_lost")
        return packets.measurement(sent.hr_bpm, sent.rr_1024, contact=contact, energy_kj=energy_kj, wide=self.spec.wide)

    async def _send(self, payload: bytes) -> None:
        if self._step_ns and self._since_ns:
            since_ns = min(self._since_ns.values())
            events = -(-(self._clock.now_ns() - since_ns) // self._step_ns)
            await self._clock.sleep_until(since_ns + events * self._step_ns)
        if self._listening:
            assert self._device is not None
            await self._device.notify_subscribers(self._measurement, payload)

    def _log(self, beat: tuple[int, int, str], *, sent: bool) -> None:
        self.felt.append(Felt(*beat, sent))

    # ---- faults

    @property
    def is_full(self) -> bool:
        """Whether as many devices are connected as may be."""
        return self._device is not None and len(self._device.connections) >= self.spec.links

    async def suffer(self, fault: Fault) -> None:
        """Begin a fault, which ends after its time. The virtual radio carries out ``held``: another device connects."""
        assert self._chip is not None
        assert self._device is not None
        if fault.fault == "low_battery":
            self.battery_01 = fault.percent / 100
            await self._device.notify_subscribers(self._battery, bytes([fault.percent]))
            return
        if fault.fault == "bond_lost":
            if self._device.keystore is not None:
                await self._device.keystore.delete_all()
            return
        until_ns = self._clock.now_ns() + round(fault.for_s * NS_PER_S)
        if fault.fault in ("link_loss", "absent"):
            self._until_ns["absent"] = until_ns
            self._chip.lose_links()
            self._changed.set()
            return
        self._until_ns[fault.fault] = until_ns

    def _has(self, fault: str) -> bool:
        return self._clock.now_ns() < self._until_ns.get(fault, 0)
