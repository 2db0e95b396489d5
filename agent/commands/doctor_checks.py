"""Every check of `wardbeat doctor`, cheapest first. It reads, writes nothing, and ends: fit to be run each minute."""

import os
import shutil
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from agent import sources
from agent.commands import doctor_agent, doctor_delivery
from agent.commands.doctor_rows import Check
from agent.config import Settings, policy_places
from agent.control import channel
from agent.control.device_scan import silent
from agent.errors import Missing, OutboxBroken, WardbeatError
from agent.privacy.vault import Vault, existing_vault
from agent.system.clock import SessionClock
from agent.system.machine import refuse_network
from agent.tables.profiles import Profile
from agent.windows.history import History

_LEAST_FREE_MB: Final = 100
_LEAST_FREE_FILES: Final = 100
PART_S: Final = 15.0
_WRITTEN: Final = ("outbox.db", "history.db", "keys")


def checks(settings: Settings, profile: Profile) -> Iterator[Check]:
    """All checks; none changes anything, and a part that does not answer is left after 15 seconds."""
    yield from _machine(profile)
    said = doctor_agent.Said.ask(settings)
    for name, chosen in _sensors_on(settings, said).items():
        yield from _within(f"source.{name}", partial(_sensor, name, chosen, settings, said))
    yield from _within("state", lambda: _state(settings, profile, said))
    yield from doctor_agent.checks(said, profile)
    yield from _within("evidence", _evidence)


def _within(what: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks of one part, or those that came in time: a disk, a key store or a bus may never answer."""
    found: list[Check] = []
    thread = threading.Thread(target=lambda: found.extend(_guarded(what, look)), name=f"doctor.{what}", daemon=True)
    thread.start()
    thread.join(PART_S)
    yield from tuple(found)
    if thread.is_alive():
        words = f"the checks of {what} did not end within {PART_S:g} s"
        yield Check("time_limit", ok=False, words=words, remedy="Run it again; if this lasts, restart this machine.")


def _guarded(what: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except WardbeatError as error:
        yield Check(what, ok=False, words=str(error), remedy=error.remedy)
    except OSError as error:
        words = f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}"
        yield Check(what, ok=False, words=words, remedy="Check the disk and the rights of this file.")


def _machine(profile: Profile) -> Iterator[Check]:
    yield Check("python", sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}", "Install Python 3.11.")
    yield Check("tls13", ssl.HAS_TLSv1_3, ssl.OPENSSL_VERSION, "Use a Python whose OpenSSL has TLS 1.3.")
    places = policy_places()
    words = f"{' and '.join(places)} applies" if places else "this machine has no policy file"
    yield Check("machine_policy", ok=True, words=words)
    yield Check("profile", ok=True, words=f"{profile.name}: {profile.words}")


def _evidence() -> Iterator[Check]:
    from copilot import reading

    corpus = reading.load()
    passages_n = sum(len(paper.passages) for paper in corpus.papers)
    yield Check("evidence", ok=True, words=f"{len(corpus.papers)} papers, {passages_n} passages, as they were shipped")


# ---- sensors


def _sensors_on(settings: Settings, said: "doctor_agent.Said") -> dict[str, object]:
    """Those that are on: of the settings and of the running agent, where the person switched some on or off."""
    on = dict(settings.sources)
    for name, is_on in said.switched.items():
        if not is_on:
            on.pop(name, None)
        elif name in sources.SOURCES:
            on.setdefault(name, sources.settings_type(name)())
    return on


def _sensor(name: str, chosen: object, settings: Settings, said: "doctor_agent.Said") -> Iterator[Check]:
    brought = settings.face.affect_model
    affect = None
    if brought is not None:
        affect = sources.AffectFile(str(brought.path.expanduser()), brought.sha256, brought.labels)
    around = sources.Surroundings(
        SessionClock(), settings.state_dir, silent, affect=affect, engine=settings.face.engine,
        may_open=not (sources.SOURCES[name].by_appointment and said.has_sessions),
    )  # fmt: skip
    yield from sources.checks(name, chosen, around)


# ---- the state folder, and what is in it


def _state(settings: Settings, profile: Profile, said: "doctor_agent.Said") -> Iterator[Check]:
    folder = settings.state_dir
    if not folder.is_dir():
        words = f"there is no state folder {folder} yet"
        yield Check("state", ok=False, words=words, remedy="'wardbeat run' creates it.")
        return
    try:
        refuse_network(folder)
    except Missing as error:
        yield Check("state", ok=False, words=str(error), remedy=error.remedy)
        return
    yield Check("state", ok=True, words="on a disk of this machine")
    yield from _rights(folder)
    yield _disk(folder)
    try:
        vault = existing_vault(folder, settings.key_store)
    except WardbeatError as error:
        yield Check("data_key", ok=False, words=str(error), remedy=error.remedy)
        return
    yield Check("data_key", ok=True, words=f"in {vault.place}")
    if (folder / "history.db").exists():
        yield _history(folder, vault)
    yield from doctor_delivery.checks(settings, profile, vault, said)


def _rights(folder: Path) -> Iterator[Check]:
    if sys.platform != "win32":
        seen = folder.stat()
        ours = seen.st_uid == os.getuid()
        words = f"mode {seen.st_mode & 0o777:o}" if ours else "it belongs to another user"
        remedy = f"chmod 700 {folder}" if ours else "Choose another state_dir, or run as the user who owns it."
        yield Check("state_private", ours and seen.st_mode & 0o777 == 0o700, words, remedy)
        long = len(str(folder / channel.SOCKET)) > channel.PATH_MOST
        yield Check("state_path", not long, f"{len(str(folder))} characters", "Choose a shorter state_dir.")
    shut = next((one for one in (folder, *_files(folder)) if not os.access(one, os.W_OK)), None)
    words = "can be written" if shut is None else f"{shut} cannot be written"
    yield Check("state_writable", shut is None, words, "Make the disk writable, and give this user the files.")


def _files(folder: Path) -> Iterator[Path]:
    for name in _WRITTEN:
        if (folder / name).exists():
            yield folder / name
    yield from sorted((folder / "keys").glob("*"))


def _disk(folder: Path) -> Check:
    free_mb = shutil.disk_usage(folder).free // 2**20
    files = sys.maxsize
    if sys.platform != "win32":
        seen = os.statvfs(folder)
        files = seen.f_favail if seen.f_files else sys.maxsize  # some file systems count none
    enough = free_mb > _LEAST_FREE_MB and files > _LEAST_FREE_FILES
    words = f"{free_mb} MB free" if files > _LEAST_FREE_FILES else f"room for {files} more files"
    return Check("disk", enough, words, "Free disk space; rows wait until then.")


def _history(folder: Path, vault: Vault) -> Check:
    file = folder / "history.db"
    remedy = f"Restore {file} from a backup, or move it away; your weeks then start from zero."
    try:
        history = History(file, vault, writes=False)
        try:
            began = next(history.summaries(), None)  # one is enough to see that the key opens it
            told = len(history.told())
        finally:
            history.close()
    except OutboxBroken:
        return Check("history", ok=False, words="the history cannot be read", remedy=remedy)
    except WardbeatError as error:
        return Check("history", ok=False, words=f"the history cannot be read: {error}", remedy=error.remedy or remedy)
    words = f"{'no' if began is None else 'a'} window and {told} check-ins and notes can be read"
    return Check("history", ok=True, words=words)
