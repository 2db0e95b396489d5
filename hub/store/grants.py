"""Make the roles of a PostgreSQL database, grant them their rights, and prove that none of them has more."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Table, text

from agent.errors import CheckFailed, Missing, WrongUse
from hub.database import CANNOT_WRITE, cause, open_postgres
from hub.store import roles
from hub.store.roles import VERBS, Right, Role, right, user_of, users_of
from hub.store.tables import META

_SIGN: Final = "wardbeat hub: "  # the comment of a role that was made here, with the identity of the key store
_NAME_MOST: Final = 63  # bytes of a name at PostgreSQL
_KNOWN: Final = """
SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS is_mighty,
       shobj_description(oid, 'pg_authid') AS sign
FROM pg_roles WHERE rolname = ANY(:names)
"""
_BEYOND: Final = ("TRUNCATE", "REFERENCES", "TRIGGER")


def script(users: Iterable[str], schema: str, owner: bytes) -> Iterator[str]:
    """What an administrator runs once where the owner of the tables may not make roles; statements without rights."""
    for user in map(_quoted, users):
        yield f"CREATE ROLE {user} LOGIN"
        yield f"COMMENT ON ROLE {user} IS '{_SIGN}{owner.hex()}'"
        yield f"GRANT USAGE ON SCHEMA {_quoted(schema)} TO {user}"


def may_make_roles(url: str) -> bool:
    """Whether the user in this address can make roles.

    Raises:
        Missing: The database does not respond, or the driver is not installed.
    """
    engine = open_postgres(url)
    try:
        with engine.connect() as db:
            return _may_make(db)
    except CANNOT_WRITE as error:
        raise Missing(
            f"the database does not respond: {cause(error)}", remedy="Check the address, and start the database."
        ) from error
    finally:
        engine.dispose()


def apply(db: Connection, prefix: str, owner: bytes) -> list[str]:
    """Make the roles that are missing, and give each its rights alone; returns the users' names.

    Args:
        db: An open transaction of the owner of the tables, which are there.
        prefix: Of the users.
        owner: Identity of the key store: roles of another hub are not touched.

    Raises:
        WrongUse: A name is too long, or a user of this name is somebody else's. Nothing was changed.
        Missing: Users are missing, and this one may not make them.
        CheckFailed: A role can do more than it should, because of something that is not ours to take away.
    """
    users = users_of(prefix)
    if max(len(user.encode()) for user in users) > _NAME_MOST:
        raise WrongUse(f"{users[0]!r} is too long for a user of PostgreSQL", remedy="Use a shorter database name.")
    known = {row.rolname: row for row in db.execute(text(_KNOWN), {"names": users})}
    for user in users:
        if user in known and known[user].sign != f"{_SIGN}{owner.hex()}":
            raise WrongUse(
                f"the database user {user!r} was not made for this hub",
                remedy="Use a database with another name, or have an administrator drop that user.",
            )
    schema = str(db.execute(text("SELECT current_schema()")).scalar_one())
    missing = [user for user in users if user not in known]
    if missing:
        if not _may_make(db):
            raise Missing(
                f"{len(missing)} database users are missing, and this user may not make them",
                remedy="Have an administrator run what 'wardbeat hub roles SITE --sql' prints, then try again.",
            )
        for statement in script(missing, schema, owner):
            db.execute(text(statement))
    for statement in roles.grants(prefix, schema, _quoted):
        db.execute(text(statement))
    too_much = list(excess(db, prefix))
    if too_much:
        raise CheckFailed(
            f"a role can do more than it should: {'; '.join(too_much[:5])}. Nothing was changed",
            remedy="Take those rights from it or from PUBLIC, as an administrator, then try again.",
        )
    return users


def excess(db: Connection, prefix: str) -> Iterator[str]:
    """What roles can do beyond RIGHTS, by whatever grant, membership or attribute: one phrase each."""
    users = {user_of(prefix, role): role for role in Role}
    for row in db.execute(text(_KNOWN), {"names": list(users)}):
        if row.is_mighty:
            yield f"{row.rolname} has attributes of an administrator"
    schema = db.execute(text("SELECT current_schema()")).scalar_one()
    for user, role in users.items():
        if _has(db, "has_schema_privilege(:user, :schema, 'CREATE')", user=user, schema=schema):
            yield f"{user} may create in the schema {schema}"
        for table in META.sorted_tables:
            yield from _excess_at(db, f"{_quoted(schema)}.{_quoted(table.name)}", table, user, right(table, role))


def _excess_at(db: Connection, name: str, table: Table, user: str, has: Right) -> Iterator[str]:
    for verb in (*_BEYOND, "DELETE"):
        asked = {"user": user, "name": name, "verb": verb}
        if verb not in has.verbs and _has(db, "has_table_privilege(:user, :name, :verb)", **asked):
            yield f"{user} may {verb} {table.name}"
    for column, verb in itertools.product((column.name for column in table.columns), VERBS[:-1]):
        asked = {"user": user, "name": name, "column": column, "verb": verb}
        if not has.allows(verb, column) and _has(db, "has_column_privilege(:user, :name, :column, :verb)", **asked):
            yield f"{user} may {verb} {table.name}.{column}"


def _may_make(db: Connection) -> bool:
    query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    return bool(db.execute(text(query)).scalar())


def _has(db: Connection, call: str, **values: Any) -> bool:
    return bool(db.execute(text(f"SELECT {call}"), values).scalar())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
