"""How this program was installed, and how a part that is missing is added."""

import sys
from pathlib import Path
from typing import Final

_PACKAGED: Final = Path("/opt/wardbeat")
# which Debian package holds which extra
_PACKAGES: Final = {"camera": "wardbeat-camera", "hub": "wardbeat-hub", "postgres": "wardbeat-hub"}
_DEBIAN, _MACOS, _WINDOWS, _PIP = "Debian's packages", "the package for macOS", "the installer for Windows", "pip"
_REPAIR: Final = {
    _DEBIAN: "apt install --reinstall wardbeat-agent",
    _MACOS: "open its package again",
    _WINDOWS: "start its installer again, and choose 'Repair'",
    _PIP: "pip install --force-reinstall wardbeat",
}
_REMOVE: Final = {
    _DEBIAN: "Whoever administers this machine removes it: apt remove wardbeat-agent",
    _MACOS: "Whoever administers this machine removes it: sudo rm -r /opt/wardbeat /usr/local/bin/wardbeat",
    _WINDOWS: "Whoever administers this machine removes it in Settings, Apps.",
    _PIP: "To remove it: pip uninstall wardbeat",
}


def _way(here: Path = Path(__file__)) -> str:
    if Path(sys.prefix) == _PACKAGED:
        return _MACOS if sys.platform == "darwin" else _DEBIAN
    # the installer's start file stands beside the folder of modules
    return _WINDOWS if (here.resolve().parents[3] / "wardbeat.cmd").exists() else _PIP


def is_packaged() -> bool:
    """Whether a package of the system installed it, not pip."""
    return _way() != _PIP


def how_to_add(extra: str) -> str:
    """The remedy where the parts of an extra are missing: words for this way of installing."""
    by_pip = f"pip install 'wardbeat[{extra}]'"
    way = _way()
    if way == _PIP:
        return by_pip
    if way == _DEBIAN and extra in _PACKAGES:
        return f"apt install {_PACKAGES[extra]}"
    holds = "do" if way == _DEBIAN else "does"
    return f"{way[0].upper()}{way[1:]} {holds} not hold this part. In a virtual environment of your own: {by_pip}"


def how_to_repair() -> str:
    """The remedy where a file of the program itself is missing."""
    return f"Install Wardbeat again: {_REPAIR[_way()]}"


def how_to_remove() -> str:
    """How the program itself is removed: words for this way of installing."""
    return _REMOVE[_way()]
