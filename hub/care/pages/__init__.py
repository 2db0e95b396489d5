"""What the care team sees: PAGES and ACTIONS, one row each. A new page costs one file, one template and one row."""

from typing import Final

from hub.care.pages import alerts, evidence, forms, people, person, still_pages
from hub.care.rows import CareAction, CarePage, TeamRole

_ALL: Final = frozenset(TeamRole)
_WRITES: Final = frozenset({TeamRole.LEAD, TeamRole.MEMBER})
_LEADS: Final = frozenset({TeamRole.LEAD})

PAGES: Final = (
    CarePage("/", "People", _ALL, people.people),
    CarePage("/people/{device}", "", _ALL, person.person),
    CarePage("/people/{device}/print", "", _ALL, person.printed),
    CarePage("/alerts", "Alerts", _ALL, alerts.alerts),
    CarePage("/group", "Group", _ALL, still_pages.group),
    CarePage("/evidence", "Evidence", _ALL, evidence.evidence),
    CarePage("/help", "Help", _ALL, still_pages.help_page),
)
ACTIONS: Final = (
    CareAction("/people/{device}/notes", _WRITES, forms.add_note),
    CareAction("/people/{device}/notes/delete", _LEADS, forms.delete_note),
    CareAction("/people/{device}/alerts/acknowledge", _WRITES, forms.acknowledge),
)
