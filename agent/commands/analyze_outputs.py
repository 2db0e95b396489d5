"""Where `wardbeat analyze` writes: its outputs by the options given, and which of them go together."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from agent.analysis import printed
from agent.analysis.study import Output, Recordings, dictionary_of, plain_of
from agent.errors import WrongUse
from agent.system.output import Progress, say

_O = TypeVar("_O")


def written(arguments: argparse.Namespace) -> list[tuple[str, Path]]:
    """Every file that this call writes, with its option."""
    writes = [(f"--{name}", getattr(arguments, name)) for name in ("plot", "report", "csv", "nn")]
    writes = [(option, path) for option, path in writes if path is not None]
    if arguments.csv is not None:
        writes.append(("--csv", dictionary_of(arguments.csv)))
    if arguments.nn is not None:
        writes.append(("--nn", plain_of(arguments.nn)))
    return writes


def check(arguments: argparse.Namespace, named: Recordings, writes: list[tuple[str, Path]]) -> None:
    """Look before the work: nothing is overwritten that was named, and each option has its meaning.

    Raises:
        WrongUse, Missing: Which option cannot be.
    """
    inputs = {file.absolute() for _, file in named.files}
    seen: set[Path] = set()
    for option, path in writes:
        if path.absolute() in inputs:
            raise WrongUse(f"{option} {path} is a recording of this call", remedy="Choose another name.")
        if path.absolute() in seen:
            raise WrongUse(f"{option} {path} is written by another option", remedy="Choose another name.")
        seen.add(path.absolute())
    if arguments.long and arguments.csv is None:
        raise WrongUse("--long is a form of --csv", remedy="Add --csv FILE.")
    if arguments.compare and len(named.files) != 2:
        raise WrongUse(f"--compare takes two recordings, not {len(named.files)}", remedy="Name two files.")
    for option, is_given in {
        "--csv": arguments.csv, "--nn": arguments.nn, "--plot": arguments.plot, "--beats": arguments.beats,
        "--step": arguments.step is not None,
    }.items():  # fmt: skip
        if arguments.compare and is_given:
            raise WrongUse(f"{option} does not go with --compare", remedy="Run it without --compare.")
    if arguments.plot is not None:
        from agent.analysis import plot

        if named.is_study:
            raise WrongUse("--plot draws one recording", remedy="--report draws many.")
        plot.can_be_drawn(arguments.plot)


def add_outputs(arguments: argparse.Namespace, named: Recordings, outputs: list[Output]) -> list[Callable[[], object]]:
    """Add where the numbers go; what is called after the last of them."""
    closing: list[Callable[[], object]] = []
    if arguments.json:
        outputs.append(printed.Json())
    elif named.is_study and not (arguments.all or arguments.beats):
        outputs.append(printed.Overview([name for name, _ in named.files]))
    else:
        outputs.append(printed.Text(every=arguments.all, beats=arguments.beats, names=named.is_study))
    if arguments.arousal:
        from agent.analysis import arousal

        outputs.append(arousal.Printed(says_rest=arguments.at_rest, as_json=arguments.json))
    if arguments.csv is not None:
        from agent.analysis.table import Table

        table = Table(arguments.csv, is_long=arguments.long)
        outputs.append(table)
        closing += [table.keep, lambda: say(f"table saved: {arguments.csv} and {dictionary_of(arguments.csv).name}")]
    if arguments.nn is not None:
        from agent.analysis.corrected import CorrectedFiles

        files = CorrectedFiles(arguments.nn, is_folder=named.is_study)
        outputs.append(files)
        closing.append(lambda: say("\n".join(files.written)) if files.written else None)
    if arguments.report is not None:
        from agent.analysis.report import Report

        report = Report(arguments.report, is_study=named.is_study)
        outputs.append(report)
        closing += [report.keep, lambda: say(f"report saved: {arguments.report}")]
    if arguments.plot is not None:
        from agent.analysis import plot

        outputs.append(plot.Figure(arguments.plot))
        closing.append(lambda: say(f"figure saved: {arguments.plot}"))
    return closing


def discard(outputs: Sequence[object]) -> None:
    """After an error: no half a table or report stays, and none takes an earlier one's place."""
    for output in outputs:
        if isinstance(output, Unfinished):
            output.discard()


@runtime_checkable
class Unfinished(Protocol):
    """An output whose file is kept at the end alone."""

    def discard(self) -> None: ...


def analyzed(
    named: Recordings,
    add: Callable[[list[_O]], list[Callable[[], object]]],
    run: Callable[[list[_O], Callable[[float, str], None]], int],
) -> int:
    """One call over recordings: progress, outputs that are kept as a whole or not at all, files that were passed over.

    Args:
        named: The recordings.
        add: Fills the list of outputs; what keeps them, in order.
        run: Analyzes into the outputs; how many recordings could not be read.

    Returns:
        The exit code: 1 where a recording could not be read.
    """
    outputs: list[_O] = []
    progress = Progress(len(named.files), "recordings")
    try:
        closing = add(outputs)
        refused = run(outputs, progress.at)
        progress.end()
        for close in closing:
            close()
    finally:
        progress.end()
        discard(outputs)
    for path in named.passed_over:
        say(f"passed over, no recording by its name: {path}")
    return 1 if refused else 0
