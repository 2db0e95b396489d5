"""The whole chain on this machine, for two minutes: strap, session, broker, hub, report.

body ─▶ strap ─▶ Bluetooth (Bumble) ─▶ bleak ─▶ agent ─▶ amqtt (TLS, in this process) ─▶ hub ─▶ receipts ─▶ agent
everything lies in a temporary folder; the person and the site are synthetic, and marked so
"""

import asyncio
import json
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent import pipeline, sources
from agent.config import Settings
from agent.control import channel
from agent.demo import days
from agent.demo.options import DemoOptions, checked
from agent.demo.report import made_report, print_report, show_folder
from agent.demo.site import PIN, broker, enroll_person, free_port, hub_file
from agent.demo.view import View
from agent.errors import Missing, WrongUse
from agent.model import NS_PER_S
from agent.session.session import Session
from agent.sources import Radio
from agent.system.browser import lead_in
from agent.system.clock import SessionClock, aligned_start_ns
from agent.system.output import printable, say, show
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named

if TYPE_CHECKING:
    from firmware_sim.physiology import Beat
    from firmware_sim.strap import Strap

SLOT_S: Final = 3.0
_MINUTES_MOST: Final = 240.0
_AFTER_S: Final = 3.0  # a strap tells its last beat up to a second later


def main(options: DemoOptions, *, as_json: bool) -> int:
    """Run the demo and report; exit 0 only if the hub stored all that was sealed."""
    if not 0 < options.minutes <= _MINUTES_MOST:
        raise WrongUse(f"--minutes {options.minutes:g} is outside 0 to {_MINUTES_MOST:g}")
    faults, body = checked(options)
    folder = Path(tempfile.mkdtemp(prefix="wardbeat-demo-"))
    try:
        report = asyncio.run(_run(options, folder, faults, body))
    finally:
        if not options.keep:
            shutil.rmtree(folder)
    print_report(report)
    if options.keep:
        show_folder(folder)
    if as_json:
        show(json.dumps(report))
    return 0 if report["sealed"] == report["stored"] and not report["doubled"] else 1


async def _run(options: DemoOptions, folder: Path, faults: Any, body: "Iterator[Beat]") -> dict[str, Any]:
    from firmware_sim.spec import StrapSpec
    from firmware_sim.strap import Strap
    from hub.receive import Receiver

    begun_s = time.monotonic()
    start_ns = aligned_start_ns(time.time_ns())
    port = free_port()
    settings = Settings(
        state_dir=folder / "state",
        profile="care",
        key_store="file",
        sources=_sources(options, folder),
    )
    settings = settings.model_copy(
        update={"mqtt": settings.mqtt.model_copy(update={"version": 3, "resend_after_s": 5.0})}
    )
    profile = profile_named("care")
    await asyncio.to_thread(enroll_person, folder, settings, profile, port, start_ns // NS_PER_S)
    await asyncio.to_thread(days.make_up, settings, start_ns // NS_PER_S, options.seed)
    receiver = Receiver(folder / "hub", mqtt_version=3)
    stop = threading.Event()
    async with AsyncExitStack() as looking, broker(folder / "hub", port):
        hub = asyncio.create_task(asyncio.to_thread(receiver.run, stop), name="hub")
        clock = SessionClock(start_ns, speed=options.speed)
        strap = Strap(StrapSpec.numbered(1, from_first=options.replay is not None), body, clock)
        try:
            async with _on_air(strap, clock, faults, settings.state_dir) as radio:
                view = looking.enter_context(_view(options, folder / "hub"))
                beside = Watchers(options, strap, begun_s)
                await pipeline.run(
                    settings,
                    profile,
                    clock,
                    mode=RunMode(slot_s=SLOT_S, one_shot=True),
                    radio=radio,
                    extra_tasks={
                        "view": view.show,
                        "enough": beside.enough,
                        "first": beside.first_beat,
                        "page": beside.page,
                    },
                )
        finally:
            stop.set()
            await hub
    week = await asyncio.to_thread(days.last_week, settings, profile, start_ns // NS_PER_S)
    return made_report(folder, settings) | {"first_beat_s": beside.first_beat_s, "week": week}


def _sources(options: DemoOptions, folder: Path) -> dict[str, object]:
    """The strap, and where it is asked for a camera: a clip of a portrait that moves, played again and again."""
    made: dict[str, object] = {"ble_strap": sources.settings_type("ble_strap")()}
    if options.face:
        from firmware_sim.face import write_clip

        clip = folder / "face.avi"
        write_clip(clip)
        made["webcam"] = sources.settings_type("webcam")(str(clip), bursts=False, yield_to_calls=False, again=True)
    return made


@asynccontextmanager
async def _on_air(strap: "Strap", clock: SessionClock, faults: Any, folder: Path) -> AsyncIterator[Radio]:
    """The strap around a simulated dongle, bound: what `wardbeat scan --bind` does with a real one."""
    from firmware_sim.bleak_backend import backend
    from firmware_sim.central import Central
    from firmware_sim.virtual_radio import open_virtual_radio

    async with open_virtual_radio([strap], clock, faults) as virtual_radio:
        central = Central(virtual_radio.dongle)
        await central.power_on()
        backends = backend(central)
        radio = Radio(backends.scanner, backends.client)
        name, _ = sources.pairing()
        found = await sources.find(name, sources.settings_type(name)(), radio, 0.5)
        # not `sources.bind`: it listens for a beat, and a recording begins when somebody first listens
        sources.remember(name, folder, found[0], strap.spec.serial)
        yield radio


class Watchers:
    """What watches the run: when it is enough, and when the first beat came."""

    def __init__(self, options: DemoOptions, strap: "Strap", begun_s: float) -> None:
        self._options, self._strap, self._begun_s = options, strap, begun_s
        self.first_beat_s: float | None = None

    async def enough(self, session: Session) -> None:
        """Close the sensors when the time is over, or the recording."""
        end_ns = session.clock.start_ns() + int(self._options.span_s * NS_PER_S)
        while session.clock.now_ns() < end_ns and not self._strap.body_ended.is_set():
            await asyncio.sleep(0.1)
        if self._strap.body_ended.is_set():
            await session.clock.sleep_until(session.clock.now_ns() + int(_AFTER_S * NS_PER_S))
        session.stop_sensors.set()
        await asyncio.Event().wait()

    async def page(self, session: Session) -> None:
        """The person's page, where it was asked for."""
        if self._options.page:
            reply = await asyncio.to_thread(channel.ask, session.folder, channel.Command("open"))
            if reply.exit_code:
                raise Missing(reply.words, remedy=reply.remedy)
            file = Path(reply.body)
            config = session.folder.parent / "settings.yaml"
            words = {"state_dir": str(session.folder), "profile": "care", "key_store": "file"}
            config.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in words.items()))
            say(
                f"The synthetic person's PIN: {PIN}\nTo open it again, or to watch it from another terminal:\n"
                f"  wardbeat --config {config} open\n  wardbeat --config {config} status --watch",
            )
            await asyncio.to_thread(lead_in, file, only_print=self._options.page == "print")
        await asyncio.Event().wait()

    async def first_beat(self, session: Session) -> None:
        """Real seconds from the command to the first beat in the session."""
        while not session.windows.ring.newest_ns():
            await asyncio.sleep(0.02)
        self.first_beat_s = round(time.monotonic() - self._begun_s, 2)
        await asyncio.Event().wait()


@contextmanager
def _view(options: DemoOptions, hub: Path) -> Iterator[View]:
    """The live view, with a look into the hub's own file."""
    title = (
        f"{printable(options.replay.name) if options.replay else 'synthetic heart'}, {options.speed:g}x, profile care"
    )
    with hub_file(hub) as store:
        yield View(title, options.span_s, lambda: store.counters().get("stored", 0), options.picture)
