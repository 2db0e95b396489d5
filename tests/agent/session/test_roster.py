"""The calendar folder of a running agent: read when a file lies still, again when it changes, refused by name."""

import asyncio
import datetime as dt

import pytest

from agent import pipeline
from agent.config import Settings
from agent.days import taken
from agent.days.calendar.titles import digest
from agent.days.chosen import shifts
from agent.session import roster
from agent.system.run_mode import RunMode
from tests.support.processes import until
from tests.support.world import make_world

CANARY = "Schicht canary"
EVENT = """BEGIN:VEVENT
UID:{n}
DTSTART:{day}T060000Z
DTEND:{day}T140000Z
SUMMARY:{title}
LOCATION:Ward canary
END:VEVENT
"""


def calendar(*days, title=CANARY):
    events = "".join(EVENT.format(n=n, day=day, title=title) for n, day in enumerate(days))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n"


@pytest.mark.process
def test_a_folder_is_read_and_read_again_when_it_changes(tmp_path, caplog):
    world = make_world(tmp_path)
    folder = tmp_path / "calendars"
    folder.mkdir()
    seen, stop = [], asyncio.Event()

    def board(session):
        return next((one for one in session.board.states() if one.part == "calendar"), None)

    def day(session, before):
        return dt.datetime.fromtimestamp(session.utc_s() - before * 86_400, dt.UTC).strftime("%Y%m%d")

    async def look(session):
        (folder / "a.ics").write_text(calendar(day(session, 9)))
        watching = asyncio.ensure_future(roster.keep_roster(session, folder, look_s=0.01))
        await until(lambda: board(session) is not None)
        seen.append(board(session))
        key = session.vault.derive("calendar titles")
        taken.mark_titles(session.days, {digest(key, "title", CANARY): "shift"})
        await until(lambda: board(session).words == "1 file read")
        (folder / "b.ics").write_text(calendar(day(session, 5)))
        await until(lambda: len(shifts(session.days.days())) == 2)
        seen.append(board(session))
        longer = calendar(day(session, 5)).replace("T140000Z", "T150000Z")
        (folder / "b.ics").write_text(longer)
        await until(
            lambda: {one.end_utc_s - one.start_utc_s for one in shifts(session.days.days())} == {28_800, 32_400}
        )
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        await until(lambda: board(session).level.value == "trouble")
        seen.append(board(session))
        watching.cancel()
        stop.set()

    asyncio.run(pipeline.run(world.settings, world.profile, mode=RunMode(), stop=stop, extra_tasks={"look": look}))
    world.close()
    assert "no title is marked" in seen[0].words
    assert seen[1].words == "2 files read"
    assert "cannot be read" in seen[2].words
    assert all(one.remedy for one in (seen[0], seen[2]))
    assert not [row for row in caplog.records if "canary" in row.getMessage()]


def test_no_folder_no_task():
    assert Settings().days.calendar_folder is None
