"""Settings and policy that change while the agent runs: all of a change is taken over, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import config
from agent.config import Settings
from agent.errors import WardbeatError
from agent.system import machine_policy
from agent.tables.profiles import Profile

Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class InForce:
    """What a run works with.

    Attributes:
        settings, profile: As `config.load` gives them.
        held: Why nothing may leave: the policy cannot be read, or forbids what runs. Empty: it may.
    """

    settings: Settings
    profile: Profile
    held: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at changed files found.

    Attributes:
        becomes: What is to be in force from now on; None: what is in force stays.
        changed: Names of the keys that differ; never their values.
    """

    becomes: InForce | None = None
    changed: tuple[str, ...] = ()


class SettingsWatch:
    """The files of settings and policy, and what of them is in force.

    Args:
        file: The person's file; None: where the system keeps it.
        load: Reads and checks all of them; for tests.

    Raises:
        ConfigInvalid, PolicyDenied: At the start nothing is in force yet, so nothing runs.

    Attributes:
        in_force: What the run works with.
        error: What is wrong with the files of settings now; None: nothing.
    """

    def __init__(
        self, file: Path | None, load: Callable[[Path | None], tuple[Settings, Profile]] = config.load
    ) -> None:
        self._file, self._load = file, load
        self._seen = self._stamps()
        self.error: WardbeatError | None = None
        self.in_force = InForce(*load(file))

    def look(self, *, asked: bool = False) -> Looked | None:
        """Read the files where one of them has changed; None: none has.

        A file that is wrong changes nothing; what the policy takes away counts all the same. Where the policy cannot be
        read, or does not allow the profile or the version that runs, nothing may leave until it can be read and does.

        Args:
            asked: Read them in any case.
        """
        seen = self._stamps()
        if seen == self._seen and not asked:
            return None
        self._seen = seen
        before = self.in_force
        try:
            rules = config.read_policy()
        except WardbeatError as error:
            return self._held(f"the machine's policy is wrong: {error}")
        try:
            found = InForce(*self._load(self._file))
        except WardbeatError as error:
            self.error = error
            try:
                kept = InForce(before.settings, config.profile_under(before.settings, rules))
            except WardbeatError as denied:
                return self._held(str(denied))
            return Looked(self._taken(kept) if kept != before else None, ("profile",))
        self.error = None
        changed = tuple(sorted(_differing(before, found)))
        return Looked(self._taken(found) if changed or before.held else None, changed)

    def _held(self, why: str) -> Looked:
        """Nothing may leave; the settings stay as they were."""
        self.error = None  # the policy has its own words on the board
        held = InForce(self.in_force.settings, self.in_force.profile, why)
        return Looked(self._taken(held) if held != self.in_force else None)

    def _taken(self, new: InForce) -> InForce:
        self.in_force = new
        return new

    def _stamps(self) -> tuple[Stamp | str, ...]:
        files = (_stamp(one) for one in (self._file or config.default_file(), *_of_machine()))
        return (*files, machine_policy.set_by_system())


def _of_machine() -> tuple[Path, Path]:
    return config.machine_file(), config.policy_file()


def _stamp(file: Path) -> Stamp:
    """What changes when a file is written, replaced, removed, or closed to this user."""
    try:
        seen = file.stat()
    except OSError as error:
        return -1, error.errno or 0, int(file.is_symlink()), 0
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_mode


def _differing(one: InForce, other: InForce) -> set[str]:
    """Dotted keys in which two differ; ``profile`` stands for what the policy takes away, too."""
    found = {"profile"} if one.profile != other.profile else set[str]()
    before, after = (of.settings.model_dump(mode="json", exclude={"sources"}) for of in (one, other))
    found |= _keys(before, after, "")
    names = one.settings.sources.keys() | other.settings.sources.keys()
    found |= {f"sources.{n}" for n in names if one.settings.sources.get(n) != other.settings.sources.get(n)}
    return found


def _keys(before: dict[str, Any], after: dict[str, Any], prefix: str) -> set[str]:
    found = set[str]()
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found |= _keys(old, new, f"{prefix}{name}.")
        elif old != new:
            found.add(f"{prefix}{name}")
    return found
