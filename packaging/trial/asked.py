"""What every step of a trial asks with: the packages, the machines, the state of units, and what a text must say."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from machine import Failed, Machine

NUMBERS: Final = {"bookworm": 12, "trixie": 13}
HERE: Final = Path(__file__).parent
SHORT: Final = HERE / "inside_short.py"
ANNA: Final = "anna"
UNIT: Final = "wardbeat.service"
TEMPLATE: Final = "wardbeat@pi.service"
HUB: Final = "/var/lib/wardbeat-hub"
BROKER: Final = "wardbeat-broker.service"
HUB_UNITS: Final = ("wardbeat-hub.service", "wardbeat-score.service")
# Those beside them, each with the port of this machine that it opens; 0: none.
BESIDE: Final = {"wardbeat-alerts.service": 0, "wardbeat-care.service": 8443, "wardbeat-metrics.service": 9466}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial on one suite is made with.

    Attributes:
        suite: Of Debian.
        packages: A folder with three versions: ``old``, ``new``, and ``below`` the security floor.
        hub: The other machine, where the hub runs.
        strap: The simulated strap's address.
    """

    suite: str
    packages: Path
    hub: Machine
    strap: str

    def files(self, version: str, *names: str) -> list[Path]:
        """The packages of these names for this machine."""
        end = f"+deb{NUMBERS[self.suite]}_amd64.deb"
        return [next((self.packages / version).glob(f"wardbeat-{name}_*{end}")) for name in names]


def must(holds: object, words: str) -> None:
    """Fail with words where it does not hold."""
    if not holds:
        raise Failed(words)


def figure(pattern: str, text: str) -> str:
    """What a pattern's group holds in a text; fail where it is not there."""
    found = re.search(pattern, text)
    if found is None:
        raise Failed(f"{pattern} is not in: {text[:300]}")
    return found[1]


def no_unit_failed(machine: Machine) -> None:
    """Neither the system's manager nor the person's holds a failed unit."""
    failed = machine.said("systemctl", "--failed", "--no-legend", "--plain")
    must(not failed, f"failed units: {failed}")


def pid(machine: Machine, unit: str, user: str | None = None) -> int:
    """The main process of a unit; 0: none."""
    return int(machine.property(unit, "MainPID", user) or 0)


def is_active(machine: Machine, unit: str, user: str | None = None) -> bool:
    """Whether a unit is up."""
    return machine.property(unit, "ActiveState", user) == "active"
