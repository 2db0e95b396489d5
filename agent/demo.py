"""The whole chain on this machine, for two minutes: recording, agent, broker, hub, report.

generator or file ─▶ agent ─▶ amqtt (TLS, in this process) ─▶ hub ─▶ receipts ─▶ agent
everything lies in a temporary folder; the person and the site are synthetic, and marked so
"""

import asyncio
import json
import logging
import math
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent import decisions, identity, pipeline
from agent.clock import SessionClock, aligned_start_ns
from agent.config import Settings
from agent.errors import Missing, WrongUse
from agent.model import NS_PER_S
from agent.pipeline import Agent, Pace
from agent.privacy.policy import Profile, profile_named
from agent.privacy.vault import open_vault
from agent.sources import replay
from agent.wire.enroll import armor, dearmor

SITE: Final = "demo"
OPERATOR: Final = "Demo scoring service"
PIN: Final = "demo-pin-of-nobody"
SLOT_S: Final = 3.0
_MINUTES_MOST: Final = 240.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for."""

    minutes: float
    speed: float
    replay: Path | None
    seed: int


def main(wish: Wish, *, as_json: bool) -> int:
    """Run the demo and report; exit 0 only if the hub stored all that was sealed."""
    if not 0 < wish.minutes <= _MINUTES_MOST:
        raise WrongUse(f"--minutes {wish.minutes:g} is outside 0 to {_MINUTES_MOST:g}")
    with tempfile.TemporaryDirectory(prefix="wardbeat-demo-") as folder:
        report = asyncio.run(_run(wish, Path(folder)))
    _tell(report)
    if as_json:
        print(json.dumps(report))
    return 0 if report["sealed"] == report["stored"] and not report["doubled"] else 1


async def _run(wish: Wish, folder: Path) -> dict[str, Any]:
    try:
        from hub.receive import Receiver
    except ModuleNotFoundError as error:
        raise Missing("the demo's parts are not installed", remedy="pip install 'wardbeat[demo]'") from error
    start_ns = aligned_start_ns(time.time_ns())
    SessionClock(start_ns, speed=wish.speed)  # a speed out of range is told before anything starts
    file = _synthetic(folder / "synthetic.csv", wish) if wish.replay is None else _cut(folder / "cut.csv", wish)
    last_s = replay.beats(file)[-1].end_s  # an unreadable file is told before anything starts
    port = _free_port()
    settings = Settings(
        state_dir=folder / "state", profile="care", key_store="file", sources={"replay": replay.Settings(file)}
    )
    profile = profile_named("care")
    await asyncio.to_thread(_enroll, folder, settings, profile, port, start_ns // NS_PER_S)
    receiver = Receiver(folder / "hub", mqtt_version=3)
    stop = threading.Event()
    async with _broker(folder / "hub", port):
        hub = asyncio.create_task(asyncio.to_thread(receiver.run, stop), name="hub")
        view = _View(wish, last_s)
        try:
            await pipeline.run(
                settings.model_copy(
                    update={"mqtt": settings.mqtt.model_copy(update={"version": 3, "resend_after_s": 5.0})}
                ),
                profile,
                SessionClock(start_ns, speed=wish.speed),
                pace=Pace(slot_s=SLOT_S, finish=True),
                beside={"view": view.show},
            )
        finally:
            stop.set()
            await hub
    return _report(folder, settings)


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
    wanted = decisions.grants(profile, enrolled.bundle.operator)
    decisions.give_consent(settings, profile, wanted, PIN, from_utc_s)


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


def _cut(file: Path, wish: Wish) -> Path:
    """The part of a recording that the demo has time for; an unreadable one is refused here."""
    most_s = wish.minutes * 60 * wish.speed
    played = [beat for beat in replay.beats(wish.replay or file) if beat.end_s <= most_s]
    if not played:
        raise WrongUse("the demo is too short for the recording's first beat", remedy="Give more --minutes.")
    file.write_text("\n".join(["t_s,rr_ms", *(f"{beat.end_s!r},{beat.rr_ms!r}" for beat in played)]) + "\n")
    return file


def _synthetic(file: Path, wish: Wish) -> Path:
    """A seeded recording as long as the demo: breathing, a slow rhythm, drift and noise around 850 ms."""
    noise = np.random.default_rng(wish.seed)
    end_s, lines = 0.0, ["t_s,rr_ms"]
    while end_s < wish.minutes * 60 * wish.speed:
        breathing = 35.0 * math.sin(2 * math.pi * 0.25 * end_s)
        slow = 25.0 * math.sin(2 * math.pi * 0.1 * end_s)
        drift = 60.0 * math.sin(2 * math.pi * end_s / 1200.0)
        rr_ms = 850.0 + breathing + slow + drift + noise.normal(0, 12.0)
        end_s += rr_ms / 1000.0
        lines.append(f"{end_s:.6f},{rr_ms:.3f}")
    lines.pop()  # the last beat ends beyond the demo
    file.write_text("\n".join(lines) + "\n")
    return file


@dataclass(frozen=True, slots=True)
class _View:
    """One live line in the terminal; a plain line every few seconds where there is none."""

    wish: Wish
    last_s: float

    async def show(self, agent: Agent) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        console = Console(stderr=True)
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while True:
                live.update(Text(self._line(agent)))
                await asyncio.sleep(0.25)

    def _line(self, agent: Agent) -> str:
        now_ns = agent.clock.now_ns()
        counts = agent.outbox.counts()
        heart = agent.windows.ring.span(now_ns, 10).series.get("rr_ms")
        bpm = "--" if heart is None else f"{60_000 / float(np.mean(heart.value)):.0f}"
        done_01 = min(1.0, (now_ns - agent.clock.start_ns()) / NS_PER_S / self.last_s)
        return (
            f"SYNTHETIC  {bpm:>3} bpm  recording {done_01:4.0%}  sealed {sum(counts.values())}  "
            f"receipted {counts.get('receipted', 0)}  ({self.wish.speed:g}x)"
        )


def _report(folder: Path, settings: Settings) -> dict[str, Any]:
    import datetime as dt

    from agent.outbox import Outbox
    from hub.site import open_keys
    from hub.store import Store

    with Outbox(settings.state_dir / "outbox.db", open_vault(settings.state_dir, "file"), None) as outbox:
        sealed, receipted = outbox.rows_made(), outbox.counts().get("receipted", 0)
    keys = open_keys(folder / "hub")
    with Store(folder / "hub", keys) as store:
        settled, summaries = store.settled(), store.summaries()
    keys.close()

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
    print("\nA synthetic person under 'care'. What the hub opened and stored:", file=out)
    for window in report["windows"]:
        values = ", ".join(f"{name} {seen['value']} (n {seen['n']})" for name, seen in window["features"].items())
        print(f"  {window['start_utc']}  {values}", file=out)
    print(
        f"{report['sealed']} envelopes sealed (covers included), {report['stored']} stored, "
        f"{report['receipted']} receipted, {report['lost']} lost, {report['doubled']} doubled.",
        file=out,
    )
