"""A hub opened for its views."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hub.keys.keystore import KeyStore
from hub.site import open_keys
from hub.store import Role, Store
from hub.views.readers import Reader

PAGE_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a long list to give: those after number ``after``, ``most`` of them."""

    after: int = 0
    most: int = PAGE_ROWS


class OpenHub:
    """A hub's folder opened for reading; the database only when a view asks for it.

    Args:
        folder: As `hub init` created it.
        page: For views that are read page by page.

    Attributes:
        reader, role: Who reads, and as whom the database is opened; set by the view.

    Raises:
        KeysMissing: There is no hub in the folder.
    """

    reader = Reader.MONITORING
    role = Role.SHOW

    def __init__(self, folder: Path, page: Page | None = None) -> None:
        self.folder, self._stack = folder, ExitStack()
        self._store: Store | None = None
        self.page = page or Page()
        self.keys: KeyStore = open_keys(folder)
        self._stack.callback(self.keys.close)

    @property
    def store(self) -> Store:
        """The database.

        Raises:
            Missing: It does not respond.
        """
        if self._store is None:
            self._store = self._stack.enter_context(Store(self.folder, self.keys, self.role))
        return self._store

    def name_of(self, kid: bytes) -> str | None:
        """A device's random name; None when it was never admitted here."""
        device = self.keys.devices.of(kid)
        return None if device is None else device.device

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()
