"""What a format's reader works with: the files, the person's zone, and where the records go."""

from dataclasses import dataclass

from agent.days.health.clock import Moment, Offsets
from agent.days.health.container import File
from agent.days.health.facts import Facts
from agent.days.health.found import Column


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of a reader.

    Attributes:
        files: What the format wants of the export, by name.
        facts: Where its records go.
        offsets: The person's zone.
        columns: The confirmed columns of a table.
        samples_utc: Fitbit's minutes are in UTC.
    """

    files: list[File]
    facts: Facts
    offsets: Offsets
    columns: tuple[Column, ...] = ()
    samples_utc: bool = False

    def placed(self, moment: Moment | None) -> tuple[int, int] | None:
        """UTC seconds and offset of a time; one that cannot be read is counted."""
        if moment is None:
            self.facts.unread["bad_date"] += 1
            return None
        return self.offsets.placed(moment)
