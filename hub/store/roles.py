"""Roles of a PostgreSQL database: what each process of the hub may do to each table, and nothing else.

Each process connects as a database user of its own; the server refuses what RIGHTS does not list. Tables and roles
belong to the database's owner, whose name and password no process of the hub keeps.

A table brings its row in RIGHTS. A role costs one line in `Role`, and its column in RIGHTS.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import URL, Column, Table
from sqlalchemy.engine import make_url

from hub.store import tables
from hub.store.tables import META

VERBS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")


class Role(StrEnum):
    """Who connects: ``run`` receives and stores, ``score`` scores, ``show`` shows people to the operator, ``export``
    writes a study's files, ``watch`` reads counts without any person's rows, for monitoring, ``alerts`` prepares what a
    care team may see and raises alerts, and ``care`` shows that to the team.
    """

    RUN = "run"
    SCORE = "score"
    SHOW = "show"
    EXPORT = "export"
    WATCH = "watch"
    ALERTS = "alerts"
    CARE = "care"


@dataclass(frozen=True, slots=True)
class Right:
    """What one role may do to one table.

    Attributes:
        verbs: Of VERBS, for the whole table.
        columns: Verbs that are allowed for these columns alone.
    """

    verbs: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] | None = None

    def allows(self, verb: str, column: str) -> bool:
        """Whether the verb is allowed for a column."""
        return verb in self.verbs or column in (self.columns or {}).get(verb, ())


def _all(*verbs: str) -> Right:
    return Right(verbs)


def _of(*columns: Column[object], verbs: tuple[str, ...] = ()) -> Right:
    """SELECT of these columns, and verbs for the whole table."""
    return Right(verbs, {"SELECT": tuple(column.name for column in columns)})


_READ: Final = _all("SELECT")
_ROW, _SEEN, _DUE, _DIGEST, _SCORE = tables.ROW.c, tables.SEEN.c, tables.DUE.c, tables.DIGEST.c, tables.SCORE.c
_NOTE: Final = tables.TEAM_NOTE.c
_DELETE: Final = ("DELETE",)
_LOCKS: Final = Right(columns={"SELECT": (tables.DEVICE.c.device.name,), "UPDATE": (tables.DEVICE.c.locked.name,)})
_PROVING: Final = (Role.SHOW, Role.EXPORT, Role.ALERTS, Role.CARE)  # who check a consent that they rest on
_COUNTS: Final = _all("SELECT", "INSERT", "UPDATE")
RIGHTS: Final[dict[Table, dict[Role, Right]]] = {
    tables.SITE: {Role.RUN: _all("SELECT", "INSERT", "UPDATE"), **dict.fromkeys(list(Role)[1:], _READ)},
    # these lock a person's row, for which PostgreSQL asks for the right to change a column: `locked`, unused
    tables.DEVICE: {
        Role.RUN: _all("SELECT", "INSERT", "UPDATE"),
        **dict.fromkeys((Role.SCORE, Role.ALERTS, Role.CARE), _LOCKS),
    },
    tables.SEEN: {Role.RUN: _all("SELECT", "INSERT", "DELETE"), Role.WATCH: _of(_SEEN.seq)},
    tables.STREAM: {
        Role.RUN: _all(*VERBS),
        Role.SHOW: _of(tables.STREAM.c.device, tables.STREAM.c.begun_utc_s),
    },
    # whoever stores cannot read what is stored, not even encrypted
    tables.ROW: {
        Role.RUN: _of(*(column for column in _ROW if column.name != "words"), verbs=("INSERT", "DELETE")),
        Role.SCORE: _READ,
        Role.SHOW: _READ,
        Role.EXPORT: _READ,
        Role.ALERTS: _READ,
        Role.WATCH: _of(_ROW.kind, _ROW.data_key, _ROW.arrival),
    },
    tables.CONSENT: {Role.RUN: _all("SELECT", "INSERT", "DELETE"), **dict.fromkeys(_PROVING, _READ)},
    tables.FEATURES: {Role.RUN: _all("SELECT", "INSERT", "DELETE"), **dict.fromkeys(_PROVING, _READ)},
    tables.CONTACT: {Role.RUN: _all("SELECT", "INSERT", "UPDATE"), Role.SHOW: _READ, Role.ALERTS: _READ},
    tables.DAY: {Role.RUN: _all("SELECT", "INSERT"), Role.SHOW: _READ, Role.ALERTS: _READ},
    tables.COUNTER: {
        **dict.fromkeys((Role.RUN, Role.SCORE, Role.ALERTS, Role.CARE), _COUNTS),
        Role.WATCH: _READ,
    },
    tables.QUARANTINE: {Role.RUN: _of(tables.QUARANTINE.c.id, tables.QUARANTINE.c.device, verbs=("INSERT", "DELETE"))},
    tables.DUE: {
        Role.RUN: _of(_DUE.device, _DUE.arrival, verbs=("INSERT", "DELETE")),
        Role.SCORE: _all("SELECT", "DELETE"),
        Role.WATCH: _of(_DUE.arrival, _DUE.taken_ms),
    },
    tables.DIGEST: {
        Role.RUN: _of(_DIGEST.device, verbs=_DELETE),
        Role.SCORE: _all("SELECT", "INSERT", "DELETE"),
        Role.ALERTS: _READ,
    },
    tables.SCORE: {
        Role.RUN: _of(_SCORE.device, _SCORE.day, verbs=_DELETE),
        Role.SCORE: _all("SELECT", "INSERT", "DELETE"),
        Role.EXPORT: _READ,
        Role.ALERTS: _READ,
    },
    tables.DOWN: {Role.RUN: _all("SELECT", "DELETE"), Role.SCORE: _all("SELECT", "INSERT", "DELETE")},
    tables.CHANGED: {
        Role.RUN: _all("SELECT", "INSERT", "DELETE"),
        Role.SCORE: _all("SELECT", "INSERT"),
        Role.ALERTS: _all("SELECT", "DELETE"),
        Role.WATCH: _of(tables.CHANGED.c.taken_ms),
    },
    tables.SHOWN: {
        Role.RUN: _of(tables.SHOWN.c.device, tables.SHOWN.c.data_key, verbs=_DELETE),
        Role.ALERTS: _all("SELECT", "INSERT", "DELETE"),
        Role.CARE: _READ,
    },
    tables.ALERT: {
        Role.RUN: _of(tables.ALERT.c.device, tables.ALERT.c.data_key, verbs=_DELETE),
        Role.ALERTS: _all(*VERBS),
        # a team acknowledges; it raises, changes and deletes no alert
        Role.CARE: Right(("SELECT",), {"UPDATE": ("state", "revision", "acknowledged_by", "acknowledged_utc_s")}),
    },
    tables.TEAM_NOTE: {
        Role.RUN: _of(_NOTE.device, _NOTE.data_key, _NOTE.at_utc_s, verbs=_DELETE),
        Role.CARE: _all("SELECT", "INSERT", "DELETE"),
    },
    tables.LOOK: {Role.CARE: _all("SELECT", "INSERT"), Role.SHOW: _READ},
    tables.RIDE: {
        Role.RUN: _all("SELECT", "DELETE"),
        Role.ALERTS: _all("SELECT", "INSERT", "DELETE"),
        Role.CARE: _all("SELECT", "INSERT", "DELETE"),
    },
    tables.POST: {
        Role.ALERTS: _all(*VERBS),
        Role.WATCH: _of(tables.POST.c.channel, tables.POST.c.made_utc_s, tables.POST.c.tries),
    },
    tables.POSTED: {Role.ALERTS: _all(*VERBS)},
}


def right(table: Table, role: Role) -> Right:
    """What a role may do to a table; nothing where RIGHTS says nothing."""
    return RIGHTS[table].get(role, Right())


def prefix_of(url: str) -> str:
    """What the names of a database's users begin with: users count in a whole server, so they carry its name."""
    return make_url(url).database or ""


def user_of(prefix: str, role: Role) -> str:
    """A role's user at the database, such as ``wardbeat_score``."""
    return f"{prefix}_{role}"


def users_of(prefix: str) -> list[str]:
    """The users of all roles."""
    return [user_of(prefix, role) for role in Role]


def without_owner(url: str) -> str:
    """An address without name and password: what the hub keeps."""
    return _as(url, None)


def is_same_database(url: str, other: str) -> bool:
    """Whether two addresses name one database, as whomever."""
    one, two = make_url(url), make_url(other)
    return (one.host, one.port, one.database, one.query) == (two.host, two.port, two.database, two.query)


def schema_of(url: str) -> str:
    """The schema that an address names in its options, or ``public``."""
    options = str(make_url(url).query.get("options", ""))
    return options.rpartition("search_path=")[2].split(",")[0].strip('" ') or "public"


def url_of(url: str, prefix: str, role: Role) -> str:
    """The address at which a role connects. Its password is in its system user's ``.pgpass``, if it has one."""
    return _as(url, user_of(prefix, role))


def _as(url: str, user: str | None) -> str:
    at = make_url(url)
    return URL.create(at.drivername, user, None, at.host, at.port, at.database, at.query).render_as_string()


def grants(prefix: str, schema: str, quoted: Callable[[str], str]) -> Iterator[str]:
    """The statements that give each role RIGHTS and take everything else away. Run by the owner of the tables.

    Args:
        prefix: Of the users.
        schema: That the tables are in.
        quoted: Quotes a name.
    """
    for role in Role:
        user, place = quoted(user_of(prefix, role)), quoted(schema)
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {place} FROM {user}"
        yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {place} FROM {user}"
        yield f"REVOKE CREATE ON SCHEMA {place} FROM {user}"
        yield f"GRANT USAGE ON SCHEMA {place} TO {user}"
        for table in META.sorted_tables:
            has, name = right(table, role), f"{place}.{quoted(table.name)}"
            if has.verbs:
                yield f"GRANT {', '.join(has.verbs)} ON {name} TO {user}"
            for verb, columns in (has.columns or {}).items():
                yield f"GRANT {verb} ({', '.join(map(quoted, columns))}) ON {name} TO {user}"
        if "INSERT" in right(tables.QUARANTINE, role).verbs:
            yield f"GRANT USAGE ON SEQUENCE {place}.quarantine_id_seq TO {user}"
