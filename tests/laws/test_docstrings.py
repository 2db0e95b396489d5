"""Docstrings of the formulas: what every public name of `agent.signal` and `agent.scoring` must state.

A function or method states each argument, what it returns, and its source; an array has its shape and its unit. A class
states each field. A name is public when neither it nor its class begins with an underscore; functions inside functions
do not count. The law is shown to fail.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent/signal", "agent/scoring")

ARRAY = re.compile(r"\b(Floats|Bools|Ints|Points|NDArray|ndarray)\b")
# arrays of quantities; truth values and labels have no unit
NUMBERS = re.compile(r"\b(Floats|Points|float64|float32)\b")
SHAPE = re.compile(r"\bshapes?:?\s+``\(|\bany shape\b|\bin the shape of\b", re.IGNORECASE)
UNIT = re.compile(
    r"\b(in (s|g|intervals|days)|per s|ms|ms2|ms\^2(/Hz)?|Hz|px|radians|bpm|per minute|1/s\^2|-?\d+ to 1|0 or 1|0 to 100|units?|"
    r"counts?|squared unit|hours|alarms per quarter|differences of logarithms)\b",
    re.IGNORECASE,
)
UNIT_IN_NAME = re.compile(r"_(s|ms|ms2|ns|hz|g|us|px|rad|bpm|01|per_min|per_s|deg_per_s|bins)$")
SOURCE = re.compile(r"^ *(Source|Derived):(.*(?:\n.+)?)", re.MULTILINE)
SECTION = re.compile(r"^ *([A-Z][a-z]+):(.*)$")
CURES = {
    "docstring": "write one",
    "argument": "add it under Args, or name it in the text in backticks",
    "field": "add it under Attributes, or name it in the text in backticks",
    "return": "add 'Returns:' (a generator: 'Yields:')",
    "source": "add 'Source:' with the paper, or 'Derived:' with the derivation; trivial: 'Source: definition.'",
    "module source": "add 'Source:' or 'Derived:' to the docstring of the module, which the function refers to",
    "shape": "add its shape, as in 'shape ``(n,)``'",
    "unit": "add its unit ('in ms', 'no unit', '0 to 1'), or end its name with it",
}


def sections(text: str) -> dict[str, str]:
    """Text by section (Args, Attributes, Returns, Yields); under "" what stands before and between."""
    found: dict[str, list[str]] = {"": []}
    name, indent = "", 0
    for line in text.splitlines():
        head = SECTION.match(line)
        depth = len(line) - len(line.lstrip())
        if head and head[1] in ("Args", "Attributes", "Returns", "Yields", "Raises", "Source", "Derived"):
            name, indent = head[1], depth
            found.setdefault(name, []).append(head[2])
        elif line.strip() and name and depth <= indent and name in ("Args", "Attributes", "Raises"):
            name = ""
            found[""].append(line)
        else:
            if not line.strip() and name not in ("Args", "Attributes"):
                name = ""
            found[name].append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def entries(section: str) -> dict[str, str]:
    """What Args or Attributes say of each name; "a, b: text" counts for both."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        head = re.match(r"^ +\**(\w+(?:, \**\w+)*): (.*)$", line)
        if head:
            names = [part.strip(" *") for part in head[1].split(",")]
        for name in names:
            found[name] = found.get(name, "") + line + "\n"
    return found


def said_of(name: str, text: str, section: str) -> str:
    """What a docstring says of a name: its entry, or the sentences that hold it in backticks; empty for nothing."""
    own = entries(sections(text).get(section, "")).get(name, "")
    if own:
        return own
    sentences = re.split(r"(?<=[.;:])\s", text)
    spans = {sentence: re.findall(r"``.+?``|`.+?`", sentence, re.DOTALL) for sentence in sentences}
    word = re.compile(rf"\b{re.escape(name)}\b")
    return "\n".join(sentence for sentence, found in spans.items() if any(word.search(span) for span in found))


def quantity_faults(name: str, annotation: str, text: str) -> Iterator[str]:
    if ARRAY.search(annotation) and not SHAPE.search(text):
        yield f"shape of {name}"
    outside_formulas = re.sub(r"``.+?``", "", text, flags=re.DOTALL)
    if NUMBERS.search(annotation) and not UNIT_IN_NAME.search(name) and not UNIT.search(outside_formulas):
        yield f"unit of {name}"


def argument_faults(node: ast.FunctionDef, text: str, section: str = "Args") -> Iterator[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    for argument in arguments:
        if argument.arg in ("self", "cls", "_"):
            continue
        said = said_of(argument.arg, text, section)
        if not said:
            yield f"argument {argument.arg}"
        else:
            yield from quantity_faults(argument.arg, ast.unparse(argument.annotation or ast.Constant(None)), said)


def function_faults(node: ast.FunctionDef, module_text: str) -> Iterator[str]:
    text = ast.get_docstring(node)
    if text is None:
        yield "docstring"
        return
    yield from argument_faults(node, text)
    returned = "None" if node.returns is None else ast.unparse(node.returns)
    parts = sections(text)
    result = parts.get("Returns", parts.get("Yields", ""))
    if returned != "None" and not result.strip():
        yield "return"
    elif returned != "None":
        named = [f"the return ({node.name})"] if UNIT_IN_NAME.search(node.name) else ["the return"]
        for fault in quantity_faults(node.name, returned, result):
            yield fault.replace(f"of {node.name}", f"of {named[0]}")
    sources = SOURCE.findall(text)
    if not any(said.strip() for _, said in sources):
        yield "source"
    elif all(re.search(r"see the module", said) for _, said in sources) and not SOURCE.search(module_text):
        yield "module source"


def class_faults(node: ast.ClassDef) -> Iterator[str]:
    text = ast.get_docstring(node)
    if text is None:
        yield "docstring"
        return
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id[0] != "_":
            said = said_of(part.target.id, text, "Attributes")
            if not said:
                yield f"field {part.target.id}"
            else:
                yield from quantity_faults(part.target.id, ast.unparse(part.annotation), said)
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            yield from argument_faults(part, text)


def faults(module: str, source: str) -> list[str]:
    """Every fault of one module: module, function, what is missing, and the cure."""
    tree = ast.parse(source)
    module_text = ast.get_docstring(tree) or ""
    found: list[str] = []

    def report(name: str, missing: Iterator[str]) -> None:
        for fault in missing:
            kind = fault.partition(" ")[0] if fault not in CURES else fault
            found.append(f"{module}.{name}: {fault} is missing; {CURES[kind]}")

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                report(prefix + node.name, function_faults(node, module_text))
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                report(prefix + node.name, class_faults(node))
                visit(node.body, f"{prefix}{node.name}.")

    visit(tree.body, "")
    return found


def all_faults(root: Path) -> list[str]:
    paths = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    assert paths, f"no module in {', '.join(PACKAGES)} below {root}"
    found = []
    for path in paths:
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        found += faults(module, path.read_text(encoding="utf-8"))
    return found


def test_every_public_name_states_arguments_return_and_source():
    assert all_faults(ROOT) == []


GOOD = '''
import numpy as np
from dataclasses import dataclass


@dataclass
class Pair:
    """Two numbers.

    Attributes:
        first_ms: The first.
        rest: The others, in ms, shape ``(n,)``.
    """

    first_ms: float
    rest: Floats


def mean_ms(nn_ms: Floats, weight: Floats) -> float:
    """Weighted mean, ``sum(weight * nn_ms) / sum(weight)``.

    Args:
        nn_ms: Intervals, shape ``(n,)``.
        weight: No unit, shape ``(n,)``.

    Returns:
        In ms.

    Source: definition.
    """


def half(value: float) -> float:
    """Half of `value`.

    Returns: In the unit of `value`.
    Source: definition.
    """
'''
# a breach and what must be reported of it
BREACHES = [
    ('"""Half of `value`.\n\n    Returns: In the unit of `value`.\n    Source: definition.\n    """', "pass",
     "made_up.half: docstring is missing"),
    ("        nn_ms: Intervals, shape ``(n,)``.\n", "        nn_ms: Intervals.\n", "made_up.mean_ms: shape of nn_ms is missing"),
    ("Half of `value`.\n\n    Returns: In the unit of `value`.", "Half of value.\n\n    Returns: In its unit.",
     "made_up.half: argument value is missing"),
    ('    Source: definition.\n    """\n\n\ndef half', '    """\n\n\ndef half', "made_up.mean_ms: source is missing"),
    ('    Source: definition.\n    """\n\n\ndef half', '    Source: see the module.\n    """\n\n\ndef half',
     "made_up.mean_ms: module source is missing"),
    ("weight: No unit, shape", "weight: Of each, shape", "made_up.mean_ms: unit of weight is missing"),
    ("    Returns: In the unit of `value`.\n", "", "made_up.half: return is missing"),
    ("        first_ms: The first.\n", "", "made_up.Pair: field first_ms is missing"),
    ("in ms, shape ``(n,)``", "in ms", "made_up.Pair: shape of rest is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "breach", "report"), BREACHES)
def test_a_docstring_that_breaks_the_law_is_found(good, breach, report):
    assert faults("made_up", GOOD) == []
    assert good in GOOD

    found = faults("made_up", GOOD.replace(good, breach, 1))

    assert [fault.partition(";")[0] for fault in found] == [report]
    assert all(fault.partition("; ")[2] for fault in found)


def test_a_planted_module_is_found_in_the_same_run(tmp_path):
    for package in PACKAGES:
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "good.py").write_text(GOOD)
    assert all_faults(tmp_path) == []
    breaches = 0
    for number, (good, breach, _) in enumerate(BREACHES):
        (tmp_path / PACKAGES[number % 2] / f"bad{number}.py").write_text(GOOD.replace(good, breach, 1))
        breaches += 1

    assert len({fault.partition(":")[0].split(".")[2] for fault in all_faults(tmp_path)}) == breaches


def test_private_names_and_functions_inside_functions_are_left_alone():
    source = "def _hidden(a): ...\nclass _Hidden:\n    def shown(self): ...\n"
    inner = GOOD.replace(
        '    Returns: In the unit of `value`.\n    Source: definition.\n    """\n',
        '    Returns: In the unit of `value`.\n    Source: definition.\n    """\n    def inner(b): ...\n',
    )

    assert faults("made_up", source + inner) == []
