"""Recordings one after the other, each window to every output; one that cannot be read is an entry and ends nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from agent.analysis.channels.analysis import Analysis, Timed, Wish, analyze
from agent.analysis.study import Recordings, Refused, without_folder
from agent.errors import WardbeatError


class Output(Protocol):
    """Where an analysis goes."""

    def recording(self, name: str, found: Analysis, windows: Sequence[Timed]) -> None: ...

    def refused(self, refused: Refused) -> None: ...


def run(
    wish: Wish, named: Recordings, outputs: Sequence[Output], on_progress: Callable[[float, str], None] | None = None
) -> int:
    """Analyze each recording, and hand its windows to every output.

    Args:
        wish: What is asked of each; its file is not looked at.
        named: The recordings.
        outputs: Where the numbers go.
        on_progress: Called with how many recordings are done, and the name of the present one.

    Returns:
        How many could not be read.

    Raises:
        RecordingUnreadable, WrongUse: The only recording that was named cannot be read.
    """
    refused = 0
    for place, (name, file) in enumerate(named.files):
        if on_progress is not None:
            on_progress(place, name)
        try:
            found = analyze(replace(wish, file=file))
        except WardbeatError as error:
            if not named.is_study:
                raise
            refused += 1
            for output in outputs:
                output.refused(Refused(name, without_folder(str(error), file, name), error.remedy))
            continue
        windows = list(found.windows)
        for output in outputs:
            output.recording(name, found, windows)
    return refused
