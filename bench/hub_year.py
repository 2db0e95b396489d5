"""A year of some people through the whole way, and a month of many as stored rows, scored from cold; what more people cost.

YEAR_PEOPLE=20 YEAR_A_DAY=12 MONTH_PEOPLE=1000 MONTH_A_DAY=48
"""

import os
import random
import tempfile
import time
from contextlib import closing
from pathlib import Path

import time_machine
from sqlalchemy import insert, update

from agent.wire.context import DAY_S
from agent.wire.keys import kid
from agent.wire.message import KINDS, Plaintext, SummaryMessage
from agent.wire.plaintext import encode_plaintext
from hub.scoring.scorer import Scorer
from hub.store.kept import place_of
from hub.store.tables import ARRIVALS, DIGEST, DOWN, DUE, ROW, SCORE, SEEN, SITE
from parts import check
from tests.support.scored import FIRST_DAY, Scored, drained, scores_of
from tests.support.world import another_person, make_world, owning

YEAR_PEOPLE, YEAR_A_DAY = int(os.environ.get("YEAR_PEOPLE", "20")), int(os.environ.get("YEAR_A_DAY", "12"))
MONTH_PEOPLE, MONTH_A_DAY = int(os.environ.get("MONTH_PEOPLE", "1000")), int(os.environ.get("MONTH_A_DAY", "48"))
_WORN_A_DAY = 96  # five-minute windows of a shift of eight hours
_SLOTS_A_DAY = 288  # envelopes, worn or not
_WORN_DAYS = 220  # of a year
_SERIAL = 1  # of the consent that the rows of a month stand under
_END_UTC_S = (FIRST_DAY + 366) * DAY_S
_TABLES = (ROW, SEEN, SCORE, DIGEST, DUE, DOWN)


def the_year() -> None:
    """Both parts, and the projection from them."""
    with tempfile.TemporaryDirectory() as folder:
        made_ms = _whole_way(Path(folder) / "year")
        cold_s = _from_cold(Path(folder) / "month")
    _projected(made_ms, cold_s)


def _whole_way(folder: Path) -> dict[str, float]:
    """Seal, take, store, score, answer: milliseconds and bytes of a window."""
    world = make_world(folder)
    people = [Scored.made(world)]
    people += [Scored.made(another_person(world, folder / f"p{n}"), people[0].receiver) for n in range(1, YEAR_PEOPLE)]
    spent = dict.fromkeys(("seal", "take", "score"), 0.0)
    windows, before = 0, _bytes(world.hub)
    # windows of days to come are not scored: the clock stands at the end of the year
    with time_machine.travel(_END_UTC_S, tick=True), closing(Scorer(world.hub)) as scorer:
        for day in range(365):
            began = time.process_time()
            for n, person in enumerate(people):
                person.days(1, seed=1000 * n + day, first=FIRST_DAY + day, a_day=YEAR_A_DAY)
            sealed, batch = time.process_time(), [one for person in people for one in person.waiting]
            people[0].receiver.handle(batch)
            taken = time.process_time()
            drained(scorer)
            spent["seal"] += sealed - began
            spent["take"] += taken - sealed
            spent["score"] += time.process_time() - taken
            windows += len(batch)
            for person in people:
                person.waiting.clear()
        found = scores_of(scorer)
        counters = people[0].receiver.store.counters()
    with owning(world.hub) as db:
        rows = {table.name: db.execute(table.select().with_only_columns(table.c.device)).all() for table in _TABLES}
    grown = _bytes(world.hub) - before
    world.close()
    each = {name: 1000 * value / windows for name, value in spent.items()}
    print(f"{YEAR_PEOPLE} people, 365 days, {YEAR_A_DAY} windows a day: {windows} windows through the whole way")
    print("  CPU ms a window: " + ", ".join(f"{name} {value:.2f}" for name, value in each.items()))
    print(f"  {grown / 1e6:.0f} MB grown: {grown / windows:.0f} bytes a window; rows: "
          + ", ".join(f"{name} {len(of)}" for name, of in rows.items()))  # fmt: skip
    check(f"all of {windows} windows are stored", holds=counters["stored"] >= windows)
    check(f"all of {windows} windows are scored", holds=counters["scored"] == windows)
    check("scores have an index", holds=sum(score.index is not None for score in found.values()) > 40)
    return each | {"bytes": grown / windows, "per_score_row": len(rows["score"]) / YEAR_PEOPLE}


def _from_cold(folder: Path) -> float:
    """Seconds for a person with a month of rows and no digest."""
    world = make_world(folder)
    people = [Scored.made(world)]
    people += [Scored.made(another_person(world, folder / f"p{n}"), people[0].receiver) for n in range(1, MONTH_PEOPLE)]
    keys, dice, arrival = people[0].receiver.keys, random.Random(1), 1000 * MONTH_PEOPLE
    with owning(world.hub) as db:
        for person in people:
            name = kid(person.world.identity.sign.public)
            rows = []
            for n in range(30 * MONTH_A_DAY):
                arrival += 1
                start = (FIRST_DAY + n // MONTH_A_DAY) * DAY_S + 8 * 3600 + 300 * (n % MONTH_A_DAY)
                message = person.window(start, dice.gauss(66, 4), dice.uniform(28, 55))
                rows.append(_row(keys, name, arrival, message))
            db.execute(insert(ROW), rows)
            db.execute(insert(DUE), {"arrival": arrival, "device": name, "taken_ms": 0})
        db.execute(update(SITE).where(SITE.c.name == ARRIVALS).values(value=str(arrival).encode()))
    with time_machine.travel(_END_UTC_S, tick=True), closing(Scorer(world.hub)) as scorer:
        began = time.process_time()
        drained(scorer)
        spent_s = time.process_time() - began
        with scorer.store.derived() as read:
            scored = {of for of, _ in read.scores()}
    world.close()
    windows = MONTH_PEOPLE * 30 * MONTH_A_DAY
    print(f"{MONTH_PEOPLE} people with a month of rows, {windows} windows, scored from cold: {spent_s:.0f} CPU s, "
          f"{1000 * spent_s / MONTH_PEOPLE:.0f} ms a person, {1e6 * spent_s / windows:.0f} µs a window")  # fmt: skip
    check(f"{len(scored)} of {MONTH_PEOPLE} people have scores", holds=len(scored) == MONTH_PEOPLE)
    return spent_s / windows


def _row(keys, name: bytes, arrival: int, message: SummaryMessage) -> dict:
    words = encode_plaintext(Plaintext(bytes(16), 0, arrival, bytes(32), (message,)))
    key = keys.data_keys.of(name, _SERIAL)
    at = name, bytes(16), arrival
    sealed = key.seal(place_of(at), words)
    return {
        "device": name, "stream": at[1], "seq": arrival, "kind": KINDS[SummaryMessage], "serial": _SERIAL,
        "data_key": key.name, "words": sealed, "said": arrival.to_bytes(16, "big"), "arrival": arrival,
    }  # fmt: skip


def _projected(each: dict[str, float], cold_s: float) -> None:
    worn = _WORN_A_DAY * _WORN_DAYS
    ms = each["take"] + each["score"]
    covers = _SLOTS_A_DAY * 365 - worn
    print("\nprojection, one core of this machine; a person-year is "
          f"{_WORN_DAYS} shifts of {_WORN_A_DAY} windows = {worn} windows, and {covers} covers that are taken and not kept")  # fmt: skip
    print(f"{'people':>10}{'take+score':>14}{'covers':>10}{'cores':>8}{'kept a year':>14}{'from cold, a month':>21}")
    for people in (1, 1000, 10_000, 100_000):
        cpu_s, cover_s = people * worn * ms / 1000, people * covers * each["take"] / 1000
        gb, cold_h = people * worn * each["bytes"] / 1e9, people * worn / 12 * cold_s / 3600
        cores = (cpu_s + cover_s) / (365 * DAY_S)
        print(
            f"{people:>10}{cpu_s / 3600:>12.1f} h{cover_s / 3600:>8.1f} h{cores:>8.2f}{gb:>11.2f} GB{cold_h:>19.2f} h"
        )
    print(f"  take+score = people x {worn} x {ms:.2f} ms; covers = people x {covers} x {each['take']:.2f} ms; "
          f"kept = people x {worn} x {each['bytes']:.0f} B; cold = people x {worn} / 12 x {1e6 * cold_s:.0f} µs; cores = CPU over 365 days")  # fmt: skip


def _bytes(hub: Path) -> int:
    return sum(file.stat().st_size for file in hub.glob("hub.db*"))
