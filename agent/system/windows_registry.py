"""The registry of Windows: values that an administrator set for the whole machine."""

import sys
import winreg
from typing import Any

assert sys.platform == "win32"  # whoever imports it asks first


class WindowsRegistry:
    """`agent.system.machine_policy.Registry`."""

    def values(self, key: str) -> dict[str, tuple[Any, int]]:
        """Each value of a key of the whole machine by its name, with its type; see `Registry`."""
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY  # a 32-bit Python would read another tree
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, access) as opened:
            count = winreg.QueryInfoKey(opened)[1]
            rows = [winreg.EnumValue(opened, number) for number in range(count)]
        return {name: (value, kind) for name, value, kind in rows}
