"""The whole chain on this machine, for two minutes: strap, session, broker, hub, report.

body ─▶ strap ─▶ Bluetooth (Bumble) ─▶ bleak ─▶ agent ─▶ amqtt (TLS, in this process) ─▶ hub ─▶ receipts ─▶ agent
everything lies in a temporary folder; the person and the site are synthetic, and marked so
"""

import asyncio
import json
import logging
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent import pipeline, sources
from agent.config import Settings
from agent.control import channel, client
from agent.demo.view import View
from agent.enrollment import consent_key, identity
from agent.errors import Missing, WrongUse
from agent.features import FEATURES
from agent.model import NS_PER_S
from agent.privacy.vault import open_vault
from agent.session.session import Session
from agent.sources import Radio
from agent.system.browser import lead_in
from agent.system.clock import SessionClock, aligned_start_ns
from agent.system.run_mode import RunMode
from agent.tables.profiles import Profile, profile_named
from agent.wire.enroll import armor, dearmor

if TYPE_CHECKING:
    from firmware_sim.physiology import Beat
    from firmware_sim.strap import Strap
    from hub.store import Store

SITE: Final = "demo"
OPERATOR: Final = "Demo scoring service"
PIN: Final = "demo-pin-of-nobody"
SLOT_S: Final = 3.0
SCRIPT: Final = "rest:420,mental_load:420,rest:360"
_PARTS: Final = ("amqtt", "bumble", "rich", "sqlalchemy")
_FACE_PARTS: Final = ("cv2", "ai_edge_litert", "onnxruntime", "psutil", "skimage")
_MINUTES_MOST: Final = 240.0
_AFTER_S: Final = 3.0  # a strap tells its last beat up to a second later


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for.

    Attributes:
        minutes: Real ones.
        speed: Session seconds a real second.
        replay: A recording for the strap; None: a synthetic heart.
        seed: Of the synthetic heart.
        faults: A timeline of what goes wrong with the strap.
        keep: Leave the folder where it is, and say where.
        picture: Where the live view is saved as SVG.
        face: A simulated face before the camera, too.
        page: The person's page opens, in their browser; "print": its file is named.
    """

    minutes: float
    speed: float
    replay: Path | None = None
    seed: int = 1
    faults: Path | None = None
    keep: bool = False
    picture: Path | None = None
    face: bool = False
    page: str = ""

    @property
    def span_s(self) -> float:
        """Session seconds."""
        return self.minutes * 60 * self.speed


def main(wish: Wish, *, as_json: bool) -> int:
    """Run the demo and report; exit 0 only if the hub stored all that was sealed."""
    if not 0 < wish.minutes <= _MINUTES_MOST:
        raise WrongUse(f"--minutes {wish.minutes:g} is outside 0 to {_MINUTES_MOST:g}")
    faults, body = _checked(wish)
    folder = Path(tempfile.mkdtemp(prefix="wardbeat-demo-"))
    try:
        report = asyncio.run(_run(wish, folder, faults, body))
    finally:
        if not wish.keep:
            shutil.rmtree(folder)
    _tell(report)
    if wish.keep:
        _show_folder(folder)
    if as_json:
        print(json.dumps(report))
    return 0 if report["sealed"] == report["stored"] and not report["doubled"] else 1


async def _run(wish: Wish, folder: Path, faults: Any, body: "Iterator[Beat]") -> dict[str, Any]:
    from firmware_sim.spec import Plan
    from firmware_sim.strap import Strap
    from hub.receive import Receiver

    begun_s = time.monotonic()
    start_ns = aligned_start_ns(time.time_ns())
    port = _free_port()
    settings = Settings(
        state_dir=folder / "state",
        profile="care",
        key_store="file",
        sources=_sources(wish, folder),
    )
    settings = settings.model_copy(
        update={"mqtt": settings.mqtt.model_copy(update={"version": 3, "resend_after_s": 5.0})}
    )
    profile = profile_named("care")
    await asyncio.to_thread(_enroll, folder, settings, profile, port, start_ns // NS_PER_S)
    receiver = Receiver(folder / "hub", mqtt_version=3)
    stop = threading.Event()
    async with AsyncExitStack() as looking, _broker(folder / "hub", port):
        hub = asyncio.create_task(asyncio.to_thread(receiver.run, stop), name="hub")
        clock = SessionClock(start_ns, speed=wish.speed)
        strap = Strap(Plan.numbered(1, from_first=wish.replay is not None), body, clock)
        try:
            async with _on_air(strap, clock, faults, settings.state_dir) as radio:
                view = looking.enter_context(_view(wish, folder / "hub"))
                beside = _Beside(wish, strap, begun_s)
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
    return _report(folder, settings) | {"first_beat_s": beside.first_beat_s}


def _sources(wish: Wish, folder: Path) -> dict[str, object]:
    """The strap, and where it is wished a camera: a clip of a portrait that moves, played again and again."""
    made: dict[str, object] = {"ble_strap": sources.settings_type("ble_strap")()}
    if wish.face:
        from firmware_sim.face import write_clip

        clip = folder / "face.avi"
        write_clip(clip)
        made["webcam"] = sources.settings_type("webcam")(str(clip), bursts=False, yield_to_calls=False, again=True)
    return made


def _checked(wish: Wish) -> "tuple[Any, Iterator[Beat]]":
    """Faults and body; what cannot be used is told before anything starts."""
    wanted = (*_PARTS, *_FACE_PARTS) if wish.face else _PARTS
    if absent := [name for name in wanted if find_spec(name) is None]:
        words = f"packages for the demo are not installed: {', '.join(absent)}"
        raise Missing(words, remedy=f"pip install 'wardbeat[{'demo,camera' if wish.face else 'demo'}]'")
    if wish.face:
        from agent.perception import store

        for file in store.manifest().files:
            store.verified(file)
    from firmware_sim import faults, physiology, recording

    SessionClock(speed=wish.speed)
    if wish.seed < 0:
        raise WrongUse(f"--seed {wish.seed} is below 0")
    try:
        timeline = faults.timeline(wish.faults) if wish.faults is not None else ()
        if any(fault.strap for fault in timeline):
            raise ValueError(f"{wish.faults}: the demo has one strap, number 0")
        if wish.replay is None:
            return timeline, physiology.Physiology(physiology.phases(SCRIPT), wish.seed).beats()
        read = recording.beats(wish.replay)
    except OSError as error:
        raise WrongUse(f"{wish.replay}: {error.strerror}", remedy="Check the path after --replay.") from error
    except ValueError as error:
        raise WrongUse(str(error), remedy="'wardbeat demo --help' describes these files.") from error
    if read[0].end_s > wish.span_s:
        raise WrongUse("the demo is too short for the recording's first beat", remedy="Increase --minutes.")
    return timeline, iter(read)


@asynccontextmanager
async def _on_air(strap: "Strap", clock: SessionClock, faults: Any, folder: Path) -> AsyncIterator[Radio]:
    """The strap around a simulated dongle, bound: what `wardbeat scan --bind` does with a real one."""
    from firmware_sim.bleak_backend import backend
    from firmware_sim.central import Central
    from firmware_sim.virtual_radio import open_room

    async with open_room([strap], clock, faults) as room:
        central = Central(room.dongle)
        await central.power_on()
        backends = backend(central)
        radio = Radio(backends.scanner, backends.client)
        name, _ = sources.pairing()
        found = await sources.find(name, sources.settings_type(name)(), radio, 0.5)
        # not `sources.bind`: it listens for a beat, and a recording begins when somebody first listens
        sources.remember(name, folder, found[0], strap.plan.serial)
        yield radio


class _Beside:
    """What watches the run: when it is enough, and when the first beat came."""

    def __init__(self, wish: Wish, strap: "Strap", begun_s: float) -> None:
        self._wish, self._strap, self._begun_s = wish, strap, begun_s
        self.first_beat_s: float | None = None

    async def enough(self, session: Session) -> None:
        """Close the sensors when the time is over, or the recording."""
        end_ns = session.clock.start_ns() + int(self._wish.span_s * NS_PER_S)
        while session.clock.now_ns() < end_ns and not self._strap.body_ended.is_set():
            await asyncio.sleep(0.1)
        if self._strap.body_ended.is_set():
            await session.clock.sleep_until(session.clock.now_ns() + int(_AFTER_S * NS_PER_S))
        session.stop_sensors.set()
        await asyncio.Event().wait()

    async def page(self, session: Session) -> None:
        """The person's page, where it was wished."""
        if self._wish.page:
            reply = await asyncio.to_thread(channel.ask, session.folder, channel.Command("open"))
            if reply.exit_code:
                raise Missing(reply.words, remedy=reply.remedy)
            file = Path(reply.body)
            config = session.folder.parent / "settings.yaml"
            words = {"state_dir": str(session.folder), "profile": "care", "key_store": "file"}
            config.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in words.items()))
            print(
                f"The synthetic person's PIN: {PIN}\nTo open it again, or to watch it from another terminal:\n"
                f"  wardbeat --config {config} open\n  wardbeat --config {config} status --watch",
                file=sys.stderr,
            )
            await asyncio.to_thread(lead_in, file, only_print=self._wish.page == "print")
        await asyncio.Event().wait()

    async def first_beat(self, session: Session) -> None:
        """Real seconds from the command to the first beat in the session."""
        while not session.windows.ring.newest_ns():
            await asyncio.sleep(0.02)
        self.first_beat_s = round(time.monotonic() - self._begun_s, 2)
        await asyncio.Event().wait()


@contextmanager
def _view(wish: Wish, hub: Path) -> Iterator[View]:
    """The live view, with a look into the hub's own file."""
    title = f"{wish.replay.name if wish.replay else 'synthetic heart'}, {wish.speed:g}x, profile care"
    with _hub_file(hub) as store:
        yield View(title, wish.span_s, lambda: store.counters().get("stored", 0), wish.picture)


@contextmanager
def _hub_file(hub: Path) -> "Iterator[Store]":
    from hub.site import open_keys
    from hub.store import Store

    keys = open_keys(hub)
    try:
        with Store(hub, keys) as store:
            yield store
    finally:
        keys.close()


def _enroll(folder: Path, settings: Settings, profile: Profile, port: int, from_utc_s: int) -> None:
    """The same steps as a person's, with a PIN made up for a person made up."""
    from hub import enroll, site

    site.init(folder / "hub", site.Site(SITE, OPERATOR, "127.0.0.1", port, synthetic=True))
    settings.state_dir.mkdir(mode=0o700)
    vault = open_vault(settings.state_dir, "file")
    bundle = dearmor("BUNDLE", site.invite(folder / "hub"))
    request = identity.begin(settings.state_dir, vault, bundle, PIN)
    answer = enroll.admit(folder / "hub", armor("REQUEST", request))
    enrolled = identity.finish(settings.state_dir, vault, dearmor("ANSWER", answer))
    wanted = consent_key.grants(profile, enrolled.bundle.operator, consent_key.signals(settings))
    client.give_consent(settings, profile, wanted, PIN, from_utc_s)


@asynccontextmanager
async def _broker(hub: Path, port: int) -> AsyncIterator[None]:
    """Amqtt on loopback, with the site's certificate. It forgets messages for whoever is away: a demo's broker."""
    from amqtt.broker import Broker

    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    broker = Broker(
        {
            "listeners": {
                "default": {
                    "type": "tcp",
                    "bind": f"127.0.0.1:{port}",
                    "ssl": True,
                    "cafile": str(hub / "ca.pem"),
                    "certfile": str(hub / "broker" / "broker.crt"),
                    "keyfile": str(hub / "broker" / "broker.key"),
                }
            },
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    try:
        yield
    finally:
        await broker.shutdown()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _report(folder: Path, settings: Settings) -> dict[str, Any]:
    import datetime as dt

    from agent.outbox import Outbox

    with Outbox(settings.state_dir / "outbox.db", open_vault(settings.state_dir, "file"), None) as outbox:
        sealed, receipted = outbox.rows_made(), outbox.counts().get("receipted", 0)
    with _hub_file(folder / "hub") as store:
        settled, summaries = store.settled(), store.summaries()

    def utc(second: int) -> str:
        return dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    starts = Counter((summary.message.start_utc_s, summary.message.purpose) for summary in summaries)
    windows = [
        {
            "start_utc": utc(summary.message.start_utc_s),
            "end_utc": utc(summary.message.end_utc_s),
            "features": {name: {"value": value, "n": n} for name, (value, n) in summary.features().items()},
        }
        for summary in summaries
    ]
    return {
        "sealed": sealed,
        "stored": len(settled),
        "receipted": receipted,
        "lost": sealed - len(settled),
        "doubled": sum(n - 1 for n in starts.values()),
        "windows": windows,
    }


def _tell(report: dict[str, Any]) -> None:
    out = sys.stderr
    print("\nA synthetic person under the profile 'care'. The hub opened and stored:", file=out)
    if not report["windows"]:
        print("  no summary: a summary needs five minutes of beats, and no window was complete", file=out)
    for window in report["windows"]:
        print(f"  {window['start_utc']}", file=out)
        for line in _window_lines(window["features"]):
            print(f"    {line}", file=out)
    print(
        f"{report['sealed']} envelopes sealed (covers included), {report['stored']} stored, "
        f"{report['receipted']} receipted, {report['lost']} lost, {report['doubled']} doubled. "
        f"First beat {report['first_beat_s'] or 'never; expected about'} s after the start.",
        file=out,
    )


def _window_lines(told: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Heart, movements and tiredness, each in a line; then what was withheld."""
    for kind in ("recovery", "expression", "fatigue", "affect"):
        here = [
            f"{name} {seen['value']:g} (n {seen['n']})"
            for name, seen in told.items()
            if FEATURES[name].kind == kind and seen["value"] is not None
        ]
        if here:
            yield f"{kind:<11}{', '.join(here)}"
    withheld = [name for name, seen in told.items() if seen["value"] is None]
    if withheld:
        yield f"withheld   {', '.join(withheld)}"


def _show_folder(folder: Path) -> None:
    """Where a curious person can look."""
    print(
        f"""
Kept in {folder}; delete it when you no longer need it.
  state/outbox.db      the ledger and the sealed rows     state/strap.json   the strap that may be read
  state/history.db     the person's summaries             state/keys         the device's keys
  hub/                 the hub's data; inspect it with:     wardbeat hub show {folder / "hub"} --summaries""",
        file=sys.stderr,
    )
