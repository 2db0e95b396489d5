"""macOS: `osascript` shows a notification. It gives no way to take one back, and none to follow a click.

Never run on macOS. The script is fixed; title and sentence are its arguments, which it never runs.
"""

from typing import Final

from agent.notices.desktop import carry_out
from agent.notices.rows import NoticeRow

_SHOW: Final = "display notification (item 2 of argv) with title (item 1 of argv)"


def command(row: NoticeRow) -> tuple[str, ...]:
    """The program and its arguments."""
    script = ("-e", "on run argv", "-e", _SHOW, "-e", "end run")
    return ("/usr/bin/osascript", *script, row.title, row.text)


class MacDesktop:
    """See `agent.notices.desktop.Desktop`."""

    async def show(self, row: NoticeRow) -> str:
        """Show one; the person's own settings of macOS decide how long it stands."""
        await carry_out(command(row))
        return "macOS"

    async def withdraw(self, kind: str) -> None:
        """Nothing: macOS keeps it until the person takes it away."""

    def closed(self) -> frozenset[str]:
        """None that we hear of."""
        return frozenset()

    def was_clicked(self) -> bool:
        """Not that we hear of it."""
        return False

    async def lead_in(self, uri: str) -> None:
        """Open an address in the person's browser."""
        await carry_out(("/usr/bin/open", uri))

    async def close(self) -> None:
        """Nothing is held."""
