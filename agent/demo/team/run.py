"""`wardbeat demo --team`: a made-up year into a hub, its processes, one alert walked through, the care view at the end.

ten machines ─▶ hub (in this process)   then   agent ─▶ amqtt ─▶ hub run · score · alerts · view --care ─▶ team
everything lies in a temporary folder; people and site are synthetic, and marked so
"""

import asyncio
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from agent import pipeline
from agent.demo.site import OPERATOR, SITE, broker, free_port, hub_file
from agent.demo.team import members, year
from agent.demo.team.desk import Desk
from agent.demo.team.opened import open_view
from agent.demo.team.options import TeamOptions, checked
from agent.demo.team.people import PEOPLE, WALKED
from agent.demo.team.processes import Child, started, until
from agent.demo.team.walk import Walk, Walked
from agent.outbox import Outbox
from agent.privacy.vault import open_vault
from agent.session.session import Session
from agent.system.output import say, show
from agent.system.run_mode import RunMode
from agent.system.signals import stop_on_signals
from agent.tables.profiles import profile_named

SLOT_S: Final = 2.0
HOUR_S: Final = 1.0
"""Seconds that count as an hour of the alerts' rules."""
_DAY_S: Final = 86_400
_STARTS_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Site:
    """What the demo made before its processes start."""

    folder: Path
    options: TeamOptions
    people: list[year.Member]
    taken: year.Taken
    port: int
    view_port: int
    staff: members.Staff
    began_s: float

    @property
    def hub(self) -> Path:
        return self.folder / "hub"


def main(options: TeamOptions, *, as_json: bool) -> int:
    """Run the demo and report; exit 0 only if all that was sealed is stored and nobody is shown who must not be.

    Args:
        options: Checked here.
        as_json: Whether the last line of stdout is the report.
    """
    checked(options)
    folder = Path(tempfile.mkdtemp(prefix="wardbeat-demo-"))
    try:
        site = _made(options, folder)
        walked = asyncio.run(_run(site))
        report = _report(site, walked)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    say(_last_words(report, folder if options.keep else None))
    if as_json:
        show(json.dumps(report))
    return 0 if _is_right(report) else 1


def _made(options: TeamOptions, folder: Path) -> _Site:
    """Site, people, year and staff: all that needs no process."""
    from hub import site

    began_s, today = time.monotonic(), int(time.time()) // _DAY_S
    port = free_port()
    site.init(folder / "hub", site.Site(SITE, OPERATOR, "127.0.0.1", port, synthetic=True))
    say(f"Ten synthetic people enroll at the site of '{OPERATOR}', and each consents to what they like:")
    for person in PEOPLE:
        say(f"  {person.label:<28}{person.what}")
    people = year.enroll(folder, today)
    say("Their made-up year: sealed by their machines, received, stored and scored by the hub's own code.")
    taken = year.Taken(0, 0, 0, 0.0)
    for taken in year.take(folder / "hub", people, options.seed, today):
        say(f"  {time.monotonic() - began_s:6.1f} s  {taken.windows} windows, {taken.stored} envelopes stored")
    staff = members.add(folder)
    return _Site(folder, options, people, taken, port, free_port(), staff, began_s)


async def _run(site: _Site) -> Walked:
    view = f"127.0.0.1:{site.view_port}"
    rows = [
        ("hub run", ("agent.cli", "hub", "run", site.hub, "--mqtt", 3)),
        ("hub score", ("agent.cli", "hub", "score", site.hub)),
        ("hub alerts", ("agent.demo.team.hurried", site.hub, HOUR_S)),
        ("hub view", ("agent.cli", "hub", "view", site.hub, "--care", "--listen", view)),
    ]
    async with broker(site.hub, site.port):
        with started(site.folder, rows) as children:
            await until(lambda: children[0].says("connected to the broker"), children, "the hub's broker", _STARTS_S)
            await until(lambda: children[3].says(view), children, "the care view", _STARTS_S)
            return await _walked(site, children)


async def _walked(site: _Site, children: tuple[Child, ...]) -> Walked:
    person = site.people[WALKED]
    settings = person.settings.model_copy(
        update={"mqtt": person.settings.mqtt.model_copy(update={"version": 3, "resend_after_s": 5.0})}
    )
    desk = Desk(site.view_port, str(site.hub / "ca.pem"), str(site.staff.pem))
    await desk.sign_in()
    stop = asyncio.Event()
    with _log_of(site.hub) as looked:
        walk = Walk(person, desk, site.staff.name, children, looked, site.began_s)

        async def go(session: Session) -> None:
            await walk.go(session)
            if site.options.minutes:
                stop_on_signals(stop)
                await open_view(site.view_port, site.staff, site.options.minutes)
            await _drained(session, children)
            stop.set()
            await asyncio.Event().wait()

        mode = RunMode(slot_s=SLOT_S)
        tasks = {"walk": go}
        await pipeline.run(settings, profile_named("care"), mode=mode, stop=stop, extra_tasks=tasks)
    return walk.walked


async def _drained(session: Session, children: tuple[Child, ...]) -> None:
    """Until the hub has everything that this machine sealed."""
    assert session.publisher is not None
    session.publisher.draining = True
    await until(lambda: not session.outbox.unsettled(), children, "the last receipts", _STARTS_S)


@contextmanager
def _log_of(hub: Path) -> Iterator[Any]:
    """The hub's log of looks at one person, as each is chained."""
    with hub_file(hub) as store:
        yield lambda kid: members.looks_at(store, kid)


def _report(site: _Site, walked: Walked) -> dict[str, Any]:
    sealed = receipted = 0
    for member in site.people:
        state = member.settings.state_dir
        with closing(Outbox(state / "outbox.db", open_vault(state, "file"), None)) as outbox:
            sealed, receipted = sealed + outbox.rows_made(), receipted + outbox.counts().get("receipted", 0)
    with hub_file(site.hub) as store:
        settled = len(store.settled())
        windows = Counter((one.device, one.message.start_utc_s, one.message.purpose) for one in store.summaries())
    team = walked.as_json() | {
        "synthetic": True,
        "year": asdict(site.taken),
        "hidden": [person.label for person in PEOPLE if not person.is_shown],
        "seconds": round(time.monotonic() - site.began_s, 1),
    }
    return {
        "sealed": sealed,
        "stored": settled,
        "receipted": receipted,
        "lost": sealed - settled,
        "doubled": sum(n - 1 for n in windows.values()),
        "team": team,
    }


def _is_right(report: dict[str, Any]) -> bool:
    team = report["team"]
    shown = {person.label for person in PEOPLE if person.is_shown}
    is_whole = not report["lost"] and not report["doubled"]
    return is_whole and set(team["people"]) == shown and not team["found_hidden"] and bool(team["is_equal"])


def _last_words(report: dict[str, Any], kept: Path | None) -> str:
    team = report["team"]
    words = (
        f"{len(team['people'])} of 10 people were shown; {' and '.join(team['hidden'])} stood in no page. "
        f"{report['sealed']} envelopes sealed, {report['stored']} stored, {report['lost']} lost. "
        f"It took {team['seconds']:.0f} s."
    )
    return words if kept is None else f"{words}\nKept in {kept}; delete it when you no longer need it."
