"""Documents: the README's length, records with their tests, links that lead somewhere. Each law is shown to fail."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POINTS = "docs/page_before_after.md"
HEADINGS = ["## Context", "## Decision", "## Consequences", "## Test"]


def readme_is_short(root: Path) -> Iterator[str]:
    lines = len((root / "README.md").read_text(encoding="utf-8").splitlines())
    if lines > 180:
        yield f"README.md: {lines} lines"


def functions_in_tests(root: Path) -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (root / "tests").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def records_name_their_tests(root: Path) -> Iterator[str]:
    known = functions_in_tests(root)
    index = (root / "docs/decisions/README.md").read_text(encoding="utf-8")
    for path in sorted((root / "docs/decisions").glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        if re.findall(r"^## .*$", text, re.MULTILINE) != HEADINGS:
            yield f"{path.name}: headings"
        named = set(re.findall(r"`(test_\w+)`", text.partition("## Test")[2]))
        missing = named - known
        if not named or missing:
            yield f"{path.name}: tests {sorted(missing) or sorted(named)}"
        if f"({path.name})" not in index:
            yield f"{path.name}: not in the index"


def links_lead_somewhere(root: Path) -> Iterator[str]:
    files = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "models").glob("*.md")]
    for path in sorted(files):
        for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
            file = link.partition("#")[0]
            if file and ":" not in link and not (path.parent / file).exists():
                yield f"{path.relative_to(root)}: {link}"


def points_name_their_tests(root: Path) -> Iterator[str]:
    """The points of the page's redesign: each with a test that is there, until the heading of what is not met."""
    text = (root / POINTS).read_text(encoding="utf-8").partition("## Not met")[0]
    known = functions_in_tests(root)
    for row in re.findall(r"^\| (?!---|point|wrong|\|).*$", text, re.MULTILINE):
        named = set(re.findall(r"`(test_\w+)`", row))
        if not named or named - known:
            yield f"{row[:40]}: tests {sorted(named - known) or 'none'}"


LAWS = [readme_is_short, records_name_their_tests, links_lead_somewhere, points_name_their_tests]
RECORD = "# 1. A\n\n## Context\n\n## Decision\n\n## Consequences\n\n## Test\n\n{}\n"
# each law with a file that breaks it
BREACHES: list[tuple[Callable[[Path], Iterator[str]], str, str]] = [
    (readme_is_short, "README.md", "a line\n" * 181),
    (records_name_their_tests, "docs/decisions/001-a.md", RECORD.format("* `test_that_is_nowhere`")),
    (records_name_their_tests, "docs/decisions/001-a.md", RECORD.format("")),
    (
        records_name_their_tests,
        "docs/decisions/001-a.md",
        RECORD.format("Test: none yet; proposed: `test_that_will_be`"),
    ),
    (
        records_name_their_tests,
        "docs/decisions/001-a.md",
        RECORD.format("* `test_that_is_here`").replace("## C", "# C"),
    ),
    (records_name_their_tests, "docs/decisions/002-b.md", RECORD.format("* `test_that_is_here`")),
    (points_name_their_tests, POINTS, "| | point | holds |\n|---|---|---|\n| 1 | a | `test_that_is_nowhere` |\n"),
    (points_name_their_tests, POINTS, "| wrong | holds |\n|---|---|\n| two kinds of minus | nothing |\n"),
    (links_lead_somewhere, "README.md", "[more](docs/nowhere.md)\n"),
    (links_lead_somewhere, "docs/decisions/001-a.md", "![a picture](../nowhere.png)\n"),
]


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A small tree in which every law holds."""
    (tmp_path / "docs/decisions").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text("def test_that_is_here(): pass\n")
    (tmp_path / "README.md").write_text("a line\n" * 179 + "[the index](docs/decisions/README.md)\n")
    (tmp_path / "docs/decisions/README.md").write_text("| [001](001-a.md) | A |\n")
    (tmp_path / "docs/decisions/001-a.md").write_text(RECORD.format("* `test_that_is_here`"))
    (tmp_path / POINTS).write_text("| | point | holds |\n|---|---|---|\n| 1 | a | `test_that_is_here` |\n")
    return tmp_path


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_documents_keep_the_law(law: Callable[[Path], Iterator[str]], planted: Path):
    assert list(law(planted)) == []
    assert list(law(ROOT)) == []


@pytest.mark.parametrize(("law", "file", "breach"), BREACHES)
def test_a_document_that_breaks_the_law_is_found(law, file, breach, planted: Path):
    (planted / file).write_text(breach)

    assert list(law(planted)) != []
