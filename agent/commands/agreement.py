"""`wardbeat agreement`: how far raters or instruments agree on the same units."""

import argparse
import math
from pathlib import Path
from typing import Final

from agent.system.output import Progress, say, show

_ABOUT: Final = """\
file:       CSV in UTF-8 with commas and decimal points, at most 50 MB, 1,000,000 rows and 50 raters; - is stdin.
            long form: a header with unit,rater,rating; wide form: unit, then a column a rater
missing:    an empty cell, NA, n/a or a point; each number says how many units it is from
scale:      nominal (categories), ordinal (categories in an order), interval (numbers); found from the ratings, with the
            reason, unless --scale or --order says
numbers:    categories: agreement, Cohen's kappa (ordinal: weighted, too), prevalence, bias, PABAK, and Fleiss' kappa of
            three raters or more. interval: ICC(1,1), (2,1), (3,1), (2,k), and Bland-Altman's limits of each two raters
few units:  below 20 the file is refused; below 30 each number is an interval without a value
output:     one JSON object on stdout, a summary on stderr
examples:   wardbeat agreement ratings.csv --report agreement.html
            wardbeat agreement sleep.csv --order awake,light,deep > agreement.json
exit code:  0 done, 2 the file or an option is wrong
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _ABOUT
    parser.add_argument("file", type=Path, metavar="FILE", help="the ratings, as CSV; - for stdin")
    parser.add_argument("--scale", choices=("nominal", "ordinal", "interval"), help="the scale of the ratings")
    parser.add_argument("--order", metavar="A,B,C", help="the categories from low to high; makes the scale ordinal")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="save a report with tables and plots (html, one file)"
    )


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat agreement`."""
    from agent.agreement import answer
    from agent.agreement.grid import read
    from agent.agreement.scale import scale_of
    from agent.agreement.study import compute
    from agent.errors import WrongUse

    report = arguments.report
    if report is not None and report.absolute() == arguments.file.absolute():
        raise WrongUse(f"--report {report} is the file of ratings", remedy="Choose another name.")
    order = () if arguments.order is None else tuple(part.strip() for part in arguments.order.split(","))
    grid = read(arguments.file)
    scale = scale_of(grid, arguments.scale, order)
    progress = Progress(math.comb(len(grid.raters), 2), "pairs of raters")
    try:
        found = compute(grid, scale, progress.at)
    finally:
        progress.end()
    if report is not None:
        from agent.agreement.page import write

        write(found, report)
    show(answer.as_json(found))
    for line in answer.lines(found):
        say(line)
    if report is not None:
        say(f"report saved: {report}")
    return 0
