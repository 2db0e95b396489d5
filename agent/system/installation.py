"""How this program was installed, and how a part that is missing is added."""

import sys
from pathlib import Path
from typing import Final

_PACKAGED: Final = Path("/opt/wardbeat")
# which Debian package holds which extra
_PACKAGES: Final = {"camera": "wardbeat-camera", "hub": "wardbeat-hub", "postgres": "wardbeat-hub"}


def is_packaged() -> bool:
    """Whether Debian's package manager installed it."""
    return Path(sys.prefix) == _PACKAGED


def how_to_add(extra: str) -> str:
    """The remedy where the parts of an extra are missing: words for this way of installing."""
    by_pip = f"pip install 'wardbeat[{extra}]'"
    if not is_packaged():
        return by_pip
    if extra in _PACKAGES:
        return f"apt install {_PACKAGES[extra]}"
    return f"The Debian packages do not hold this part. In a virtual environment of your own: {by_pip}"


def how_to_repair() -> str:
    """The remedy where a file of the program itself is missing."""
    again = "apt install --reinstall wardbeat-agent" if is_packaged() else "pip install --force-reinstall wardbeat"
    return f"Install Wardbeat again: {again}"


def how_to_remove() -> str:
    """How the program itself is removed: words for this way of installing."""
    by_apt = "Whoever administers this machine removes it: apt remove wardbeat-agent"
    return by_apt if is_packaged() else "To remove it: pip uninstall wardbeat"
