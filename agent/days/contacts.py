"""Whom to call: lines of a country, shown where the person chooses "distressed"; never because a program says so."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class HelpContact:
    """A line.

    Attributes:
        name: Of the service.
        reach: Its number or page.
        emergency: The country's emergency number.
    """

    name: str
    reach: str
    emergency: str


def help_contact(country: str) -> HelpContact:
    """The line of a country; where none is known, the page that lists lines of all countries.

    Args:
        country: ISO 3166-1 alpha-2, such as DE; of a locale such as ``de_AT.UTF-8``, its territory.
    """
    code = country.partition(".")[0].replace("-", "_").rpartition("_")[2].upper()
    table = _table()
    return HelpContact(**table["countries"].get(code, table["everywhere"]))


def in_words(contact: HelpContact) -> list[str]:
    """What is shown, in lines."""
    return [
        "If you would like to talk to somebody now:",
        f"  {contact.name}: {contact.reach}",
        f"  In an emergency: {contact.emergency}",
        "Your occupational health service and your doctor can help, too. Wardbeat shows your words to nobody.",
    ]


@cache
def _table() -> dict[str, Any]:
    text = resources.files("agent.days").joinpath("help_contacts.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
