"""What a question wants to know of its subject, where papers often say something else of the same subject.

A paper on a course that lowered stress says nothing of what the course cost, or whether the effect lasted. One row adds
one: what a question has, and what a passage must have then.
"""

import re
from typing import Final, NamedTuple


class Facet(NamedTuple):
    """One row.

    Attributes:
        name: As it is said where no quoted sentence has it.
        asked: What the question's tokens have, joined by blanks.
        found: What the passage has, in lower case.
    """

    name: str
    asked: re.Pattern[str]
    found: re.Pattern[str]


def _row(name: str, asked: str, found: str) -> Facet:
    return Facet(name, re.compile(rf"\b(?:{asked})\b"), re.compile(found))


FACETS: Final = (
    _row(
        "what it costs",
        r"costs?|costly|prices?|priced|cheap\w*|expens\w+|money|value for money|qalys?|budgets?|afford\w*|profit\w*|"
        r"wages?|salar\w+|(?:extra|more|higher|hourly) pay|licen[cs]es?|how much (?:is|are|was) (?:an?|the)|"
        r"dollars?|euros?|pounds?|return on investment|cost effective\w*",
        r"\bcost|econom|dollar|financ|\bwage|salar|income|expend|remunerat|payment|billion|\bprofit|[$\u20ac\u00a3]",
    ),
    _row(
        "whether it lasts",
        r"lasts?|lasted|lasting|still|long term|wears? off|worn off|fades?|faded|sustained?|maintained|persist\w*|"
        r"(?:hold|holds|held) (?:up|on|for)|(?:keeps? up|permanently)|"
        r"(?:after|for|at|over|within) (?:an?|one|two|three|four|five|six|nine|twelve|\d+) (?:years?|months?)|"
        r"(?:years?|months?) (?:later|on|after|afterwards)|follow ups?",
        r"follow-?\s?up|\bmonths?\b|\byears?\b|\bweeks?\b|long[- ]term|sustain|maintain|persist|\blast(?:s|ed|ing)\b|"
        r"prolonged|over time|longitudinal|chronic|short[- ]term",
    ),
    _row("men", r"men|male|males|man|husbands?|fathers?", r"\bmen\b|\bmales?\b|\bgender|\bsex\b"),
    _row("women", r"women|female|females|woman|mothers?", r"\bwomen\b|\bfemales?\b|\bgender|\bsex\b|nurses"),
    _row(
        "a threshold",
        r"cut ?offs?|thresholds?|what (?:score|value|level)|which (?:score|value|level)",
        r"cut-?\s?off|threshold|\bscores? (?:of|above|below|over)|[<>\u2265\u2264]",
    ),
    _row(
        "the direction of rotation",
        r"(?:forwards?|backwards?|clockwise|anticlockwise|counterclockwise)",
        r"forward|backward|clockwise|rotation",
    ),
    _row("deaths", r"die|dies|died|dying|deaths?|mortality|fatal\w*", r"\bdeath|\bdie|mortal|fatal|suicid|surviv"),
    _row(
        "what it is",
        r"(?:what (?:exactly )?(?:is|are|s)|whats|define|explain)(?: an?)?"
        r"(?! (?:best|better|good|bad|known|wrong|right|needed|done|new|the|it|there|most|more)\b)"
        r"(?: (?!(?:risks?|factors?|causes?|effects?|prevalence|rates?|percentage|share|evidence|ways|options|methods|"
        r"interventions?|in|of|for|on|to|and|or|against|with|between|after|during)\b)\w+){1,4}"
        r"(?: in (?:a |the )?\w+(?: \w+)?)?$|(?:meaning|definitions?) of|definitions?$|meaning$|"
        r"what (?:does|do|is) (?:\w+ ){1,5}(?:mean|meant|consist)",
        r"\bis an? \b|\bdefin|characteri[sz]ed by|\brefers? to\b|\bcompris|\bconsists? of\b|\bmeans\b|"
        r"\bresults? from\b|\bphenomenon\b|\bsyndrome\b",
    ),
    _row(
        "its signs",
        r"signs?|symptoms?|(?:recogni[sz]e|notice|spot|tell)(?: (?:that|if|whether|when))?|feels? like|"
        r"how (?:do|can) (?:i|you|we) know",
        r"\bsymptoms?\b|\bsigns?\b|\bfatigue\b|\bexhaust|\birritab|\bcynic",
    ),
    _row(
        "who left the study",
        r"drop(?:ped|s|ping)? ?outs?|dropped|attrition|withdrew|completed|completion|compliance|adherence",
        r"drop|attrition|withdr|complet|complian|adher|retention|lost to follow",
    ),
)


def asked_facets(question_joined: str) -> tuple[Facet, ...]:
    """The facets that a question has, given as tokens joined by blanks.

    >>> [facet.name for facet in asked_facets("what did the course cost per nurse")]
    ['what it costs']
    """
    return tuple(facet for facet in FACETS if facet.asked.search(question_joined))


def found_01(facets: tuple[Facet, ...], text: str) -> float:
    """Share of facets that a passage has; 1 where the question has none.

    >>> found_01(asked_facets("does the effect last"), "The effect was there after six months.")
    1.0
    """
    line = text.lower()
    return sum(bool(facet.found.search(line)) for facet in facets) / len(facets) if facets else 1.0
