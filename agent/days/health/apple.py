"""Apple Health: ``export.xml``, alone or in the ``export.zip`` of the phone.

Element by element with the parser of the standard library; nothing of it is kept but eight bytes a step count. Each
``Record`` has its own offset from UTC. Entities are refused; the declaration of elements is read over.

Source: Apple, HealthKit type identifiers (developer.apple.com/documentation/healthkit), and the document type
declaration that each export carries.
"""

import re
from typing import Final
from xml.parsers import expat

from agent.days.health.clock import Moment, Stretch, moment_of
from agent.days.health.container import File
from agent.days.health.context import Reading
from agent.days.health.facts import Facts
from agent.days.health.found import PHONE, TYPED, WATCH, WORN
from agent.days.health.refusals import refused
from agent.days.health.sleep import ASLEEP, AWAKE, IN_BED

_SLEEP: Final = "HKCategoryTypeIdentifierSleepAnalysis"
_STEPS: Final = "HKQuantityTypeIdentifierStepCount"
_ACTIVE: Final = "HKQuantityTypeIdentifierAppleExerciseTime"
_RATE: Final = "HKQuantityTypeIdentifierHeartRate"
_RESTING: Final = "HKQuantityTypeIdentifierRestingHeartRate"
_UNITS: Final = {_SLEEP: None, _STEPS: "count", _ACTIVE: "min", _RATE: "count/min", _RESTING: "count/min"}
_STATES: Final = {
    "HKCategoryValueSleepAnalysisInBed": IN_BED,
    "HKCategoryValueSleepAnalysisAwake": AWAKE,
    "HKCategoryValueSleepAnalysisAsleep": ASLEEP,
    "HKCategoryValueSleepAnalysisAsleepUnspecified": ASLEEP,
    "HKCategoryValueSleepAnalysisAsleepCore": ASLEEP,
    "HKCategoryValueSleepAnalysisAsleepDeep": ASLEEP,
    "HKCategoryValueSleepAnalysisAsleepREM": ASLEEP,
}
_BIRTH: Final = "HKCharacteristicTypeIdentifierDateOfBirth"
_NUMBER: Final = re.compile(r"\d{1,7}(?:\.\d{1,12})?", re.ASCII)
_QUIET_CHUNKS: Final = 32  # two MiB without an element: no export has such text
_DEEPEST: Final = 64
_TEXT_MOST: Final = 200
_KNOWN_MOST: Final = 1000


def knows(_: File, head: bytes) -> bool:
    """By its root."""
    return b"<HealthData" in head or b"<!DOCTYPE HealthData" in head


def wants(file: File) -> bool:
    """The export of an archive, whatever the phone's language calls it; the clinical one has another root."""
    return file.base.endswith(".xml") and not file.base.endswith("_cda.xml")


def read(reading: Reading) -> None:
    """Every record of every export.

    Raises:
        ImportRefused: Damaged, with entities, or of several people.
    """
    for file in reading.files:
        if knows(file, file.head()):
            _Export(reading).run(file)


class _Export:
    """One file, in one pass."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._facts = reading, reading.facts
        self._pending: dict[str, str] | None = None
        self._typed = False
        self._elements = self._depth = 0
        self._is_birth, self._birth = False, ""
        self._ranks: dict[tuple[str, str], int] = {}
        self._moments: dict[str, Moment | None] = {}

    def run(self, file: File) -> None:
        """All of it."""
        parser = expat.ParserCreate("utf-8")
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        parser.UnparsedEntityDeclHandler = self._entity
        parser.buffer_text = False
        quiet = 0
        try:
            for chunk in file.chunks():
                before = self._elements
                parser.Parse(chunk, False)
                quiet = 0 if self._elements > before else quiet + 1
                if quiet > _QUIET_CHUNKS:
                    raise refused("damaged", "Apple Health")
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError) as error:
            raise refused("damaged", "Apple Health") from error
        self._flush()

    def _entity(self, *_: object) -> int:
        raise refused("entities", "Apple Health")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise refused("damaged", "Apple Health")
        if name == "Record":
            self._flush()
            if attributes.get("type") in _UNITS:
                self._pending = attributes
        elif name == "MetadataEntry":
            if attributes.get("key") == "HKWasUserEntered" and attributes.get("value") == "1":
                self._typed = True
        elif name == "Me":
            self._birth = attributes.get(_BIRTH, "")[:_TEXT_MOST]
        self._is_birth = name == _BIRTH

    def _text(self, text: str) -> None:
        if self._is_birth:  # some versions write it as an element
            self._birth = (self._birth + text.strip())[:_TEXT_MOST]

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._is_birth = False
        if name == "Me" and self._birth:
            self._facts.person(self._birth)

    def _flush(self) -> None:
        if self._pending is not None:
            self._record(self._pending)
        self._pending, self._typed = None, False

    def _record(self, row: dict[str, str]) -> None:
        facts, kind = self._facts, row["type"]
        start, end = self._moment(row.get("startDate", "")), self._moment(row.get("endDate", ""))
        if start is None or end is None:
            facts.unread["bad_date"] += 1
            return
        if start.east_s is None or end.east_s is None:
            facts.unread["no_zone"] += 1
            return
        source = facts.source(self._rank(row), row.get("sourceName", "")[:_TEXT_MOST])
        start_s, end_s = start.local_s - start.east_s, end.local_s - end.east_s
        if kind == _SLEEP:
            state = _STATES.get(row.get("value", ""))
            if state is None:
                facts.unread["bad_value"] += 1
            else:
                facts.add_span(start_s, end_s, state, source, end.east_s)
            return
        if row.get("unit") != _UNITS[kind]:
            facts.unread["unit"] += 1
            return
        if _NUMBER.fullmatch(text := row.get("value", "")) is None:
            facts.unread["bad_value"] += 1
            return
        _quantity(facts, kind, Stretch(start_s, end_s, start.east_s, end.east_s), float(text), source)

    def _moment(self, text: str) -> Moment | None:
        if text not in self._moments:  # start and end are mostly the same, and so are those of neighbours
            if len(self._moments) > _KNOWN_MOST:
                self._moments.clear()
            self._moments[text] = moment_of(text)
        return self._moments[text]

    def _rank(self, row: dict[str, str]) -> int:
        if self._typed:
            return TYPED
        words = (row.get("sourceName", "")[:_TEXT_MOST], row.get("device", "").partition("model:")[2][:12])
        if (rank := self._ranks.get(words)) is None:
            if len(self._ranks) > _KNOWN_MOST:
                self._ranks.clear()
            rank = self._ranks[words] = _kind_of(*words)
        return rank


def _kind_of(name: str, model: str) -> int:
    if model:
        return WATCH if model.startswith("Watch") else PHONE if model.startswith(("iPhone", "iPad")) else WORN
    lower = name.lower()
    return WATCH if "watch" in lower else PHONE if "phone" in lower else WORN


def _quantity(facts: Facts, kind: str, stretch: Stretch, value: float, source: int) -> None:
    if kind == _RATE:
        facts.add_rate(stretch.start_s, value, source, stretch.east_s)
    elif kind == _RESTING:
        facts.add_total(stretch.day, "resting_hr_bpm", value, source)
    else:
        facts.add_amount(facts.steps if kind == _STEPS else facts.active, stretch, value, source)
