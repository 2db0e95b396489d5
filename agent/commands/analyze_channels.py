"""`wardbeat analyze --signal eda|acc`: recordings of skin conductance or acceleration."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands import analyze_outputs
from agent.system.output import say

if TYPE_CHECKING:
    from agent.analysis.channels.study import Output
    from agent.analysis.study import Recordings


def run(arguments: argparse.Namespace) -> int:
    """Analyze each recording; 1 if one of several could not be read.

    Raises:
        WrongUse: An option that is for beats alone.
    """
    from agent.analysis import study
    from agent.analysis.channels import study as of_channels
    from agent.analysis.channels.analysis import Wish
    from agent.analysis.part import Part, moment
    from agent.analysis.windowing import WINDOW_S
    from agent.recording.options import Options

    _no_beats(arguments)
    writes = analyze_outputs.written(arguments)
    named = study.recordings(arguments.file, [path for _, path in writes])
    analyze_outputs.check(arguments, named, writes)
    begin = None if arguments.begin is None else moment(arguments.begin, "--from")
    end = None if arguments.end is None else moment(arguments.end, "--until")
    window_s = WINDOW_S if arguments.window is None else arguments.window
    options = Options(arguments.column, arguments.time_column, arguments.unit, arguments.fs, arguments.lead)
    wish = Wish(Path(), arguments.signal, options, window_s, arguments.step, Part(begin, end))
    return analyze_outputs.analyzed(
        named, partial(_add_outputs, arguments, named), partial(of_channels.run, wish, named)
    )


def _no_beats(arguments: argparse.Namespace) -> None:
    from agent.errors import WrongUse

    for option, is_given in {
        "--beats": arguments.beats, "--nn": arguments.nn is not None, "--plot": arguments.plot is not None,
        "--compare": arguments.compare,
    }.items():  # fmt: skip
        if is_given:
            raise WrongUse(f"{option} is for beats, not for --signal {arguments.signal}", remedy="Leave it out.")


def _add_outputs(
    arguments: argparse.Namespace, named: "Recordings", outputs: "list[Output]"
) -> list[Callable[[], object]]:
    from agent.analysis.channels import printed
    from agent.analysis.channels.report import Report
    from agent.analysis.channels.table import Table
    from agent.analysis.study import dictionary_of

    closing: list[Callable[[], object]] = []
    if arguments.json:
        outputs.append(printed.Json())
    elif named.is_study and not arguments.all:
        outputs.append(printed.Overview(arguments.signal, [name for name, _ in named.files]))
    else:
        outputs.append(printed.Text(has_names=named.is_study))
    if arguments.csv is not None:
        table = Table(arguments.csv, arguments.signal, is_long=arguments.long)
        outputs.append(table)
        closing += [table.keep, lambda: say(f"table saved: {arguments.csv} and {dictionary_of(arguments.csv).name}")]
    if arguments.report is not None:
        report = Report(arguments.report, arguments.signal)
        outputs.append(report)
        closing += [report.keep, lambda: say(f"report saved: {arguments.report}")]
    return closing
