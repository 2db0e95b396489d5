"""What a person said of an answer, kept in one file of the state folder; nothing of it leaves this machine."""

import json
import os
from pathlib import Path
from typing import Final

from agent.errors import StorageFull

FILE: Final = "evidence-feedback.jsonl"
VERDICTS: Final = ("useful", "wrong")
BYTES_MOST: Final = 4 * 2**20


def keep(state: Path, question: str, passage_id: str, verdict: str) -> None:
    """Add one line to the file.

    Args:
        state: The state folder.
        question: As it was asked.
        passage_id: Which quotation was meant.
        verdict: One of VERDICTS.

    Raises:
        StorageFull: The file is at its largest, or cannot be written.
    """
    line = json.dumps({"question": question, "passage": passage_id, "verdict": verdict}, ensure_ascii=False)
    path = state / FILE
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(fd, "ab") as file:
            if file.tell() > BYTES_MOST:
                raise StorageFull(f"{FILE} is full", remedy=f"Read and remove it: {path}.")
            file.write(f"{line}\n".encode())
    except OSError as error:
        raise StorageFull(f"{FILE} cannot be written: {error.strerror}", remedy="Free space on this disk.") from error
