"""An answer or a refusal as JSON (which may leave this machine) and as lines for a terminal."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Final

from copilot.answer import DISCLAIMER, Answer, Quote, Withdrawn
from copilot.papers import Paper
from copilot.scope import Refusal

_OWN_LEFT_OUT: Final = "Sentences of your own files are left out here: their licence was not checked."


def citation(paper: Paper) -> str:
    """Authors, year, title, journal and DOI, as far as they are known."""
    authors = ", ".join(paper.authors) or "authors not stated"
    year = f" ({paper.year})" if paper.year else ""
    parts = (f"{paper.title.rstrip('.')}.", f"{paper.journal}." if paper.journal else "", doi(paper.doi))
    return f"{authors}{year}. {' '.join(filter(None, parts))}"


def doi(name: str) -> str:
    """A DOI as a link; empty where there is none."""
    return f"https://doi.org/{name}" if name else ""


def facts(paper: Paper) -> str:
    """Design, size and population, as far as the paper states them."""
    size = f"n = {paper.n:,} {paper.n_of or ''}".strip() if paper.n is not None else "n not stated"
    design = "design not stated" if paper.is_own else paper.design
    return "; ".join(filter(None, (design, size, paper.population or "", paper.country or "")))


def notice(one: Withdrawn) -> str:
    """What is said of a passage that is not used."""
    found = one.paper.retraction
    where = f", notice {doi(found.notice_doi)}" if found and found.notice_doi else ""
    year = f" in {found.year}" if found else ""
    return f"retracted{year}, not used: passage {one.passage_id} of {citation(one.paper)}{where}"


def as_json(made: Answer | Refusal, *, with_own: bool = False) -> dict[str, Any]:
    """One object; sentences of own files only where they stay on this machine.

    Args:
        made: What was answered.
        with_own: For the page on this machine alone, never for a file.
    """
    if isinstance(made, Refusal):
        return {
            "refused": made.reason,
            "words": made.words,
            "remedy": made.remedy,
            "disclaimer": DISCLAIMER,
        }
    shown = [quote for quote in made.quotes if with_own or not quote.paper.is_own]
    left_out = len(made.quotes) - len(shown)
    return {
        "question": made.question,
        "quotes": [_quote(quote) for quote in shown],
        "left_out": {"sentences": left_out, "words": _OWN_LEFT_OUT} if left_out else None,
        "grade": {"name": made.grade.name, "words": made.grade.words},
        "confidence": {"percent": round(100 * made.confidence_01), "words": made.confidence_words},
        "not_found": list(made.not_found),
        "read_as": [list(slip) for slip in made.read_as],
        "contradictions": [
            {
                "asked": one.asked,
                "sides": [
                    {"paper": paper, "exposure": exposure, "direction": direction}
                    for paper, exposure, direction in one.sides
                ],
            }
            for one in made.contradictions
        ],
        "retracted": [notice(one) for one in made.withdrawn],
        "disclaimer": DISCLAIMER,
    }


def saved(made: Answer | Refusal, today: str) -> str:
    """A file of an answer, with the disclaimer; without sentences of own files.

    Args:
        made: What was answered.
        today: The date, as the file says it.
    """
    said = [f"Asked of Wardbeat's evidence on {today}."]
    if isinstance(made, Answer):
        quotes = tuple(quote for quote in made.quotes if not quote.paper.is_own)
        left_out = [_OWN_LEFT_OUT] if len(quotes) < len(made.quotes) else []
        said += [f"Question: {made.question}", *left_out, ""]
        made = dataclasses.replace(made, quotes=quotes)
    return "\n".join((*said, *lines(made), ""))


def _quote(quote: Quote) -> dict[str, Any]:
    paper = quote.paper
    return {
        "text": quote.text,
        "passage": quote.passage_id,
        "section": quote.section,
        "start": quote.start,
        "stop": quote.stop,
        "paper": paper.id,
        "authors": list(paper.authors),
        "year": paper.year or None,
        "title": paper.title,
        "journal": paper.journal or None,
        "doi": paper.doi or None,
        "licence": paper.licence,
        "design": None if paper.is_own else paper.design,
        "n": paper.n,
        "n_of": paper.n_of,
        "population": paper.population,
        "country": paper.country,
        "is_own": paper.is_own,
    }


def lines(made: Answer | Refusal) -> Iterator[str]:
    """For a terminal."""
    if isinstance(made, Refusal):
        yield from (f"No answer. {made.words}", f"  \u2192 {made.remedy}", "", DISCLAIMER)
        return
    for number, quote in enumerate(made.quotes, 1):
        yield f"{number}. \u201c{quote.text}\u201d"
        yield f"   {citation(quote.paper)}"
        yield f"   {facts(quote.paper)}; {quote.paper.licence}"
        yield f"   {quote.section}; the whole passage: wardbeat evidence show {quote.passage_id}"
        yield ""
    yield f"Evidence {made.grade.name}: {made.grade.words}."
    percent = round(100 * made.confidence_01)
    yield f"Confidence that the first paper is the right one: {percent} %, {made.confidence_words}."
    for typed, read in made.read_as:
        yield f"{typed!r} was read as {read!r}."
    for one in made.contradictions:
        sides = "; ".join(f"{paper}: {exposure} \u2013 {direction}" for paper, exposure, direction in one.sides)
        yield f"These papers do not agree on {one.asked}: {sides}."
    if made.not_found:
        yield f"Searched, and in no quoted sentence: {', '.join(made.not_found)}."
    yield from (f"{notice(one)}" for one in made.withdrawn)
    yield ""
    yield DISCLAIMER
