"""A text as tokens: one Unicode form, lower case, bounded length.

Tokens are words (with an apostrophe inside), runs of ! and ?, plain smileys and emoji. Digits and other signs are left
out. `an` is read as `a`, and words for one person's gender as one word: *she* as *he*, *her* and *him* as *his*.
"""

import re
import unicodedata
from typing import Final

MAX_CHARACTERS: Final = 1_000
"""Longer than every comment that the model was trained on (703)."""

_TOKEN: Final = re.compile(
    r"[^\W\d_]+(?:'[^\W\d_]+)?|[!?]+|[:;=]-?[()DPp/]|[\U0001F300-\U0001FAFF\u2600-\u27BF]",
)
_HIDDEN: Final = frozenset({"Cf", "Cc", "Mn"})
_ASCII: Final = {code: " " if chr(code).isspace() else None for code in (*range(32), 127)}
"""The same for ASCII, much faster."""
_SAME: Final = {
    "an": "a",
    "she": "he",
    "her": "his",
    "hers": "his",
    "him": "his",
    "herself": "himself",
    "she's": "he's",
    "she'll": "he'll",
    "she'd": "he'd",
}


def normalised(text: str) -> str:
    """A text in NFKC and lower case, with straight apostrophes, without marks that are not seen.

    Source: Unicode Standard Annex 15 (NFKC).
    """
    composed = unicodedata.normalize("NFKC", text).replace("\u2019", "'").lower()
    if composed.isascii():
        return composed.translate(_ASCII)
    kept = (" " if c.isspace() else "" if unicodedata.category(c) in _HIDDEN else c for c in composed)
    return unicodedata.normalize("NFC", "".join(kept))


def tokens(text: str) -> list[str]:
    """Tokens in their order; `text` is read up to `MAX_CHARACTERS`.

    >>> tokens("She's SO tired\u2026 3 nights!!!")
    ["he's", 'so', 'tired', 'nights', '!!']
    """
    found = _TOKEN.findall(normalised(text[:MAX_CHARACTERS])[: 4 * MAX_CHARACTERS])
    return [_SAME.get(token, token[:2] if token[0] in "!?" else token) for token in found]


def is_word(token: str) -> bool:
    """Whether a token is a word, not a sign."""
    return token[0].isalpha()
