"""Read-only views of a hub. A view costs one module in this package and one row in VIEWS.

The module has the row's name and defines ``rows(hub)``, which gives JSON objects; it may define ``COLUMNS``, the
columns of the view in a terminal. It is loaded when the view is shown.
"""

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from agent.errors import WrongUse
from hub.views.readers import Reader

__all__ = ["VIEWS", "Reader", "View", "view_named"]

if TYPE_CHECKING:  # the table stays light, because every '--help' reads it
    from hub.views.open_hub import OpenHub


@dataclass(frozen=True, slots=True)
class View:
    """One view.

    Attributes:
        name: Name of its module, and of its option to `hub show`.
        help: Help line, beginning with a verb.
        readers: Who may read it.
        paged: Whether it is read page by page (``--after``, ``--most``).
    """

    name: str
    help: str
    readers: tuple[Reader, ...] = (Reader.OPERATOR,)
    paged: bool = False

    def rows(self, hub: "OpenHub", reader: Reader) -> Iterator[dict[str, Any]]:
        """The view's rows, each a JSON object.

        Raises:
            WrongUse: This reader may not read it.
        """
        if reader not in self.readers:
            raise WrongUse(
                f"the view {self.name!r} is not available to {reader}",
                remedy=f"It is available to: {', '.join(self.readers)}.",
            )
        from hub.store import Role

        hub.reader, hub.role = reader, Role.WATCH if Reader.MONITORING in self.readers else Role.SHOW
        rows: Iterator[dict[str, Any]] = self._module().rows(hub)
        return rows

    def table(self, rows: Iterable[dict[str, Any]], width: int) -> Iterator[str]:
        """Rows of this view as lines for a terminal: in the columns that its module lists, else in all of them."""
        from hub.views.table import lines

        return lines(rows, getattr(self._module(), "COLUMNS", None), width)

    def _module(self) -> Any:
        return importlib.import_module(f"hub.views.{self.name}")


_EVERYBODY: Final = (Reader.OPERATOR, Reader.MONITORING)
# The first row is shown when none is named.
VIEWS: Final = (
    View("overview", "print the site, its keys and counts of the stored data (default)", _EVERYBODY),
    View("counters", "print how many envelopes were stored and refused, by reason", _EVERYBODY),
    View("devices", "print the admitted devices: label, last heard, worn hours, consent, certificate"),
    View("wear", "print the worn hours of each person, day by day", (Reader.OPERATOR, Reader.CARE)),
    View("summaries", "print the stored windows by start time, one per line"),
    View("arrivals", "print the stored windows in order of arrival, one per line", paged=True),
)


def view_named(name: str) -> View:
    """The view of this name.

    Raises:
        WrongUse: There is none.
    """
    for view in VIEWS:
        if view.name == name:
            return view
    raise WrongUse(f"there is no view {name!r}", remedy=f"Use one of: {', '.join(view.name for view in VIEWS)}.")
