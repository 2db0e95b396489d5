"""Signs of life for the service manager that started this process (systemd's notification protocol, sd_notify(3))."""

import logging
import math
import os
import socket
import sys
import time
from typing import Final

log = logging.getLogger(__name__)

_SENT_S: Final = 30.0
_PARTS: Final = 4
_VARIABLES: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class ServiceManager:
    """Says "started" once and "in progress" again and again, to the socket that systemd names in the environment.

    The loop that does the work calls `alive`, not a timer: where it hangs, the service is restarted. Without such a
    socket nothing is sent. The variables are taken out of the environment, so that no child speaks for this process.

    Attributes:
        every_s: How often a watched loop shows progress: four times within the watchdog's time, at least every 30 s.
    """

    def __init__(self) -> None:
        found = {name: os.environ.pop(name, "") for name in _VARIABLES}
        self._address = found["NOTIFY_SOCKET"].replace("@", "\0", 1)
        self._said_s = -math.inf
        watchdog_s = float(found["WATCHDOG_USEC"] or "inf") / 1e6
        self.every_s = min(_SENT_S, watchdog_s / _PARTS)

    @property
    def is_watching(self) -> bool:
        """Whether anybody reads what is sent."""
        return bool(self._address)

    def alive(self) -> None:
        """The work goes on; the first call also says that the service has started. Sent once in half of `every_s`."""
        now_s = time.monotonic()
        if now_s - self._said_s > self.every_s / 2:
            self._send("WATCHDOG=1" if self._said_s > -math.inf else "READY=1\nWATCHDOG=1")
            self._said_s = now_s

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def _send(self, words: str) -> None:
        if sys.platform == "win32" or not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
                way.settimeout(1.0)
                way.sendto(words.encode(), self._address)
        except OSError as error:
            log.warning(
                "the service manager cannot be reached (%s); it may restart this service", error.strerror or "busy"
            )
