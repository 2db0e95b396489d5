"""The hub's answers: receipts, notices, a newer directory, a new certificate, the end of an enrollment."""

import logging
import math
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.enrollment import renewal
from agent.enrollment.departure import RECEIPT, leave
from agent.enrollment.enrolled import Identity
from agent.enrollment.identity import save
from agent.errors import StorageFull, WireRefused
from agent.outbox import Outbox, Sealing, alerts, hub_scores, looks, receipts
from agent.privacy.vault import Vault
from agent.publisher.hub_time import HubTime
from agent.publisher.link import Event
from agent.publisher.schedule import Scheduler
from agent.publisher.screen import Screen
from agent.system.logs import Tally
from agent.system.status import Level, StatusBoard
from agent.system.storage import storing
from agent.wire.keys import kid
from agent.wire.labels import FIRST_SCHEMA, SCHEMA
from agent.wire.message import SchemaMessage
from agent.wire.receipt import ScoreMessage

log = logging.getLogger(__name__)

PENDING_MAX: Final = 64


class HubAnswers:
    """What the publisher knows of its hub.

    Args:
        folder, vault, identity: Who is enrolled; a newer directory is kept there.
        outbox, schedule: The rows, and when each goes again.
        board: Where states are shown.
        utc_s: The session's UTC now.

    Attributes:
        directory_version, directory_ends_utc_s: Of the newest believed directory.
        last_receipt_s: When a row was receipted last, on the monotonic clock.
        time: What time it is at the hub.
        unenrolled: After an erasure there is nobody to send as.
        counters: What was refused or ignored, by name.
        screen: Throws away before any signature what need not be read.
    """

    def __init__(
        self,
        folder: Path,
        vault: Vault,
        identity: Identity,
        outbox: Outbox,
        schedule: Scheduler,
        board: StatusBoard,
        *,
        utc_s: Callable[[], int],
    ) -> None:
        self._folder, self._vault, self.identity = folder, vault, identity
        directory = identity.directory().directory
        self.directory_version, self.directory_ends_utc_s = directory.version, directory.expires_utc_s
        self._outbox, self._schedule, self._board, self._utc_s = outbox, schedule, board, utc_s
        self._pending: deque[bytes] = deque(maxlen=PENDING_MAX)  # answers under a directory that is still on its way
        self.last_receipt_s, self._began_s = -math.inf, time.monotonic()
        self.unenrolled = False
        self.counters: Counter[str] = Counter()
        self.time = HubTime(outbox)
        self.screen = Screen(identity)
        self._refusals = Tally(log, "messages from the hub were refused")

    @property
    def receipt_age_s(self) -> int:
        """Seconds since the last receipt, or since the start where none came yet; a machine's sleep does not count."""
        return int(time.monotonic() - max(self.last_receipt_s, self._began_s))

    def hear(self, event: Event) -> bool:
        """Work through one body that came down; whether a row was receipted. What is refused is counted."""
        try:
            if event.what == "down":
                return self._heard(event.payload)
            receipted = [self._heard(payload) for payload in self.take_directory(event.payload)]
            return any(receipted)
        except WireRefused as refused:
            self.refuse(refused.reason)
        except StorageFull as full:
            self._board.set("disk", Level.TROUBLE, str(full), full.remedy)
        return False

    def refuse(self, reason: str, number: int = 1) -> None:
        """Count what was refused; the log has one line a minute."""
        self.counters[reason] += number
        self._refusals.count(reason, number)

    def _heard(self, payload: bytes) -> bool:
        try:
            return self.take(payload)
        except WireRefused as refused:
            self.refuse(refused.reason)
            return False

    def take_directory(self, published: bytes) -> list[bytes]:
        """Believe a newer directory; answers that waited for it.

        Raises:
            WireRefused: It is not signed under the pinned root.
        """
        believed = self.identity.believe(published)
        if believed is self.identity:
            return []
        seen, before = believed.directory(), self.identity.directory()
        directory = seen.directory
        sealing = Sealing.to(believed.sender(), directory)  # before anything is kept: a weak key ends here
        if seen.key.serial != before.key.serial or directory.drops(before.directory):
            receipts.doubt_store(self._outbox)  # first: a crash after the saving would forget to
        save(self._folder, self._vault, believed)
        self.identity, self._outbox.sealing = believed, sealing
        self.screen.believe(believed)
        self.directory_version, self.directory_ends_utc_s = directory.version, directory.expires_utc_s
        if kid(believed.sign.public) in directory.revoked:
            self._show_revoked()
        pending = list(self._pending)
        self._pending.clear()
        return pending

    def take(self, payload: bytes) -> bool:
        """Settle what one envelope of answers says; whether a row was receipted.

        Raises:
            WireRefused: It is not the hub's, or not for this machine.
            StorageFull: Nothing was settled.
        """
        if self.unenrolled:
            return False
        try:
            answers = self.identity.open_answers(payload)
        except WireRefused as refused:
            if refused.reason == "unknown_key":  # perhaps signed under a directory still on its way
                self._pending.append(payload)
            raise
        if answers.directory_version > self.directory_version:
            self._pending.append(payload)  # until that directory is here; else the rows are simply sent again
            return False
        self.time.hear(answers)
        settled = receipts.apply(self._outbox, answers, self._utc_s(), payload)
        self.screen.settled(payload)
        self.counters["receipt_mismatch"] += settled.mismatched
        self.counters["receipt_stale"] += settled.stale
        self.counters["answer_too_new"] += settled.unknown
        self._take_scores(settled.scores)
        self._take_team(settled)
        if answers.schema == FIRST_SCHEMA:  # it never heard what this program speaks, or was restored since
            self._state_schema()
        if settled.receipted:
            self.last_receipt_s = time.monotonic()
        if settled.offered_again:
            self._schedule.all_due()
        if settled.certificate and renewal.take(
            self._folder, self._vault, self.identity, settled.certificate, int(time.time())
        ):
            log.info("this machine has a new certificate; it is used from the next connection")
        if settled.erased is not None and leave(
            self._folder, self._outbox, self.identity, settled.erased, self._utc_s()
        ):
            self.unenrolled = True
            words = f"the hub erased everything; its receipt is {RECEIPT} in the state folder; the keys were deleted"
            self._board.set("hub", Level.OK, words)
        else:
            self._board.set("hub", Level.OK, "receipts arrive")
            self._show_settled(settled)
        return settled.receipted > 0

    def _take_scores(self, messages: tuple[ScoreMessage, ...]) -> None:
        who = self.identity
        refused = hub_scores.take(self._outbox, messages, who.directory().directory, who.site, who.device)
        for reason in refused:
            self.refuse(reason)
            words = f"a score of the hub was refused: {hub_scores.REFUSALS[reason]}"
            self._board.set("scores", Level.TROUBLE, words, "Your own weeks do not depend on it. Tell the operator.")

    def _take_team(self, settled: receipts.Settled) -> None:
        who, now_utc_s = self.identity, self._utc_s()
        taken = alerts.take(self._outbox, settled.alerts, who.directory().directory, who.site, who.device, now_utc_s)
        for reason in taken.refused:
            self.refuse(reason)
            words = f"an alert of the hub was refused: {alerts.REFUSALS[reason]}"
            self._board.set("alerts", Level.TROUBLE, words, "Nothing is shown of it. Tell the operator.")
        if taken.first:
            with storing(self._outbox.db):
                self._outbox.notify(alerts.NEWS, now_utc_s, about="alert")
        listed = looks.take(self._outbox, settled.looks, now_utc_s)
        self.counters["answer_too_new"] += listed.too_new
        wrong = looks.trouble(self._outbox, now_utc_s)
        if wrong:
            remedy = "'wardbeat looks' names them. Ask the operator, and show it to someone you trust."
            self._board.set("looks", Level.TROUBLE, f"the list of looks at your values does not fit: {wrong}", remedy)
        elif listed.new:
            self._board.set("looks", Level.OK, "each look at your values is listed")

    def _show_revoked(self) -> None:
        remedy = "Ask the operator why. To send again, enroll with a new bundle; measuring goes on here."
        self._board.set("hub", Level.TROUBLE, receipts.REVOKED, remedy)

    def _state_schema(self) -> None:
        """Queue what this program speaks, unless a statement is on its way.

        A hub of release 0.1.0 leaves it waiting: it is offered again, and taken after the hub's update.
        """
        if not receipts.schema_is_stated(self._outbox):
            self._outbox.put([SchemaMessage(SCHEMA)], self._utc_s())

    def _show_settled(self, settled: receipts.Settled) -> None:
        for reason in settled.refused:
            self.counters[f"refused_{reason}"] += 1
            remedy = "'wardbeat ledger' shows which row; its contents stay here."
            if reason in ("bad_consent", "consent_expired", "consent_withdrawn"):
                remedy = "Give consent again: 'wardbeat consent give'."
            self._board.set(
                "refusals",
                Level.TROUBLE,
                f"the hub refused a row permanently: {reason}",
                remedy,
            )
        if settled.revoked:
            self._show_revoked()
        if settled.cut:
            self._board.set(
                "ledger",
                Level.TROUBLE,
                "the hub has rows that this ledger does not contain: it was cut, or restored from an older copy",
                "'wardbeat ledger --verify' names the row. If you restored nothing, somebody changed your files.",
            )
        if settled.restored:
            self._board.set(
                "restored",
                Level.TROUBLE,
                "this state was restored from an older copy; the hub holds rows that it does not contain",
                "You need not do anything. The ledger continues from here and records the break.",
            )
