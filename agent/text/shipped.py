"""The table that comes with the program, checked by its size and its hash."""

import hashlib
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from agent.errors import ModelMissing
from agent.text import identity
from agent.text.table import Table, parse

FILE: Final = "sentiment.bin"


@cache
def manifest_row() -> dict[str, Any]:
    """The row `text` of the manifest: name, sha256, bytes, licence, what."""
    read = yaml.safe_load(resources.files("agent.models").joinpath("manifest.yaml").read_text(encoding="utf-8"))
    row: dict[str, Any] = read["text"]
    return row


@cache
def shipped_table() -> Table:
    """The table of this version.

    Raises:
        ModelMissing: It is not there, is another file, belongs to another list of words, or may not be switched on.
    """
    file = resources.files("agent.models").joinpath(FILE)
    if not file.is_file():
        raise ModelMissing(f"{FILE} is not in this installation", remedy="Install Wardbeat again.")
    return checked(file.read_bytes(), manifest_row()["sha256"], identity.list_bytes())


def checked(content: bytes, sha256: str, identity_list: bytes) -> Table:
    """The table in these bytes, if they are the right ones.

    Args:
        content: A model file.
        sha256: What it must have, lower-case hex.
        identity_list: The list of words that the program leaves out.

    Raises:
        ModelMissing: Another file, or a table that was trained with another list.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelMissing(f"{FILE} is not the file that belongs to this version", remedy="Install Wardbeat again.")
    table = parse(content)
    if hashlib.sha256(identity_list).hexdigest() != table.constants.identity_sha256:
        raise ModelMissing(
            f"{FILE} was trained with another list of words of who a person is", remedy="Install Wardbeat again."
        )
    return table
