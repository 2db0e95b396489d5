"""Who reads a view."""

from enum import StrEnum


class Reader(StrEnum):
    """The operator, who holds the hub's keys; a care team, which may see what people consented to have it see; or
    monitoring, which may see counts and no person.
    """

    OPERATOR = "operator"
    CARE = "care"
    MONITORING = "monitoring"
