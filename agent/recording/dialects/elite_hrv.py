"""One interval a line, as Elite HRV, HRV4Training, Kubios, PhysioNet and many others export them."""

from agent.recording.sheet import sniffed
from agent.recording.source import Source
from agent.recording.tables import rows

__all__ = ["knows", "rows"]


def knows(source: Source) -> bool:
    """One column without a head."""
    sheet = sniffed(source.head_lines()) if source.is_text() else None
    return sheet is not None and len(sheet.columns) == 1 and not sheet.has_head
