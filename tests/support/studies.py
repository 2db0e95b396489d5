"""Recordings in files, and the command that reads them."""

from agent import cli


def written(file, rr_ms):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(f"{one:g}" for one in rr_ms) + "\n")
    return file


def run(*words):
    return cli.main(["analyze", *map(str, words)])
