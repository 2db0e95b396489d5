"""Windows: toasts by the system's own Windows PowerShell, in a child process with a fixed script.

Never run on Windows. The script holds no text of ours: title, sentence and tag are environment variables, which it puts
into the toast's document as text. bleak's packages hold no `Windows.UI.Notifications`, so it needs nothing installed.
"""

import os
from collections.abc import Mapping
from typing import Final

from agent.notices.desktop import carry_out
from agent.notices.rows import NOTICES, NoticeRow

_APP: Final = "Wardbeat"
_FIRST: Final = """
$ErrorActionPreference = 'Stop'
$app = $env:WARDBEAT_NOTICE_APP
$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$null = [Windows.Data.Xml.Dom.XmlDocument, Windows.Data.Xml.Dom.XmlDocument, ContentType = WindowsRuntime]
"""
SHOW: Final = f"""{_FIRST}
$place = 'HKCU:\\Software\\Classes\\AppUserModelId\\' + $app
if (-not (Test-Path $place)) {{ $null = New-Item $place -Force }}
$null = New-ItemProperty $place -Name DisplayName -Value $app -PropertyType String -Force
$toast = New-Object Windows.Data.Xml.Dom.XmlDocument
$body = '<visual><binding template="ToastGeneric"><text/><text/></binding></visual><audio silent="true"/>'
$toast.LoadXml('<toast>' + $body + '</toast>')
$lines = $toast.GetElementsByTagName('text')
$null = $lines.Item(0).AppendChild($toast.CreateTextNode($env:WARDBEAT_NOTICE_TITLE))
$null = $lines.Item(1).AppendChild($toast.CreateTextNode($env:WARDBEAT_NOTICE_TEXT))
$notice = New-Object Windows.UI.Notifications.ToastNotification $toast
$notice.Tag = $env:WARDBEAT_NOTICE_TAG
$notice.Group = $app
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($notice)
"""
"""Shows one. A toast of an application that Windows does not know is dropped, so its name is kept in the person's own
registry (HKCU) first. One with the same tag is replaced.
"""
WITHDRAW: Final = f"""{_FIRST}
[Windows.UI.Notifications.ToastNotificationManager]::History.Remove($env:WARDBEAT_NOTICE_TAG, $app, $app)
"""


def command(script: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The program and its arguments.

    Args:
        script: `SHOW` or `WITHDRAW`.
        environment: Ours; it names the folder of Windows.
    """
    folder = environment.get("SystemRoot", r"C:\Windows")
    program = rf"{folder}\System32\WindowsPowerShell\v1.0\powershell.exe"
    return (program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script)


def variables(kind: str, title: str = "", text: str = "") -> dict[str, str]:
    """What the script reads."""
    names = {"APP": _APP, "TAG": kind, "TITLE": title, "TEXT": text}
    return {f"WARDBEAT_NOTICE_{name}": value for name, value in names.items()}


class WindowsDesktop:
    """See `agent.notices.desktop.Desktop`. A click only closes the toast."""

    def __init__(self) -> None:
        self._standing: set[str] = set()

    async def show(self, row: NoticeRow) -> str:
        """Show one."""
        ours = dict(os.environ)
        await carry_out(command(SHOW, ours), ours | variables(row.kind, row.title, row.text))
        self._standing.add(row.kind)
        return "Windows"

    async def withdraw(self, kind: str) -> None:
        """Take one away, from the screen and from the list of notifications."""
        if kind in self._standing:
            self._standing.discard(kind)
            ours = dict(os.environ)
            await carry_out(command(WITHDRAW, ours), ours | variables(kind))

    def closed(self) -> frozenset[str]:
        """None that we hear of."""
        return frozenset()

    def was_clicked(self) -> bool:
        """Not that we hear of it."""
        return False

    async def lead_in(self, uri: str) -> None:
        """Nothing: no click is heard of."""

    async def close(self) -> None:
        """Withdraw what still stands."""
        for kind in [kind for kind in NOTICES if kind in self._standing]:
            await self.withdraw(kind)
