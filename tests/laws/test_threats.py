"""The threat model: each claim names the test that holds it, and each attack has a claim. Each law is shown to fail."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.laws.test_documents import functions_in_tests

ROOT = Path(__file__).parents[2]
CLAIMS, KINDS = "THREATS.md", "docs/threats/kinds.md"
# the column of the tests, by the head of a table; other tables than these there are none
HEADS: dict[str, dict[tuple[str, ...], int | None]] = {
    CLAIMS: {
        ("who", "sees", "cannot"): None,
        ("attacker", "asset", "claim", "test", "what remains"): 3,
    },
    KINDS: {("place", "question", "answer", "test"): 3},
}
TABLES = {CLAIMS: 9, KINDS: 7}


def tables(root: Path, document: str) -> Iterator[list[tuple[str, ...]]]:
    """Each table of a document as rows of cells, its head first and without the line below it."""
    text = (root / document).read_text(encoding="utf-8")
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        lines = [line.strip().removeprefix("|").removesuffix("|") for line in block.splitlines()]
        yield [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)) for line in (lines[0], *lines[2:])]


def rows(root: Path, document: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each row that makes a claim, with the cell of its tests."""
    for head, *body in tables(root, document):
        column = HEADS[document].get(head)
        if column is not None:
            yield from ((row, row[column] if column < len(row) else "") for row in body)


def every_cell_is_filled(root: Path) -> Iterator[str]:
    for document, heads in HEADS.items():
        found = list(tables(root, document))
        if len(found) < TABLES[document]:
            yield f"{document}: {len(found)} tables"
        for head, *body in found:
            if head not in heads:
                yield f"{document}: a table {head}"
            if not body:
                yield f"{document}: an empty table"
        for row, _ in rows(root, document):
            if len(row) != len(next(head for head, column in heads.items() if column is not None)) or not all(row):
                yield f"{document}: {row}"


def nothing_is_abbreviated(root: Path) -> Iterator[str]:
    for document in HEADS:
        for number, line in enumerate((root / document).read_text(encoding="utf-8").splitlines(), 1):
            if "..." in line or "\N{HORIZONTAL ELLIPSIS}" in line:
                yield f"{document}:{number}: {line}"


def every_row_names_tests_that_exist(root: Path) -> Iterator[str]:
    """A test function, a file of tests, or a target of the Makefile whose planted breach the row names."""
    functions = functions_in_tests(root)
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    for document in HEADS:
        for row, cell in rows(root, document):
            named = re.findall(r"`([^`]+)`", cell)
            is_open = document == KINDS and row[2].startswith("Open")
            if not named and not is_open:
                yield f"{document}: no test: {row}"
            for name in named:
                words = name.split()
                if words[0] == "make":
                    values = [word.partition("=")[2] for word in words[2:]]
                    known = words[1] in targets and all(re.search(rf"\b{value}\b", makefile) for value in values)
                    if not known or "planted" not in cell:
                        yield f"{document}: {name}"
                elif name.startswith("tests/"):
                    if not (root / name).is_file():
                        yield f"{document}: {name}"
                elif name not in functions or not name.startswith("test_"):
                    yield f"{document}: {name}"


def every_attack_has_a_claim(root: Path) -> Iterator[str]:
    """Each function of tests/attacks is named by a row, or its file is."""
    named = set(re.findall(r"`([^`]+)`", " ".join(cell for _, cell in rows(root, CLAIMS))))
    for path in sorted((root / "tests/attacks").glob("test_*.py")):
        for attack in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            if attack not in named and f"tests/attacks/{path.name}" not in named:
                yield f"{path.name}: {attack}"


def the_kinds_are_linked(root: Path) -> Iterator[str]:
    if f"({KINDS})" not in (root / CLAIMS).read_text(encoding="utf-8"):
        yield CLAIMS


LAWS = [
    every_cell_is_filled,
    nothing_is_abbreviated,
    every_row_names_tests_that_exist,
    every_attack_has_a_claim,
    the_kinds_are_linked,
]
TRUST = "| who | sees | cannot |\n|---|---|---|\n| the person | everything | |\n\n"
HEAD = "\n## A group\n\n| attacker | asset | claim | test | what remains |\n|---|---|---|---|---|\n"
GOOD = "| a thief | a key | It is refused. | `test_that_is_here`, `tests/attacks/test_a.py` | Nothing known. |\n"
MADE = "| a thief | a key | It is refused. | `make bench PART=race` (planted: no lock) | Nothing known. |\n"
KIND_HEAD = "\n| place | question | answer | test |\n|---|---|---|---|\n"
KIND = KIND_HEAD + "| hub | Is it compared? | Yes. | `test_that_is_here` |\n| page | And here? | Open: no. | none |\n"
FULL = TRUST + (HEAD + GOOD + MADE) * (TABLES[CLAIMS] - 1) + f"\n[the kinds]({KINDS})\n"


def with_row(test: str) -> str:
    return FULL + HEAD + GOOD.replace("`test_that_is_here`, `tests/attacks/test_a.py`", test)


# each law with a file that breaks it
BREACHES: list[tuple[Callable[[Path], Iterator[str]], str, str]] = [
    (every_cell_is_filled, CLAIMS, FULL + HEAD + GOOD.replace("a key", " ")),
    (every_cell_is_filled, CLAIMS, FULL + HEAD + GOOD.replace("| Nothing known. |", "|")),
    (every_cell_is_filled, CLAIMS, FULL + HEAD),
    (every_cell_is_filled, CLAIMS, FULL + "\n| attack | defence |\n|---|---|\n| a | b |\n"),
    (every_cell_is_filled, CLAIMS, TRUST + HEAD + GOOD),
    (every_cell_is_filled, KINDS, KIND * 6),
    (every_cell_is_filled, KINDS, KIND * 7 + "| hub | | Yes. | `test_that_is_here` |\n"),
    (nothing_is_abbreviated, CLAIMS, with_row("`test_that...`")),
    (nothing_is_abbreviated, KINDS, KIND * 7 + "and so on \N{HORIZONTAL ELLIPSIS}\n"),
    (every_row_names_tests_that_exist, CLAIMS, with_row("by review")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`test_that_is_nowhere`")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`test_that_is_here`, `test_that_is`")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`no_test`")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`tests/attacks/test_b.py`")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`tests/attacks`")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`make nothing` (planted: no lock)")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`make bench PART=none` (planted: no lock)")),
    (every_row_names_tests_that_exist, CLAIMS, with_row("`make bench PART=race`")),
    (every_row_names_tests_that_exist, KINDS, KIND * 7 + "| agent | Is it compared? | Yes. | none |\n"),
    (every_row_names_tests_that_exist, KINDS, KIND * 7 + "| agent | Is it compared? | Yes. | `test_no` |\n"),
    (every_attack_has_a_claim, "tests/attacks/test_b.py", "def test_a_new_attack(): pass\n"),
    (every_attack_has_a_claim, "tests/attacks/test_b.py", "def test_that_is_here(): pass\ndef test_b(): pass\n"),
    (the_kinds_are_linked, CLAIMS, FULL.replace(f"({KINDS})", "")),
]


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A small tree in which every law holds."""
    (tmp_path / "docs/threats").mkdir(parents=True)
    (tmp_path / "tests/attacks").mkdir(parents=True)
    (tmp_path / "tests/attacks/test_a.py").write_text("def test_that_is_here(): pass\ndef no_test(): pass\n")
    (tmp_path / "tests/attacks/test_c.py").write_text("def test_that_is_here(): pass\n")
    (tmp_path / "Makefile").write_text("## the race: PART=race\nbench: .installed\n\tpython bench.py\n")
    (tmp_path / CLAIMS).write_text(FULL)
    (tmp_path / KINDS).write_text(KIND * 7)
    return tmp_path


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_threat_model_keeps_the_law(law: Callable[[Path], Iterator[str]], planted: Path):
    assert list(law(planted)) == []
    assert list(law(ROOT)) == []


@pytest.mark.parametrize(("law", "file", "breach"), BREACHES)
def test_a_threat_model_that_breaks_the_law_is_found(law, file, breach, planted: Path):
    (planted / file).write_text(breach)

    assert list(law(planted)) != []
