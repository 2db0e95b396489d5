"""A full year of five-minute windows, worn 8 to 12 hours a day, in a state folder: what the longest look back reads."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from agent.model import FeatureValue, Summary
from agent.privacy.vault import open_vault
from agent.system.storage import storing
from agent.windows import history as history_module
from agent.windows.history import History, Told
from agent.wire import schema

DAY_S = 86_400
DAYS = 365


def windows(today: int, days: int = DAYS, seed: int = 1) -> Iterator[Summary]:
    """Each with every number that an agent measures, beginning at another hour each day; `today` is not among them."""
    random, known = np.random.default_rng(seed), schema.features().values()
    for day in range(today - days, today):
        begin_s = day * DAY_S + 300 * int(random.integers(0, 144))
        for start_s in range(begin_s, begin_s + 300 * int(random.integers(96, 145)), 300):
            shares = random.beta(4, 6, len(known))
            values = {
                row.name: row.low + (row.high - row.low) * share for row, share in zip(known, shares, strict=True)
            }
            values |= {"hr_mean_bpm": 55 + random.gamma(4, 4), "rmssd_ms": random.lognormal(3.5, 0.25)}
            yield Summary(start_s, start_s + 300, tuple(
                FeatureValue(name, float(value), 300, 0.97, 0.01, float(value) * 0.95, float(value) * 1.05)
                for name, value in values.items()))  # fmt: skip


def keep(folder: Path, today: int) -> int:
    """Keep the year as release 0.2.0 kept it, without folds, and nights at work; how many windows."""
    vault, count = open_vault(folder, "file"), 0
    with closing(History(folder / "history.db", vault)) as history:
        with storing(history._db):
            for summary in windows(today):
                packed = history_module._packed(summary.values)
                sealed = vault.seal("history", history_module._padded(packed, history_module.WINDOW_BYTES))
                history._store((summary.start_utc_s, summary.end_utc_s, sealed))
                count += 1
        for day in range(today - DAYS, today, 5):
            history.tell(Told(day * DAY_S + 79_200, "shift", "night", {"until_utc_s": day * DAY_S + 108_000}))
    return count
