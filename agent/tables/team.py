"""What a care team's roles, views, rules and alerts are called, for the person; names as in codes_v2.json."""

from typing import Final

ROLES: Final[dict[str, str]] = {
    "lead": "leads the care team",
    "member": "member of the care team",
    "reader": "may only read",
}
VIEWS: Final[dict[str, str]] = {
    "list": "the list of people",
    "person": "your own page there",
    "print": "your page for printing",
    "alerts": "the list of alerts",
}
RULES: Final[dict[str, str]] = {
    "asked_for_help": "You asked the care team to look at your weeks.",
    "index_low_above_50_weeks": "In several weeks in a row your index was clearly above your normal.",
    "check_in_burnout": "Your answers in a check-in were in the range that its authors call burnout.",
    "silent_days": "Nothing was heard of this machine for several days.",
    "change_alarm": "Your variability has been below your usual level for several days. A check-in may help you.",
}
ALERT_STATES: Final[dict[str, str]] = {
    "with_person": "only you know of it",
    "held": "held back, as you asked",
    "with_team": "the team can read it",
    "acknowledged": "somebody of the team takes care of it",
    "closed": "it is over",
}
LOOK_FAULTS: Final[dict[str, str]] = {
    "changed": "the hub reported another look with this number before",
    "broken": "the link of this look does not fit the looks beside it",
    "unreadable": "a message about looks cannot be read",
}
FAMILIES: Final = {
    "team_role": ROLES,
    "view": VIEWS,
    "rule": RULES,
    "alert_state": ALERT_STATES,
    "look_fault": LOOK_FAULTS,
}
"""By the family of words that the page looks them up in."""
NO_TEAM_READS: Final = "No team reads this one."


def names() -> dict[str, str]:
    """Every word by ``FAMILY.NAME``."""
    return {f"{family}.{name}": words for family, of in FAMILIES.items() for name, words in of.items()}
