"""`wardbeat analyze`: recordings of beats, waveforms, a clip or photos."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.analysis.heart import Wish
    from agent.analysis.study import Recordings

_FILES: Final = """\
files:      intervals or waves of Polar, Suunto, Garmin (.fit), Apple, Empatica, Kubios, Elite HRV, HRV Logger, Fat-
            Maxxer, OpenSignals, EDF, WFDB, JSON and any table; also packed with gzip; - is stdin: docs/recordings.md
columns:    found by their names and numbers, named in the output; --column, --time-column and --unit decide otherwise
waveforms:  a time column gives the rate, and its pauses are gaps; acc_x_g,acc_y_g,acc_z_g show whether the body moved,
            and a pulse wave then gives a rate but no variability
others:     --signal eda is skin conductance, in a stated unit: level and responses; a count that noise could make is
            withheld. --signal acc is acceleration: ENMO, MAD, stillness, wear. docs/recordings.md
windows:    [start, end), from the start of the first interval. A recording shorter than a window is one window, and so
            is the rest of a longer one; a rest shorter than half a window is left out. Each number has its own minimum
times:      --from and --until take 90, 1:30 or 1:02:30 from the start of the recording; or, where it has clock times,
            2026-11-28T10:15 or T10:15
studies:    several files, or a folder with all below it, give a line each; --csv, --report and --json have all numbers.
            A recording that cannot be read is an entry with its reason
faces:      --video and --images need the models ('wardbeat models fetch'); actions are raw, 0 to 1, not feelings
examples:   wardbeat analyze rr.txt        wardbeat analyze ecg.csv --signal ecg --fs 250 --report out.html
            wardbeat analyze study/ --csv study.csv        wardbeat analyze before.txt after.txt --compare
            wardbeat analyze --video clip.mp4 --json
exit code:  0 done, 1 done, but a recording of several could not be read, 2 the file or an option is wrong,
            3 something is missing
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _FILES
    parser.add_argument(
        "file",
        type=Path,
        nargs="*",
        metavar="FILE",
        help="recordings of beat intervals or of a waveform, or folders of them; - for stdin",
    )
    parser.add_argument("--video", type=Path, metavar="FILE", help="analyze a clip of a face instead")
    parser.add_argument("--images", type=Path, nargs="+", metavar="FILE", help="analyze photos of faces instead")
    parser.add_argument(
        "--signal", choices=("rr", "ecg", "ppg", "eda", "acc"), help="kind of signal in the file (default rr)"
    )
    parser.add_argument("--fs", type=float, metavar="HZ", help="samples per second, where the file does not say")
    parser.add_argument(
        "--column", metavar="NAME|N", help="the column of intervals or samples: its name, or its number from 1"
    )
    parser.add_argument("--time-column", metavar="NAME|N", help="the column of times; 'none' leaves times out")
    parser.add_argument(
        "--unit", help="unit of intervals (ms, s, us, ns, 1/1024s, samples), eda (uS, nS, kOhm) or acc (g, mg, m/s2)"
    )
    parser.add_argument("--lead", metavar="NAME|N", help="signal of a file with several (EDF, WFDB, OpenSignals)")
    parser.add_argument("--window", type=float, metavar="S", help="window length in s (default 300)")
    parser.add_argument(
        "--step", type=float, metavar="S", help="distance between window starts in s (default: the window length)"
    )
    parser.add_argument("--from", dest="begin", metavar="TIME", help="leave out what lies before this time")
    parser.add_argument("--until", dest="end", metavar="TIME", help="leave out what lies after this time")
    parser.add_argument("--compare", action="store_true", help="set the numbers of two recordings side by side")
    parser.add_argument(
        "--arousal",
        action="store_true",
        help="also print raised arousal, at rest, minute by minute (never under eu-workplace)",
    )
    parser.add_argument(
        "--at-rest", action="store_true", help="with --arousal: you say that the body rested throughout"
    )
    parser.add_argument("--all", action="store_true", help="print all numbers, not only the usual ones")
    parser.add_argument("--beats", action="store_true", help="also print every interval with its label")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="save a figure (png, svg, pdf)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="save a report with pictures (html, one file)")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="save a table, one row a window; FILE.dictionary.csv explains it"
    )
    parser.add_argument("--long", action="store_true", help="with --csv: one row a number")
    parser.add_argument(
        "--nn", type=Path, metavar="FILE", help="save the corrected intervals (of several recordings: in a folder)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print beats and windows as unrounded JSON, one line a recording"
    )


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat analyze`: of beats, of a clip, or of photos."""
    from agent.errors import WrongUse

    given = [name for name in ("file", "video", "images") if getattr(arguments, name)]
    if len(given) != 1:
        raise WrongUse("give recordings, or one --video, or --images", remedy="'wardbeat analyze --help'")
    if not arguments.file:
        _only_for_beats(arguments)
        return _of_faces(arguments)
    if arguments.signal in ("eda", "acc"):
        if arguments.arousal or arguments.at_rest:
            raise WrongUse("--arousal reads heart beats", remedy="Leave it out.")
        from agent.commands import analyze_channels

        return analyze_channels.run(arguments)
    return _of_hearts(arguments)


def _of_hearts(arguments: argparse.Namespace) -> int:
    from agent.analysis import study
    from agent.commands import analyze_outputs

    _may_print_arousal(arguments)
    writes = analyze_outputs.written(arguments)
    named = study.recordings(arguments.file, [path for _, path in writes])
    analyze_outputs.check(arguments, named, writes)
    wish = _wish(arguments)
    if arguments.compare:
        return _compared(arguments, wish, named)
    return analyze_outputs.analyzed(
        named, partial(analyze_outputs.add_outputs, arguments, named), partial(study.run, wish, named)
    )


def _may_print_arousal(arguments: argparse.Namespace) -> None:
    """Whether --arousal may be, before anything is read.

    Raises:
        WrongUse, PolicyDenied: It may not.
    """
    from agent.errors import WrongUse

    if arguments.at_rest and not arguments.arousal:
        raise WrongUse("--at-rest is only for --arousal", remedy="Add --arousal, or leave it out.")
    if arguments.arousal:
        from agent import config
        from agent.outbox import arousal_choice

        if arguments.compare:
            raise WrongUse("--arousal does not go with --compare", remedy="Run it without --compare.")
        arousal_choice.require(config.load(arguments.config)[1])


def _wish(arguments: argparse.Namespace) -> "Wish":
    from agent.analysis.heart import Wish
    from agent.analysis.part import Part, moment
    from agent.analysis.windowing import WINDOW_S
    from agent.recording.options import Options

    begin = None if arguments.begin is None else moment(arguments.begin, "--from")
    end = None if arguments.end is None else moment(arguments.end, "--until")
    window_s = WINDOW_S if arguments.window is None else arguments.window
    options = Options(arguments.column, arguments.time_column, arguments.unit, arguments.fs, arguments.lead)
    return Wish(Path(), arguments.signal or "rr", options, window_s, arguments.step, Part(begin, end))


def _compared(arguments: argparse.Namespace, wish: "Wish", named: "Recordings") -> int:
    from agent.analysis import compare, study

    found = compare.compare(wish, named, is_window_given=arguments.window is not None)
    if arguments.json:
        show(compare.as_json(found))
    else:
        for line in compare.lines(found, every=arguments.all):
            show(line)
    if arguments.report is not None:
        from agent.analysis.report import Report

        report = Report(arguments.report, found, is_study=True)
        try:
            study.run(wish, named, [report])
            report.keep()
        finally:
            report.discard()
        say(f"report saved: {arguments.report}")
    return 0


def _only_for_beats(arguments: argparse.Namespace) -> None:
    from agent.errors import WrongUse

    given = {
        "--signal": arguments.signal is not None,
        "--fs": arguments.fs is not None,
        "--column": arguments.column is not None,
        "--time-column": arguments.time_column is not None,
        "--unit": arguments.unit is not None,
        "--lead": arguments.lead is not None,
        "--beats": arguments.beats,
        "--all": arguments.all and bool(arguments.images),
        "--plot": arguments.plot is not None,
        "--window": arguments.images and arguments.window is not None,
        "--step": arguments.images and arguments.step is not None,
        "--from": arguments.begin is not None,
        "--until": arguments.end is not None,
        "--csv": arguments.csv is not None,
        "--long": arguments.long,
        "--report": arguments.report is not None,
        "--nn": arguments.nn is not None,
        "--compare": arguments.compare,
        "--arousal": arguments.arousal,
        "--at-rest": arguments.at_rest,
    }
    for option, is_given in given.items():
        if is_given:
            raise WrongUse(
                f"{option} says nothing about {'photos' if arguments.images else 'a clip'}", remedy="Leave it out."
            )


def _of_faces(arguments: argparse.Namespace) -> int:
    from agent.analysis import face, face_report
    from agent.analysis.windowing import WINDOW_S, check_lengths

    if arguments.images:
        seen, refused = face.images(arguments.images)
        if arguments.json:
            show(face_report.images_as_json(seen))
        else:
            show("\n".join(face_report.image_lines(seen)))
        if refused:
            raise refused[0]
        return 0
    window_s = WINDOW_S if arguments.window is None else arguments.window
    check_lengths(window_s, window_s if arguments.step is None else arguments.step)
    watched = face.video(arguments.video, window_s, arguments.step)
    if arguments.json:
        show(face_report.video_as_json(watched))
    else:
        show("\n".join(face_report.video_lines(watched, every=arguments.all)))
    return 0
