"""Numbers of skin conductance and acceleration are for offline analysis: nothing that runs or sends may import them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OFFLINE = ("agent.signal.eda", "agent.signal.activity", "agent.signal.number", "agent.analysis.channels", "agent.recording.channels",
           "agent.recording.quantities")  # fmt: skip
MAY = (
    "agent/signal/eda/",
    "agent/signal/activity/",
    "agent/analysis/channels/",
    "agent/recording/",
    "agent/commands/analyze_channels.py",
)


def imports_of_offline_signals(root: Path) -> Iterator[str]:
    for program in ("agent", "hub", "firmware_sim"):
        for path in sorted((root / program).rglob("*.py")):
            here = path.relative_to(root).as_posix()
            if here.startswith(MAY):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                if any(name == one or name.startswith(f"{one}.") for name in names for one in OFFLINE):
                    yield f"{here}:{node.lineno} {names[0]}"


def test_nothing_but_the_analysis_imports_them():
    assert list(imports_of_offline_signals(ROOT)) == []


@pytest.mark.parametrize(
    ("file", "breach"),
    [
        ("agent/features/eda.py", "from agent.signal.eda import numbers\n"),
        ("agent/session/loops.py", "def f():\n    from agent.signal import activity\n"),
        ("agent/outbox/rows.py", "import agent.analysis.channels.analysis\n"),
        ("agent/analysis/heart.py", "from agent.recording.channels import channels\n"),
        ("hub/store/eda.py", "from agent.signal.number import Number\n"),
    ],
)
def test_an_import_of_them_is_found(tmp_path, file, breach):
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(breach)
    assert len(list(imports_of_offline_signals(tmp_path))) == 1
