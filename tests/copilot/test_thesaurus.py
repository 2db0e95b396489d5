"""The thesaurus: its form, and that it leads to words that papers have."""

import pytest

from agent.errors import CorpusRefused
from copilot import reading, thesaurus
from copilot.words import joined, stems


@pytest.mark.parametrize("raw", [b"worn out", b"a\tb\tc", b"Worn out\texhaustion", b"worn  out\texhaustion", b"\tx", b"a\t",
                                 "m\u00fcde\tfatigue".encode(), b"a, b,c\td"])  # fmt: skip
def test_a_line_of_another_form_is_named(raw):
    with pytest.raises(CorpusRefused, match="thesaurus"):
        thesaurus.parsed(b"tired\tfatigue\n" + raw + b"\n")


def test_most_of_what_it_leads_to_stands_in_a_shipped_passage():
    corpus = reading.load()
    text = " ".join(joined(" . ".join((paper.head, *(one.text for one in paper.passages)))) for paper in corpus.papers)
    found = [" ".join(stems(phrase)) in text for _, phrases in thesaurus.shipped() for phrase in phrases]
    assert sum(found) > 0.9 * len(found)
    assert "hammock" not in text
