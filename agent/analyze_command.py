"""What `wardbeat analyze` does with its words: of beats, of a clip, of photos."""

import argparse

from agent.status import say


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat analyze`: of beats, of a clip, or of photos."""
    from agent import analyze, analyze_plot, analyze_words
    from agent.errors import WrongUse

    given = [name for name in ("file", "video", "images") if getattr(arguments, name)]
    if len(given) != 1:
        raise WrongUse("give one recording, or one --video, or --images", remedy="'wardbeat analyze --help'")
    if arguments.file is None:
        _only_for_beats(arguments)
        return _of_faces(arguments)
    if arguments.plot is not None:
        analyze_plot.can_be_drawn(arguments.plot)
    found = analyze.analyze(
        analyze.Wish(
            arguments.file,
            arguments.signal or "rr",
            arguments.fs,
            analyze.WINDOW_S if arguments.window is None else arguments.window,
            arguments.step,
        )
    )
    if arguments.json:
        print(analyze.as_json(found))
    else:
        for line in analyze_words.lines(found, every=arguments.all, beats=arguments.beats):
            print(line)
    if arguments.plot is not None:
        analyze_plot.save(found.recorded.whole(), arguments.plot)
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
    from agent import analyze, analyze_face, analyze_face_words

    if arguments.images:
        seen, refused = analyze_face.images(arguments.images)
        if arguments.json:
            print(analyze_face_words.images_as_json(seen))
        else:
            print(*analyze_face_words.image_lines(seen), sep="\n")
        if refused:
            raise refused[0]
        return 0
    window_s = analyze.WINDOW_S if arguments.window is None else arguments.window
    analyze.check_lengths(window_s, window_s if arguments.step is None else arguments.step)
    watched = analyze_face.video(arguments.video, window_s, arguments.step)
    if arguments.json:
        print(analyze_face_words.video_as_json(watched))
    else:
        print(*analyze_face_words.video_lines(watched, every=arguments.all), sep="\n")
    return 0
