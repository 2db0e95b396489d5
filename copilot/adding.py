"""Papers of your own: the text of a PDF as passages. They stay on this machine, and are never exported."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import DocumentRefused, WrongUse
from copilot import pdf
from copilot.library import Library
from copilot.papers import OWN, Paper, Passage, own_paper, sha256_of
from copilot.sentences import spans

FILES_MOST: Final = 2000
_SENTENCES: Final = 5
_LETTERS: Final = 900
_LETTERS_LEAST: Final = 40
_LONGEST: Final = 2000  # what is longer is a table or a list, and no sentence
_TITLE_LEAST: Final = 12
_REFERENCES: Final = re.compile(
    r"^\s*(?:\d+\.?\s*)?(?:references|bibliography|literature cited)\s*$", re.IGNORECASE | re.MULTILINE
)
_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)\]]")
_DIVIDED: Final = re.compile(r"(\w+)-\n\s*([a-z]\w*)")


@dataclass(frozen=True, slots=True)
class Added:
    """What became of some files.

    Attributes:
        papers: Added.
        refused: Not added, each by name.
    """

    papers: tuple[Paper, ...]
    refused: tuple[DocumentRefused, ...]


def add(library: Library, path: Path) -> Added:
    """Add a PDF, or each PDF of a folder; a file that is refused changes nothing.

    Raises:
        WrongUse: There is no such file, or no PDF in the folder.
        Missing: The reader of PDFs is not installed.
        StorageFull: The disk is full.
    """
    added, faults = list[Paper](), list[DocumentRefused]()
    for file in _files(path):
        try:
            paper = made(pdf.read(file))
            if paper.id in library.papers:
                raise pdf.refused("already_there", file.name)
            if any(
                one.retraction and paper.doi and one.doi.lower() == paper.doi.lower() for one in library.papers.values()
            ):
                raise pdf.refused("retracted", file.name)
        except DocumentRefused as refused:
            faults.append(refused)
            continue
        library.index.add([paper])
        library.look_again()
        added.append(paper)
    return Added(tuple(added), tuple(faults))


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        if not path.exists():
            raise WrongUse(f"there is no file {path}", remedy="Check its name.")
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix.lower() == ".pdf")
    if not found or len(found) > FILES_MOST:
        raise WrongUse(
            f"the folder {path} holds {len(found)} PDFs", remedy=f"Name a folder with one to {FILES_MOST} of them."
        )
    return found


def made(document: pdf.Document) -> Paper:
    """The paper of a document.

    Raises:
        DocumentRefused: It holds no sentence.
    """
    pages = _without_references(document.pages)
    known = frozenset(re.findall(r"\w+", " ".join(pages).lower()))
    texts = [text for page in pages for text in _passages(_one_line(page, known))]
    if not texts:
        raise pdf.refused("no_text", document.name)
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", document.name).lower()).strip("-")[:40] or "paper"
    paper_id = f"{OWN}{slug}-{digest}"
    passages = tuple(
        Passage(f"{paper_id}-{number}", "results", text, sha256_of(text)) for number, text in enumerate(texts, 1)
    )
    title = _clean(document.title)
    doi = _DOI.search("\n".join(document.pages[:2]))
    facts = {"doi": doi[0] if doi else ""}
    return own_paper(paper_id, title if len(title) >= _TITLE_LEAST else _clean(document.name), facts, passages)


def _without_references(pages: Sequence[str]) -> list[str]:
    """The pages up to the list of references, where it begins in the second half."""
    for number, page in enumerate(pages):
        found = _REFERENCES.search(page)
        if found and 2 * number >= len(pages) - 1:
            return [*pages[:number], page[: found.start()]]
    return list(pages)


def _one_line(page: str, known: frozenset[str]) -> str:
    """A page's text in one line; a word that was divided at a line's end is whole where the document has it whole."""

    def whole(part: re.Match[str]) -> str:
        return f"{part[1]}{part[2]}" if f"{part[1]}{part[2]}".lower() in known else f"{part[1]}-{part[2]}"

    return _clean(_DIVIDED.sub(whole, page))


def _clean(text: str) -> str:
    """Without control characters, each white space one blank."""
    kept = (one if unicodedata.category(one)[0] != "C" or one.isspace() else "" for one in text)
    return " ".join("".join(kept).split())


def _passages(text: str) -> Iterator[str]:
    """Whole sentences that stand together."""
    start: int | None = None
    stop = count = 0
    for begin, end in spans(text):
        if end - begin > _LONGEST:
            if start is not None:
                yield text[start:stop]
            start = None
            continue
        if start is not None and (count == _SENTENCES or end - start > _LETTERS):
            if stop - start >= _LETTERS_LEAST:
                yield text[start:stop]
            start = None
        if start is None:
            start, count = begin, 0
        stop, count = end, count + 1
    if start is not None and stop - start >= _LETTERS_LEAST:
        yield text[start:stop]
