"""Pages without anybody's values: the group, and help."""

from collections.abc import Mapping

from hub.care.pages.frame import page
from hub.care.rows import Made, Opened


def group(opened: Opened, _: Mapping[str, str]) -> Made:
    """The group's average: empty until groups are released.

    Args:
        opened: The request's.
    """
    return page(opened, "group", "Group", path="/group")


def help_page(opened: Opened, _: Mapping[str, str]) -> Made:
    """What this view shows and does not show.

    Args:
        opened: The request's.
    """
    return page(opened, "help", "Help", path="/help")
