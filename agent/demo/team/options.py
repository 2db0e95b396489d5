"""What the team's demo is asked to do, checked before anything starts."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from agent.errors import Missing, WrongUse
from agent.system.installation import how_to_add

MINUTES_MOST: Final = 240.0
_PARTS: Final = ("amqtt", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class TeamOptions:
    """What the command line asked for.

    Attributes:
        minutes: How long the care view stays open after the walk; 0: not at all.
        seed: Of the ten people.
        keep: Leave the folder where it is, and say where.
    """

    minutes: float
    seed: int = 1
    keep: bool = False


def checked(options: TeamOptions) -> None:
    """Refuse what cannot be used.

    Raises:
        Missing: A package is not installed.
        WrongUse: A number is out of its range.
    """
    if absent := [name for name in _PARTS if find_spec(name) is None]:
        words = f"packages for the demo are not installed: {', '.join(absent)}"
        raise Missing(words, remedy=how_to_add("demo"))
    if not 0 <= options.minutes <= MINUTES_MOST:
        raise WrongUse(f"--minutes {options.minutes:g} is outside 0 to {MINUTES_MOST:g}")
    if options.seed < 0:
        raise WrongUse(f"--seed {options.seed} is below 0")
