"""HRV Logger, of HRV4Training's maker: ``date,rr,since start``, or ``timestamp, rr, since_start``."""

from agent.recording.source import Source
from agent.recording.tables import rows

__all__ = ["knows", "rows"]


def knows(source: Source) -> bool:
    """By its head."""
    if not source.is_text():
        return False
    names = [name.strip().strip('"').lower().replace("_", " ") for name in source.head_lines()[0].split(",")]
    return names[:1] in (["date"], ["timestamp"]) and names[1:] == ["rr", "since start"]
