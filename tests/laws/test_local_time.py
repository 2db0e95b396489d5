"""Local time is made in `host.local_time` alone: everywhere else the zone would be the one of the process's start."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = "agent/system/host.py"


def local_times(path: Path) -> list[int]:
    """Lines that ask for the process's zone: ``astimezone()`` and ``fromtimestamp(one)`` without a zone, ``localtime``."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            bare = {"astimezone": 0, "fromtimestamp": 1, "localtime": 1, "mktime": 1, "ctime": 1}.get(node.func.attr)
            given = len(node.args) + len(node.keywords)
            if bare is not None and given <= bare and not _is_written(node.func.value):
                found.append(node.lineno)
    return sorted(found)


def _is_written(value: ast.expr) -> bool:
    """A moment that the person typed, or a midnight made of its parts, is read in the zone of that command."""
    return "fromisoformat" in ast.unparse(value) or ast.unparse(value) == "one"


def test_local_time_is_made_in_one_place():
    homes = {
        path.relative_to(ROOT).as_posix(): lines
        for program in ("agent", "hub", "copilot")
        for path in sorted((ROOT / program).rglob("*.py"))
        if (lines := local_times(path)) and path.relative_to(ROOT).as_posix() != HOME
    }
    assert homes == {}


def test_a_planted_local_time_is_found(tmp_path):
    planted = tmp_path / "module.py"
    planted.write_text(
        "from datetime import datetime\n\n\ndef day(s):\n    return datetime.fromtimestamp(s).astimezone()\n"
    )
    assert local_times(planted) == [5, 5]
