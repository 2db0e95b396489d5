"""What is known of the person's days, for their weeks, their page and the hub: one value a day and row of DAYS."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent.days.chosen import Chosen, chosen, of_journal, shifts
from agent.days.store import DayStore, Entry, Rostered
from agent.model import DayValue
from agent.privacy.vault import Vault, existing_vault
from agent.tables.days import DAYS
from agent.tables.profiles import Profile
from agent.weeks.folder import Folder

SHOWN_DAYS: Final = 60
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class KnownDays:
    """Everything that was imported or written, chosen.

    Attributes:
        values: One a day and row of DAYS, by day.
        shifts: Times at work of calendars, oldest first.
        entries: The journal, oldest first.
        sources: By source: its first and last day, and how many days it speaks of.
    """

    values: tuple[Chosen, ...] = ()
    shifts: tuple[Rostered, ...] = ()
    entries: tuple[Entry, ...] = ()
    sources: tuple[tuple[str, int, int, int], ...] = ()

    def allowed(self, profile: Profile) -> list[DayValue]:
        """Values of the kinds that this profile shows."""
        return [one.value for one in self.values if profile.shows(DAYS[one.value.name].kind)]

    def as_json(self, profile: Profile, today: int) -> dict[str, Any]:
        """The last 60 days by row of DAYS; a day without a value is absent, and so is a row without any."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for one in self.values:
            spec = DAYS[one.value.name]
            if today - SHOWN_DAYS < one.value.day <= today and profile.shows(spec.kind):
                rows.setdefault(spec.name, []).append(
                    {
                        "day": day_words(one.value.day),
                        "value": one.value.value,
                        "coverage_01": one.value.coverage_01,
                        "source": one.source,
                        "revision": one.revision,
                    }
                )
        return {name: rows[name] for name in DAYS if name in rows}


def known(folder: Folder) -> KnownDays:
    """What is known on this machine; nothing where nothing was imported.

    Raises:
        KeysMissing: Another data key sealed it.
    """
    if not (folder.state_dir / "history.db").exists():
        return KnownDays()
    return known_to(folder, existing_vault(folder.state_dir, folder.key_store))


def known_to(folder: Folder, vault: Vault) -> KnownDays:
    """The same, with the vault at hand."""
    with closing(DayStore(folder.state_dir / "history.db", vault, writes=False)) as store:
        return of(store)


def of(store: DayStore) -> KnownDays:
    """What a store holds."""
    days, entries = store.days(), store.entries()
    by_source: dict[str, list[int]] = {}
    for one in days:
        by_source.setdefault(one.source, []).append(one.day)
    values = sorted([*chosen(days), *of_journal(entries)], key=lambda one: (one.value.day, one.value.name))
    return KnownDays(
        tuple(values),
        tuple(shifts(days)),
        tuple(entries),
        tuple((name, min(of_source), max(of_source), len(of_source)) for name, of_source in sorted(by_source.items())),
    )


def day_words(day: int) -> str:
    """A day as 2026-11-29."""
    return datetime.fromtimestamp(day * _DAY_S, tz=UTC).strftime("%Y-%m-%d")
