"""What the page reads once and keeps: one reader for those who ask at once, and nothing that the person took back."""

import asyncio

from agent.page.web.pages import Pages
from agent.tables.profiles import PROFILES


class Reader:
    """Answers when it is let go; counts how often it was asked."""

    def __init__(self):
        self.asked, self.may_answer = 0, asyncio.Event()

    async def __call__(self, job):
        self.asked += 1
        mine = self.asked
        await self.may_answer.wait()
        return {"job": job, "number": mine}


def course(work):
    async def main():
        pages = Pages({"profile": PROFILES["care"].as_json(), "names": {}})
        return await work(pages, Reader())

    return asyncio.run(main())


def test_two_who_ask_at_once_wait_for_one_reader_and_other_notes_ask_again():
    async def work(pages, reader):
        both = asyncio.gather(*(pages._looked_back(reader, [{"a": 1}]) for _ in range(2)))
        await asyncio.sleep(0)
        reader.may_answer.set()
        first, second = await both
        return first, second, reader.asked, await pages._looked_back(reader, [{"a": 2}])

    first, second, asked, other = course(work)
    assert first is second
    assert asked == 1
    assert other["number"] == 2


def test_what_was_being_read_when_the_person_erased_is_not_kept():
    async def work(pages, reader):
        reading = asyncio.ensure_future(pages._looked_back(reader, []))
        while not reader.asked:
            await asyncio.sleep(0)
        pages.forget_weeks()
        reader.may_answer.set()
        await reading
        return (await pages._looked_back(reader, []))["number"], (await pages._looked_back(reader, []))["number"]

    assert course(work) == (2, 2)
