"""Opens what an earlier release left: a copy of its fixture, as a world that tests use like any other."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from agent.config import Settings
from agent.enrollment import identity
from agent.privacy.vault import open_vault
from agent.tables.profiles import profile_named
from hub.site import open_keys
from tests.support import postgres
from tests.support.world import World

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDER_MARK = "@FOLDER@"


def releases() -> list[str]:
    """Names of the fixtures that are here, oldest first."""
    return sorted(folder.name for folder in GOLDEN.glob("release_*") if (folder / "manifest.json").exists())


def manifest(release: str) -> dict[str, Any]:
    """What the fixture holds."""
    return json.loads((GOLDEN / release / "manifest.json").read_text())


def opened(release: str, folder: Path, url: str = "") -> tuple[World, World]:
    """The person with rows and the person who withdrew, of a copy.

    Args:
        release: The fixture's name.
        folder: Where the copy goes; it may exist.
        url: An empty PostgreSQL data base for the hub's rows; empty for SQLite.
    """
    shutil.copytree(GOLDEN / release / ("postgresql" if url else "sqlite"), folder, dirs_exist_ok=True)
    for path in [folder, *folder.rglob("*")]:  # git keeps no modes; these files were their user's alone
        path.chmod(0o700 if path.is_dir() else 0o600)
    conf = folder / "hub" / "broker" / "mosquitto.conf"
    conf.write_text(conf.read_text().replace(FOLDER_MARK, str(folder)))
    if url:
        where = make_url(url)
        words = ["-h", str(where.host), "-p", str(where.port), "-U", str(where.username), "-d", str(where.database)]
        psql = [postgres.program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-f", str(folder / "base.sql"), *words]
        subprocess.run(psql, check=True, stdout=subprocess.DEVNULL)
        keys = open_keys(folder / "hub")
        keys.put({"database": url.encode()})
        keys.close()
    return _person(folder, "state"), _person(folder, "second")


def _person(folder: Path, name: str) -> World:
    state = folder / name
    vault = open_vault(state, "file")
    settings = Settings(state_dir=state, profile="care", key_store="file")
    enrolled = identity.load_enrolled(state, vault)
    return World(folder, settings, profile_named("care"), vault, enrolled, enrolled.bundle.port)
