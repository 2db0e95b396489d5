"""Where a person's data lie: what of the settings the weeks need. `agent.config.Settings` is one."""

from pathlib import Path
from typing import Protocol

from agent.privacy.vault import KeyStore


class Folder(Protocol):
    """A state folder.

    Attributes:
        state_dir: The folder.
        key_store: Where its data key is.
    """

    @property
    def state_dir(self) -> Path: ...

    @property
    def key_store(self) -> KeyStore: ...
