"""A real PostgreSQL server for tests: its own user, a temporary folder, loopback, a free port."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from hub.site import open_keys
from tests.support.processes import free_port, skip_or_fail

_PLACES = "/usr/lib/postgresql"


def program(name: str) -> str:
    """A program of the server's; Debian keeps them off the path."""
    folders = sorted(Path(_PLACES).glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))
    if found is None:
        skip_or_fail(f"the tool {name} is missing; `make test` as root installs it")
    return str(found)


class Server:
    """One cluster; `base` makes a data base in it.

    Args:
        settings: Lines for postgresql.conf, ``name = value``.
        folder: Where it lies; made when None. An existing cluster there is started as it is.
    """

    def __init__(self, *settings: str, folder: Path | None = None) -> None:
        self.root = folder or Path(tempfile.mkdtemp(prefix="wardbeat-pg-"))
        self.data = self.root / "data"
        self.port = free_port()
        self._made = 0
        self._as: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            for path in (self.root,):
                os.chown(path, user.pw_uid, user.pw_gid)
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--inh-caps=-all"]
        if not self.data.exists():
            self.command("initdb", "-D", self.data, "-U", "wardbeat", "-A", "trust", "--no-sync")
        self.settings = settings
        self.start()

    def command(self, name: str, *words: object) -> str:
        """Run one of the server's programs as its user."""
        done = subprocess.run(
            [*self._as, program(name), *map(str, words)], cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        words = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.root}
        options = [f"-c {name}={value}" for name, value in words.items()]
        options += [f"-c {line.replace(' = ', '=', 1)}" for line in self.settings]
        self.command("pg_ctl", "-D", self.data, "-w", "-l", self.root / "log", "-o", " ".join(options), "start")

    def stop(self, mode: str = "fast") -> None:
        """``immediate`` is a crash."""
        self.command("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://wardbeat@127.0.0.1:{self.port}/{name}"

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=self.port, user="wardbeat", dbname=name, autocommit=True)

    def base(self) -> str:
        """A new data base's address."""
        self._made += 1
        name = f"hub{self._made}"
        with self.connect() as db:
            db.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.root)


def backed_up(hub: Path, into: Path | None = None) -> Callable[[], None]:
    """Back a hub's data base up, of either kind; what puts it back. Nobody may have it open."""
    keys = open_keys(hub)
    url = make_url(keys.text("database") or "sqlite://")
    keys.close()
    if url.database is None:
        before = (hub / "hub.db").read_bytes()

        def put_file_back() -> None:
            for leftover in hub.glob("hub.db-*"):
                leftover.unlink()
            (hub / "hub.db").write_bytes(before)

        return put_file_back
    where = ["-h", str(url.host), "-p", str(url.port), "-U", str(url.username), "-d", url.database]
    file = into or hub / "base.dump"
    subprocess.run([program("pg_dump"), "-Fc", "-f", file, *where], check=True)
    return lambda: _run([program("pg_restore"), "--clean", "--if-exists", *where, str(file)])


def _run(words: list[str]) -> None:
    subprocess.run(words, check=True)
