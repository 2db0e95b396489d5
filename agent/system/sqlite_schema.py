"""What a SQLite file defines, compared with what we create: a file that came from elsewhere may bring code along.

A trigger, a view in place of a table, a computed column or an index over an expression runs when the file is used.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from typing import Final, NamedTuple

# Clauses of a table that compute or refuse something. Ours have none but those that the expected text has.
_CLAUSES: Final = ("check", "collate", "references", "conflict", "virtual", "generated", "autoincrement", "without")
_OWN_OBJECTS: Final = ("sqlite_stat", "sqlite_sequence", "sqlite_autoindex_")


class _Column(NamedTuple):
    affinity: str
    default: str | None
    key: int
    hidden: int


class Shape(NamedTuple):
    """One table, index, trigger or view, as far as it can do or hide something."""

    kind: str
    table: str
    columns: tuple[tuple[str, _Column], ...]
    clauses: frozenset[str]


def strange(db: sqlite3.Connection, expected: Mapping[str, Shape], *, plain_may_differ: bool = False) -> list[str]:
    """What a file defines and we do not, one phrase each; empty where everything is ours. Rows are not read.

    Args:
        db: The file.
        expected: Our tables. What the file lacks of them is not reported: an older program made it.
        plain_may_differ: Report only what can compute, hide or refuse something; a newer or older program may have
            other plain tables, columns and indexes.
    """
    found = []
    for name, shape in shapes(db).items():
        known = expected.get(name)
        if shape.kind in ("trigger", "view"):
            found.append(f"a {shape.kind} named {name!r}")
        elif plain_may_differ and _is_plain(shape, known):
            continue
        elif known is None:
            found.append(f"a {shape.kind} named {name!r}")
        elif not _fits(shape, known):
            found.append(f"the {shape.kind} {name!r} in another form")
    return found


def missing(db: sqlite3.Connection, expected: Mapping[str, Shape]) -> list[str]:
    """The tables and columns of ours that a file lacks, one phrase each."""
    theirs, found = shapes(db), []
    for name, shape in expected.items():
        if shape.kind == "table":
            there = dict(theirs[name].columns) if name in theirs else None
            if there is None:
                found.append(f"no table {name!r}")
            else:
                found += [f"no column {column!r} in {name!r}" for column, _ in shape.columns if column not in there]
    return found


def _fits(shape: Shape, known: Shape) -> bool:
    if (shape.kind, shape.table, shape.clauses) != (known.kind, known.table, known.clauses):
        return False
    if shape.kind == "index":
        return shape.columns == known.columns
    ours = dict(known.columns)
    return all(name in ours and column == ours[name] for name, column in shape.columns)


def _is_plain(shape: Shape, known: Shape | None) -> bool:
    """Nothing in it computes, hides or refuses, but for what our own has too."""
    ours = {} if known is None else dict(known.columns)
    clauses = frozenset[str]() if known is None else known.clauses
    return shape.clauses <= clauses and all(
        not column.hidden and (column.default is None or (name in ours and column.default == ours[name].default))
        for name, column in shape.columns
    )


@cache
def shapes_of(script: str) -> Mapping[str, Shape]:
    """What a script of statements creates."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(script)
        return shapes(db)


def shapes(db: sqlite3.Connection) -> dict[str, Shape]:
    """What a database defines, by name."""
    found = {}
    for kind, name, table, text in db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall():
        if name.startswith(_OWN_OBJECTS):
            continue
        columns = {"table": _table, "index": _index}.get(kind, lambda *_: ())(db, name)
        words = _words(text or "")
        clauses = frozenset(word for word in _CLAUSES if word in words) if kind == "table" else frozenset[str]()
        if kind == "index" and "where" in words:
            clauses = frozenset({"where"})
        found[name] = Shape(kind, table, tuple(columns), clauses)
    return found


def _table(db: sqlite3.Connection, name: str) -> list[tuple[str, _Column]]:
    found = db.execute("SELECT name, type, dflt_value, pk, hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
    return [(column, _Column(_affinity(kind), default, key, hidden)) for column, kind, default, key, hidden in found]


def _index(db: sqlite3.Connection, name: str) -> list[tuple[str, _Column]]:
    """The indexed columns; an expression has the name ''."""
    query = "SELECT name, coll, desc, cid FROM pragma_index_xinfo(?) WHERE key = 1"
    found = db.execute(query, (name,)).fetchall()
    return [(column or "", _Column(collation, None, order, int(cid == -2))) for column, collation, order, cid in found]


def _words(text: str) -> set[str]:
    return set("".join(one if one.isalnum() or one == "_" else " " for one in text.lower()).split())


def _affinity(kind: str) -> str:
    """Source: "Datatypes In SQLite", 3.1, of SQLite's manual."""
    upper = kind.upper()
    rules = (("INT",), "integer"), (("CHAR", "CLOB", "TEXT"), "text"), (("BLOB",), "blob")
    return next((name for parts, name in rules if any(part in upper for part in parts)), upper or "blob")
