"""What ends by the calendar: this machine's certificate and the hub's key directory."""

import time
from pathlib import Path
from typing import Final

from agent.enrollment import known_time, renewal
from agent.outbox import Outbox
from agent.privacy.vault import Vault
from agent.publisher.answers import HubAnswers
from agent.system.status import Level, StatusBoard

RENEW_CHECK_S: Final = 3600.0
CERTIFICATE_LATE_DAYS: Final = 14


class Validity:
    """Renews the certificate in time, and shows what is about to end.

    Args:
        folder, vault: Where the keys are.
        outbox: Takes the request for a new certificate.
        board: Where states are shown.
    """

    def __init__(self, folder: Path, vault: Vault, outbox: Outbox, board: StatusBoard) -> None:
        self._folder, self._vault, self._outbox, self._board = folder, vault, outbox, board
        self._next_check_s = 0.0

    def renew_if_due(self) -> None:
        """Once an hour check whether the certificate is to be renewed.

        Raises:
            StorageFull: The request could not be written; the next check is an hour away all the same.
        """
        if time.monotonic() < self._next_check_s:
            return
        self._next_check_s = time.monotonic() + RENEW_CHECK_S
        renewal.ask_if_due(self._folder, self._vault, self._outbox, int(time.time()))

    def show(self, answers: HubAnswers) -> None:
        """Show both ends of the certificate, and whether the hub's key directory is still valid."""
        now_s = int(time.time())
        first_s, _ = known_time.certificate_ends(self._folder)
        left = renewal.days_left(self._folder, now_s)
        remedy = "Ask the hub's operator, or enroll again."
        if now_s < first_s - known_time.SLACK_S:
            words = "by this computer's clock, this machine's certificate has not begun"
            self._board.set("certificate", Level.TROUBLE, words, known_time.REMEDY)
        elif left < CERTIFICATE_LATE_DAYS:
            words = "this machine's certificate " + ("has ended" if left < 0 else f"ends in {left} days")
            self._board.set("certificate", Level.TROUBLE, words, remedy)
        else:
            self._board.set("certificate", Level.OK, f"valid for {left} days")
        if answers.directory_ends_utc_s < time.time():
            words = "the hub's key directory has expired"
            self._board.set("directory", Level.TROUBLE, words, "Rows are still sealed; ask the hub's operator.")
        else:
            self._board.set("directory", Level.OK, f"version {answers.directory_version}")
