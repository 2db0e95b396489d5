"""`wardbeat hub roles`: a database user for each process of the hub."""

import argparse
from pathlib import Path

from agent.errors import WardbeatError
from agent.system import output
from agent.system.output import say


def roles(arguments: argparse.Namespace) -> int:
    """Make the database's users, or print what an administrator runs."""
    from hub.database_users import make_users, script

    if arguments.sql:
        for statement in script(arguments.folder):
            output.show(f"{statement};")
        return 0
    _say_users(make_users(arguments.folder, arguments.database))
    return 0


def users_of_new_site(folder: Path, url: str) -> None:
    """Make the database's users for a site that was just created, where its owner may.

    Raises:
        WardbeatError: They cannot be made; the site is there and works with one user.
    """
    from hub.database_users import make_users, may_make_users

    if not may_make_users(url):
        say(f"Every process uses one database user, who may not make others: see 'wardbeat hub roles {folder} --sql'.")
        return
    try:
        _say_users(make_users(folder, url))
    except WardbeatError as error:
        said = f"the site was created, but the users of its database were not: {error}"
        raise type(error)(said, remedy=f"{error.remedy} Then run 'wardbeat hub roles {folder}'.") from error


def _say_users(users: list[str]) -> None:
    say(f"Each process has a database user of its own: {', '.join(users)}.")
    say("Let each system user log in as its process's alone: by peer authentication, a certificate or .pgpass.")
