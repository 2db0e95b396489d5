"""What the frame of the page loads: its scripts, and all style sheets as one file, which the first paint waits for."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
STYLE: Final = "/static/page.css"
SHEETS: Final = ("base", "parts", "charts", "appoint", "weeks", "controls", "steps")
"""Names of the style sheets, in the order of the cascade."""
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FIRST: Final = "page.js"


def files() -> dict[str, tuple[Path, ...]]:
    """By address, the files that one answer joins. It is a table: there is no path to climb out of."""
    single = {f"/static/{file.name}": (file,) for file in STATIC.iterdir() if file.suffix in _KINDS}
    return single | {STYLE: tuple(STATIC / f"{name}.css" for name in SHEETS)}


def kind(address: str) -> str:
    """The media type of an address of `files`."""
    return _KINDS[Path(address).suffix]


def modules() -> tuple[str, ...]:
    """Addresses of the scripts that `page.js` imports, to be loaded at once rather than one after the other."""
    return tuple(sorted(f"/static/{file.name}" for file in STATIC.glob("*.js") if file.name != _FIRST))
