"""Outbox to MQTT, and the hub's answers back; this package is the only home of paho-mqtt in the agent.

    slots ──▶ outbox row ──▶ paho ──▶ broker ──▶ hub
    listen ◀── queue ◀── callbacks ◀── down/<device>, keys

One envelope leaves a slot, worn or not, paused or not; an empty slot makes a cover. A row is
settled by the hub's receipt alone: paho calls a refused message published (measured), a PUBACK
is forgotten by a killed broker (measured), so both are only counted, never relied on.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.enrollment.enrolled import Identity
from agent.enrollment.identity import tls_password
from agent.errors import StorageFull
from agent.outbox import Outbox
from agent.privacy.vault import Vault
from agent.publisher.answers import HubAnswers
from agent.publisher.inbox import Inbox
from agent.publisher.link import Event, Link
from agent.publisher.link import Settings as PublisherSettings
from agent.publisher.schedule import Scheduler
from agent.publisher.validity import Validity
from agent.system.budget import Pace
from agent.system.status import Level, StatusBoard
from agent.wire.message import CoverMessage

log = logging.getLogger(__name__)

BACKLOG: Final = 2  # rows that may wait without hurry: a withdrawal beside a summary draws no burst
BURST_PER_SLOT: Final = 20  # rows a slot at least while a backlog drains
DRAIN_S: Final = 0.005  # apart at most while it drains: a week's slots in a quarter of a minute
MAX_UNRECEIPTED: Final = 200  # rows without a receipt while it drains; receipts come once a second
JITTER_01: Final = 0.2
LATE_TRIES: Final = 3
RECONNECT_S: Final = (0.5, 30.0)
LIVED_S: Final = 10.0
UNACKNOWLEDGED_S: Final = 60.0
_BODIES = (1000.0, 1000.0)  # a second, at once; and half of the loop's time at most
_LOOK_S: Final = 0.05  # how often what was thrown away is counted
_NO_SUBSCRIBER: Final = 0x10
_FAILURE: Final = 0x80


class Publisher:
    """The three coroutines `keep_link`, `keep_slots` and `listen`; `pipeline` makes tasks of them.

    Args:
        folder, vault, identity: Who sends; a newer directory is kept there.
        outbox: The rows.
        settings: See `PublisherSettings`.
        board: Where states are shown.
        slot_s: One envelope leaves each; 300 s outside demo and tests.
        utc_s: The session's UTC now.
    """

    def __init__(
        self,
        folder: Path,
        vault: Vault,
        identity: Identity,
        outbox: Outbox,
        settings: PublisherSettings,
        board: StatusBoard,
        *,
        slot_s: float,
        utc_s: Callable[[], int],
    ) -> None:
        self._folder, self._vault = folder, vault
        self._outbox, self._settings, self._board = outbox, settings, board
        self._slot_s, self._utc_s = slot_s, utc_s
        self._jitter = random.Random()  # noqa: S311 - spreads load, protects nothing
        self._number = 0
        self._link: Link | None = None
        self._connected = self._was_connected = False
        self._in_flight: dict[int, tuple[int, float]] = {}  # by message id: ledger index, seconds when it was sent
        self._receive_maximum, self._most_bytes = settings.in_flight, 0  # until a broker has said more
        self._schedule = Scheduler(outbox, settings.resend_after_s, self._jitter)
        self.answers = HubAnswers(folder, vault, identity, outbox, self._schedule, board, utc_s=utc_s)
        self._inbox, self._pace = Inbox(self.answers.screen), Pace(*_BODIES)
        # after connecting one row of a backlog goes at once, and its receipt says whether to hurry
        self.validity = Validity(folder, vault, outbox, board)
        self._probe = False
        self.counters: Counter[str] = self.answers.counters
        self.draining = False

    @property
    def identity(self) -> Identity:
        """Who sends, with the newest directory."""
        return self.answers.identity

    @property
    def unenrolled(self) -> bool:
        """After an erasure there is nobody to send as."""
        return self.answers.unenrolled

    # ---- the link

    async def keep_link(self) -> None:
        """Hold one connection after another; each runs in its own thread."""
        pause_s = RECONNECT_S[0]
        while not self.unenrolled:
            self._number += 1
            began_s, self._was_connected = time.monotonic(), False
            self._link = Link(
                self._number,
                self.identity,
                self._settings,
                folder=self._folder,
                password=tls_password(self._vault),
                put=self._inbox.put,
            )
            self._link.start()
            try:
                while self._link.is_alive() and not self.unenrolled:
                    await asyncio.sleep(0.2)
            finally:
                self._link.close()
                self._link, self._connected = None, False
            self._in_flight.clear()
            if self._was_connected and time.monotonic() - began_s > LIVED_S:
                pause_s = RECONNECT_S[0]  # else two clients share one name
            await asyncio.sleep(pause_s * self._jitter.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, RECONNECT_S[1])

    # ---- what comes back

    async def listen(self) -> None:
        """Work through what the callbacks saw, no faster than leaves everybody else their turn."""
        while True:
            event = await self._inbox.get()
            for reason, number in self._inbox.dropped().items():
                self.answers.refuse(reason, number)
            if event is None:
                await asyncio.sleep(_LOOK_S)
                continue
            self._pace.begin()
            self._handle(event)
            await self._pace.rest()

    def _handle(self, event: Event) -> None:
        current = event.link == self._number
        match event.what:
            case "connected" if current:
                self._connected = self._was_connected = True
                self._receive_maximum = min(self._settings.in_flight, event.receive_maximum)
                self._most_bytes = event.most_bytes
                self._schedule.all_due()
                self._probe = True
                self._board.set("broker", Level.OK, "connected")
            case "refused":
                self._board.set("broker", Level.TROUBLE, event.words, event.remedy)
            case "lost":
                if current:
                    self._connected = False
                if self._board.set("broker", Level.WAITING, event.words, event.remedy):
                    log.warning("%s", event.words)
            case "acked" if current:
                self._acked(event)
            case "keys" | "down":
                self._hear(event)
            case _:
                pass

    def _acked(self, event: Event) -> None:
        self._in_flight.pop(event.mid, None)
        if event.code >= _FAILURE:
            self.counters[f"puback_{event.code:#x}"] += 1
            self._board.set(
                "broker",
                Level.TROUBLE,
                f"the broker refused a message (reason {event.code:#x})",
                "The row is kept and sent again; the operator must check the broker's access list and size limit.",
            )
            return
        self._board.set("broker", Level.OK, "connected")
        if event.code == _NO_SUBSCRIBER:
            self._board.set("hub", Level.WAITING, "no hub is connected to the broker", "Rows wait and are sent again.")

    def _hear(self, event: Event) -> None:
        if self.answers.hear(event):
            # an acknowledgement may be lost where the receipt was not
            self._in_flight = {
                mid: sent for mid, sent in self._in_flight.items() if self._outbox.sent_row(sent[0]) is not None
            }

    # ---- what goes out

    async def keep_slots(self) -> None:
        """Send one envelope each slot; more only while a backlog drains."""
        began_s, slot, balance = time.monotonic(), 0, 0
        made_before = self._outbox.rows_made()
        while not self.unenrolled:
            # Slots that were slept through are gone: making up for them would show the sleep.
            slot = max(slot + 1, int((time.monotonic() - began_s) / self._slot_s))
            await self._until(began_s + (slot + self._jitter.uniform(0, JITTER_01)) * self._slot_s)
            if self.unenrolled:
                return
            made = self._outbox.rows_made()
            balance += made - made_before - 1
            try:
                self.validity.renew_if_due()
                sent = self._send_one()
                if not self.draining and (balance < 0 if not self._connected else not sent):
                    self._outbox.put([CoverMessage()], self._utc_s())
                    balance += 1
                    self._send_one()
                self._board.set("disk", Level.OK, "rows can be written")
            except StorageFull as full:
                self._board.set("disk", Level.TROUBLE, str(full), full.remedy)
            made_before, balance = self._outbox.rows_made(), max(0, balance)
            self.validity.show(self.answers)

    async def _until(self, at_s: float) -> None:
        """Wait for the slot's moment, draining a backlog meanwhile; always lets others run."""
        await asyncio.sleep(0)
        while (left_s := at_s - time.monotonic()) > 0 and not self.unenrolled:
            hurry = self._may_burst()
            await asyncio.sleep(min(left_s, self._slot_s / BURST_PER_SLOT, DRAIN_S) if hurry else min(left_s, 1.0))
            if hurry and (self.draining or self._schedule.unconfirmed() < MAX_UNRECEIPTED):
                self._probe = False
                try:
                    self._send_one()
                except StorageFull as full:
                    self._board.set("disk", Level.TROUBLE, str(full), full.remedy)

    def _may_burst(self) -> bool:
        """Whether rows go faster than one a slot."""
        if not self._connected:
            return False
        return self.draining or (
            (self._probe or self._receipts_recent()) and self._schedule.backlog(BACKLOG + 1) > BACKLOG
        )

    def _receipts_recent(self) -> bool:
        """Whether receipts came lately. Hurrying towards a silent hub would show the broker who has data."""
        return time.monotonic() - self.answers.last_receipt_s < max(self._slot_s, 1.0)

    def _send_one(self) -> bool:
        """Send one row to the broker; False when there is no row or no connection.

        Raises:
            StorageFull: The row could not be marked, so it was not sent.
        """
        if not self._connected or self._link is None:
            return False
        if len(self._in_flight) >= self._receive_maximum:
            self._close_if_unacknowledged(self._link)
            return True  # the broker is slow: a cover would not help
        row = self._schedule.next_row()
        if row is None:
            return False
        # first of all: whatever goes wrong below, a row that was sent before has its next time
        tries = self._schedule.reschedule(row)
        if self._link.packet_bytes(row.envelope) > self._most_bytes:
            words = f"the broker does not accept messages of {len(row.envelope)} bytes"
            remedy = "The operator must raise the broker's packet limit; rows wait until then."
            self._board.set("broker", Level.TROUBLE, words, remedy)
            return True
        self._outbox.mark_sent([row], self._utc_s())
        self._schedule.mark_sent(row, tries)
        self.answers.time.note_sent(row, tries)
        if tries > LATE_TRIES and not self._receipts_recent():
            self._board.set(
                "hub",
                Level.WAITING,
                "the hub does not send receipts",
                "Rows wait and are sent again. If this lasts for hours, tell the hub's operator.",
            )
        self._in_flight[self._link.publish(row.envelope)] = row.idx, time.monotonic()
        return True

    def _close_if_unacknowledged(self, link: Link) -> None:
        """After long silence no acknowledgement will come on this connection; the next one sends the rows again."""
        oldest_s = min(sent_s for _, sent_s in self._in_flight.values())
        if time.monotonic() - oldest_s > max(self._settings.resend_after_s, UNACKNOWLEDGED_S):
            self.counters["unacknowledged"] += 1
            link.close()
