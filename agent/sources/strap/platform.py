"""The system's Bluetooth beside bleak: what bleak neither watches nor mends.

bleak finds, connects and listens. It does not notice that the daemon died, does not pair on a machine
without a desktop, and switches no adapter off and on: on Linux `bluez.Bluez` does that. Windows and
macOS give programs no such means; there `System` itself stands in, which knows and does nothing.
"""

import asyncio
from contextlib import suppress
from typing import Any

from agent.sources.strap.escalation import Facts
from agent.sources.strap.states import StrapState


class News:
    """What the system's callbacks put down: something went away, something came back."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.gone: StrapState | None = None

    def tell(self, gone: StrapState | None) -> None:
        """Say that the daemon or the adapter went away (a link is dead, whatever it says) or came back (None).

        A return does not undo what went: the link over it is dead all the same, until a new try begins.
        """
        self.gone = gone or self.gone
        self._event.set()

    def begin(self) -> None:
        """A new try begins: what went before does not concern it."""
        self.gone = None

    async def wait(self, most_s: float) -> None:
        """Return on news, or after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._event.wait()
        self._event.clear()


class System:
    """A system of which nothing more can be asked than what bleak does; `bluez.Bluez` overrides all of it.

    Attributes:
        news: What went away and what came back.
        paired: Whether the strap was paired over the link that is up, without our asking.
        unanswered: Links in a row over which a call was not answered.
        pairs: Whether a call without an answer may mean that a bond is wanted.
    """

    pairs = False

    def __init__(self) -> None:
        self.news = News()
        self.paired = False
        self.unanswered = 0

    async def ready(self, *, pairing: bool = True) -> None:
        """Get ready to watch, and to answer for pairing, before a try; again and again, cheaply."""

    async def missing(self) -> StrapState | None:
        """What of the system's Bluetooth is not there, or is off; None: nothing, or this system does not tell."""
        return None

    async def close(self) -> None:
        """Stop watching."""

    async def adapter(self, wish: str | None) -> str | None:
        """The name bleak wants for an adapter that the person named by name or by address."""
        return wish

    def expect(self, device: Any) -> None:
        """This device, and no other, may pair with us now (bleak's ``BLEDevice``; None: nobody)."""

    async def facts(self, address: str) -> Facts:
        """What bears on the next rung of the ladder."""
        del address
        return Facts()

    async def pair(self, client: Any) -> None:
        """Pair with the connected strap (bleak's ``BleakClient``).

        Raises:
            LINK_ERRORS: It did not work.
        """
        with suppress(NotImplementedError):  # macOS pairs by itself, when a strap asks for it
            await client.pair()

    async def remove(self, address: str) -> None:
        """Let the system forget a strap: its cached services and its bond."""

    async def cycle(self) -> None:
        """Switch the adapter off and on."""
