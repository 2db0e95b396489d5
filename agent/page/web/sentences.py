"""The agent's own sentences in another language: states, reasons, refusals, answers.

The agent writes English, with names and counts in it. A translation is found by the whole sentence: each template of
the language's ``agent.json`` becomes a pattern, whose numbered fields stand for what varies.

    "{0} is out of range now"   ->   "{0} ist jetzt außer Reichweite"

A sentence without a template is shown in English: it is never lost. A law of the tests compares the templates with the
sentences of the agent's source code.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_FIELD: Final = re.compile(r"\{(\d)\}")
_WEEKDAY: Final = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?= \d\d:\d\d$)")  # as `strftime` writes a time
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RUN_MOST: Final = 3  # sentences that one template holds
_LONGEST: Final = 2000
_REMEMBERED: Final = 500


class Sentences:
    """Translates the agent's sentences.

    Args:
        templates: English to the other language, with the same numbered fields in both.
        weekdays: Short names in the other language, Monday first, for times such as "Mon 06:00" in a field.
    """

    def __init__(self, templates: Mapping[str, str], weekdays: Sequence[str] = _WEEKDAYS) -> None:
        self._weekdays = dict(zip(_WEEKDAYS, weekdays, strict=True))
        self._whole = {text: made for text, made in templates.items() if not _FIELD.search(text)}
        with_fields = sorted(
            (one for one in templates.items() if _FIELD.search(one[0])), key=lambda one: -len(_FIELD.sub("", one[0]))
        )
        self._patterns = [(_pattern(text), made) for text, made in with_fields]
        self._said: dict[str, str] = {}  # states repeat with every beat

    def say(self, text: str) -> str:
        """A text of one or more sentences; the longest template that fits is used first."""
        if text not in self._said:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            self._said[text] = self._translated(text)
        return self._said[text]

    def _translated(self, text: str) -> str:
        if not text or len(text) > _LONGEST or not (self._whole or self._patterns):
            return text
        exact = self._exact(text.strip())
        if exact is not None:
            return exact
        parts = re.split(r"(?<=[.!?]) ", text)
        made = [self._whole_text(part) for part in parts]
        if len(parts) > 1 and None not in made:  # each sentence by itself before a pattern swallows two
            return " ".join(filter(None, made))
        whole = self._whole_text(text.strip())
        if whole is not None:
            return whole
        return " ".join(self._runs(parts))

    def _runs(self, parts: list[str]) -> Iterator[str]:
        """Sentences side by side: the longest run with a template is said by it; what has none stays English."""
        at = 0
        while at < len(parts):
            for end in range(min(at + _RUN_MOST, len(parts)), at, -1):
                made = self._whole_text(" ".join(parts[at:end]))
                if made is not None or end == at + 1:
                    yield parts[at] if made is None else made
                    at = end
                    break

    def _exact(self, text: str) -> str | None:
        made = self._whole.get(text)
        if made is not None:
            return made
        # a clause and a sentence have one template: the full stop follows what came
        bare = self._whole.get(text.rstrip("."))
        return None if bare is None else f"{bare}."

    def _whole_text(self, text: str) -> str | None:
        made = self._exact(text)
        if made is not None:
            return made
        for pattern, template in self._patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                return self._filled(template, match.groupdict())
        return None

    def _filled(self, template: str, fields: Mapping[str, str]) -> str:
        """A template with its fields; one that is itself a sentence or a name of the agent's is translated too."""
        return _FIELD.sub(lambda one: self._field(fields[f"f{one[1]}"]), template)

    def _field(self, text: str) -> str:
        bare = text.strip()
        made = self._whole_text(bare) if bare else None
        said = text if made is None else text.replace(bare, made)
        return _WEEKDAY.sub(lambda one: self._weekdays[one[1]], said)


def _pattern(text: str) -> re.Pattern[str]:
    seen: set[str] = set()
    made = ""
    for place, part in enumerate(_FIELD.split(text)):
        if place % 2 == 0:
            made += re.escape(part)
        else:
            made += f"(?P=f{part})" if part in seen else f"(?P<f{part}>.{{0,300}}?)"
            seen.add(part)
    return re.compile(made, re.DOTALL)
