"""What happens to straps in the field, by name: what is done, what the person should read, and on which stack.

A scenario is played on a `Place`: the fast path (bleak over Bumble in virtual time, or bleak's Linux backend over our
org.bluez) or a real kernel with a real bluetoothd. It is the same script and the same expected transcript on all.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

START = ("SEARCHING", "CONNECTED", "BEATS")


class Place(Protocol):
    """Where a scenario is played.

    Attributes:
        kind: ``a``, ``b`` or ``guest``.
        tells: Whether the strap goes on advertising while another device holds it.
        long_s, sleep_s: How long an hour, and ten minutes of sleep, last here (injected, or five real minutes).
    """

    kind: str
    tells: bool
    long_s: float
    sleep_s: float

    async def suffer(self, fault: str, **more: Any) -> None: ...

    async def daemon(self, what: str) -> None: ...

    async def adapter(self, what: str) -> None: ...

    async def pass_time(self, seconds: float) -> None: ...

    async def sleep_machine(self, seconds: float) -> None: ...

    async def forget_bond(self) -> None: ...

    async def set_clock(self, seconds: float) -> None: ...

    async def mark(self) -> None: ...

    async def until(self, state: str, within_s: float = 60.0) -> None: ...

    async def more_beats(self, count: int, within_s: float = 90.0) -> None: ...


Play = Callable[[Place], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """One row.

    Attributes:
        name: As the contract has it.
        play: What is done, once beats come in.
        seen: What the person reads, from the start to the end; neighbours that are the same are one.
        spec: What strap it is.
        places: Where it can be played.
        first: The state that says the scenario may begin.
        faultless: Whether nothing may be lost at all.
        quick: Whether the link is back before a beat was missed: the gap is recorded all the same, since nobody can know.
        script: What the body does.
        passing: What may pass by besides on a real kernel, whose adapters come and go step by step.
        other: What is seen where it differs, by place, and why.
    """

    name: str
    play: Play
    seen: tuple[str, ...]
    spec: dict[str, Any] = field(default_factory=dict)
    places: tuple[str, ...] = ("a", "b", "guest")
    first: str = "BEATS"
    faultless: bool = False
    quick: bool = False
    script: str = "rest"
    passing: tuple[str, ...] = ()
    other: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)

    def seen_on(self, kind: str) -> tuple[str, ...]:
        """What is seen on a place."""
        return self.other.get(kind, (self.seen, ""))[0]


async def link_loss(place):
    await place.suffer("link_loss", for_s=3)
    await place.pass_time(3)
    await place.mark()


async def silent(place):
    await place.suffer("silent", for_s=19)
    await place.until("SILENT")
    await place.pass_time(14)
    await place.mark()


async def daemon_killed(place):
    await place.daemon("kill")
    await place.until("BLUETOOTH_STOPPED")
    await place.pass_time(4)
    await place.mark()
    await place.daemon("start")


async def adapter_off_and_on(place):
    await place.adapter("off")
    await place.until("BLUETOOTH_OFF")
    await place.pass_time(3)
    await place.mark()
    await place.adapter("on")


async def adapter_renamed(place):
    await place.adapter("rename")
    await place.mark()


async def absent_for_an_hour(place):
    await place.suffer("absent", for_s=place.long_s)
    await place.until("AWAY")
    await place.pass_time(place.long_s)
    await place.mark()


async def held(place):
    await place.suffer("held", for_s=30)
    await place.until("BUSY" if place.tells else "AWAY")
    await place.pass_time(25)
    await place.mark()


async def contact(place):
    await place.suffer("contact_lost", for_s=8)
    await place.until("NO_CONTACT")
    await place.pass_time(6)
    await place.mark()


async def no_intervals(place):
    await place.suffer("missing_rr", for_s=9)
    await place.until("NO_BEATS")
    await place.pass_time(3)
    await place.mark()


async def twice(place):
    await place.suffer("twice", for_s=14)
    await place.until("TWICE")
    await place.pass_time(8)
    await place.mark()


async def nothing(place):
    await place.mark()
    await place.pass_time(8)


async def bond_lost(place):
    await place.suffer("bond_lost")
    await place.suffer("link_loss", for_s=1)
    await place.mark()
    await place.until("PAIRED", 150)


async def bond_lost_here(place):
    await place.forget_bond()
    await place.suffer("link_loss", for_s=1)
    await place.mark()
    await place.until("PAIRED", 60)


async def clock_set(place):
    await place.mark()
    for seconds in (3600, -7200, 3600):
        await place.set_clock(seconds)
        await place.pass_time(4)


async def machine_sleeps(place):
    await place.suffer("link_loss", for_s=place.sleep_s + 2)  # the strap goes on feeling meanwhile
    await place.sleep_machine(place.sleep_s)
    await place.pass_time(2)
    await place.mark()


BY_DAEMON = "the daemon pairs by itself when the subscription asks for it, and our agent says yes"
BACK = ("LOOKING", *START[1:])
AGAIN = ("BROKEN", *BACK)
SCENARIOS = {
    one.name: one
    for one in (
        Scenario("link loss 0x08", link_loss, (*START, *AGAIN)),
        Scenario("silent with the link up", silent, (*START, "SILENT", *BACK)),
        Scenario(
            "kill -9 of the daemon while streaming",
            daemon_killed,
            (*START, "BLUETOOTH_STOPPED", *BACK),
            places=("b", "guest"),
        ),
        Scenario(
            "adapter off and on",
            adapter_off_and_on,
            (*START, "BROKEN", "BLUETOOTH_OFF", *BACK),
            places=("b", "guest"),
        ),
        Scenario(
            "adapter renamed",
            adapter_renamed,
            (*START, *AGAIN),
            places=("b", "guest"),
            quick=True,
            passing=("NO_ADAPTER", "BLUETOOTH_OFF"),
        ),
        Scenario(
            "strap absent for an hour",
            absent_for_an_hour,
            (*START, "BROKEN", "LOOKING", "AWAY", "CONNECTED", "BEATS"),
        ),
        Scenario(
            "held by another central, and it hides",
            held,
            (*START, "BROKEN", "LOOKING", "AWAY", "CONNECTED", "BEATS"),
        ),
        Scenario(
            "held by another central, and it tells",
            held,
            (*START, "BROKEN", "LOOKING", "BUSY", "CONNECTED", "BEATS"),
            spec={"tells_when_held": True},
        ),
        Scenario("contact lost and back", contact, (*START, "NO_CONTACT", "BEATS")),
        Scenario("RR missing", no_intervals, (*START, "NO_BEATS", "BEATS")),
        Scenario("every packet twice", twice, (*START, "TWICE", "BEATS"), faultless=True),
        Scenario(
            "several RR with energy present", nothing, START, spec={"energy": True}, script="exercise", faultless=True
        ),
        Scenario(
            "bond missing",
            nothing,
            ("SEARCHING", "PAIRED", *START),
            spec={"bond": True},
            other=dict.fromkeys(("b", "guest"), (("SEARCHING", "CONNECTED", "PAIRED", *START), BY_DAEMON)),
        ),
        Scenario(
            "bond lost by this machine",
            bond_lost_here,
            ("SEARCHING", "PAIRED", *START, "BROKEN", "LOOKING", "PAIRED", *BACK),
            spec={"bond": True},
            other=dict.fromkeys(
                ("b", "guest"),
                (("SEARCHING", "CONNECTED", "PAIRED", *START, "BROKEN", *BACK[:2], "PAIRED", *BACK), BY_DAEMON),
            ),
        ),
        Scenario(
            "bond lost by the strap",  # Debian's kernel 6.1.192 breaks over this one: see docs/straps.md
            bond_lost,
            ("SEARCHING", "PAIRED", *START, "BROKEN", "LOOKING", "NOT_CONNECTED", "PAIRED", *START[1:]),
            places=("a", "b"),
            spec={"bond": True},
            other=dict.fromkeys(
                ("b", "guest"),
                (
                    (
                        *("SEARCHING", "CONNECTED", "PAIRED", *START, "BROKEN", "LOOKING"),
                        *("NOT_CONNECTED", "CONNECTED", "PAIRED", *START[1:]),
                    ),
                    BY_DAEMON,
                ),
            ),
        ),
        Scenario("host clock set by an hour", clock_set, START, faultless=True),
        Scenario("sleep of ten minutes", machine_sleeps, (*START, *AGAIN)),
    )
}


async def play(scenario, place):
    """Play it; the row of the table."""
    await place.until(scenario.first, 90)
    await place.more_beats(3)
    await scenario.play(place)
    await place.more_beats(5)
    return await place.row(scenario)


def collapsed(states):
    """Neighbours that are the same are one.

    >>> collapsed(["A", "A", "B", "A"])
    ('A', 'B', 'A')
    """
    return tuple(state for n, state in enumerate(states) if n == 0 or states[n - 1] != state)
