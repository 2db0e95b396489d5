"""Papers that nobody wrote, in the form of the corpus: for tests of the code alone."""

import json
from pathlib import Path

from copilot import reading, vectors
from copilot.confidence import NAMES, Model, Steps
from copilot.nearness import Near, Nearness
from copilot.papers import Corpus

# what the search finds counts, by its own shares; the shipped model is fitted on the shipped papers
_WEIGHTS = {"sentence_01": 3.0, "title_01": 1.0, "paper_01": 4.0}
_TENTHS = tuple(n / 10 for n in range(1, 10))
MODEL = Model(
    -4.0,
    tuple(Steps(_TENTHS, tuple(_WEIGHTS.get(name, 0.0) * (n + 0.5) / 10 for n in range(10))) for name in NAMES),
    0.4,
)

LICENCE = "This is an open access article distributed under the Creative Commons Attribution License."


def paper(name: str, title: str, *passages: str, **changes) -> dict:
    """One line of a corpus file."""
    row = {
        "id": name,
        "authors": ["Nobody A", "Nobody B"],
        "year": 2020,
        "title": title,
        "journal": "Journal of Made Papers",
        "doi": f"10.5555/{name}",
        "licence": "CC BY 4.0",
        "licence_words": LICENCE,
        "read_at": [f"https://doi.org/10.5555/{name}"],
        "design": "cross-sectional survey",
        "n": 412,
        "n_of": "nurses",
        "population": "hospital nurses",
        "country": None,
        "outcomes": [],
        "direction": {},
        "retracted": None,
        "edits": "",
    }
    sections = ("abstract", "results", "conclusion")
    row["passages"] = [
        {"id": f"{name}-{n}", "section": sections[(n - 1) % 3], "text": text, "asked": []}
        for n, text in enumerate(passages, 1)
    ]
    return row | changes


ROWS = (
    paper(
        "nap-2020",
        "Naps during the night shift and alertness of nurses",
        "We tested whether a planned nap helps nurses on night shifts. Each nurse took a nap of 30 min or no nap.",
        "A nap of 30 min during the night shift reduced sleepiness at 06:00 (mean difference 1.2 points, 95% CI 0.4 to 2.0; P < .001). "
        "Reaction times improved by 12% after the nap.",
        "Planned naps reduce sleepiness of nurses on night shifts.",
        design="randomised controlled trial",
        n=84,
        direction={"nap during night shift": "helps"},
    ),
    paper(
        "rest-2021",
        "No benefit of short naps in night-shift nurses",
        "A nap of 20 min had no clear effect on sleepiness of nurses at the end of the night shift (P = .41).",
        direction={"short nap": "no clear effect"},
        design="crossover trial",
        n=32,
    ),
    paper(
        "mind-2019",
        "Mindfulness training and burnout in physicians",
        "Physicians who took an eight-week mindfulness course had lower emotional exhaustion than controls (MBI 4.1 points lower, 95% CI 2.0 to 6.2).",
        "Mindfulness training lowered burnout in physicians, and the effect lasted for six months.",
        design="randomised controlled trial",
        n=120,
        n_of="physicians",
        population="primary care physicians",
        direction={"mindfulness training": "helps"},
    ),
    paper(
        "quick-2018",
        "Quick returns and sickness absence in hospital nurses",
        "Nurses with more than five quick returns a month had a 21% higher risk of sickness absence in the next month (IRR 1.21, 95% CI 1.10-1.33).",
        design="prospective cohort",
        n=1538,
        direction={"quick returns": "harms"},
    ),
    paper(
        "violence-2017",
        "Violence by patients and turnover of emergency nurses",
        "Emergency nurses who were assaulted intended to leave their job twice as often (OR 2.1, 95% CI 1.4 to 3.2). "
        "Support from colleagues weakened this association.",
        direction={"violence": "harms"},
    ),
    paper(
        "light-2016",
        "Bright light and sleep of nurses",
        "Bright light before the night shift improved daytime sleep of nurses by 35 min in this study.",
        retracted={"year": 2018, "notice_doi": "10.5555/notice"},
        direction={"bright light": "helps"},
    ),
    paper(
        "review-2022",
        "Interventions against burnout of healthcare workers: a meta-analysis",
        "Organisational interventions reduced burnout of healthcare workers more than individual ones (SMD -0.45, 95% CI -0.62 to -0.28).",
        design="systematic review with meta-analysis",
        n=19,
        n_of="studies",
        population="healthcare workers",
        direction={"organisational intervention": "helps"},
    ),
)


def raw(rows=ROWS) -> bytes:
    """The file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def corpus(rows=ROWS) -> Corpus:
    """The papers."""
    return reading.parsed(raw(rows))


def folder(at: Path, rows=ROWS) -> Path:
    """A corpus folder with its digest."""
    at.mkdir(parents=True, exist_ok=True)
    (at / reading.FILE).write_bytes(raw(rows))
    (at / reading.DIGESTS).write_text(reading.digest_line(raw(rows)))
    return at


def near(question: str, papers: Corpus) -> Near:
    """How near a question is to the passages of papers; none of them is named first."""
    return Nearness(papers, vectors.shipped()).of(question, 0)
