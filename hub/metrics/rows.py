"""METRICS: what `hub metrics` publishes of a reading. A metric costs one row here, and one in docs/operate.md.

A row says what one person can move in it. "Nothing" is shown by `tests/hub/metrics`: the text is the same byte by byte
whether somebody wears a strap, pauses, withdraws or is erased. Each step is chosen so that the value of a hub that
works stays the same: a lag that is published exactly shows when a window arrived.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from hub.metrics.day_sums import REFUSALS
from hub.metrics.reading import Reading

# The hub's own probe comes once a minute: below two of them the age shows when devices send, and is published as 0.
RECEIVED_STEP_S: Final = 120
BEHIND_STEP_S: Final = 60
POST_STEP_S: Final = 600
DISK_LEVELS: Final = (0.2, 0.1, 0.05, 0.02)
DIRECTORY_MOST_DAYS: Final = 2  # `hub run` makes a new one then; more days would show when a device was revoked

Values = Iterator[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric.

    Attributes:
        name: After ``wardbeat_hub_``; ends in the unit.
        words: For whoever reads the text.
        values: (values of its labels, value), of a reading.
        labels: Their names.
        moved_by: What one person can move in it.
    """

    name: str
    words: str
    values: Callable[[Reading], Values]
    labels: tuple[str, ...] = ()
    moved_by: str = "nothing"


def _floor(value: float, step: int) -> int:
    return int(value) // step * step


def _one(value: float | None) -> Values:
    if value is not None:
        yield (), value


def _info(reading: Reading) -> Values:
    yield (reading.version,), 1


def _receives(reading: Reading) -> Values:
    for worker in reading.workers:
        yield (str(worker.number),), float(worker.trouble == "")


def _received(reading: Reading) -> Values:
    return _one(None if reading.received_s is None else _floor(reading.received_s, RECEIVED_STEP_S))


def _up(reading: Reading) -> Values:
    for process in reading.processes:
        yield (process.name,), float(process.is_up)


def _behind(reading: Reading) -> Values:
    for process in reading.processes:
        if process.name.startswith(("score", "alerts")):
            yield (process.name,), _floor(process.behind_s, BEHIND_STEP_S)


def _post(reading: Reading) -> Values:
    if reading.database is not None:
        yield (), _floor(reading.database.post_waits_s or 0, POST_STEP_S)


def _disk(reading: Reading) -> Values:
    yield (), next((level for level in DISK_LEVELS if reading.disk_free_share >= level), 0.0)


def _certificates(reading: Reading) -> Values:
    for name, days in reading.ends.certificates:
        yield (name,), days


def _directory(reading: Reading) -> Values:
    days = reading.ends.directory_days
    return _one(None if days is None else min(days, DIRECTORY_MOST_DAYS))


def _day_end(reading: Reading) -> Values:
    return _one(None if reading.last_day is None else reading.last_day.end_utc_s)


def _sums(*names: str) -> Callable[[Reading], Values]:
    def values(reading: Reading) -> Values:
        if reading.last_day is not None:
            for name in names:
                yield (name,), reading.last_day.sums.get(name, 0)

    return values


_TEN_DEVICES: Final = "a whole day of a device, with a chance of 1 in 10"
METRICS: Final = (
    MetricRow("info", "The version that runs.", _info, ("version",)),
    MetricRow("database_up", "Whether the database responds.", lambda one: _one(float(one.database is not None))),
    MetricRow("worker_receives", "Whether messages reach a worker of hub run.", _receives, ("worker",)),
    MetricRow(
        "received_age_seconds",
        "How long ago anything came through the broker, in steps of 120 s; the hub probes itself each minute.",
        _received,
    ),
    MetricRow("process_up", "Whether a process showed a sign of life within a minute.", _up, ("process",)),
    MetricRow(
        "process_behind_seconds",
        "Since when something has waited for a process without a break, in steps of 60 s.",
        _behind,
        ("process",),
    ),
    MetricRow(
        "post_waiting_seconds",
        "Age of the oldest message to the team that was tried and not delivered, in steps of 600 s.",
        _post,
        moved_by="an alert that cannot be delivered, to ten minutes",
    ),
    MetricRow(
        "disk_free_ratio", "Share of the disk that is free: the level below it, of 0.2, 0.1, 0.05, 0.02 and 0.", _disk
    ),
    MetricRow("certificate_days", "Whole days until a certificate ends.", _certificates, ("certificate",)),
    MetricRow(
        "directory_key_days",
        "Whole days until the yearly directory key ends.",
        lambda one: _one(one.ends.directory_key_days),
    ),
    MetricRow("directory_days", "Whole days until the key directory ends; 2 and more as 2.", _directory),
    MetricRow(
        "kem_key_days",
        "Whole days until the newest key that devices seal to ends.",
        lambda one: _one(one.ends.kem_days),
    ),
    MetricRow("day_end_seconds", "When the day ended that the sums are of, in UTC.", _day_end),
    MetricRow(
        "day_envelopes",
        "Envelopes of a day, worn or not, rounded to ten devices' days.",
        _sums("stored", "duplicate"),
        ("outcome",),
        moved_by=_TEN_DEVICES,
    ),
    MetricRow(
        "day_refused",
        "Envelopes of a day that were refused for what they are, rounded to 10; none that rests on a consent.",
        _sums(*REFUSALS),
        ("reason",),
        moved_by="ten such envelopes of one device",
    ),
    MetricRow(
        "database_bytes",
        "Size of the database's file as the day began, to 256 MiB.",
        lambda one: _one(one.database_bytes),
        moved_by="a year of a person's rows, with a chance of 1 in 10",
    ),
)
