"""Imported sleep and a roster from the store on the device through a real broker to a score, and gone with an erasure."""

import asyncio
import contextlib
import time
from contextlib import closing

import pytest
from sqlalchemy import select

from agent import pipeline
from agent.control import handlers
from agent.control.channel import Command
from agent.days.store import DayStore, Rostered
from agent.model import DayValue
from agent.session.statements import Statements
from agent.system.run_mode import RunMode
from agent.weeks import days, scores
from agent.windows.history import History
from agent.wire.context import DAY_S
from hub.scoring.scorer import Scorer
from hub.store.tables import DIGEST, ROW, SCORE
from tests.support.processes import until
from tests.support.scored import drained, scores_of
from tests.support.world import OPERATOR, make_world, running_hub

BACK_DAYS = 76
KEPT = (ROW, DIGEST, SCORE)


@pytest.fixture
def world(tmp_path):
    """A person who consented, before all of their days, to have sleep and roster scored."""
    made = make_world(tmp_path, consent=False)
    made.give_consent(int(time.time()) - (BACK_DAYS + 3) * DAY_S, ("score",), days=("schedule", "sleep"))
    yield made
    made.close()


@contextlib.contextmanager
def opened(world):
    vault, file = world.vault, world.settings.state_dir / "history.db"
    with closing(History(file, vault)) as history, closing(DayStore(file, vault)) as store:
        yield history, store


def import_days(store, today):
    """76 days of a watch and of a roster; in the last two weeks more rests are short."""
    span = range(today - BACK_DAYS, today)
    watch, roster, shifts = [], [], {}
    for day in span:
        short = float(day % 11 == 0 or (day >= today - 14 and day % 4 == 0))
        watch.append(DayValue(day, "sleep_h", 7.313 + day * 7 % 5 / 7 - 0.37 * short, 0.95))
        roster.append(DayValue(day, "short_rests_n", short, 1.0))
        if short:
            shifts[day] = [Rostered(day * DAY_S + 6 * 3600, day * DAY_S + 14 * 3600, "day")]
    store.say("watch", span, watch)
    store.say("calendar", span, roster, shifts)


def rows_of_days(outbox, states="'sealed', 'sent'"):
    """How many rows with values of days are in these states."""
    query = f"SELECT count(*) FROM ledger JOIN fate USING (idx) WHERE kind = 'days' AND state IN ({states})"
    return outbox.db.execute(query).fetchone()[0]


def dump(scorer):
    """Every stored row, digest and score as they lie in the database."""
    with scorer.store._reads.connect() as db:
        return {table: db.execute(select(table)).all() for table in KEPT}


def own_weeks(world, now_utc_s):
    """The person's own index by last day, as the page shows it."""
    with opened(world) as (history, store):
        made = scores.of(history.columns(), history.told(), world.profile, 6, now_utc_s, days.of(store))
    return {week.first_day + 6: week.strain for week in made.log.weeks if week.strain is not None and not week.rolling}


@pytest.mark.broker
@pytest.mark.process
def test_imported_days_are_scored_at_the_hub_as_on_the_device_and_an_erasure_leaves_nothing(world, broker):
    now = int(time.time())
    today, log = now // DAY_S, {}
    with opened(world) as (history, store), world.outbox() as outbox:
        import_days(store, today)
        for back in (46, 20):  # as the agent did on those days
            Statements(history, store, outbox, world.profile, OPERATOR).offer(now - back * DAY_S)
        assert rows_of_days(outbox) > 40
    own = own_weeks(world, now)
    scorer, stop = Scorer(world.hub), asyncio.Event()

    def scored():
        drained(scorer)
        return scores_of(scorer)

    async def person(agent):
        done = "'receipted'"
        await until(lambda: rows_of_days(agent.outbox, done) == BACK_DAYS, 120, "the receipts")
        log["scores"], log["dump"] = await asyncio.to_thread(scored), dump(scorer)
        agent.days.forget("watch")
        await until(lambda: rows_of_days(agent.outbox, done) == BACK_DAYS + 30, 120, "the taking back")
        log["without"] = await asyncio.to_thread(scored)
        await handlers.handle(agent, Command("erase"))
        await until(lambda: not agent.outbox.unconfirmed(), 120, "the erasure")
        stop.set()

    mode = RunMode(window_s=2.0, slot_s=0.05, grace_s=0.1)
    with running_hub(world):
        asyncio.run(pipeline.run(world.settings, world.profile, mode=mode, stop=stop, extra_tasks={"person": person}))

    newest = max(log["scores"])
    assert newest == today - 1
    assert {"sleep_h", "short_rests_per_week"} <= dict(log["scores"][newest].points).keys()
    compared = [day for day in own if day in log["scores"] and log["scores"][day].index is not None]
    assert len(compared) >= 3
    differences = [abs(own[day].index - log["scores"][day].index) for day in compared]
    print("weeks compared:", len(compared), "largest difference:", round(max(differences), 4))
    assert max(differences) <= 0.1
    assert "sleep_h" not in dict(log["without"][newest].points)
    assert log["without"][newest].index != log["scores"][newest].index

    kinds = {row.kind for row in log["dump"][ROW]}
    assert "days" in kinds
    scorer.keys.refresh()
    names = {row.data_key for rows in log["dump"].values() for row in rows if row.data_key is not None}
    assert names
    gone = [name for name in names if scorer.keys.data_keys.named(name) is None]
    after = dump(scorer)
    assert not any(row.kind in ("days", "context", "summary") for row in after[ROW])
    assert after[DIGEST] == after[SCORE] == []
    assert {row.data_key for row in log["dump"][ROW] if row.kind == "days"} <= set(gone), "nothing of a day opens"
    with opened(world) as (history, store):
        assert store.days() == []
    scorer.close()
