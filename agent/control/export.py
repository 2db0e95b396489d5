"""All that this machine holds about the person, as JSON can say it."""

import datetime as dt
import time
from dataclasses import asdict

from agent import sources
from agent.config import Settings
from agent.days.store import DayStore
from agent.notices import kept
from agent.outbox import Outbox, alerts, arousal_choice, asks, camera_plan, consents, hub_scores, ledger, looks, pauses
from agent.privacy.consent import Consented
from agent.privacy.vault import Vault
from agent.scoring import instruments
from agent.system import state_files
from agent.weeks.days import day_words
from agent.windows.history import History, Told


def history_held(settings: Settings, vault: Vault) -> dict[str, object]:
    """What the history holds about the person, as JSON can say it."""
    history = History(settings.state_dir / "history.db", vault)
    try:
        return {
            "summaries": [asdict(summary) for summary in history.summaries()],
            "told": [_told(one) for one in history.told()],
            **_days(settings, vault),
        }
    finally:
        history.close()


def _days(settings: Settings, vault: Vault) -> dict[str, object]:
    """What each import says of each day, and the journal with its words."""
    store = DayStore(settings.state_dir / "history.db", vault, writes=False)
    try:
        return {
            "days": [asdict(one) | {"date": day_words(one.day)} for one in store.days()],
            "marks": {kind: len(store.marks(kind)) for kind in ("calendar", "person")},
            "journal": [asdict(one) | {"date": day_words(one.day)} for one in store.entries()],
        }
    finally:
        store.close()


def everything_held(settings: Settings, outbox: Outbox) -> dict[str, object]:
    """All that this machine holds about the person, as JSON can say it."""
    given = consents.consented(outbox)
    return {
        **history_held(settings, outbox.vault),
        "ledger": [ledger.as_json(row) for row in ledger.rows(outbox)],
        "consent": None if given is None else _as_json(given),
        "hub_scores": [asdict(score) for score in hub_scores.kept(outbox)],
        "asked": None if (asked := asks.asked(outbox)) is None else asdict(asked),
        "alerts": [asdict(heard) for heard in alerts.kept(outbox)],
        "looks": looks.state(outbox, int(time.time())).as_json(),
        "pauses": [asdict(interval) for interval in consents.pauses(outbox)],
        "private_hours": [asdict(one) for one in pauses.hours(outbox)],
        "pause_ends_utc_s": pauses.ends_utc_s(outbox),
        "switched_sensors": pauses.switches(outbox),
        "notifications_on": sorted(kept.switched_on(outbox)),
        "notifications_announced": {kind: sorted(causes) for kind, causes in kept.memory(outbox).announced.items()},
        "arousal_shown": arousal_choice.is_on(outbox),
        "camera_plan": camera_plan.plan(outbox).as_json(),
        **{
            row.pairing.noun: sources.bound(name, settings.state_dir)  # such as "strap"
            for name, row in sources.SOURCES.items()
            if row.pairing is not None
        },
        "copies": [path.name for path in state_files.copies(settings.state_dir)],
        "news": [{"at_utc_s": at_utc_s, "words": words} for at_utc_s, words in outbox.notices()],
    }


def _as_json(given: Consented) -> dict[str, object]:
    return {
        "serial": given.record.serial,
        "until_utc_s": given.record.until_utc_s,
        "grants": [asdict(grant) for grant in given.grants],
    }


def _told(told: Told) -> dict[str, object]:
    """What was said, in words beside the places of answers."""
    made = asdict(told) | {"at": dt.datetime.fromtimestamp(told.at_utc_s, dt.UTC).isoformat()}
    asked = instruments.instruments().get(told.name)
    if told.what == "check-in" and asked is not None:
        items = {item.item_id: item for item in asked.items}
        made["answers"] = [
            {"question": items[name].text, "answer": items[name].answers[place]}
            for name, place in told.numbers.items()
            if name in items and place < len(items[name].answers)
        ]
    return made
