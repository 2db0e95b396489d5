"""`make report-picture`: the pictures of the documents about recordings, and the sample of the README on stdout.

docs/report.png and docs/study.png are reports of simulated hearts in a real Chromium; docs/analyze.png is one figure.
"""

import itertools
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from agent import cli
from firmware_sim.physiology import SCRIPTS, Physiology
from tests.support.page_agent import Browser

DOCS = Path(__file__).parents[2] / "docs"
HEARTS = (
    ("P01/rest.txt", "rest", 310, 1), ("P01/task.txt", "mental_load", 305, 2), ("P02/rest.txt", "rest", 161, 3),
    ("P02/task.txt", "mental_load", 62, 4), ("P03/night.txt", "sleep", 14_400, 5), ("P03/ride.txt", "exercise", 900, 6),
)  # fmt: skip


def written(folder: Path) -> None:
    """A study of simulated people; one of its files holds no intervals."""
    for name, script, length_s, seed in HEARTS:
        phase = replace(SCRIPTS[script], ectopics_per_h=30.0)
        beats = itertools.takewhile(lambda beat, end_s=length_s: beat.end_s < end_s, Physiology([phase], seed).beats())
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{beat.rr_ms:.0f}\n" for beat in beats))
    (folder / "P03/questions.csv").write_text("item,answer\nsleep,good\n")


def with_faults(folder: Path) -> Path:
    """A quarter of an hour of a simulated heart with early beats; some beats were missed, and some are none."""
    phase = replace(SCRIPTS["rest"], ectopics_per_h=50.0)
    beats = itertools.takewhile(lambda beat: beat.end_s < 900, Physiology([phase], 3).beats())
    rr_ms = [float(beat.rr_ms) for beat in beats]
    for at in (120, 371, 606, 842):
        rr_ms[at : at + 2] = [rr_ms[at] + rr_ms[at + 1]]
    for at in (243, 555, 910):
        rr_ms[at : at + 1] = [0.4 * rr_ms[at], 0.6 * rr_ms[at]]
    file = folder / "rr.txt"
    file.write_text("".join(f"{one:.0f}\n" for one in rr_ms))
    return file


def main() -> int:
    """Draw all three."""
    with tempfile.TemporaryDirectory() as name:
        cli.main(["analyze", str(with_faults(Path(name))), "--plot", str(DOCS / "analyze.png")])
    browser = Browser()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "study"
        written(folder)
        for file, picture, scheme, height in (
            (folder / "P01/rest.txt", "report", "light", 1160),
            (folder, "study", "dark", 720),
        ):
            report = Path(name) / "report.html"
            cli.main(["analyze", str(file), "--report", str(report)])
            browser("new", width=1100, height=height, scheme=scheme)
            browser("goto", url=report.as_uri())
            browser("shot", path=str(DOCS / f"{picture}.png"), full=False)
    browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
