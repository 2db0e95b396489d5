"""What `wardbeat analyze` does with its words: of beats, of a clip, of photos."""

import argparse

from agent.system.status import say


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
        print(heart.as_json(found))
    else:
        for line in heart_report.lines(found, every=arguments.all, beats=arguments.beats):
            print(line)
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
            print(face_report.images_as_json(seen))
        else:
            print(*face_report.image_lines(seen), sep="\n")
        if refused:
            raise refused[0]
        return 0
    window_s = heart.WINDOW_S if arguments.window is None else arguments.window
    heart.check_lengths(window_s, window_s if arguments.step is None else arguments.step)
    watched = face.video(arguments.video, window_s, arguments.step)
    if arguments.json:
        print(face_report.video_as_json(watched))
    else:
        print(*face_report.video_lines(watched, every=arguments.all), sep="\n")
    return 0
