"""Users of PostgreSQL for each process of a hub, so that the server refuses what a process must not do."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agent.errors import WrongUse
from hub.database import checked_url
from hub.keys.keystore import DATABASE, ROLES, KeyStore
from hub.site import open_keys
from hub.store import Store, grants, roles
from hub.store.owner import id_of


def make_users(folder: Path, owner_url: str = "") -> list[str]:
    """Bring the tables up to this program, make a database user for each role and grant each its rights alone.

    Afterwards the hub keeps no name and no password of the owner: each process connects as its own user. Call it again
    after an update that changes tables.

    Args:
        folder: The hub's.
        owner_url: Address with the name of the tables' owner; empty: the address that the hub keeps.

    Returns:
        The users' names.

    Raises:
        WrongUse: The hub uses SQLite, or the address is another database's, or a user of such a name is not the hub's.
        Missing: The database does not respond, or its owner may not make users.
        CheckFailed: A user can do more than it should; nothing was changed.
    """
    with closing(open_keys(folder)) as keys:
        known = _address(keys)
        owner = checked_url(owner_url) if owner_url else known
        if not roles.is_same_database(owner, known):
            raise WrongUse(
                "this is the address of another database than the hub's", remedy="Name the one that 'hub init' used."
            )
        prefix = keys.text(ROLES) or roles.prefix_of(known)
        with Store(folder, keys, owner=owner) as store:
            users = store.grant_roles(prefix)
        keys.put({DATABASE: roles.without_owner(known).encode(), ROLES: prefix.encode()})
    return users


def script(folder: Path) -> Iterator[str]:
    """The statements that an administrator runs where the tables' owner may not make users.

    Raises:
        WrongUse: The hub uses SQLite.
    """
    with closing(open_keys(folder)) as keys:
        url = _address(keys)
        owner = id_of(keys.value("root public"))
        prefix = keys.text(ROLES) or roles.prefix_of(url)
    return grants.script(roles.users_of(prefix), roles.schema_of(url), owner)


def may_make_users(url: str) -> bool:
    """Whether the user in an address may make others.

    Raises:
        Missing: The database does not respond.
    """
    return grants.may_make_roles(checked_url(url))


def _address(keys: KeyStore) -> str:
    url = keys.text(DATABASE)
    if not url:
        raise WrongUse(
            "SQLite has no users: one system user owns its file", remedy="Create the hub with --database URL."
        )
    return url
