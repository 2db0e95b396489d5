"""What can go wrong with a strap, on demand: by a timeline in YAML, or one by one through `control`.

    - {at_s: 30, fault: link_loss, for_s: 5}
    - {at_s: 60, fault: silent, for_s: 12, strap: 1}
    - {at_s: 90, fault: low_battery, percent: 4}

Times are seconds of the strap's own clock (scaled in a demo).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from firmware_sim import quirks

FAULTS: Final[dict[str, str]] = {
    "link_loss": "the link breaks (0x08, supervision timeout); for_s later the strap can be found again",
    "silent": "the link stays up and nothing comes",
    "contact_lost": "no skin: contact bit 0, the last heart rate, no interval",
    "missing_rr": "heart rate without intervals",
    "malformed": "bytes that are no Heart Rate Measurement",
    "low_battery": "the battery falls to percent",
    "absent": "gone: the link breaks, and the strap does not advertise for for_s",
    "held": "another device takes the strap for for_s; one that has only one link lets go of ours",
    "bond_lost": "the strap forgets whom it was paired with",
    **quirks.WORDS,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        fault: Row of `FAULTS`.
        at_s: When, after the radio's start.
        for_s: How long.
        strap: Which, counted from 0.
        percent: Of the battery, for ``low_battery``.
    """

    fault: str
    at_s: float = 0.0
    for_s: float = 5.0
    strap: int = 0
    percent: int = 4


def fault(values: Mapping[str, Any]) -> Fault:
    """Check one row.

    Raises:
        ValueError: Naming the key.
    """
    known = {field.name for field in fields(Fault)}
    unknown = set(values) - known
    if unknown:
        raise ValueError(f"a fault has no key {min(unknown)!r}; its keys are {', '.join(sorted(known))}")
    if values.get("fault") not in FAULTS:
        raise ValueError(f"there is no fault {values.get('fault')!r}; choose from {', '.join(FAULTS)}")
    for name in known & set(values) - {"fault"}:
        number = values[name]
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
            raise ValueError(f"{name} of a fault is a number from 0 up")
        if name in ("strap", "percent") and not isinstance(number, int):
            raise ValueError(f"{name} of a fault is a whole number")
    if values.get("percent", 0) > 100:
        raise ValueError("percent of a fault is at most 100")
    return Fault(**values)


def timeline(file: Path) -> tuple[Fault, ...]:
    """Faults of a YAML file, in order of time.

    Raises:
        ValueError: Naming the row and the reason.
    """
    import yaml

    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise ValueError(f"{file.name}{line}: not readable as YAML") from error
    if not isinstance(rows, list):
        raise ValueError(f"{file.name}: not a list of faults")  # noqa: TRY004 - one kind for a bad file
    read = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ValueError(f"{file.name}, row {number}: not a fault")  # noqa: TRY004
        try:
            read.append(fault(row))
        except ValueError as error:
            raise ValueError(f"{file.name}, row {number}: {error}") from error
    return tuple(sorted(read, key=lambda one: one.at_s))
