"""YAML and machine policy in, frozen settings out; an unknown key is named, with the nearest right one.

defaults  <  the machine's settings  <  the person's file  <  the machine's policy, which can only make things stricter

The machine's settings are defaults for everyone on it; they switch no sensor on that the person's file does not name.
What leaves is decided by the consent that the person signed.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent import config_files, sources
from agent.config_files import Layers, is_there, parsed
from agent.days.settings import DaysSettings
from agent.errors import ConfigInvalid, PolicyDenied, WrongUse
from agent.outbox import Limits
from agent.perception import engines
from agent.system import floor, host, machine_policy
from agent.system.machine_policy import PolicySource
from agent.tables.profiles import PROFILES, Profile, profile_named
from agent.tables.signals import Kind

_STRICT: Final = ConfigDict(extra="forbid", frozen=True)
_AFFECT_PROFILES: Final = ("care", "research")
_Model = TypeVar("_Model", bound=BaseModel)


def default_file() -> Path:
    """Where a person's settings are looked for when no file is named."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", str(Path.home()))) / "wardbeat" / "settings.yaml"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "wardbeat" / "settings.yaml"
    return Path(os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))) / "wardbeat" / "settings.yaml"


def policy_file() -> Path:
    """Where the machine's administrator may put a policy."""
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "wardbeat" / "policy.yaml"
    return Path("/etc/wardbeat/policy.yaml")


def machine_file() -> Path:
    """Where the machine's administrator may put settings for everyone."""
    return policy_file().with_name("settings.yaml")


class Mqtt(BaseModel):
    """How rows travel."""

    model_config = _STRICT
    version: Literal[3, 5] = 5
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30
    resend_after_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    in_flight: Annotated[int, Field(ge=1, le=100)] = 20


class OutboxLimits(BaseModel):
    """What the outbox promises to hold."""

    model_config = _STRICT
    max_rows: Annotated[int, Field(ge=100, le=10_000_000)] = 100_000
    max_age_days: Annotated[int, Field(ge=1, le=30)] = 30
    max_megabytes: Annotated[int, Field(ge=1, le=100_000)] = 512

    def limits(self) -> Limits:
        """As the outbox takes them."""
        return Limits(self.max_rows, self.max_age_days, self.max_megabytes * 1_000_000)


class Metrics(BaseModel):
    """What a monitoring system on this machine may read; no measured value is in it."""

    model_config = _STRICT
    port: Annotated[int, Field(ge=1024, le=65_535)] | None = None


class AffectModel(BaseModel):
    """An expression model that somebody brings; never bundled."""

    model_config = _STRICT
    path: Path
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]
    labels: Annotated[tuple[str, ...], Field(min_length=2, max_length=8)]
    licence: Annotated[str, Field(min_length=1)]
    licence_accepted: bool = False


def _known_engine(name: str) -> str:
    if name not in engines.ENGINES:
        raise ValueError(f"there is no engine {name!r}; choose one of: {', '.join(engines.ENGINES)}")
    return name


class Face(BaseModel):
    """How movements of a face are read, and what is read beside them."""

    model_config = _STRICT
    engine: Annotated[str, AfterValidator(_known_engine)] = engines.DEFAULT
    affect_model: AffectModel | None = None


class Settings(BaseModel):
    """Everything that a person or administrator may set."""

    model_config = _STRICT
    state_dir: Path = Field(default_factory=host.data_dir)
    profile: str = "personal"
    key_store: Literal["auto", "file"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    consent_days: Annotated[int, Field(ge=1, le=365)] = 90
    sources: dict[str, Any] = Field(default_factory=dict)
    face: Face = Face()
    mqtt: Mqtt = Mqtt()
    outbox: OutboxLimits = OutboxLimits()
    metrics: Metrics = Metrics()
    days: DaysSettings = DaysSettings()


def _known_profile(name: str) -> str:
    if name not in PROFILES:
        raise ValueError(f"there is no profile {name[:40]!r}; choose from {', '.join(PROFILES)}")
    return name


# A misspelt rule must fail, or what it should take away would go on leaving.
ProfileName = Annotated[str, AfterValidator(_known_profile)]


def _version(text: str) -> str:
    if floor.parsed(text) is None:
        raise ValueError(f"{text[:40]!r} is no version such as '1.2.0'")
    return text.strip()


class Policy(BaseModel):
    """What an administrator may take away; there is nothing to add here."""

    model_config = _STRICT
    allowed_profiles: tuple[ProfileName, ...] | None = None
    denied_kinds: tuple[Kind, ...] = ()
    minimum_version: Annotated[str, AfterValidator(_version)] | None = None


def layers(file: Path | None, machine: Path | None = None) -> Layers:
    """The settings files, each of them valid.

    Raises:
        ConfigInvalid: Naming the file, the key, the reason and the remedy.
    """
    if file is None and is_there(default_file()):
        file = default_file()
    of_machine = machine or machine_file()
    found = Layers(
        file,
        {} if file is None else parsed(file),
        of_machine,
        parsed(of_machine) if is_there(of_machine) else {},
    )
    for where, values in ((file, found.own), (of_machine, found.machine)):
        if where is not None:
            settings = _valid(values, Settings, where.name if where is file else str(where))
            for name, of_source in settings.sources.items():
                _source(name, of_source or {}, where)
    return found


def read_policy(file: Path | None = None, managed: PolicySource | None = None) -> Policy:
    """The machine's policy, or one that takes nothing away: what the file and the system's own management both allow.

    Args:
        file: None: where the system keeps it.
        managed: None: Group Policy on Windows, a configuration profile on macOS.

    Raises:
        ConfigInvalid: Naming the key, the reason and the remedy.
    """
    where = file or policy_file()
    written = _rules(parsed(where), where.name) if is_there(where) else Policy()
    source = managed or machine_policy.of_system()
    values = None if source is None else source.read()
    if source is None or values is None:
        return written
    set_by_system = _rules(values, source.place)
    return Policy(**machine_policy.tightened(written.model_dump(), set_by_system.model_dump()))


def _rules(values: dict[str, Any], where: str) -> Policy:
    try:
        return _valid(values, Policy, where)
    except ConfigInvalid as error:
        remedy = error.remedy.replace(
            config_files.EXAMPLE, "'wardbeat config schema' lists a policy's keys and values."
        )
        raise ConfigInvalid(str(error), remedy=remedy) from error


def policy_places(managed: PolicySource | None = None) -> list[str]:
    """Where the policy in force stands; empty without one.

    Raises:
        ConfigInvalid: A place cannot be read.
    """
    found = [str(policy_file())] if is_there(policy_file()) else []
    source = managed or machine_policy.of_system()
    return found if source is None or source.read() is None else [*found, source.place]


def load(file: Path | None, policy: Path | None = None, machine: Path | None = None) -> tuple[Settings, Profile]:
    """Settings and the profile in force.

    Args:
        file, policy, machine: The person's settings, the machine's policy, the machine's settings; None: where the
            system keeps them, if there are any.

    Raises:
        ConfigInvalid: Naming the key, the reason and the remedy.
        PolicyDenied: The machine's policy does not allow the profile, or not this version.
        WrongUse: A version with a higher security floor has worked on the state folder.
    """
    files = layers(file, machine)
    file = files.file
    settings = _valid(files.merged(), Settings, "the settings of machine and person together")
    rules = read_policy(policy)
    checked = {name: _source(name, values or {}, file) for name, values in settings.sources.items()}
    profile = profile_under(settings, rules)
    folder = settings.state_dir.expanduser()
    floor.require_of_folder(folder)
    return settings.model_copy(update={"sources": checked, "state_dir": folder}), profile


def profile_under(settings: Settings, rules: Policy) -> Profile:
    """The profile in force: the settings' own, and of it what the policy leaves.

    Raises:
        PolicyDenied: The policy does not allow the profile, an expression model, or this version.
        ConfigInvalid: The licence of an expression model is not accepted.
    """
    try:
        floor.require(rules.minimum_version, "the machine's policy")
    except WrongUse as error:
        raise PolicyDenied(str(error), remedy=error.remedy) from error
    profile = profile_named(settings.profile, rules.allowed_profiles, rules.denied_kinds)
    _may_name_affect(settings, profile, rules)
    return profile


def _may_name_affect(settings: Settings, profile: Profile, rules: Policy) -> None:
    """An external expression model: for care and research alone, with its licence accepted by whoever names it."""
    wanted = settings.face.affect_model
    if wanted is None:
        return
    if profile.name not in _AFFECT_PROFILES or "affect" in rules.denied_kinds:
        raise PolicyDenied(
            f"an external expression model is not allowed under the profile {profile.name!r}",
            remedy="Remove face.affect_model from the settings; only the profiles care and research may use one.",
        )
    if not wanted.licence_accepted:
        raise ConfigInvalid(
            f"face.affect_model: its licence ({wanted.licence}) is not accepted",
            remedy="Read the licence; then set face.affect_model.licence_accepted to true.",
        )


def _source(name: str, values: object, file: Path | None) -> object:
    where = file.name if file is not None else "settings"
    if name not in sources.SOURCES:
        raise ConfigInvalid(f"{where}: unknown source {name!r}", remedy=config_files.nearest(name, sources.SOURCES))
    kind = sources.settings_type(name)
    known = list(kind.__dataclass_fields__)
    unknown = sorted(set(values) - set(known)) if isinstance(values, dict) else []
    if unknown:
        key = f"sources.{name}.{unknown[0]}"
        near = config_files.nearest(key, [f"sources.{name}.{one}" for one in known])
        raise ConfigInvalid(f"{where}: unknown key {key!r}", remedy=near)
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        raise config_files.first_fault(error, where, f"sources.{name}", known) from error


def _valid(values: dict[str, Any], kind: type[_Model], where: str) -> _Model:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise config_files.first_fault(error, where, "", list(keys(kind))) from error


def keys(kind: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every dotted key of a settings model."""
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{prefix}{name}.")
        yield f"{prefix}{name}"
