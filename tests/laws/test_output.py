"""Nothing reaches a terminal, a pipe or a log but by `agent/system/output.py`. The law is shown to fail."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTPUT = "agent/system/output.py"
# Streams that are pipes between our own processes, and the demo's drawing, whose words are printable.
OWN = {
    ("agent/page/reader.py", "sys.stdout.write"): "an answer to the agent, JSON in a pipe",
    ("agent/demo/view.py", "console.print"): "rich draws the panel into a string, for the README's picture",
}
_PRINTERS = {"print", "pprint", "input", "breakpoint"}
_STREAMS = {"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"}


def raw_output(root: Path) -> Iterator[str]:
    """Calls that print or write to a standard stream or to the terminal, past `output`."""
    for program in ("agent", "hub", "copilot"):
        for path in sorted((root / program).rglob("*.py")):
            here = path.relative_to(root).as_posix()
            if here == OUTPUT:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (what := _raw(here, node)) and (here, what) not in OWN:
                    yield f"{here}:{node.lineno} {what}"


def _raw(here: str, call: ast.Call) -> str:
    name = ast.unparse(call.func)
    if isinstance(call.func, ast.Name) and name in _PRINTERS:
        return name
    if not isinstance(call.func, ast.Attribute):
        return ""
    of = ast.unparse(call.func.value)
    if of.removesuffix(".buffer") in _STREAMS and call.func.attr in ("write", "writelines"):
        return name
    if name in ("os.write", "traceback.print_exc", "traceback.print_exception", "logging.lastResort"):
        return name
    if call.func.attr == "print" and of in ("console", "Console()", "rich"):
        return name
    # the terminal itself: what is written there is made printable on the spot
    at_terminal = here in ("agent/commands/terminal.py", "agent/system/terminal.py") and call.func.attr in (
        "write",
        "writelines",
    )
    if at_terminal and not (call.args and ast.unparse(call.args[0]).startswith("printable(")):
        return name
    return ""


def test_everything_that_is_printed_goes_through_one_function():
    assert list(raw_output(ROOT)) == []


@pytest.mark.parametrize(
    ("file", "breach"),
    [
        ("agent/commands/outbox.py", "print(words)"),
        ("hub/commands.py", "import sys\nprint(folder, file=sys.stderr)"),
        ("hub/site.py", "import sys\nsys.stderr.write(str(error))"),
        ("agent/outbox/bad.py", "import sys\nsys.stdout.buffer.write(row)"),
        ("agent/commands/terminal.py", "out.write(operator)"),
        ("agent/commands/bad.py", "import os\nos.write(2, name)"),
        ("agent/demo/bad.py", "console.print(name)"),
        ("copilot/bad.py", "print(question)"),
        ("agent/commands/bad.py", "import traceback\ntraceback.print_exc()"),
    ],
)
def test_the_law_finds_what_is_printed_past_it(tmp_path, file, breach):
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(breach)
    (found,) = raw_output(tmp_path)
    assert found.startswith(file)
