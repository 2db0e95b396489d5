"""The walls: who may import whom, and which library lives in which room. Each law is shown to fail."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# floor of each room; imports run strictly downward, and inside a room
FLOORS = {
    "agent.cli": 6.5,
    "agent.commands": 6,
    "agent.pipeline": 5,
    "agent.releasing": 4,
    "agent.senses": 4.5,  # the pipeline's sensors
    "agent.asked": 4.5,  # the pipeline's own table of commands; it knows the Agent by type alone
    "agent.demo": 5,
    "agent.demo_view": 5,
    "agent.pace": 1,
    "agent.recording": 1.5,  # reads files into numbers of `signal`
    "agent.scan": 4.5,  # a command's work, asked by doctor too
    "agent.doctor": 5,
    "agent.analyze": 5,
    "agent.analyze_words": 5.5,
    "agent.analyze_face": 5.5,
    "agent.analyze_face_words": 5.6,
    "agent.analyze_command": 5.7,
    "agent.enroll_command": 5.7,
    "agent.scores": 5,
    "agent.scores_command": 5.7,
    "agent.look_back": 5.2,
    "agent.page": 5.4,  # what the page asks of the agent
    "agent.errand": 5.6,  # a program of its own, of the page's process
    "agent.page_command": 5.7,
    "agent.page_process": 4.6,  # the pipeline's end of the page; it knows the Agent by type alone
    "agent.analyze_plot": 4,
    "agent.decisions": 5,
    "agent.config": 4,
    "agent.publisher": 4,
    "agent.portal": 4,
    "agent.renewal": 3.7,
    "agent.leaving": 3.7,  # the end of an enrollment: outbox and identity together
    "agent.identity": 3.5,  # what a publisher, a doctor and a person's decision all need: stands between
    "agent.sources": 3,
    "agent.window": 3,
    "agent.history": 3,
    "agent.privacy": 3,
    "agent.outbox": 3,
    "agent.control": 3,
    "agent.features": 2,
    "agent.perception": 2,
    "agent.scoring": 2,
    "agent.wire": 2,
    "agent.privacy.vault": 2,
    "agent.signal": 1,
    "agent.model": 1,
    "agent.errors": 0.5,
    "agent.status": 1,
    "agent.clock": 1.5,  # reads the host's monotonic time
    "agent.storage": 1.5,
    "agent.logs": 1,
    "agent.host": 1.2,
    "agent": 0,
}
# exceptions that the design or README names, one edge each
ALLOWED = {
    ("agent.asked", "agent.pipeline"),
    ("agent.page_process", "agent.pipeline"),
    ("agent.page_process", "agent.page"),  # loaded with the first page
    ("agent.asked", "agent.page"),
    ("agent.demo", "agent.page_command"),
    # consent.py is pure; its table lives in the outbox, so that one transaction can hold both
    ("agent.outbox", "agent.privacy.consent"),
    ("agent.demo", "agent.pipeline"),
    ("agent.demo", "agent.decisions"),
    ("agent.demo", "agent.demo_view"),
    ("agent.demo_view", "agent.pipeline"),
}
LIBRARIES = {
    "fairlearn": ("hub/audit.py",),
    "pandas": (),  # fairlearn brings them
    "sklearn": (),
    "bleak": ("agent/sources/", "firmware_sim/"),
    "bleak_retry_connector": ("agent/sources/",),
    "dbus_fast": ("agent/sources/", "firmware_sim/"),
    "bumble": ("firmware_sim/",),
    "cv2": ("agent/sources/", "agent/perception/", "firmware_sim/face.py"),  # and a simulated face is drawn
    "onnxruntime": ("agent/perception/",),
    "ai_edge_litert": ("agent/perception/",),
    "paho": ("agent/publisher/", "hub/receive.py"),
    "sqlite3": ("agent/outbox/", "agent/history.py", "agent/storage.py", "hub/backup.py", "hub/database.py"),
    "sqlalchemy": (
        "hub/store.py",
        "hub/tables.py",
        "hub/taking.py",
        "hub/migrations.py",
        "hub/keystore.py",
        "hub/devices.py",
        "hub/database.py",
    ),
    "keyring": ("agent/privacy/vault.py",),
    "fcntl": ("agent/host.py",),
    "resource": ("agent/host.py",),
    "signal": ("agent/host.py", "hub/cli.py", "firmware_sim/__main__.py"),
    "msvcrt": ("agent/host.py",),
    "ctypes": ("agent/host.py",),
    "multiprocessing": (),
    "starlette": ("agent/portal/",),
    "uvicorn": ("agent/portal/",),
    "jinja2": ("agent/portal/",),
    "markupsafe": ("agent/portal/",),
    "amqtt": ("agent/demo.py",),
    "rich": ("agent/demo_view.py",),
    "requests": (),
    "urllib": (),
    "http": (),
}
HUB_MAY = ("agent.wire", "agent.scoring", "agent.errors", "agent.host")
IO_MODULES = {"os", "io", "pathlib", "socket", "time", "datetime", "random", "asyncio", "threading", "logging", "sys"}


def sources(root: Path) -> list[Path]:
    return [path for room in ("agent", "hub", "firmware_sim") for path in sorted((root / room).rglob("*.py"))]


def module_of(root: Path, path: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__").removesuffix(".__main__")


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """(module, line, at top level)"""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield f"a relative import of {node.module}", node.lineno, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno, id(node) in top


def room_of(module: str) -> str:
    return max((room for room in FLOORS if module == room or module.startswith(room + ".")), key=len)


def walls(root: Path) -> Iterator[str]:
    for path in sources(root):
        module = module_of(root, path)
        for name, line, _ in imports(path):
            where = f"{module}:{line} imports {name}"
            if module.startswith("hub") and name.startswith("agent"):
                if not name.startswith(HUB_MAY):
                    yield where
            elif module.startswith("firmware_sim") and name.split(".")[0] in ("agent", "hub"):
                yield where
            elif module.startswith("agent") and name.split(".")[0] == "hub":
                if module not in ("agent.commands", "agent.scores_command", "agent.demo"):
                    yield where
            elif name.split(".")[0] == "firmware_sim" and not module.startswith("firmware_sim"):
                if module != "agent.demo":  # a simulated strap is chosen by the demo's code, never by a setting
                    yield where
            elif name.startswith("a relative import"):
                yield where
            elif module.startswith("agent") and name.startswith("agent."):
                mine, theirs = room_of(module), room_of(name)
                edges = {(mine, theirs), (module, theirs), (mine, name), (mine, ".".join(name.split(".")[:3]))}
                if mine != theirs and FLOORS[theirs] >= FLOORS[mine] and not edges & ALLOWED:
                    yield where


def libraries(root: Path) -> Iterator[str]:
    for path in sources(root):
        here = path.relative_to(root).as_posix()
        for name, line, top in imports(path):
            homes = LIBRARIES.get(name.split(".")[0])
            if homes is not None and not here.startswith(tuple(homes)):
                yield f"{here}:{line} imports {name}"
            if name.startswith("scipy") and (top or not name.startswith("scipy.linalg")):
                yield f"{here}:{line} imports {name}"  # and linalg on the first spectrum only


def signal_is_pure(root: Path) -> Iterator[str]:
    for path in sorted((root / "agent" / "signal").rglob("*.py")):
        for name, line, _ in imports(path):
            if name.split(".")[0] in IO_MODULES:
                yield f"{path.name}:{line} imports {name}"
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"open", "print", "input"}
            ):
                yield f"{path.name}:{node.lineno} calls {node.func.id}"


def sources_come_by_their_row(root: Path) -> Iterator[str]:
    for path in sources(root):
        module = module_of(root, path)
        for name, line, _ in imports(path):
            parts = name.split(".")
            inner = name.startswith("agent.sources.") and (root / "agent" / "sources" / f"{parts[2]}.py").exists()
            if inner and module.split(".")[:2] != ["agent", "sources"]:
                yield f"{module}:{line} imports {name}"


def released_is_made_in_the_gate(root: Path) -> Iterator[str]:
    for path in sources(root):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and (
                (isinstance(node.func, ast.Name) and node.func.id == "Released")
                or (isinstance(node.func, ast.Attribute) and node.func.attr == "Released")
            )
            if called and path.relative_to(root).as_posix() != "agent/privacy/gate.py":
                yield f"{path.relative_to(root)}:{node.lineno}"


BLIND = {
    ("agent/pipeline.py", "source"),
    ("agent/publisher/link.py", "_live"),
    ("agent/page_process.py", "_answer"),  # one question of the page
    ("hub/receive.py", "_on_message"),
    ("hub/batch.py", "take"),
    ("hub/batch.py", "_alone"),
}


def blind_excepts(root: Path) -> Iterator[str]:
    for path in sources(root):
        tree = ast.parse(path.read_text())
        for function in ast.walk(tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.ExceptHandler) and (
                    node.type is None
                    or {"Exception", "BaseException"}
                    & {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
                ):
                    place = (path.relative_to(root).as_posix(), function.name)
                    rolls_back = place == ("agent/storage.py", "storing")  # re-raises after ROLLBACK
                    if place not in BLIND and not rolls_back:
                        yield f"{place[0]}:{node.lineno} in {function.name}"


def tasks_start_in_the_pipeline(root: Path) -> Iterator[str]:
    starters = {"create_task", "ensure_future", "TaskGroup", "run_coroutine_threadsafe"}
    for path in sources(root):
        here = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in starters
                and here not in ("agent/pipeline.py", "agent/demo.py")
                and not here.startswith("firmware_sim/")  # a program of its own, with tasks of its own
            ):
                yield f"{here}:{node.lineno} {node.attr}"


def no_cancellation_is_lost(root: Path) -> Iterator[str]:
    """`asyncio.wait_for` swallows one that comes together with the result (Python below 3.12, cpython#86296)."""
    for path in sources(root):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "wait_for" and ast.unparse(node.value) == "asyncio":
                yield f"{path.relative_to(root)}:{node.lineno} asyncio.wait_for"


def nothing_forks(root: Path) -> Iterator[str]:
    for path in sources(root):
        here = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("fork", "forkpty", "add_signal_handler")
                and here != "agent/host.py"
            ):
                yield f"{here}:{node.lineno} {node.attr}"


def logs_hold_no_value(root: Path) -> Iterator[str]:
    """Arguments of log calls may be counts, names and exception types; never these."""
    forbidden = {"value", "rr_ms", "payload", "words", "device", "key", "pin", "envelope", "address", "body", "sample"}
    for path in sources(root):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "log":
                for argument in node.args[1:]:
                    names = {part.id for part in ast.walk(argument) if isinstance(part, ast.Name)}
                    named = names | {part.attr for part in ast.walk(argument) if isinstance(part, ast.Attribute)}
                    # a broker state's words are our own sentence
                    if named & forbidden and ast.unparse(argument) != "event.words":
                        yield f"{path.relative_to(root)}:{node.lineno} {ast.unparse(argument)}"


Law = Callable[[Path], Iterator[str]]
# each law with a file that breaks it
LAWS: list[tuple[Law, str, str]] = [
    (walls, "agent/signal/bad.py", "from agent.outbox import Outbox\n"),
    (walls, "agent/history.py", "from agent import pipeline\n"),
    (walls, "agent/window.py", "from agent.control import ask\n"),
    (walls, "hub/bad.py", "from agent.outbox import Outbox\n"),
    (walls, "hub/bad.py", "from agent import model\n"),
    (walls, "agent/outbox/bad.py", "from hub.store import Store\n"),
    (walls, "firmware_sim/bad.py", "import agent.model\n"),
    (walls, "agent/pipeline.py", "from firmware_sim import strap\n"),
    (walls, "hub/receive.py", "import firmware_sim.radio\n"),
    (libraries, "agent/demo.py", "import bumble\n"),
    (libraries, "agent/pipeline.py", "import bleak\n"),
    (libraries, "agent/window.py", "import cv2\n"),
    (libraries, "agent/features/bad.py", "import onnxruntime\n"),
    (libraries, "agent/outbox/bad.py", "import paho.mqtt.client\n"),
    (libraries, "agent/control.py", "import sqlite3\n"),
    (libraries, "agent/signal/bad.py", "import scipy.signal\n"),
    (libraries, "agent/signal/bad.py", "import scipy.linalg\n"),
    (walls, "agent/window.py", "from . import pipeline\n"),
    (libraries, "agent/pipeline.py", "import fcntl\n"),
    (signal_is_pure, "agent/signal/bad.py", "import time\n"),
    (signal_is_pure, "agent/signal/bad.py", "text = open('x')\n"),
    (sources_come_by_their_row, "agent/cli.py", "from agent.sources import replay\n"),
    (released_is_made_in_the_gate, "agent/pipeline.py", "x = Released('care', b'', 0, 1, ())\n"),
    (blind_excepts, "agent/window.py", "def f():\n    try:\n        pass\n    except Exception:\n        pass\n"),
    (blind_excepts, "agent/window.py", "def f():\n    try:\n        pass\n    except:\n        pass\n"),
    (
        blind_excepts,
        "agent/window.py",
        "def f():\n    try:\n        pass\n    except (OSError, Exception):\n        pass\n",
    ),
    (tasks_start_in_the_pipeline, "agent/window.py", "import asyncio\nasyncio.create_task(None)\n"),
    (no_cancellation_is_lost, "agent/window.py", "import asyncio\nasyncio.wait_for(None, 1)\n"),
    (nothing_forks, "agent/window.py", "import os\nos.fork()\n"),
    (logs_hold_no_value, "agent/window.py", "log.info('%s', sample.value)\n"),
]


@pytest.mark.parametrize("law", list(dict.fromkeys(law for law, *_ in LAWS)), ids=lambda law: law.__name__)
def test_the_law_holds(law: Law):
    assert list(law(ROOT)) == []


@pytest.mark.parametrize(("law", "file", "breach"), LAWS)
def test_the_law_finds_a_breach(law: Law, file: str, breach: str, tmp_path: Path):
    (tmp_path / "agent/sources").mkdir(parents=True)
    (tmp_path / "agent/sources/replay.py").touch()
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(breach)

    assert list(law(tmp_path)) != []
