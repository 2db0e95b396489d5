"""Who may import whom, and which library lives in which package. Each law is shown to fail."""

import ast
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Layer of each package. A module imports only packages of lower layers, and modules of its own package. There is no
# list of exceptions; imports under TYPE_CHECKING and inside functions count.
LAYERS = {
    "agent.cli": 14,
    "agent.commands": 13,
    "agent.service": 3,
    "agent.demo": 12,
    "agent.pipeline": 11,
    "agent.page": 10,
    "agent.control": 9,
    "agent.session": 8,
    "agent.publisher": 7,
    "agent.enrollment": 6,
    "agent.weeks": 6,
    "agent.config_watch": 6,
    "agent.config": 5,
    "agent.notices": 5,
    "agent.config_files": 1,
    "agent.outbox": 4,
    "agent.sources": 4,
    "agent.windows": 4,
    "agent.analysis": 4,
    "agent.days": 4,
    "agent.agreement": 4,
    "agent.perception": 3,
    "agent.privacy": 3,
    "agent.text": 3,
    "agent.features": 2,
    "agent.scoring": 2,
    "agent.web": 2,
    "agent.wire": 2,
    "agent.system": 2,
    "agent.recording": 2,
    "agent.report": 1,
    "agent.tables": 1,
    "agent.signal": 1,
    "agent.models": 0,  # model files and their manifest
    "agent.model": 0,
    "agent.errors": 0,
    "agent": 0,  # the version
    # the hub imports of the agent what HUB_MAY lists, all of it below; its own packages in layers of their own
    "hub.cli": 12,
    "hub.commands_care": 11,
    "hub.commands_alerts": 11,
    "hub.commands_metrics": 11,
    "hub.alerts": 10,  # makes what the care view shows, and alerts
    "hub.care": 9,
    "hub.metrics": 9,
    "hub.commands": 8,
    "hub.commands_people": 7,
    "hub.commands_show": 11,
    "hub.commands_database": 7,
    "hub.commands_enroll": 8,
    "hub.commands_fusion": 8,
    "hub.commands_records": 9,
    "hub.register": 8,
    "hub.retention": 8,
    "hub.signed_lines": 6,
    "hub.database_users": 6,
    "hub.views": 7,
    "hub.receive": 7,
    "hub.scoring": 7,
    "hub.export": 7,
    "hub.files": 4,
    "hub.backup": 6,
    "hub.enroll": 6,
    "hub.erase_by_code": 6,
    "hub.rotation": 6,
    "hub.invitations": 6,
    "hub.cards": 5,
    "hub.site": 5,
    "hub.store": 3,
    "hub.keys": 2,
    "hub.audit": 2,
    "hub.broker": 1,
    "hub.hearing": 3,
    "hub.process_state": 3,
    "hub.command_row": 1,
    "hub.batches": 2,
    "hub.database": 1,
    "hub.schema": 1,
    "hub": 0,
    # the evidence imports of the agent what COPILOT_MAY lists
    "copilot.pages": 12,
    "copilot.local_model": 11,
    "copilot.shown": 11,
    "copilot.adding": 11,
    "copilot.answer": 10,
    "copilot.contradictions": 9,
    "copilot.library": 8,
    "copilot.choosing": 8,
    "copilot.confidence": 7,
    "copilot.ranking": 7,
    "copilot.features": 6,
    "copilot.nearness": 5,
    "copilot.weighing": 5,
    "copilot.index": 4,
    "copilot.queries": 3,
    "copilot.scope": 3,
    "copilot.vectors": 3,
    "copilot.pdf": 2,
    "copilot.words": 2,
    "copilot.grades": 1,
    "copilot.reading": 1,
    "copilot.pdf_child": 1,
    "copilot.language": 1,
    "copilot.thesaurus": 1,
    "copilot.papers": 0,
    "copilot.porter": 0,
    "copilot.saying": 0,
    "copilot.shipped": 0,
    "copilot.facets": 0,
    "copilot.sentences": 0,
    "copilot.spelling": 0,
    "copilot.synonyms": 0,
    "copilot.vocabulary": 0,
    "copilot": 0,
}
PROGRAMS = ("agent", "hub", "copilot")
LIBRARIES = {
    "fairlearn": ("hub/audit/fairlearn_check.py",),
    "pandas": (),  # fairlearn brings them
    "sklearn": (),
    "bleak": ("agent/sources/", "firmware_sim/"),
    "bleak_retry_connector": ("agent/sources/",),
    "dbus_fast": ("agent/sources/", "agent/notices/freedesktop.py", "firmware_sim/"),
    "bumble": ("firmware_sim/",),
    "cv2": ("agent/sources/", "agent/perception/", "firmware_sim/face.py"),  # and a simulated face is drawn
    "av": ("agent/perception/clips.py",),
    "onnxruntime": ("agent/perception/",),
    "ai_edge_litert": ("agent/perception/",),
    "mediapipe": ("agent/perception/read_mediapipe.py",),
    "paho": ("agent/publisher/", "hub/receive/"),
    "pypdf": ("copilot/pdf_child.py",),
    "sqlite3": (
        "agent/outbox/",
        "agent/windows/history.py",
        "agent/days/store.py",
        "agent/system/storage.py",
        "agent/system/sqlite_schema.py",
        "hub/files.py",
        "hub/database.py",
    ),
    "sqlalchemy": ("hub/database.py", "hub/schema.py", "hub/keys/", "hub/store/"),
    "keyring": ("agent/privacy/vault.py",),
    "fcntl": ("agent/system/host.py",),
    "resource": ("agent/system/host.py",),
    "signal": ("agent/system/signals.py", "hub/commands.py", "firmware_sim/__main__.py"),
    "msvcrt": ("agent/system/host.py",),
    "ctypes": (
        "agent/system/host.py",
        "agent/system/event_log.py",
        "agent/system/windows_sid.py",
        "agent/system/windows_pipes.py",
    ),
    "_winapi": ("agent/system/windows_pipes.py",),
    "winreg": ("agent/system/machine.py", "agent/system/windows_registry.py"),
    "multiprocessing": (),
    "starlette": ("agent/page/web/", "agent/web/", "hub/care/", "copilot/pages/"),
    "uvicorn": ("agent/page/web/", "agent/web/", "hub/care/", "copilot/pages/"),
    "jinja2": ("agent/page/web/", "hub/care/"),
    "markupsafe": ("agent/page/web/", "hub/care/"),
    "joserfc": ("hub/care/oidc.py",),
    "prometheus_client": ("hub/metrics/",),
    "amqtt": ("agent/demo/site.py",),
    "rich": ("agent/demo/view.py",),
    "segno": ("hub/cards.py",),
    "icalendar": ("agent/days/calendar/",),
    "dateutil": ("agent/days/calendar/rules.py",),
    "fitdecode": ("agent/recording/dialects/fit.py", "agent/days/health/fit.py"),
    "requests": (),
    "urllib": (),
    # the site's OpenID provider, at the host that the operator named; the webhook of a site's rules
    # and a model on this machine that a person named (loopback alone)
    "http": ("hub/care/issuer.py", "hub/alerts/webhook.py", "copilot/local_model.py"),
    "smtplib": ("hub/alerts/mail.py",),
}
HUB_MAY = ("agent.wire", "agent.scoring", "agent.tables", "agent.model", "agent.system", "agent.web", "agent.errors")
# no data of a person, no wire, no keys: a file that this user alone can read, limits of a process, a page's guard
COPILOT_MAY = ("agent.system", "agent.web", "agent.errors")
IO_MODULES = {"os", "io", "pathlib", "socket", "time", "datetime", "random", "asyncio", "threading", "logging", "sys"}


@functools.cache
def parsed(text: str) -> ast.Module:
    """Each text is parsed once, for all laws."""
    return ast.parse(text)


def sources(root: Path) -> list[Path]:
    return [
        path
        for program in ("agent", "hub", "copilot", "firmware_sim")
        for path in sorted((root / program).rglob("*.py"))
    ]


def module_of(root: Path, path: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__").removesuffix(".__main__")


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """(module, line, at top level)"""
    tree = parsed(path.read_text())
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


def package_of(module: str) -> str:
    """The row of LAYERS that a module belongs to; its own name where it belongs to none."""
    parts = module.split(".")
    known = (".".join(parts[:n]) for n in (2, 1) if ".".join(parts[:n]) in LAYERS)
    package = next(known, module)
    alone = package in PROGRAMS and module != package and not module.startswith(f"{package}.__")
    return module if alone else package


def agent_modules(root: Path) -> set[str]:
    return {module_of(root, path) for path in sources(root)}


def imported_modules(root: Path, path: Path, modules: set[str]) -> Iterator[tuple[str, int]]:
    """Modules of this project that a file imports, wherever the import stands."""
    for name, line, _ in imports(path):
        parts = name.split(".")
        found = next((".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in modules), None)
        if found is not None:
            yield found, line


def layers(root: Path) -> Iterator[str]:
    """Imports point down."""
    for path in sources(root):
        module = module_of(root, path)
        program = module.split(".")[0]
        if program not in PROGRAMS:
            continue
        mine = package_of(module)
        if mine not in LAYERS:
            yield f"{module} belongs to no layer"
            continue
        for name, line, _ in imports(path):
            if name.split(".")[0] != program or package_of(name) == mine:
                continue
            theirs = package_of(name) if package_of(name) in LAYERS else program
            if LAYERS[theirs] >= LAYERS[mine]:
                yield f"{module}:{line} imports {name}"


def circles(root: Path) -> Iterator[str]:
    """No module imports itself by way of others; TYPE_CHECKING and imports inside functions count."""
    modules = agent_modules(root)
    graph = {
        module_of(root, path): {found for found, _ in imported_modules(root, path, modules)} for path in sources(root)
    }
    state: dict[str, int] = {}

    def visit(module: str, trail: tuple[str, ...]) -> Iterator[str]:
        state[module] = 1
        for other in sorted(graph.get(module, ()) - {module}):
            if state.get(other) == 1:
                yield " -> ".join((*trail[trail.index(other) if other in trail else 0 :], module, other))
            elif other not in state:
                yield from visit(other, (*trail, module))
        state[module] = 2

    for module in sorted(graph):
        if module not in state:
            yield from visit(module, ())


def programs_stand_apart(root: Path) -> Iterator[str]:
    """What hub, simulator and agent may import of each other; relative imports nowhere."""
    for path in sources(root):
        module = module_of(root, path)
        for name, line, _ in imports(path):
            where = f"{module}:{line} imports {name}"
            mine, theirs = module.split(".")[0], name.split(".")[0]
            if (
                name.startswith("a relative import")
                or (mine == "hub" and theirs == "agent" and not name.startswith(HUB_MAY))
                or (mine == "hub" and theirs == "copilot" and module != "hub.care.pages.evidence")
                or (mine == "copilot" and theirs in ("agent", "hub") and not name.startswith(COPILOT_MAY))
                or (mine == "firmware_sim" and theirs in ("agent", "hub", "copilot"))
                or (mine == "agent" and theirs == "copilot" and not module.startswith("agent.commands"))
                or (mine == "agent" and theirs == "hub" and not module.startswith(("agent.commands", "agent.demo")))
            ):
                yield where
            elif mine != "firmware_sim" and theirs == "firmware_sim" and not module.startswith("agent.demo"):
                yield where  # a simulated strap is chosen by the demo's code, never by a setting


def few_modules_at_the_top(root: Path) -> Iterator[str]:
    """At most eight files stand directly in `agent/`: a newcomer sees the flow in one screen."""
    found = sorted(path.name for path in (root / "agent").glob("*.py"))
    if len(found) > 8:
        yield f"agent/ holds {len(found)} modules: {', '.join(found)}"


def no_module_is_longer_than_300_lines(root: Path) -> Iterator[str]:
    for path in sources(root):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 300:
            yield f"{path.relative_to(root)} has {lines} lines; split it by what it does"


def libraries(root: Path) -> Iterator[str]:
    for path in sources(root):
        here = path.relative_to(root).as_posix()
        for name, line, _ in imports(path):
            homes = LIBRARIES.get(name.split(".")[0])
            if homes is not None and not here.startswith(tuple(homes)):
                yield f"{here}:{line} imports {name}"
            if name.startswith("scipy"):
                yield f"{here}:{line} imports {name}"  # a second hand for tests alone


def signal_is_pure(root: Path) -> Iterator[str]:
    for path in sorted((root / "agent" / "signal").rglob("*.py")):
        for name, line, _ in imports(path):
            if name.split(".")[0] in IO_MODULES:
                yield f"{path.name}:{line} imports {name}"
        for node in ast.walk(parsed(path.read_text())):
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
            place = root / "agent" / "sources"
            inner = name.startswith("agent.sources.") and (
                (place / f"{parts[2]}.py").exists() or (place / parts[2]).is_dir()
            )
            if inner and module.split(".")[:2] != ["agent", "sources"]:
                yield f"{module}:{line} imports {name}"


def released_is_made_in_the_gate(root: Path) -> Iterator[str]:
    for path in sources(root):
        for node in ast.walk(parsed(path.read_text())):
            called = isinstance(node, ast.Call) and (
                (isinstance(node.func, ast.Name) and node.func.id in ("Released", "ReleasedDay"))
                or (isinstance(node.func, ast.Attribute) and node.func.attr in ("Released", "ReleasedDay"))
            )
            if called and path.relative_to(root).as_posix() != "agent/privacy/gate.py":
                yield f"{path.relative_to(root)}:{node.lineno}"


BLIND = {
    (
        "copilot/pdf_child.py",
        "_read",
    ),  # the library may raise anything on a foreign file, which is then refused by name
    ("agent/session/loops.py", "run_sensor"),
    ("agent/publisher/link.py", "_live"),
    ("agent/page/process.py", "_answer"),  # one question of the page
    ("hub/receive/receiver.py", "_on_message"),
    ("hub/receive/batch.py", "store_batch"),
    ("hub/receive/batch.py", "_store_alone"),
    ("hub/scoring/scorer.py", "_fold_all"),  # one person: counted, and the others are scored
    ("hub/scoring/scorer.py", "_scored"),  # the same
    ("hub/care/web/desk.py", "_done"),  # one page or form: a page that says so
    ("hub/alerts/follower.py", "_follow"),  # one person: counted, and the others are followed
    ("hub/alerts/follower.py", "_warm"),  # the same
    ("hub/alerts/posting.py", "_tried"),  # one message; it is sent again
    ("hub/receive/grid.py", "_keep"),  # one answer; the device sends its message again
}


def blind_excepts(root: Path) -> Iterator[str]:
    for path in sources(root):
        tree = parsed(path.read_text())
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
                    rolls_back = place == ("agent/system/storage.py", "storing")  # re-raises after ROLLBACK
                    if place not in BLIND and not rolls_back:
                        yield f"{place[0]}:{node.lineno} in {function.name}"


def tasks_start_in_the_pipeline(root: Path) -> Iterator[str]:
    starters = {"create_task", "ensure_future", "TaskGroup", "run_coroutine_threadsafe"}
    for path in sources(root):
        here = path.relative_to(root).as_posix()
        for node in ast.walk(parsed(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in starters
                and here not in ("agent/pipeline.py", "agent/demo/run.py")
                and here != "hub/care/web/handshake.py"  # a handshake each, at most 32, in the server's own loop
                and not here.startswith("firmware_sim/")  # a program of its own, with tasks of its own
            ):
                yield f"{here}:{node.lineno} {node.attr}"


def no_cancellation_is_lost(root: Path) -> Iterator[str]:
    """`asyncio.wait_for` swallows one that comes together with the result (Python below 3.12, cpython#86296)."""
    for path in sources(root):
        for node in ast.walk(parsed(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "wait_for" and ast.unparse(node.value) == "asyncio":
                yield f"{path.relative_to(root)}:{node.lineno} asyncio.wait_for"


def nothing_forks(root: Path) -> Iterator[str]:
    for path in sources(root):
        here = path.relative_to(root).as_posix()
        for node in ast.walk(parsed(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("fork", "forkpty", "add_signal_handler")
                and here != "agent/system/signals.py"
            ):
                yield f"{here}:{node.lineno} {node.attr}"


def logs_hold_no_value(root: Path) -> Iterator[str]:
    """Arguments of log calls may be counts, names and exception types; never these."""
    forbidden = {"value", "rr_ms", "payload", "words", "device", "key", "pin", "envelope", "address", "body", "sample"}
    for path in sources(root):
        for node in ast.walk(parsed(path.read_text())):
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
    (layers, "agent/signal/bad.py", "from agent.outbox import Outbox\n"),
    (layers, "agent/windows/history.py", "from agent import pipeline\n"),
    (layers, "agent/windows/window.py", "from agent.control.channel import ask\n"),
    (layers, "agent/windows/window.py", "from agent.sources import SOURCES\n"),  # packages of one layer
    (layers, "agent/outbox/bad.py", "if TYPE_CHECKING:\n    from agent.session.session import Session\n"),
    (layers, "agent/outbox/bad.py", "def f():\n    from agent.session.session import Session\n"),
    (layers, "agent/unknown/bad.py", "import math\n"),
    (layers, "agent/stray.py", "import math\n"),
    (layers, "hub/stray.py", "import math\n"),
    (layers, "hub/unknown/bad.py", "import math\n"),
    (layers, "hub/database.py", "from hub.keys.keystore import KeyStore\n"),
    (layers, "hub/keys/bad.py", "from hub.store import Store\n"),
    (layers, "hub/store/bad.py", "if TYPE_CHECKING:\n    from hub.receive import Receiver\n"),
    (layers, "hub/receive/bad.py", "def f():\n    from hub import views\n"),  # packages of one layer
    (layers, "hub/backup.py", "from hub import cli\n"),
    (circles, "agent/sources/replay.py", "from agent.sources import second\n"),
    (circles, "agent/sources/replay.py", "if TYPE_CHECKING:\n    from agent.sources import second\n"),
    (circles, "agent/sources/replay.py", "def f():\n    import agent.sources.second\n"),
    (circles, "hub/store/tables.py", "from hub.store import transaction\n"),
    (circles, "hub/store/tables.py", "def f():\n    import hub.store.transaction\n"),
    (few_modules_at_the_top, "agent/ninth.py", ""),
    (no_module_is_longer_than_300_lines, "hub/bad.py", "x = 1\n" * 301),
    (programs_stand_apart, "hub/bad.py", "from agent.outbox import Outbox\n"),
    (programs_stand_apart, "hub/bad.py", "from agent import pipeline\n"),
    (programs_stand_apart, "agent/outbox/bad.py", "from hub.store import Store\n"),
    (programs_stand_apart, "firmware_sim/bad.py", "import agent.model\n"),
    (programs_stand_apart, "hub/care/reading.py", "from copilot.answer import answer\n"),
    (programs_stand_apart, "copilot/answer.py", "from agent.outbox import Outbox\n"),
    (programs_stand_apart, "copilot/pages/bad.py", "from hub.store import Store\n"),
    (programs_stand_apart, "agent/session/bad.py", "from copilot.answer import answer\n"),
    (layers, "copilot/words.py", "from copilot.index import Index\n"),
    (layers, "copilot/stray.py", "import math\n"),
    (libraries, "copilot/answer.py", "import sqlite3\n"),
    (programs_stand_apart, "agent/pipeline.py", "from firmware_sim import strap\n"),
    (programs_stand_apart, "hub/receive/receiver.py", "import firmware_sim.radio\n"),
    (libraries, "agent/demo/run.py", "import bumble\n"),
    (libraries, "agent/pipeline.py", "import bleak\n"),
    (libraries, "agent/windows/window.py", "import cv2\n"),
    (libraries, "agent/features/bad.py", "import onnxruntime\n"),
    (libraries, "agent/outbox/bad.py", "import paho.mqtt.client\n"),
    (libraries, "agent/control/channel.py", "import sqlite3\n"),
    (libraries, "hub/views/bad.py", "import sqlalchemy\n"),
    (libraries, "hub/site.py", "from sqlalchemy import select\n"),
    (libraries, "hub/store/bad.py", "import paho.mqtt.client\n"),
    (libraries, "agent/signal/bad.py", "import scipy.signal\n"),
    (libraries, "agent/signal/bad.py", "import scipy.linalg\n"),
    (programs_stand_apart, "agent/windows/window.py", "from . import pipeline\n"),
    (libraries, "agent/pipeline.py", "import fcntl\n"),
    (signal_is_pure, "agent/signal/bad.py", "import time\n"),
    (signal_is_pure, "agent/signal/bad.py", "text = open('x')\n"),
    (sources_come_by_their_row, "agent/cli.py", "from agent.sources import replay\n"),
    (sources_come_by_their_row, "agent/cli.py", "from agent.sources.strap import binding\n"),
    (released_is_made_in_the_gate, "agent/pipeline.py", "x = Released('care', b'', 0, 1, ())\n"),
    (released_is_made_in_the_gate, "agent/session/bad.py", "x = model.ReleasedDay('care', b'', 0, ())\n"),
    (
        blind_excepts,
        "agent/windows/window.py",
        "def f():\n    try:\n        pass\n    except Exception:\n        pass\n",
    ),
    (blind_excepts, "agent/windows/window.py", "def f():\n    try:\n        pass\n    except:\n        pass\n"),
    (
        blind_excepts,
        "agent/windows/window.py",
        "def f():\n    try:\n        pass\n    except (OSError, Exception):\n        pass\n",
    ),
    (tasks_start_in_the_pipeline, "agent/windows/window.py", "import asyncio\nasyncio.create_task(None)\n"),
    (no_cancellation_is_lost, "agent/windows/window.py", "import asyncio\nasyncio.wait_for(None, 1)\n"),
    (nothing_forks, "agent/windows/window.py", "import os\nos.fork()\n"),
    (logs_hold_no_value, "agent/windows/window.py", "log.info('%s', sample.value)\n"),
]


@pytest.mark.parametrize("law", list(dict.fromkeys(law for law, *_ in LAWS)), ids=lambda law: law.__name__)
def test_the_law_holds(law: Law):
    assert list(law(ROOT)) == []


@pytest.mark.parametrize(("law", "file", "breach"), LAWS)
def test_the_law_finds_a_breach(law: Law, file: str, breach: str, tmp_path: Path):
    (tmp_path / "agent/sources/strap").mkdir(parents=True)
    (tmp_path / "agent/sources/replay.py").touch()
    (tmp_path / "agent/sources/second.py").write_text("import agent.sources.replay\n")
    (tmp_path / "hub/store").mkdir(parents=True)
    (tmp_path / "hub/store/transaction.py").write_text("import hub.store.tables\n")
    (tmp_path / "hub/store/tables.py").touch()
    if law is few_modules_at_the_top:
        for number in range(8):
            (tmp_path / f"agent/top{number}.py").touch()
    assert list(law(tmp_path)) == []
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(breach)

    assert list(law(tmp_path)) != []
