"""systemd: a user unit for a person's agent, and a template for machines that nobody logs in to."""

import os
import pwd
import shlex
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Final

from agent.errors import Missing, WrongUse
from agent.service import ServiceState, not_installed

assert sys.platform == "linux"  # the command asks first

UNIT: Final = "wardbeat.service"
PACKAGED: Final = Path("/usr/lib/systemd/user") / UNIT
TEMPLATE: Final = Path("/usr/lib/systemd/system/wardbeat@.service")
HEADLESS: Final = Path("/etc/wardbeat/agents")
_EXEC: Final = "ExecStart=/usr/bin/wardbeat run"


def install(config: Path | None, state_dir: Path, *, linger: bool) -> None:
    """Start the person's agent now and with each of their sessions.

    Args:
        config: The settings file that the agent is started with; None: where the system keeps it.
        state_dir: Where the agent keeps its files.
        linger: Let it go on after the person logs off, and start with the machine.

    Raises:
        Missing: No session of the person, or the manager refuses.
    """
    folder = _units()
    if not PACKAGED.exists():
        folder.mkdir(parents=True, exist_ok=True)
        text = resources.files("agent.service").joinpath(UNIT).read_text(encoding="utf-8")
        (folder / UNIT).write_text(text.replace(_EXEC, f"ExecStart={_words(_program(), 'run')}"), encoding="utf-8")
    own = _own(config, state_dir)
    drop_in = folder / f"{UNIT}.d" / "own.conf"
    if own:
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text(own, encoding="utf-8")
    else:
        drop_in.unlink(missing_ok=True)
    _user("daemon-reload")
    _user("reset-failed", UNIT, ok=False)
    _user("enable", UNIT)
    _user("restart", UNIT)
    if linger:
        _asked(["loginctl", "enable-linger"])


def _own(config: Path | None, state_dir: Path) -> str:
    """What a drop-in must say beside the unit: another settings file, a state folder outside the home folder."""
    rows = []
    if config is not None:
        rows += ["ExecStart=", f"ExecStart={_words(_program(), '--config', str(config.resolve()), 'run')}"]
    if not state_dir.resolve().is_relative_to(Path.home().resolve()):
        rows.append(f"ReadWritePaths={_quoted(str(state_dir.resolve()))}")
    return "".join(f"{row}\n" for row in ["[Service]", *rows]) if rows else ""


def start() -> None:
    """Start the person's agent now, for this session: the one that they installed, or the package's own.

    Raises:
        Missing: There is none, or no session of the person.
    """
    if not PACKAGED.exists() and not (_units() / UNIT).exists():
        raise not_installed()
    _user("reset-failed", UNIT, ok=False)
    _user("start", "--no-block", UNIT)


def remove() -> None:
    """Stop the person's agent, and start it no more. What it stored stays.

    Raises:
        Missing: No session of the person.
    """
    _user("disable", "--now", UNIT, ok=False)
    (_units() / UNIT).unlink(missing_ok=True)
    shutil.rmtree(_units() / f"{UNIT}.d", ignore_errors=True)
    _user("daemon-reload")
    _user("reset-failed", UNIT, ok=False)


def status() -> ServiceState:
    """What the person's service manager says.

    Raises:
        Missing: No session of the person.
    """
    shown = _user("show", UNIT, "--property=ActiveState,UnitFileState,Result").splitlines()
    found = dict(row.split("=", 1) for row in shown if "=" in row)
    name = pwd.getpwuid(os.getuid()).pw_name
    lingers = _asked(["loginctl", "show-user", name, "--property=Linger", "--value"], ok=False).strip() == "yes"
    failed = found.get("Result", "success")
    return ServiceState(
        found.get("UnitFileState") == "enabled",
        found.get("ActiveState") == "active",
        lingers,
        "" if failed == "success" else failed,
    )


def install_headless(user: str) -> Path:
    """Start an agent for a user of a machine that nobody logs in to; its settings file.

    Raises:
        Missing: The package is not installed.
        WrongUse: Not root, or no such user.
    """
    _needs_root()
    if not TEMPLATE.exists():
        raise Missing(f"{TEMPLATE} is missing", remedy="Install the package wardbeat-agent.")
    try:
        group = pwd.getpwnam(user).pw_gid
    except KeyError as error:
        raise WrongUse(f"there is no user {user[:40]!r}", remedy=f"Make one: useradd --system {user[:40]}") from error
    settings = HEADLESS / f"{user}.yaml"
    if not settings.exists():
        HEADLESS.mkdir(mode=0o755, parents=True, exist_ok=True)
        settings.write_text(f"state_dir: /var/lib/wardbeat/{user}\nkey_store: file\n", encoding="utf-8")
        os.chown(settings, 0, group)
        settings.chmod(0o640)
    _asked(["systemctl", "daemon-reload"])
    _asked(["systemctl", "enable", "--now", f"wardbeat@{user}.service"])
    return settings


def remove_headless(user: str) -> None:
    """Stop that agent, and start it no more. Its settings and what it stored stay.

    Raises:
        Missing: The manager refuses.
        WrongUse: Not root.
    """
    _needs_root()
    _asked(["systemctl", "disable", "--now", f"wardbeat@{user}.service"])


def _needs_root() -> None:
    if os.geteuid() != 0:
        raise WrongUse("--headless changes the machine's services", remedy="Run it as root: sudo wardbeat service ...")


def _units() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))) / "systemd" / "user"


def _program() -> tuple[str, ...]:
    return ("/usr/bin/wardbeat",) if PACKAGED.exists() else (sys.executable, "-P", "-m", "agent.cli")


def _words(program: tuple[str, ...], *words: str) -> str:
    return " ".join(_quoted(word) for word in (*program, *words))


def _quoted(word: str) -> str:
    """As systemd reads it: its specifiers, variables and quotes are taken literally."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return plain if plain == shlex.quote(plain) else f'"{plain}"'


def _user(*words: str, ok: bool = True) -> str:
    return _asked(["systemctl", "--user", "--no-pager", *words], ok=ok)


def _asked(words: list[str], *, ok: bool = True) -> str:
    """What a command of systemd prints.

    Raises:
        Missing: It is not there, or it refuses.
    """
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise Missing(f"{words[0]} is missing", remedy="Install systemd, or start 'wardbeat run' yourself.") from error
    if ok and done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[:200]
        raise Missing(
            f"'{' '.join(words)}' refuses: {said}",
            remedy="Run this in your own session (not by su or sudo); 'journalctl --user -u wardbeat' shows the log.",
        )
    return done.stdout
