"""Counters: how much of what there was."""

from collections import Counter

from sqlalchemy import Connection, insert, update

from hub.store.tables import COUNTER


def add_counts(db: Connection, counts: Counter[str]) -> None:
    """Add to the counters, in one order, so that no two processes wait for each other."""
    for name, n in sorted(counts.items()):
        counted = update(COUNTER).where(COUNTER.c.name == name).values(n=COUNTER.c.n + n)
        if db.execute(counted).rowcount == 0:
            db.execute(insert(COUNTER), {"name": name, "n": n})
