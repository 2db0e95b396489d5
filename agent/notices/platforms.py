"""Which way of showing notifications this system has."""

import sys
from collections.abc import Callable

from agent.notices.desktop import Desktop, NoticeState, unavailable


def of_system(told: Callable[[], None]) -> Desktop:
    """This system's way.

    Args:
        told: Called when a notification was clicked or closed.

    Raises:
        NoDesktop: There is none.
    """
    if sys.platform == "win32":
        from agent.notices.windows import WindowsDesktop

        return WindowsDesktop()
    if sys.platform == "darwin":
        from agent.notices.macos import MacDesktop

        return MacDesktop()
    if sys.platform == "linux":
        from agent.notices.freedesktop import Freedesktop

        return Freedesktop(told)
    raise unavailable(NoticeState.NOT_HERE)
