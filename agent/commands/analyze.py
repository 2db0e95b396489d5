"""`wardbeat analyze`: beats, a waveform, a clip or photos."""

import argparse
from pathlib import Path
from typing import Final

from agent.system.output import say, show

_FILES: Final = """\
intervals:  one in ms per line; a CSV with the columns t_s (end of the interval, in s) and rr_ms; or Polar's .hrm
waveforms:  one number per line; or a CSV with a column ecg or ppg. A time column (t_s) gives the rate, and
            acc_x_g,acc_y_g,acc_z_g show whether the body moved; a pulse wave then gives a rate but no variability
windows:    [start, end), from the start of the first interval; a last part shorter than half a window is left out
faces:      --video and --images need the models ('wardbeat models fetch'); actions are raw, 0 to 1, not feelings
examples:   wardbeat analyze rr.txt        wardbeat analyze ecg.csv --signal ecg --fs 250 --plot out.png
            wardbeat analyze --video clip.mp4 --json
exit code:  0 done, 2 the file or an option is wrong, 3 something is missing
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _FILES
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="intervals in ms, a CSV t_s,rr_ms (t_s: end of the interval), or a waveform",
    )
    parser.add_argument("--video", type=Path, metavar="FILE", help="analyze a clip of a face instead")
    parser.add_argument("--images", type=Path, nargs="+", metavar="FILE", help="analyze photos of faces instead")
    parser.add_argument("--signal", choices=("rr", "ecg", "ppg"), help="kind of signal in the file (default rr)")
    parser.add_argument("--fs", type=float, metavar="HZ", help="samples per second of a waveform without a time column")
    parser.add_argument("--window", type=float, metavar="S", help="window length in s (default 300)")
    parser.add_argument(
        "--step", type=float, metavar="S", help="distance between window starts in s (default: the window length)"
    )
    parser.add_argument("--all", action="store_true", help="print all numbers, not only the usual ones")
    parser.add_argument("--beats", action="store_true", help="also print every interval with its label")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="save a figure (png, svg, pdf)")
    parser.add_argument("--json", action="store_true", help="print beats and windows as unrounded JSON")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat analyze`: of beats, of a clip, or of photos."""
    from agent.analysis import heart, heart_report, plot
    from agent.errors import WrongUse

    given = [name for name in ("file", "video", "images") if getattr(arguments, name)]
    if len(given) != 1:
        raise WrongUse("give one recording, or one --video, or --images", remedy="'wardbeat analyze --help'")
    if arguments.file is None:
        _only_for_beats(arguments)
        return _of_faces(arguments)
    if arguments.plot is not None:
        plot.can_be_drawn(arguments.plot)
    found = heart.analyze(
        heart.Wish(
            arguments.file,
            arguments.signal or "rr",
            arguments.fs,
            heart.WINDOW_S if arguments.window is None else arguments.window,
            arguments.step,
        )
    )
    if arguments.json:
        show(heart.as_json(found))
    else:
        for line in heart_report.lines(found, every=arguments.all, beats=arguments.beats):
            show(line)
    if arguments.plot is not None:
        plot.save(found.recorded.whole(), arguments.plot)
        say(f"figure saved: {arguments.plot}")
    return 0


def _only_for_beats(arguments: argparse.Namespace) -> None:
    from agent.errors import WrongUse

    given = {
        "--signal": arguments.signal is not None,
        "--fs": arguments.fs is not None,
        "--beats": arguments.beats,
        "--all": arguments.all and bool(arguments.images),
        "--plot": arguments.plot is not None,
        "--window": arguments.images and arguments.window is not None,
        "--step": arguments.images and arguments.step is not None,
    }
    for option, is_given in given.items():
        if is_given:
            raise WrongUse(
                f"{option} says nothing about {'photos' if arguments.images else 'a clip'}", remedy="Leave it out."
            )


def _of_faces(arguments: argparse.Namespace) -> int:
    from agent.analysis import face, face_report, heart

    if arguments.images:
        seen, refused = face.images(arguments.images)
        if arguments.json:
            show(face_report.images_as_json(seen))
        else:
            show("\n".join(face_report.image_lines(seen)))
        if refused:
            raise refused[0]
        return 0
    window_s = heart.WINDOW_S if arguments.window is None else arguments.window
    heart.check_lengths(window_s, window_s if arguments.step is None else arguments.step)
    watched = face.video(arguments.video, window_s, arguments.step)
    if arguments.json:
        show(face_report.video_as_json(watched))
    else:
        show("\n".join(face_report.video_lines(watched, every=arguments.all)))
    return 0
