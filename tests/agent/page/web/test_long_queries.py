"""The reader that is started before it is asked: one process a question as before, and none that stays."""

import asyncio
from pathlib import Path

import pytest

from agent.page.web import long_queries
from agent.page.web.long_queries import LongQueries
from agent.page.web.pipe import Refused
from agent.privacy.vault import open_vault
from agent.tables.profiles import PROFILES
from agent.windows.history import History
from tests.support.machine import within_s

pytestmark = pytest.mark.process


def hello(folder: Path) -> dict:
    folder.mkdir(exist_ok=True)
    vault = open_vault(folder, "file")
    History(folder / "history.db", vault).close()
    return {"state_dir": str(folder), "key_store": "file", "profile": PROFILES["personal"].as_json(),
            "usual_hours": [7, 19]}  # fmt: skip


def course(folder: Path, work):
    async def main():
        queries = LongQueries(hello(folder), frozenset())
        try:
            return await work(queries)
        finally:
            waiting = queries._ready
            queries._dismiss()
            if waiting is not None:
                await waiting.wait()

    return asyncio.run(main())


async def ended(process) -> int:
    """Its exit code, once it has ended."""
    async with asyncio.timeout(within_s(30)):
        return await process.wait()


@pytest.fixture
def started(monkeypatch):
    """Words behind the command of each reader that was started."""
    words, real = [], long_queries._started

    async def start(*behind):
        words.append(behind)
        return await real(*behind)

    monkeypatch.setattr(long_queries, "_started", start)
    return words


def test_a_reader_that_was_started_before_answers_the_next_look_back_as_another_does(tmp_path, started):
    async def work(queries):
        first = await queries.json("weeks")
        await queries.stand_by()
        waiting = queries._ready
        second = await queries.json("weeks")
        return first, second, await ended(waiting)

    first, second, code = course(tmp_path, work)
    assert first | {"made_utc": 0} == second | {"made_utc": 0}
    assert code == 0  # it ended with its answer, like every reader
    assert started == [(), (long_queries.READY,)]


def test_no_reader_is_started_without_a_look_back_and_never_two(tmp_path, started):
    async def work(queries):
        await queries.stand_by()
        assert not started
        with pytest.raises(Refused):
            await queries.json("shifts")  # a question that writes
        await queries.stand_by()
        assert started == [()]
        await queries.json("days")
        await asyncio.gather(queries.stand_by(), queries.stand_by())
        queries._looked_back = True
        await queries.stand_by()

    course(tmp_path, work)
    assert started.count((long_queries.READY,)) == 1


def test_a_reader_that_nobody_asks_ends_after_its_minute_and_with_the_page(tmp_path, monkeypatch):
    async def work(queries, *, page_ends):
        queries._looked_back = True
        await queries.stand_by()
        waiting = queries._ready
        if page_ends:
            waiting.stdin.close()  # as the end of the page's process does
        return await ended(waiting)

    assert course(tmp_path / "a", lambda queries: work(queries, page_ends=True)) == 0
    monkeypatch.setattr(long_queries, "_READY_S", 0.2)
    assert course(tmp_path / "b", lambda queries: work(queries, page_ends=False)) == -9


def test_a_reader_that_died_while_it_waited_is_not_asked(tmp_path, started):
    async def work(queries):
        await queries.json("weeks")
        await queries.stand_by()
        dead = queries._ready
        dead.kill()
        await dead.wait()
        return await queries.json("weeks")

    assert course(tmp_path, work)
    assert started == [(), (long_queries.READY,), ()]
