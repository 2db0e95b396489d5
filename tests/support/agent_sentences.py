"""The agent's sentences that can reach the page, collected from its source code; `tests/laws/test_languages.py` compares
them with the translations.

A sentence is a text or an f-string with two words or more, in a module that the page's questions, states and pushes
reach; and a single word that is a part's state (`Board.set`). Fields of f-strings are numbered; a field that occurs
twice has one number.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

MODULES = (
    "agent/page/*.py",
    "agent/page/web/app.py",
    "agent/page/web/uploads.py",
    "agent/page/web/pipe.py",
    "agent/page/web/long_queries.py",
    "agent/control/handlers.py",
    "agent/control/arousal_words.py",
    "agent/control/camera_words.py",
    "agent/control/device_scan.py",
    "agent/control/ask_words.py",
    "agent/notices/desktop.py",
    "agent/notices/keeping.py",
    "agent/days/journal.py",
    "agent/days/store.py",
    "agent/days/contacts.py",
    "agent/days/calendar/*.py",
    "agent/enrollment/*.py",
    "agent/outbox/*.py",
    "agent/privacy/*.py",
    "agent/publisher/*.py",
    "agent/session/*.py",
    "agent/sources/**/*.py",
    "agent/system/host.py",
    "agent/system/machine.py",
    "agent/system/machine_policy.py",
    "agent/system/floor.py",
    "agent/system/storage.py",
    "agent/tables/*.py",
    "agent/weeks/*.py",
    "agent/windows/*.py",
    "agent/pipeline.py",
    "agent/config_watch.py",
    "agent/wire/armor.py",
    "agent/wire/paper_codes.py",
    "agent/wire/enroll.py",
    "agent/wire/bootstrap.py",
    "agent/scoring/instruments.py",
    "agent/scoring/week_rows.py",
    "agent/signal/face/actions.py",
    "agent/features/face.py",
    "agent/features/heart.py",
)
"""Modules whose sentences a page can show. Others speak in a terminal, in the log or to a hub."""

NOT_SHOWN = (
    "agent/page/process.py",  # the file that leads the browser in
    "agent/outbox/rows.py",  # names of stored values
    "agent/sources/strap/quirks/table.py",  # titles of reports about straps
    "agent/sources/strap/escalation.py",  # steps of recovery, for the log
    "agent/privacy/consent.py",  # the text that is signed stands as it is
)

BEHIND = (
    "agent/config.py",  # refused before there is a page
    "agent/days/settings.py",
    "agent/errors.py",
    "agent/wire/*.py",  # of bytes that cannot be read; whoever reads them says it in words of their own
)
"""Modules that the page's modules import, whose sentences no page shows."""

NAMES = frozenset(
    {
        "language of the page", "calendar titles", "process {0} {1}", "pause until", "private hours",
        "private hours skipped until", "store id", "tls key file", "wardbeat device", "certificate asked", "pin {0}",
        "consent {0}", "break ledger", "begun again", "break {0}", "ledger {0}", "look {0}", "features {0}", "sealed again",
        "wardbeat consent give", "not a message of the camera process", "Unsupported protocol version",
        "arousal shown", "wardbeat weeks 2", "Application Support", "fold {0}", "camera plan", "camera sessions skipped", "{0} {1}",
    }
)  # fmt: skip
"""Names under which something is stored, and texts between programs."""

WORDS = (
    "lost: {0}",
    "version {0}",
    "running",
    "heart",
    "strap",
    "beats",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
)
"""Words that states and fields of sentences hold, and states of one word and a field."""

_SILENT = ("log.", "re.compile", "events.", "outbox.db", "self.db", "self._db", "db.execute", "self._outbox.db")
_SQL = re.compile(
    r"\W*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|ALTER|DROP|BEGIN|WITH|FROM|WHERE|ORDER|AND|OR) |.* IN \(|idx, "
)
_FIELD = re.compile(r"\{\d\}")
_WORDS_AT = 2  # the place of the words among the arguments of `Board.set`


def not_looked_at(modules: Iterable[str] = MODULES) -> set[str]:
    """Modules with sentences that a module of the page imports, and that no pattern names."""
    named = {file for pattern in (*modules, *BEHIND) for file in ROOT.glob(pattern)}
    used = {file for page in ROOT.glob("agent/page/*.py") for file in _imported(page)}
    return {file.relative_to(ROOT).as_posix() for file in used - named if sentences(file.read_text(encoding="utf-8"))}


def _imported(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in (node.module, *(f"{node.module}.{one.name}" for one in node.names)):
                found = ROOT / (name.replace(".", "/") + ".py")
                if found.exists():
                    yield found


def collected() -> dict[str, str]:
    """Every sentence, with the module that has it."""
    found: dict[str, str] = dict.fromkeys(WORDS, "a field of a sentence")
    for pattern in MODULES:
        for file in sorted(ROOT.glob(pattern)):
            name = file.relative_to(ROOT).as_posix()
            if name not in NOT_SHOWN:
                for text in sentences(file.read_text(encoding="utf-8")):
                    found.setdefault(text, name)
    return found


def sentences(source: str) -> set[str]:
    """The sentences of a module."""
    tree = ast.parse(source)
    silent = _silent(tree)
    made = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("board.set") and len(node.args) > _WORDS_AT:
            words = node.args[_WORDS_AT]
            made |= {words.value} if isinstance(words, ast.Constant) and isinstance(words.value, str) else set()
        if id(node) in silent or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        text = _template(node).strip()
        if text not in NAMES and _is_sentence(text):
            made.add(text)
    return made


def _is_sentence(text: str) -> bool:
    """Whether people may read it: two words or more, no SQL, markup, path or type."""
    if _SQL.match(text) or re.fullmatch(r"\w+ = \w+", text) or "<" in text or re.search(r"[|/]\w+/|\[\w+, |\|", text):
        return False
    bare = _FIELD.sub("", text)
    has_words = len(re.findall(r"[^\W\d_]{2,}", bare)) >= 2 or re.search(r"[a-z]{3,} \{\d\}|\{\d\} [a-z]{3,}", text)
    return bool(has_words and " " in text and re.search(r"[a-z]{2,}[ ,.:]", bare))


def _silent(tree: ast.AST) -> set[int]:
    """Nodes that nobody reads at a page: docstrings, the log, SQL; and what stands inside an f-string."""
    made = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            made |= {id(one.value) for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)}
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(_SILENT):
            made |= {id(one) for one in ast.walk(node)}
        if isinstance(node, ast.JoinedStr):
            made |= {id(one) for one in node.values}  # its pieces; a text that a field chooses is one of its own
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            made |= {id(one) for one in ast.walk(node.annotation)}
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            made |= {id(one) for one in ast.walk(node.returns)}
    return made


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value.replace("{}", "{0}") if isinstance(node.value, str) else ""
    made, fields = "", {}
    for part in node.values:
        if isinstance(part, ast.Constant):
            made += str(part.value)
        else:
            made += f"{{{fields.setdefault(ast.unparse(part), len(fields))}}}"
    return made
