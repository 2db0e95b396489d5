"""The person's journal: one of four moods, chosen by the person, and words that stay on this machine.

A request is a JSON object, and so is its answer: the command, the page and other programs of the person say the same.

    {"do": "write", "mood": "negative", "words": "..."}          {"at_utc_s": 1764400000, "day": "2025-11-29", ...}
    {"do": "list", "from_day": "2025-11-01", "until_day": ...}   {"entries": [...], "counts": {...}}
    {"do": "remove", "at_utc_s": 1764400000}                     {"removed": true}
    {"do": "suggest", "words": "..."}                            {"mood": "negative"} or {"mood": null, "why": "..."}
    {"do": "describe"}                                           {"moods": [...], "most_words": 2000, "api": 1}

A suggestion is a program's guess, off unless the person switched it on; nothing is kept of it, and nothing follows.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from agent.days.store import MOST_WORDS, DayStore, Entry
from agent.errors import PolicyDenied, WrongUse
from agent.tables.days import MOODS
from agent.tables.profiles import Profile

API: Final = 1
KIND: Final = "text"
_DAY_S: Final = 86_400
_LISTED_MOST: Final = 400
_KEYS: Final = {
    "write": {"mood", "words"},
    "list": {"from_day", "until_day"},
    "remove": {"at_utc_s"},
    "suggest": {"words"},
    "describe": set[str](),
}


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of this machine.

    Attributes:
        store: Where entries lie.
        profile: The policy in force; where it shows no text, there is no journal.
        utc_s: Now, in s of UTC.
        offset_s: Of the person's clock, at a moment in UTC.
        suggests: Whether the person switched suggestions on.
    """

    store: DayStore
    profile: Profile
    utc_s: Callable[[], int]
    offset_s: Callable[[int], int]
    suggests: bool = False

    def asked(self, request: str) -> dict[str, Any]:
        """Answer a request in JSON.

        Raises:
            WrongUse: It is no request of the list above; the reason names the key.
            PolicyDenied: There is no journal under this profile.
        """
        try:
            given = json.loads(request)
        except (ValueError, RecursionError) as error:
            raise WrongUse("the request is not JSON", remedy=_SHOWN) from error
        if not isinstance(given, dict) or given.get("do") not in list(_KEYS):
            raise WrongUse(f"a request has 'do', one of {', '.join(_KEYS)}", remedy=_SHOWN)
        what = given.pop("do")
        if unknown := sorted(set(given) - _KEYS[what]):
            raise WrongUse(f"{what!r} has no key {str(unknown[0])[:40]!r}", remedy=_SHOWN)
        self.require()
        answers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "write": self._write,
            "list": self._list,
            "remove": self._remove,
            "suggest": self._suggest,
            "describe": self._describe,
        }
        return answers[what](given)

    def require(self) -> None:
        """Refuse where the profile has no journal."""
        if not self.profile.shows(KIND):
            raise PolicyDenied(
                f"there is no journal under the profile {self.profile.name!r}",
                remedy="What is written, said or typed has no place there. 'wardbeat note' keeps shifts and changes.",
            )

    def _write(self, given: Mapping[str, Any]) -> dict[str, Any]:
        mood, words = given.get("mood"), given.get("words", "")
        if not isinstance(mood, str) or not isinstance(words, str):
            raise WrongUse("an entry has a mood, and words if you like", remedy=f"Moods: {', '.join(MOODS)}.")
        at_utc_s = self.utc_s()
        taken = {entry.at_utc_s for entry in self.store.entries()}
        while at_utc_s in taken:
            at_utc_s += 1
        entry = Entry(at_utc_s, (at_utc_s + self.offset_s(at_utc_s)) // _DAY_S, mood, words)
        self.store.write(entry)
        return _shown(entry)

    def _list(self, given: Mapping[str, Any]) -> dict[str, Any]:
        first, last = (_day(given[key]) if key in given else None for key in ("from_day", "until_day"))
        found = [
            entry
            for entry in self.store.entries()
            if (first is None or first <= entry.day) and (last is None or entry.day <= last)
        ]
        counts = Counter(entry.mood for entry in found)
        return {
            "entries": [_shown(entry) for entry in found[-_LISTED_MOST:]],
            "counts": {mood: counts[mood] for mood in MOODS},
            "left_off": max(len(found) - _LISTED_MOST, 0),
        }

    def _remove(self, given: Mapping[str, Any]) -> dict[str, Any]:
        at_utc_s = given.get("at_utc_s")
        if not isinstance(at_utc_s, int) or isinstance(at_utc_s, bool):
            raise WrongUse("'remove' wants the entry's at_utc_s", remedy="'list' shows it.")
        return {"removed": self.store.unwrite(at_utc_s)}

    def _suggest(self, given: Mapping[str, Any]) -> dict[str, Any]:
        from agent.text.availability import table_for  # with its table, where somebody switched it on
        from agent.text.suggest import suggest
        from agent.text.tags import WORDS

        words = given.get("words")
        if not isinstance(words, str):
            raise WrongUse("'suggest' wants the words of an entry", remedy=_SHOWN)
        table = table_for(self.profile, is_on=self.suggests)
        if table is None:
            raise WrongUse("suggestions are switched off", remedy="Set days.suggest_moods to true in your settings.")
        found = suggest(table, words)
        if found.tag is not None:
            return {"mood": found.tag.value}
        return {"mood": None, "why": "" if found.reason is None else WORDS[found.reason]}

    def _describe(self, _: Mapping[str, Any]) -> dict[str, Any]:
        limits = {"most_words": MOST_WORDS, "listed_most": _LISTED_MOST}
        return {"api": API, "moods": list(MOODS), "suggests": self.suggests, **limits}


_SHOWN: Final = 'Example: {"do": "write", "mood": "neutral", "words": ""}. \'wardbeat journal api --help\' lists all.'


def _shown(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"day": datetime.fromtimestamp(entry.day * _DAY_S, tz=UTC).strftime("%Y-%m-%d")}


def _day(said: object) -> int:
    """Days since 1970 of 2026-11-29."""
    try:
        return (date.fromisoformat(str(said)) - date(1970, 1, 1)).days
    except ValueError as error:
        raise WrongUse(f"{str(said)[:20]!r} is no day", remedy="Write it as 2026-11-29.") from error
