"""FatMaxxer: ``timestamp,rr,since_start``, the phone's time in ms since 1970 at which a packet came, and RR in ms."""

from agent.recording.source import Source
from agent.recording.tables import rows

__all__ = ["knows", "rows"]


def knows(source: Source) -> bool:
    """By its head."""
    return source.is_text() and source.head_lines()[0].strip().lower().replace('"', "") == "timestamp,rr,since_start"
