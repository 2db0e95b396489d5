"""A running agent with a page, for tests: a simulated strap on a real Bluetooth stack, real broker and hub, real Chromium."""

import asyncio
import contextlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from agent import pipeline
from agent.config import Settings
from agent.control import channel
from agent.control.channel import Command
from agent.model import FeatureValue, Summary
from agent.privacy.vault import open_vault
from agent.session.session import Session
from agent.sources import Eyes
from agent.sources.strap import binding, ble_strap, pairing
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named
from agent.windows.history import History, Told
from firmware_sim.physiology import Physiology, phases
from tests.support import drawn_days, straps
from tests.support.machine import within_s
from tests.support.processes import accepts, skip_or_fail, system_tool, wait_for
from tests.support.world import World, make_world, running_hub, start_site_broker

DRIVER = Path(__file__).parents[1] / "browser" / "drive.mjs"
LOOKS = tuple(product((360, 768, 1440), ("light", "dark")))
PAGES = ("today", "weeks", "days", "check-in", "sharing", "privacy", "first", "help")


def one_look(number: int):
    """A test's width and scheme: all six where asked, else one of them."""
    return pytest.mark.parametrize(("width", "scheme"), LOOKS if os.environ.get("ALL_LOOKS") else [LOOKS[number % 6]])


class Browser:
    """Chromium behind `drive.mjs`; each command is answered, or fails the test."""

    def __init__(self) -> None:
        if not (DRIVER.parents[1] / "interop/node_modules/playwright-core").exists():
            skip_or_fail("playwright-core is missing: `make npm`")
        words = [system_tool("node"), str(DRIVER), system_tool("chromium")]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, do: str, within: float = 30.0, **with_):
        """One command; `within` seconds on an idle machine."""
        self._process.stdin.write(json.dumps({"do": do, "patience": round(within_s(within) * 1000), **with_}) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        assert "error" not in told, f"{do} {with_}: {told.get('error')}"
        return told["ok"]

    def close(self) -> None:
        self._process.stdin.close()
        self._process.stdout.read()
        self._process.stdout.close()
        self._process.wait(within_s(20))

    # ---- what tests do again and again

    def enter(self, living: "Living", width: int | None = None, scheme: str | None = None, **options) -> None:
        """A new browser, led in by the file; in the look that LOOK names, where none is given."""
        look = LOOKS[int(os.environ.get("LOOK", "2"))]
        width, scheme = width or look[0], scheme or look[1]
        self("new", width=width, scheme=scheme, **options)
        self("goto", url=living.open().as_uri())
        self("wait", js="document.querySelector('#main h1') !== null")

    def go(self, page: str) -> None:
        """Another page, as a person's click on the menu does."""
        self(
            "eval",
            js=f"""if (location.hash !== {json.dumps("#" + page)}) {{
            const before = document.querySelector('#main > h1');
            if (before) before.isBefore = true;
            location.hash = {json.dumps(page)};
        }}""",
        )
        name = page.split("/", maxsplit=1)[0].split("?", maxsplit=1)[0]
        stands = "(document.querySelector('#main > h1') ?? { isBefore: true }).isBefore !== true"
        marked = f"document.querySelector('nav a[aria-current]')?.dataset.page === {json.dumps(name)}"
        self("wait", js=f"{stands} && {marked}" if name in PAGES else stands)

    def said(self) -> str:
        """What the page last said."""
        self("wait", js="document.getElementById('said').textContent.trim() !== ''")
        return self("text", sel="#said")

    def violations(self) -> list:
        return self("axe")


@dataclass
class Living:
    """An agent that runs in a thread of this process, with its own loop."""

    folder: Path
    settings: Settings
    world: World | None
    agent: Session | None = None
    page_process: pipeline.PageProcess | None = None
    loop: asyncio.AbstractEventLoop | None = None
    strap: object = None
    receiver: object = None
    errors: list[BaseException] = field(default_factory=list)

    @property
    def state(self) -> Path:
        return self.settings.state_dir

    def ask(self, name: str, argument: str = "") -> channel.Reply:
        return channel.ask(self.state, Command(name, argument))

    def open(self) -> Path:
        reply = self.ask("open")
        assert reply.exit_code == 0, reply.words
        return Path(reply.body)

    def page(self) -> dict:
        """Port and code of a new opening, as the file has them."""
        text = self.open().read_text()
        address = text.split("url=")[1].split('"')[0]
        port, code = address.removeprefix("http://127.0.0.1:").split("/#")
        return {"port": int(port), "code": code}

    def in_agent(self, work):
        """Run a function in the agent's own thread; its result."""

        async def call():
            return work(self.agent)

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(20)


@contextlib.contextmanager
def living_with_days(folder: Path, days: int = 100) -> Iterator[Living]:
    """`living`, with `days` days of windows, and sleep, a roster and a journal beside them."""
    with living(folder, days=days) as made:
        made.in_agent(lambda agent: drawn_days.kept(agent.days, int(time.time())))
        yield made


def past(folder: Path, days: int, now_s: int, *, face: bool = True) -> None:
    """A person's windows of many days, with nights, a fall at the end, and one calendar week without the strap.

    A past of 14 weeks or more begins on a Monday, so that the same weeks are whole on every weekday. Each day's windows
    begin at seven by this machine's clock, so that the past is the same at every time of day.
    """
    today = drawn_days.today(now_s)
    since_monday = (today + 3) % 7  # the first day of 1970 was a Thursday
    if days >= 98:
        days = 112 + since_monday  # the two weeks of learning lie before the 13 that are shown
    random = np.random.default_rng(5)
    history = History(folder / "history.db", open_vault(folder, "file"))
    history._db.execute("PRAGMA synchronous=OFF")
    for day in range(days):
        is_gap = since_monday + 35 < days - day <= since_monday + 42
        if random.random() < 0.2 or is_gap:
            continue
        for n in range(10):
            start_s = (drawn_days.moment(today - (days - day), 7) + n * 2800) // 300 * 300
            level = np.exp(3.5 + random.normal(0, 0.2) - (0.5 if days - day < 13 else 0.0))
            values = [
                FeatureValue("hr_mean_bpm", float(64 + random.normal(0, 3)), 300, 0.96, 0.01, 62.0, 66.0),
                FeatureValue("rmssd_ms", float(level), 298, 0.96, 0.01, float(level * 0.9), float(level * 1.1)),
            ]
            if face:
                values += [
                    FeatureValue(name, float(random.beta(2, 8)), 1500, 0.9, 0.0)
                    for name in ("perclos_01", "brow_down_share_01", "smile_left_share_01", "smile_right_share_01")
                ]
            history.keep(Summary(start_s, start_s + 300, tuple(values)))
    for night in range(4):
        start_s = now_s // 3600 * 3600 - (night + 2) * 86_400
        history.tell(Told(start_s, "shift", "night", {"until_utc_s": start_s + 8 * 3600}))
    history.close()


def _body(ectopics_per_h: float):
    return Physiology([replace(one, ectopics_per_h=ectopics_per_h) for one in phases("rest:100000")], 1).beats()


@contextlib.contextmanager
def living(
    folder: Path,
    *,
    profile: str = "care",
    days: int = 0,
    consent: bool = True,
    enrolled: bool = True,
    is_bound: bool = True,
    sensors: tuple[str, ...] = ("ble_strap",),
    slot_s: float = 1.0,
    window_s: float = 20.0,
    camera: Path | None = None,
    speed: float = 1.0,
) -> Iterator[Living]:
    """An agent that measures a simulated heart, seals, and offers its page."""
    now_s = int(time.time())
    world = None
    if enrolled:
        world = make_world(folder, profile=profile, consent=consent, from_utc_s=now_s)
        settings = world.settings
    else:
        settings = Settings(state_dir=folder / "state", profile=profile, key_store="file")
        settings.state_dir.mkdir(mode=0o700, parents=True)
    kinds: dict[str, object] = {"ble_strap": ble_strap.Settings()} if "ble_strap" in sensors else {}
    eyes = None
    if camera is not None:
        import sys

        from agent.sources.camera import webcam

        kinds["webcam"] = webcam.Settings(str(camera), yield_to_calls=False)
        eyes = Eyes((sys.executable, str(Path(__file__).with_name("camera_program.py"))))
    settings = settings.model_copy(update={"sources": kinds})
    if days:
        past(settings.state_dir, days, now_s)
    made = Living(folder, settings, world)
    started, stop = threading.Event(), asyncio.Event()

    async def main() -> None:
        made.loop = asyncio.get_running_loop()
        clock = SessionClock() if speed == 1.0 else SessionClock(time.time_ns(), speed=speed)
        worn = straps.strap(clock, body=_body(200.0))
        made.strap = worn
        async with straps.air("a", [worn], clock) as (_, radio):
            if is_bound:
                found = await pairing.find(ble_strap.Settings(), radio, 0.5)
                binding.bind(settings.state_dir, binding.Bound(found[0].address, found[0].name, worn.spec.serial))

            async def here(agent: Session) -> None:
                made.agent = agent
                started.set()
                await asyncio.Event().wait()

            await pipeline.run(
                settings,
                profile_named(profile),
                clock,
                mode=RunMode(window_s=window_s, slot_s=slot_s, grace_s=1.0),
                radio=radio,
                eyes=eyes,
                stop=stop,
                extra_tasks={"test": here},
            )

    class KeptPageProcess(pipeline.PageProcess):
        def __init__(self, session: Session) -> None:
            super().__init__(session)
            made.page_process = self

    def run() -> None:
        try:
            with mock.patch.object(pipeline, "PageProcess", KeptPageProcess):
                asyncio.run(main())
        except BaseException as error:  # told where the test ends
            made.errors.append(error)
        finally:
            started.set()

    with contextlib.ExitStack() as parts:
        if world is not None:
            parts.callback(world.close)
            parts.callback(start_site_broker(world).stop)
            made.receiver = parts.enter_context(running_hub(world))
        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert started.wait(within_s(30))
            if made.agent is None:
                raise made.errors[0]
            wait_for(lambda: accepts(made.state / channel.SOCKET), what="the control socket")
            yield made
        finally:
            with contextlib.suppress(RuntimeError):  # it ended by itself
                made.loop.call_soon_threadsafe(stop.set)
            thread.join(within_s(30))
    for error in made.errors:
        raise error
