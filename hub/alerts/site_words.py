"""The keys of ``alerts.yaml``, with their types and ranges: what is not here is refused."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

_MINUTE: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
_Hours = Annotated[float, Field(ge=0, le=24 * 30)]
_Level = Annotated[float, Field(ge=-100, le=365)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleWords(_Strict):
    """What a site says of one rule; what is left out stays as in RULES."""

    purpose: str = Field(min_length=1)
    enabled: bool = True
    to_team: bool | None = None
    on_level: _Level | None = None
    off_level: _Level | None = None
    lead_hours: _Hours | None = None
    wait_hours: _Hours | None = None
    again_days: Annotated[int, Field(ge=1, le=90)] | None = None
    escalate_hours: _Hours | None = None


class MailWords(_Strict):
    """E-mail."""

    server: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls"] = "starttls"
    sender: str
    to: Annotated[list[str], Field(min_length=1, max_length=20)]
    user: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None


class WebhookWords(_Strict):
    """A webhook."""

    url: str
    secret_file: Path
    ca_file: Path | None = None


class ChannelWords(_Strict):
    """One channel: ``mail`` or ``webhook``."""

    mail: MailWords | None = None
    webhook: WebhookWords | None = None
    a_day: Annotated[int, Field(ge=1, le=200)] = 10
    lead: bool = False


class QuietWords(_Strict):
    """Hours in which no message goes to the team, on the clock of ``time_zone``."""

    begin: Annotated[str, Field(pattern=_MINUTE)]
    end: Annotated[str, Field(pattern=_MINUTE)]


class SiteWords(_Strict):
    """The whole file."""

    time_zone: str = "UTC"
    quiet_hours: QuietWords | None = None
    rules: dict[str, RuleWords] = Field(default_factory=dict)
    channels: dict[str, ChannelWords] = Field(default_factory=dict)


MODELS: Final = (SiteWords, RuleWords, ChannelWords, MailWords, WebhookWords, QuietWords)
