"""What a database defines, compared with what this program creates: tables, indexes, triggers, views, rules.

A trigger or rule in a data file that somebody prepared would run with the hub's rights at each stored envelope.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, MetaData, create_engine, text

from agent.errors import CheckFailed
from agent.system import sqlite_schema
from agent.system.sqlite_schema import Shape

_REMEDY: Final = "Use a database that 'wardbeat hub' made and nobody changed: restore a backup from before the change."
# of PostgreSQL: everything that runs, computes or hides rows at our tables; a phrase each
_STRANGE: Final = """
WITH ours AS (
    SELECT c.oid, c.relname, c.relkind, c.relrowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relname = ANY(:names)
)
SELECT 'the table ' || quote_literal(relname) || ' in another form' FROM ours WHERE relkind <> 'r' OR relrowsecurity
UNION ALL SELECT 'a trigger named ' || quote_literal(tgname) FROM pg_trigger JOIN ours ON tgrelid = ours.oid
    WHERE NOT tgisinternal
UNION ALL SELECT 'a rule named ' || quote_literal(rulename) FROM pg_rewrite JOIN ours ON ev_class = ours.oid
    WHERE relkind = 'r'
UNION ALL SELECT 'a table that inherits from ' || quote_literal(relname) FROM pg_inherits
    JOIN ours ON inhparent = ours.oid
UNION ALL SELECT 'a constraint named ' || quote_literal(conname) FROM pg_constraint JOIN ours ON conrelid = ours.oid
    WHERE contype NOT IN ('p', 'u', 'n')
UNION ALL SELECT 'an index over an expression at ' || quote_literal(relname) FROM pg_index
    JOIN ours ON indrelid = ours.oid WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
UNION ALL SELECT 'a computed column ' || quote_literal(relname || '.' || attname) FROM pg_attrdef
    JOIN ours ON adrelid = ours.oid JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
    WHERE NOT (relname = 'quarantine' AND attname = 'id' AND pg_get_expr(adbin, adrelid) LIKE 'nextval(%)')
"""
_COLUMNS: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relname = ANY(:names) AND a.attnum > 0 AND NOT a.attisdropped
"""
_TYPES: Final = {"BIGINT": "bigint", "INTEGER": "integer", "BYTEA": "bytea", "VARCHAR": "character varying"}


def refuse_strange(db: Connection, tables: MetaData, *, whole: bool = False) -> None:
    """Let in only what this program, or an earlier one, creates. No row is read.

    Args:
        db: The database.
        tables: What this program creates.
        whole: Also refuse where some of it is missing.

    Raises:
        CheckFailed: Names what is strange or missing.
    """
    found = _postgres(db, tables, whole=whole) if db.dialect.name == "postgresql" else _sqlite(db, tables, whole=whole)
    if found:
        raise CheckFailed(
            f"the database is not as this program makes it: {', '.join(found[:5])}. Nothing was changed",
            remedy=_REMEDY,
        )


@cache
def sqlite_shapes(tables: MetaData) -> Mapping[str, Shape]:
    """What this program creates in a SQLite file."""
    engine = create_engine("sqlite://")
    with engine.connect() as db:
        tables.create_all(db)
        made: Any = db.connection.driver_connection
        found = sqlite_schema.shapes(made)
    engine.dispose()
    return found


def _sqlite(db: Connection, tables: MetaData, *, whole: bool) -> list[str]:
    file: Any = db.connection.driver_connection
    expected = sqlite_shapes(tables)
    return sqlite_schema.strange(file, expected) + (sqlite_schema.missing(file, expected) if whole else [])


def _postgres(db: Connection, tables: MetaData, *, whole: bool) -> list[str]:
    names = {"names": list(tables.tables)}
    found = [str(words) for words in db.execute(text(_STRANGE), names).scalars()]
    theirs = {(table, column): kind for table, column, kind in db.execute(text(_COLUMNS), names)}
    for table in tables.sorted_tables:
        for column in table.columns:
            kind = theirs.get((table.name, column.name))
            if kind is None:
                found += [f"no column {column.name!r} in {table.name!r}"] if whole else []
            elif kind != _TYPES[column.type.compile(db.dialect)]:
                found.append(f"the column {column.name!r} of {table.name!r} in another form")
    return found
