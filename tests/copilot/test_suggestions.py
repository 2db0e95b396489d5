"""The reviewed suggestions of scoring and alerts: grade and source are those of the passages that they name."""

import copy
from dataclasses import replace

from agent.scoring.data import table
from copilot import reading
from copilot.grades import grade
from copilot.papers import Corpus, Retraction

PRACTICE = ("Practice", "C")


def source_of(papers) -> str:
    """How a suggestion names its papers."""
    return "; ".join(
        f"{paper.authors[0]}{' et al.' if len(paper.authors) > 2 else ''} ({paper.year}), {paper.journal}, "
        f"doi:{paper.doi}"
        for paper in papers
    )


def faults(listed, corpus) -> list[str]:
    """Rows that name no list of passages, one that cannot support anything, or another grade or source than theirs."""
    of = {passage.id: paper for paper in corpus.papers for passage in paper.passages}
    found = []
    for row in listed["rows"]:
        names = row.get("passages")
        if not isinstance(names, list):
            found.append(f"{row['id']}: no list of passages")
            continue
        strange = [name for name in names if name not in of or of[name].retraction is not None]
        if strange:
            found.append(f"{row['id']}: {strange} may not be evidence")
            continue
        papers = list({of[name].id: of[name] for name in names}.values())
        wanted = (source_of(papers), grade(papers, contradict=False).name) if papers else PRACTICE
        if (row["source"], row["grade"]) != wanted:
            found.append(f"{row['id']}: not {wanted}")
    return found


def test_each_suggestion_has_the_grade_and_the_source_of_its_passages():
    listed = table("suggestions")
    assert faults(listed, reading.load()) == []
    assert sum(bool(row["passages"]) for row in listed["rows"]) >= 5
    assert set(listed["grades"]) == set("ABCD")


def test_a_passage_that_is_not_there_and_another_grade_or_source_are_found():
    planted = copy.deepcopy(table("suggestions"))
    planted["rows"][0]["passages"] = ["nowhere-2020-1"]
    del planted["rows"][1]["passages"]
    planted["rows"][2]["grade"] = "D"
    planted["rows"][3]["source"] = "Somebody (1999)"
    planted["rows"][4]["passages"] = []
    assert len(faults(planted, reading.load())) == 5


def test_a_retracted_paper_supports_nothing():
    corpus = reading.load()
    name = next(name for row in table("suggestions")["rows"] for name in row["passages"])
    (paper,) = [paper for paper in corpus.papers if name in {one.id for one in paper.passages}]
    papers = tuple(
        replace(one, retraction=Retraction(2026, "")) if one.id == paper.id else one for one in corpus.papers
    )
    assert faults(table("suggestions"), Corpus(papers, corpus.sha256)) != []
