"""``alerts.yaml`` of a site: levels, rules that are off, channels, budgets, quiet hours. All of it holds, or none."""

import datetime as dt
import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import ValidationError

from agent.errors import ConfigInvalid
from hub.alerts.channels import Channel, MailChannel, WebhookChannel
from hub.alerts.rules import RULES, AlertRule, rule_named
from hub.alerts.site_words import MODELS, ChannelWords, MailWords, RuleWords, SiteWords, WebhookWords

FILE: Final = "alerts.yaml"
_ADDRESS: Final = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
_URL: Final = re.compile(
    r"https://(?:([A-Za-z0-9.-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\])(?::(\d{1,5}))?(/[!-\"$-~]{0,999})?"
)
_PORT_MOST: Final = 65535
_SEE: Final = "docs/alerts.md lists the keys."
_FACTS: Final = f"The facts are {', '.join(rule.name for rule in RULES)}."
_TIMES: Final = 'Write it in quotes, such as "22:00".'
# Faults of values in our words, by the library's name of the fault; another one keeps the library's words.
_FAULTS: Final = {
    "missing": "this key is missing",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_pattern_mismatch": "has not the right form",
}


class _Once(yaml.SafeLoader):
    """YAML in which a key stands once: of two, one would silently not hold."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the library's
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise ConfigInvalid(
                    f"{FILE}, line {node.start_mark.line + 1}: {key!r} stands there twice", remedy="Keep one of them."
                )
        return super().construct_mapping(node, deep)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without messages to the team, on a clock; ``begin`` may lie after ``end``: over midnight."""

    begin: dt.time
    end: dt.time
    zone: ZoneInfo

    def until(self, utc_s: int) -> int:
        """When a message may go that is ready at a moment (UTC s).

        >>> night = Quiet(dt.time(22), dt.time(6), ZoneInfo("UTC"))
        >>> night.until(23 * 3600) == 30 * 3600, night.until(7 * 3600) == 7 * 3600
        (True, True)
        """
        here = dt.datetime.fromtimestamp(utc_s, self.zone)
        now = here.time()
        over_midnight = self.begin > self.end
        is_quiet = (now >= self.begin or now < self.end) if over_midnight else self.begin <= now < self.end
        if not is_quiet:
            return utc_s
        day = here.date() + dt.timedelta(days=int(over_midnight and now >= self.begin))
        return int(dt.datetime.combine(day, self.end, self.zone).timestamp())


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What holds at a site.

    Attributes:
        rules: Of RULES, with the site's levels; those that are off are absent.
        channels: By name.
        quiet: None: no quiet hours.
    """

    rules: tuple[AlertRule, ...] = RULES
    channels: tuple[Channel, ...] = field(default=())
    quiet: Quiet | None = None


def read_rules(folder: Path) -> SiteRules:
    """The rules of a hub's folder; those of RULES where it has no file.

    Raises:
        ConfigInvalid: The file cannot be read, or one of its keys or values is refused; it is named.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return SiteRules()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{FILE} cannot be read", remedy="Check who may read it, and that it is UTF-8.") from error
    return parsed(text, folder)


def parsed(text: str, folder: Path) -> SiteRules:
    """The rules of a file's text; its paths are relative to the folder.

    Raises:
        ConfigInvalid: As `read_rules`.
    """
    try:
        found = yaml.load(text, _Once)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigInvalid(f"{FILE}{f', line {mark.line + 1}' if mark else ''}: not YAML", remedy=_SEE) from error
    if not isinstance(found, dict | None):
        raise ConfigInvalid(f"{FILE}: not a list of 'key: value' lines", remedy=_SEE)
    _check_rules(found or {})
    try:
        words = SiteWords.model_validate(found or {})
    except ValidationError as error:
        raise _first_fault(error) from error
    zone = _zone(words.time_zone)
    quiet = words.quiet_hours
    made = [_rule(rule, words.rules.get(rule.name)) for rule in RULES]
    return SiteRules(
        tuple(rule for rule in made if rule is not None),
        tuple(_channel(name, channel, folder) for name, channel in words.channels.items()),
        None if quiet is None else Quiet(dt.time.fromisoformat(quiet.begin), dt.time.fromisoformat(quiet.end), zone),
    )


def _check_rules(found: dict[Any, Any]) -> None:
    """What a rule must say in its own words: the purpose of the consent that its fact rests on."""
    rules = found.get("rules") or {}
    for name, row in rules.items() if isinstance(rules, dict) else ():
        rule = rule_named(str(name))
        if rule is None:
            raise ConfigInvalid(
                f"{FILE}: rules.{name}: there is no fact {str(name)!r}",
                remedy=_near(str(name), (r.name for r in RULES), _FACTS),
            )
        purpose = row.get("purpose") if isinstance(row, dict) else None
        if not purpose:
            raise ConfigInvalid(
                f"{FILE}: rules.{name} names no consent purpose", remedy=f"Write 'purpose: {rule.purpose}'."
            )
        if purpose != rule.purpose:
            raise ConfigInvalid(
                f"{FILE}: rules.{name}.purpose: this fact rests on a consent for {rule.purpose!r}",
                remedy=f"Write 'purpose: {rule.purpose}'.",
            )
        if row.get("to_team") is True and not rule.may_team:
            raise ConfigInvalid(
                f"{FILE}: rules.{name}.to_team: this alert goes to the person alone and never to a team",
                remedy="Write 'to_team: false', or leave the key out.",
            )


def _rule(rule: AlertRule, words: RuleWords | None) -> AlertRule | None:
    if words is None:
        return rule
    if not words.enabled:
        return None
    given: dict[str, Any] = {
        "on_level": words.on_level,
        "off_level": words.off_level,
        "lead_h": words.lead_hours,
        "wait_h": words.wait_hours,
        "again_days": words.again_days,
        "escalate_h": words.escalate_hours,
        "may_team": None if words.to_team is None else words.to_team and rule.may_team,
    }
    made = replace(rule, **{key: value for key, value in given.items() if value is not None})
    is_measured = rule.on_level != rule.off_level
    if made.off_level > made.on_level or (is_measured and made.off_level == made.on_level):
        raise ConfigInvalid(
            f"{FILE}: rules.{rule.name}: off_level {made.off_level:g} must lie below on_level {made.on_level:g}",
            remedy="Lower off_level, or raise on_level.",
        )
    return made


def _channel(name: str, words: ChannelWords, folder: Path) -> Channel:
    where = f"{FILE}: channels.{name}"
    if not _NAME.fullmatch(name):
        raise ConfigInvalid(f"{where}: not a name", remedy="Use small letters, digits and hyphens, at most 32.")
    ways: list[MailChannel | WebhookChannel] = [_mail(where, words.mail, folder)] if words.mail else []
    ways += [_webhook(where, words.webhook, folder)] if words.webhook else []
    if len(ways) != 1:
        raise ConfigInvalid(f"{where}: one of 'mail' and 'webhook' is needed", remedy=_SEE)
    return Channel(name, ways[0], words.a_day, words.lead)


def _mail(where: str, words: MailWords, folder: Path) -> MailChannel:
    for address in (words.sender, *words.to):
        if not (_ADDRESS.fullmatch(address) and address.isascii() and address.isprintable()):
            raise ConfigInvalid(f"{where}.mail: {address!r} is not an address", remedy="Use NAME@HOST.")
    if bool(words.user) != bool(words.password_file):
        raise ConfigInvalid(f"{where}.mail: 'user' and 'password_file' go together", remedy=_SEE)
    return MailChannel(
        words.server,
        words.port,
        words.security == "starttls",
        words.sender,
        tuple(words.to),
        words.user,
        _inside(folder, words.password_file),
        _inside(folder, words.ca_file),
    )


def _webhook(where: str, words: WebhookWords, folder: Path) -> WebhookChannel:
    found = _URL.fullmatch(words.url)
    port = int(found[3] or 443) if found else 0
    if found is None or not 0 < port <= _PORT_MOST:
        raise ConfigInvalid(f"{where}.webhook.url is not https://HOST/PATH", remedy="Use HTTPS, and no user name.")
    secret = folder / words.secret_file
    return WebhookChannel(found[1] or found[2], port, found[4] or "/", secret, _inside(folder, words.ca_file))


def _inside(folder: Path, file: Path | None) -> Path | None:
    return None if file is None else folder / file


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigInvalid(
            f"{FILE}: time_zone: {name!r} is not known", remedy="Use a name such as Europe/Vienna, or UTC."
        ) from error


def _first_fault(error: ValidationError) -> ConfigInvalid:
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return ConfigInvalid(f"{FILE}: unknown key {key!r}", remedy=_near(str(problem["loc"][-1]), _keys()))
    words = _FAULTS.get(problem["type"], problem["msg"]).format(**problem.get("ctx", {}))
    remedy = _TIMES if key.startswith("quiet_hours.") and problem["type"] != "missing" else _SEE
    return ConfigInvalid(f"{FILE}: {key or 'the file'}: {words}", remedy=remedy)


def _keys() -> Iterable[str]:
    return (key for model in MODELS for key in model.model_fields)


def _near(word: str, known: Iterable[str], otherwise: str = _SEE) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else otherwise
