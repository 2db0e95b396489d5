"""What a sentence says: a finding, how something was studied, or what was aimed at."""

import re
from functools import lru_cache
from typing import Final

# what a sentence says, by where it stands
_SECTIONS: Final = {"conclusion": 0.15, "results": 0.12, "abstract": 0.08, "discussion": 0.04, "introduction": -0.06,
                    "methods": -0.2}  # fmt: skip
# an aim repeats the question's words and answers nothing: it is never quoted
_AIM: Final = re.compile(
    r"^To (?:\w+ly )?(?:\w+ [^,]*$|(?:provide|give|examine|evaluate|assess|determine|compare|explore|investigate|"
    r"identify|describe|summari[sz]e|review|estimate|test|study|analy[sz]e) )|"
    r"\b(?:aims?|aimed|objectives?|purpose|hypothes\w+|protocol|research question|we (?:sought|investigated|"
    r"examined|explored|"
    r"evaluated|assessed|tested|studied|conducted|verified|compared|surveyed|measured|analy[sz]ed|recruited|searched|"
    r"performed|included|used)|this (?:[\w-]+ ){0,4}(?:study|review|trial|paper|article) (?:\w+ )?(?:examine[sd]?|"
    r"investigate[sd]?|explore[sd]?|evaluate[sd]?|assesse[sd]|aims?|was conducted|describes?)|to (?:examine|"
    r"investigate|explore|"
    r"evaluate|assess|determine|compare) (?:the|whether|if|how)|future (?:research|studies)|further (?:research|"
    r"studies))\b",
    re.IGNORECASE,
)
_FINDS: Final = re.compile(
    r"\b(?:associated|significant\w*|reduc\w+|improv\w+|increas\w+|decreas\w+|lower\w*|higher|risk|odds|effective|no "
    r"(?:effect|difference|evidence|association)|predict\w*|found|showed|suggest\w*|prevalence|more likely|"
    r"less likely)\b",
    re.IGNORECASE,
)
_LEANS: Final = re.compile(r"(?:This|These|Those|They|It|Its|Their|However|Such|He|She|But|Thus|Also|Both)\b")
_METHOD: Final = re.compile(
    r"\b(?:(?:was|were|been|being) (?:\w+ly )?(?:conducted|performed|held|recruited|collected|administered|"
    r"randomi[sz]ed|included|searched|screened|invited|enrolled|distributed|carried out|obtained|extracted|selected|"
    r"allocated|assigned|interviewed|surveyed|registered|completed by|used to)|participants included|risk of bias|"
    r"(?:study|trial|review) (?:utili[sz]ed|used|employed|applied)|content analysis|a total of \d+|"
    r"(?:data|responses) (?:of|from|were|was)|(?:nurses|participants|respondents|physicians|workers|employees) "
    r"(?:participated|completed|answered|responded|took part)|"
    r"each (?:nurse|participant|person|group|resident|worker|one) (?:took|received|wore|completed|had)|"
    r"inclusion criteria|convenience sampl\w+|"
    r"cross[- ]sectional (?:survey|study|design)|search(?:es)? (?:of|in) (?:\w+ )?(?:databases?|pubmed|medline))\b",
    re.IGNORECASE,
)
_INTERVAL: Final = re.compile(r"\b9[059]\s?%\s?(?:CI|confidence|credible)", re.IGNORECASE)
_NO_EFFECT: Final = re.compile(
    r"\bno (?:\w+ ){0,2}(?:evidence|changes?|differences?|effects?|associations?|benefits?|improvements?|"
    r"reductions?)\b|\b(?:not|neither|nor) (?:\w+ ){0,2}(?:associated|related|significant\w*|changed?|reduced?|"
    r"improved?|differ\w*|influenced?|affect\w*|effective|predict\w*)\b|"
    r"\bdid not (?:\w+ )?(?:reduc|improv|differ|chang|affect|predict|influenc|increas|decreas|lower|find|show|lead|"
    r"support|help)|\badverse\b|\bside effects?\b",
    re.IGNORECASE,
)
_DOUBT: Final = re.compile(
    r"\brisk of bias\b|\b(?:conflicting|inconsistent|inconclusive|mixed|attenuated|negligible|heterogeneity)\b|"
    r"\bquality of the evidence\b|\b(?:low|poor) quality\b|^(?:However|Although|But)\b",
    re.IGNORECASE,
)
_STATISTICS: Final = re.compile(r"[=<>%]|\bCI\b")
_SHARE: Final = re.compile(r"\d\s?%|per ?cent|\b(?:one|two|three|\d+) (?:in|out of) (?:\w+|\d+)\b|\d+ of (?:the )?\d+")
_SHORT: Final = 45
_once = lru_cache(maxsize=16384)  # a sentence of the shipped papers is looked at for every other question
_IS_METHOD: Final = 0.7


@_once
def is_aim(sentence: str) -> bool:
    """Whether a sentence says what was to be found out.

    >>> is_aim("We investigated naps."), is_aim("Naps lowered fatigue.")
    (True, False)
    """
    return bool(_AIM.search(sentence))


@_once
def is_method(sentence: str) -> bool:
    """Whether a sentence says how something was studied, and finds nothing.

    >>> is_method("A survey of 450 nurses was conducted."), is_method("Fatigue was lower after naps.")
    (True, False)
    """
    return bool(_METHOD.search(sentence))


@_once
def finds(sentence: str) -> bool:
    """Whether a sentence states a finding.

    >>> finds("Naps lowered fatigue."), finds("Nurses work at night.")
    (True, False)
    """
    return bool(_FINDS.search(sentence) or _NO_EFFECT.search(sentence))


@_once
def limits(sentence: str) -> bool:
    """Whether a sentence takes something back: no effect, a harm, a doubt about the studies.

    >>> limits("Naps had no effect on mood."), limits("Naps lowered fatigue.")
    (True, False)
    """
    return bool(_NO_EFFECT.search(sentence) or _DOUBT.search(sentence))


@_once
def has_share(sentence: str) -> bool:
    """Whether a sentence says how common something is; the percentages of an interval do not.

    >>> has_share("Burnout was found in 52% (95% CI 40-63)."), has_share("The odds were 1.4 (95% CI 1.1-1.8).")
    (True, False)
    """
    return bool(_SHARE.search(_INTERVAL.sub(" ", sentence)))


def has_statistics(sentence: str) -> bool:
    """Whether a sentence gives an estimate or a test.

    >>> has_statistics("Naps lowered fatigue (p < .01)."), has_statistics("Naps lowered fatigue.")
    (True, False)
    """
    return bool(_STATISTICS.search(sentence))


def worth(sentence: str, section: str, *, is_method_asked: bool) -> float:
    """What a sentence is worth beside what it has of the question; for `copilot.ranking`.

    Args:
        sentence: Its text.
        section: Where in the paper its passage stands.
        is_method_asked: Whether the question is about how something was studied.
    """
    made = _SECTIONS.get(section, 0.0)
    if _LEANS.match(sentence):
        made -= 0.1
    if len(sentence) < _SHORT or sentence.endswith("?"):
        made -= 0.25
    if is_method(sentence) and not is_method_asked:
        made -= _IS_METHOD
    return made
