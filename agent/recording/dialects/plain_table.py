"""Any table: its columns are known by their names, by their numbers, or by the person's word."""

from agent.recording.source import Source
from agent.recording.tables import rows, wave

__all__ = ["knows", "rows", "wave"]


def knows(source: Source) -> bool:
    """Any text may be one."""
    return source.is_text()
