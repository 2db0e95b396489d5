"""What the person said of themselves, read from the history and added to it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.windows.history import Told


def told(settings: "Settings") -> "list[Told]":
    """Everything that was said, oldest first; nothing where there is no history yet."""
    from agent.privacy.vault import existing_vault
    from agent.windows.history import History

    if not (settings.state_dir / "history.db").exists():
        return []
    history = History(settings.state_dir / "history.db", existing_vault(settings.state_dir, settings.key_store))
    try:
        return history.told()
    finally:
        history.close()


def tell(settings: "Settings", told: "Told") -> None:
    """Keep one more.

    Raises:
        StorageFull: It was not saved.
    """
    from agent.errors import StorageFull
    from agent.privacy.vault import open_vault
    from agent.system import host
    from agent.windows.history import History

    try:
        folder = host.private_dir(Path(settings.state_dir))
        history = History(folder / "history.db", open_vault(folder, settings.key_store))
        history.tell(told)
        history.close()
    except StorageFull as error:
        raise StorageFull(
            "it was not saved: the disk is full or read-only", remedy="Free disk space, then try again."
        ) from error
