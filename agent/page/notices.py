"""Notifications at the page: which there are, which are on, and one to try."""

from typing import Any

from agent.page import forms
from agent.session.session import Session

Answer = dict[str, Any]


def listed(session: Session, _: forms.Nothing) -> Answer:
    """Each kind that can happen here, whether it is on, and why the desktop does not show them."""
    return session.notices.shown()


def switch(session: Session, asked: forms.Notice) -> Answer:
    """Switch a kind on or off.

    Raises:
        WrongUse: There is no such kind here.
    """
    session.notices.switch(asked.kind, on=asked.on)
    return {"words": "Switched on." if asked.on else "Switched off."}


async def test(session: Session, _: forms.Nothing) -> Answer:
    """Show one to try.

    Raises:
        NoDesktop: Nothing shows it.
    """
    return {"words": f"A test notification was sent to {await session.notices.test()}."}
